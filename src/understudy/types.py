"""The results of the service and the shapes nested in requests and results, with the limits of the service model.

Source: the service model of STS, API version 2011-06-15, as of botocore 1.44.5. Times are aware datetimes in UTC,
durations are seconds, sizes are bytes.
"""

from __future__ import annotations

from understudy import patterns
from understudy.shape import Integer, Nested, Shape, Text, Timestamp, member

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

ARN = Text(20, 2048, patterns.ARN)
SOURCE_IDENTITY = Text(2, 64, patterns.NAME)
COUNT = Integer(0)


class Tag(Shape):
    """A session tag: a key of 1 to 128 and a value of up to 256 characters; keys differ by more than their case."""

    key: str = member("Key", Text(1, 128, patterns.TAG_KEY))
    value: str = member("Value", Text(0, 256, patterns.TAG_VALUE))


class PolicyDescriptorType(Shape):
    """The ARN of a managed policy that is used as a session policy."""

    arn: str | None = member("arn", ARN, default=None)


class ProvidedContext(Shape):
    """A signed context assertion and the ARN of the trusted provider that it comes from."""

    provider_arn: str | None = member("ProviderArn", ARN, default=None)
    context_assertion: str | None = member("ContextAssertion", Text(4, 2048), default=None)


class Credentials(Shape):
    """Temporary credentials: all four parts are always there. `expiration` is the moment they stop working."""

    access_key_id: str = member("AccessKeyId", Text(16, 128, patterns.WORD))
    secret_access_key: str = member("SecretAccessKey", Text(sensitive=True))
    session_token: str = member("SessionToken", Text(sensitive=True))
    expiration: datetime = member("Expiration", Timestamp())


class AssumedRoleUser(Shape):
    """The session of a role: ``AROA...:session`` and its ``assumed-role`` ARN."""

    assumed_role_id: str = member("AssumedRoleId", Text(2, 193, patterns.ASSUMED_ROLE_ID))
    arn: str = member("Arn", ARN)


class FederatedUser(Shape):
    """The session of a federated user: ``account:name`` and its ``federated-user`` ARN."""

    federated_user_id: str = member("FederatedUserId", Text(2, 193, patterns.FEDERATED_USER_ID))
    arn: str = member("Arn", ARN)


class ResponseMetadata:
    """What came with an answer: HTTP status, request id, attempts made, seconds slept between them, and headers."""

    __slots__ = ("attempts", "headers", "http_status_code", "request_id", "total_retry_delay")

    def __init__(
        self,
        *,
        http_status_code: int = 200,
        request_id: str | None = None,
        attempts: int = 1,
        total_retry_delay: float = 0.0,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.http_status_code = http_status_code
        self.request_id = request_id
        self.attempts = attempts
        self.total_retry_delay = total_retry_delay
        self.headers = headers

    def __repr__(self) -> str:
        return (
            f"ResponseMetadata(http_status_code={self.http_status_code}, request_id={self.request_id!r}, "
            f"attempts={self.attempts}, total_retry_delay={self.total_retry_delay})"
        )


class Output(Shape):
    """The result of an operation. `metadata` tells how it came; it takes no part in comparison and in `to_dict`."""

    __slots__ = ("_metadata",)

    @property
    def metadata(self) -> ResponseMetadata:
        """HTTP status, request id, attempts and delays of the call that gave this output."""
        found: ResponseMetadata | None = getattr(self, "_metadata", None)
        return found if found is not None else ResponseMetadata()

    def with_metadata(self, metadata: ResponseMetadata) -> None:
        """Attach the metadata; the client calls this once, before anybody else sees the output."""
        object.__setattr__(self, "_metadata", metadata)


class AssumeRoleOutput(Output):
    """What AssumeRole gives. `packed_policy_size` (percent) is deprecated in favour of `session_token_utilization`."""

    credentials: Credentials = member("Credentials", Nested(Credentials))
    assumed_role_user: AssumedRoleUser = member("AssumedRoleUser", Nested(AssumedRoleUser))
    packed_policy_size: int | None = member("PackedPolicySize", COUNT, default=None)
    source_identity: str | None = member("SourceIdentity", SOURCE_IDENTITY, default=None)
    session_token_utilization: int | None = member("SessionTokenUtilization", COUNT, default=None)
    session_token_size: int | None = member("SessionTokenSize", COUNT, default=None)


class AssumeRoleWithSAMLOutput(Output):
    """What AssumeRoleWithSAML gives, the facts of the assertion included."""

    credentials: Credentials = member("Credentials", Nested(Credentials))
    assumed_role_user: AssumedRoleUser = member("AssumedRoleUser", Nested(AssumedRoleUser))
    packed_policy_size: int | None = member("PackedPolicySize", COUNT, default=None)
    subject: str | None = member("Subject", Text(), default=None)
    subject_type: str | None = member("SubjectType", Text(), default=None)
    issuer: str | None = member("Issuer", Text(), default=None)
    audience: str | None = member("Audience", Text(), default=None)
    name_qualifier: str | None = member("NameQualifier", Text(), default=None)
    source_identity: str | None = member("SourceIdentity", SOURCE_IDENTITY, default=None)
    session_token_utilization: int | None = member("SessionTokenUtilization", COUNT, default=None)
    session_token_size: int | None = member("SessionTokenSize", COUNT, default=None)


class AssumeRoleWithWebIdentityOutput(Output):
    """What AssumeRoleWithWebIdentity gives, the token's subject and audience included."""

    credentials: Credentials = member("Credentials", Nested(Credentials))
    subject_from_web_identity_token: str | None = member("SubjectFromWebIdentityToken", Text(6, 255), default=None)
    assumed_role_user: AssumedRoleUser = member("AssumedRoleUser", Nested(AssumedRoleUser))
    packed_policy_size: int | None = member("PackedPolicySize", COUNT, default=None)
    provider: str | None = member("Provider", Text(), default=None)
    audience: str | None = member("Audience", Text(), default=None)
    source_identity: str | None = member("SourceIdentity", SOURCE_IDENTITY, default=None)
    session_token_utilization: int | None = member("SessionTokenUtilization", COUNT, default=None)
    session_token_size: int | None = member("SessionTokenSize", COUNT, default=None)


class AssumeRootOutput(Output):
    """What AssumeRoot gives: credentials for one root task in a member account, for at most 15 minutes."""

    credentials: Credentials = member("Credentials", Nested(Credentials))
    source_identity: str | None = member("SourceIdentity", SOURCE_IDENTITY, default=None)
    session_token_utilization: int | None = member("SessionTokenUtilization", COUNT, default=None)
    session_token_size: int | None = member("SessionTokenSize", COUNT, default=None)


class DecodeAuthorizationMessageOutput(Output):
    """The JSON text of a decoded authorization message."""

    decoded_message: str | None = member("DecodedMessage", Text(), default=None)


class GetAccessKeyInfoOutput(Output):
    """The account that an access key belongs to."""

    account: str | None = member("Account", Text(), default=None)


class GetCallerIdentityOutput(Output):
    """Who the service says you are."""

    user_id: str = member("UserId", Text())
    account: str = member("Account", Text())
    arn: str = member("Arn", ARN)


class GetDelegatedAccessTokenOutput(Output):
    """Credentials for a trade-in token, and the principal that they stand for."""

    credentials: Credentials = member("Credentials", Nested(Credentials))
    packed_policy_size: int | None = member("PackedPolicySize", COUNT, default=None)
    assumed_principal: str | None = member("AssumedPrincipal", ARN, default=None)


class GetFederationTokenOutput(Output):
    """Credentials for a federated user."""

    credentials: Credentials = member("Credentials", Nested(Credentials))
    federated_user: FederatedUser = member("FederatedUser", Nested(FederatedUser))
    packed_policy_size: int | None = member("PackedPolicySize", COUNT, default=None)
    session_token_utilization: int | None = member("SessionTokenUtilization", COUNT, default=None)
    session_token_size: int | None = member("SessionTokenSize", COUNT, default=None)


class GetSessionTokenOutput(Output):
    """Temporary credentials of the calling user."""

    credentials: Credentials = member("Credentials", Nested(Credentials))
    session_token_utilization: int | None = member("SessionTokenUtilization", COUNT, default=None)
    session_token_size: int | None = member("SessionTokenSize", COUNT, default=None)


class GetWebIdentityTokenOutput(Output):
    """A signed JSON Web Token for a service outside AWS, and the moment it expires."""

    web_identity_token: str = member("WebIdentityToken", Text(sensitive=True))
    expiration: datetime = member("Expiration", Timestamp())
