"""The eleven operations of the service as commands: what is asked, with every limit of the service model.

``client.send(AssumeRoleCommand(...))`` is an `AssumeRoleOutput`. A command is a frozen value; `problems` names every
broken limit at once, on the client before anything is sent and on the stand-in after parsing. Durations are seconds.
Source: the service model of STS, API version 2011-06-15, as of botocore 1.44.5.
"""

from __future__ import annotations

from understudy import errors, patterns, types
from understudy.shape import Document, Integer, ListOf, Nested, Shape, Text, member
from understudy.types import ARN, SOURCE_IDENTITY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, ClassVar, Generic, TypeVar

    OutputT = TypeVar("OutputT", bound=types.Output)

    class _Parametrised(Generic[OutputT]):
        pass

    PolicyArns = Sequence[types.PolicyDescriptorType | str]
    Tags = Sequence[types.Tag] | Mapping[str, str]
    Policy = str | Mapping[str, Any]
else:

    class _Parametrised:
        __slots__ = ()

        def __class_getitem__(cls, _output):
            return cls


API_VERSION = "2011-06-15"


class Operation:
    """What the service model says of an operation besides its members."""

    __slots__ = ("errors", "name", "output", "signed")

    def __init__(
        self,
        name: str,
        output: type[types.Output],
        *modelled: type[errors.ServiceError],
        signed: bool = True,
    ) -> None:
        self.name = name
        self.output = output
        self.errors = modelled
        self.signed = signed

    def __repr__(self) -> str:
        return f"Operation({self.name!r})"


class _NamedShape(Shape):
    pass


if TYPE_CHECKING:

    class Command(_NamedShape, _Parametrised[OutputT]):
        """A request to the service; its type parameter is the output that it gives."""

        operation: ClassVar[Operation]

else:

    class Command(Shape):
        """A request to the service; its type parameter is the output that it gives."""

        __class_getitem__ = classmethod(lambda cls, _output: cls)


_DURATION = Integer(900, 43200)
_LONG_DURATION = Integer(900, 129600)
_TOKEN_SIZE = Integer(0, 4096)
_SESSION_NAME = Text(2, 64, patterns.NAME)
_POLICY_ARNS = ListOf(Nested(types.PolicyDescriptorType))
_POLICY = Document(1, 2048, patterns.POLICY)
_TAGS = ListOf(Nested(types.Tag), maximum=50)
_SERIAL_NUMBER = Text(9, 256, patterns.SERIAL_NUMBER)
_TOKEN_CODE = Text(6, 6, patterns.DIGITS, hidden=True)


class AssumeRoleCommand(Command[types.AssumeRoleOutput]):
    """Temporary credentials of a role, for a caller whom the role's trust policy names.

    `duration_seconds` is 900 to 43200 (default 3600; at most 3600 when the caller is itself a role). `policy` and
    `policy_arns` narrow the session. `serial_number` and `token_code` go together. `tags` takes a mapping too.
    """

    role_arn: str = member("RoleArn", ARN)
    role_session_name: str = member("RoleSessionName", _SESSION_NAME)
    policy_arns: PolicyArns | None = member("PolicyArns", _POLICY_ARNS, default=None)
    policy: Policy | None = member("Policy", Document(1, None, patterns.POLICY), default=None)
    duration_seconds: int | None = member("DurationSeconds", _DURATION, default=None)
    tags: Tags | None = member("Tags", _TAGS, default=None)
    transitive_tag_keys: Sequence[str] | None = member(
        "TransitiveTagKeys", ListOf(Text(1, 128, patterns.TAG_KEY), maximum=50), default=None
    )
    external_id: str | None = member("ExternalId", Text(2, 1224, patterns.EXTERNAL_ID), default=None)
    serial_number: str | None = member("SerialNumber", _SERIAL_NUMBER, default=None)
    token_code: str | None = member("TokenCode", _TOKEN_CODE, default=None)
    source_identity: str | None = member("SourceIdentity", SOURCE_IDENTITY, default=None)
    provided_contexts: Sequence[types.ProvidedContext] | None = member(
        "ProvidedContexts", ListOf(Nested(types.ProvidedContext), 1, 5), default=None
    )
    minimum_session_token_size: int | None = member("MinimumSessionTokenSize", _TOKEN_SIZE, default=None)

    operation = Operation(
        "AssumeRole",
        types.AssumeRoleOutput,
        errors.MalformedPolicyDocumentException,
        errors.PackedPolicyTooLargeException,
        errors.RegionDisabledException,
        errors.ExpiredTokenException,
    )


class AssumeRoleWithSAMLCommand(Command[types.AssumeRoleWithSAMLOutput]):
    """Temporary credentials of a role for a SAML assertion (base64). The request is not signed."""

    role_arn: str = member("RoleArn", ARN)
    principal_arn: str = member("PrincipalArn", ARN)
    saml_assertion: str = member("SAMLAssertion", Text(4, 100000, sensitive=True))
    policy_arns: PolicyArns | None = member("PolicyArns", _POLICY_ARNS, default=None)
    policy: Policy | None = member("Policy", _POLICY, default=None)
    duration_seconds: int | None = member("DurationSeconds", _DURATION, default=None)
    minimum_session_token_size: int | None = member("MinimumSessionTokenSize", _TOKEN_SIZE, default=None)

    operation = Operation(
        "AssumeRoleWithSAML",
        types.AssumeRoleWithSAMLOutput,
        errors.MalformedPolicyDocumentException,
        errors.PackedPolicyTooLargeException,
        errors.IDPRejectedClaimException,
        errors.InvalidIdentityTokenException,
        errors.ExpiredTokenException,
        errors.RegionDisabledException,
        signed=False,
    )


class AssumeRoleWithWebIdentityCommand(Command[types.AssumeRoleWithWebIdentityOutput]):
    """Temporary credentials of a role for an OpenID Connect token. The request is not signed."""

    role_arn: str = member("RoleArn", ARN)
    role_session_name: str = member("RoleSessionName", _SESSION_NAME)
    web_identity_token: str = member("WebIdentityToken", Text(4, 20000, sensitive=True))
    provider_id: str | None = member("ProviderId", Text(4, 2048), default=None)
    policy_arns: PolicyArns | None = member("PolicyArns", _POLICY_ARNS, default=None)
    policy: Policy | None = member("Policy", _POLICY, default=None)
    duration_seconds: int | None = member("DurationSeconds", _DURATION, default=None)
    minimum_session_token_size: int | None = member("MinimumSessionTokenSize", _TOKEN_SIZE, default=None)

    operation = Operation(
        "AssumeRoleWithWebIdentity",
        types.AssumeRoleWithWebIdentityOutput,
        errors.MalformedPolicyDocumentException,
        errors.PackedPolicyTooLargeException,
        errors.IDPRejectedClaimException,
        errors.IDPCommunicationErrorException,
        errors.InvalidIdentityTokenException,
        errors.ExpiredTokenException,
        errors.RegionDisabledException,
        signed=False,
    )


class AssumeRootCommand(Command[types.AssumeRootOutput]):
    """Credentials for one root task in a member account, for at most 900 seconds; regional endpoints only."""

    target_principal: str = member("TargetPrincipal", Text(12, 2048))
    task_policy_arn: types.PolicyDescriptorType | str = member("TaskPolicyArn", Nested(types.PolicyDescriptorType))
    duration_seconds: int | None = member("DurationSeconds", Integer(0, 900), default=None)
    minimum_session_token_size: int | None = member("MinimumSessionTokenSize", _TOKEN_SIZE, default=None)

    operation = Operation(
        "AssumeRoot", types.AssumeRootOutput, errors.RegionDisabledException, errors.ExpiredTokenException
    )


class DecodeAuthorizationMessageCommand(Command[types.DecodeAuthorizationMessageOutput]):
    """The JSON behind an encoded authorization message (1 to 10240 characters)."""

    encoded_message: str = member("EncodedMessage", Text(1, 10240))

    operation = Operation(
        "DecodeAuthorizationMessage",
        types.DecodeAuthorizationMessageOutput,
        errors.InvalidAuthorizationMessageException,
    )


class GetAccessKeyInfoCommand(Command[types.GetAccessKeyInfoOutput]):
    """The account that an access key id belongs to."""

    access_key_id: str = member("AccessKeyId", Text(16, 128, patterns.WORD))

    operation = Operation("GetAccessKeyInfo", types.GetAccessKeyInfoOutput)


class GetCallerIdentityCommand(Command[types.GetCallerIdentityOutput]):
    """Who the service says you are; no permission is needed, and none can be denied."""

    operation = Operation("GetCallerIdentity", types.GetCallerIdentityOutput)


class GetDelegatedAccessTokenCommand(Command[types.GetDelegatedAccessTokenOutput]):
    """Credentials for a trade-in token."""

    trade_in_token: str = member("TradeInToken", Text(sensitive=True))

    operation = Operation(
        "GetDelegatedAccessToken",
        types.GetDelegatedAccessTokenOutput,
        errors.ExpiredTradeInTokenException,
        errors.RegionDisabledException,
        errors.PackedPolicyTooLargeException,
    )


class GetFederationTokenCommand(Command[types.GetFederationTokenOutput]):
    """Credentials for a federated user, named by the calling IAM user; 900 to 129600 seconds (default 43200)."""

    name: str = member("Name", Text(2, 32, patterns.NAME))
    policy: Policy | None = member("Policy", _POLICY, default=None)
    policy_arns: PolicyArns | None = member("PolicyArns", _POLICY_ARNS, default=None)
    duration_seconds: int | None = member("DurationSeconds", _LONG_DURATION, default=None)
    tags: Tags | None = member("Tags", _TAGS, default=None)
    minimum_session_token_size: int | None = member("MinimumSessionTokenSize", _TOKEN_SIZE, default=None)

    operation = Operation(
        "GetFederationToken",
        types.GetFederationTokenOutput,
        errors.MalformedPolicyDocumentException,
        errors.PackedPolicyTooLargeException,
        errors.RegionDisabledException,
    )


class GetSessionTokenCommand(Command[types.GetSessionTokenOutput]):
    """Temporary credentials of the calling IAM user, with MFA where asked; 900 to 129600 seconds (default 43200)."""

    duration_seconds: int | None = member("DurationSeconds", _LONG_DURATION, default=None)
    serial_number: str | None = member("SerialNumber", _SERIAL_NUMBER, default=None)
    token_code: str | None = member("TokenCode", _TOKEN_CODE, default=None)
    minimum_session_token_size: int | None = member("MinimumSessionTokenSize", _TOKEN_SIZE, default=None)

    operation = Operation("GetSessionToken", types.GetSessionTokenOutput, errors.RegionDisabledException)


class GetWebIdentityTokenCommand(Command[types.GetWebIdentityTokenOutput]):
    """A signed JSON Web Token for a service outside AWS; 60 to 3600 seconds (default 300); RS256 or ES384."""

    audience: Sequence[str] = member("Audience", ListOf(Text(1, 1000), 1, 10))
    duration_seconds: int | None = member("DurationSeconds", Integer(60, 3600), default=None)
    signing_algorithm: str = member("SigningAlgorithm", Text(5, 5))
    tags: Tags | None = member("Tags", _TAGS, default=None)

    operation = Operation(
        "GetWebIdentityToken",
        types.GetWebIdentityTokenOutput,
        errors.SessionDurationEscalationException,
        errors.OutboundWebIdentityFederationDisabledException,
        errors.JWTPayloadSizeExceededException,
    )


COMMANDS: tuple[type[Command[Any]], ...] = (
    AssumeRoleCommand,
    AssumeRoleWithSAMLCommand,
    AssumeRoleWithWebIdentityCommand,
    AssumeRootCommand,
    DecodeAuthorizationMessageCommand,
    GetAccessKeyInfoCommand,
    GetCallerIdentityCommand,
    GetDelegatedAccessTokenCommand,
    GetFederationTokenCommand,
    GetSessionTokenCommand,
    GetWebIdentityTokenCommand,
)
"""Every command, in the order of the service model."""

BY_NAME: dict[str, type[Command[Any]]] = {command.operation.name: command for command in COMMANDS}
"""The command of each operation name, ``AssumeRole`` and so on."""
