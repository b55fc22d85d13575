"""Credentials of a role for an OpenID Connect token, which is fetched anew at each refresh."""

from __future__ import annotations

from understudy.commands import AssumeRoleWithWebIdentityCommand
from understudy.credentials.calling import Calling, Calls, checked, issued, refreshing, session_name, without_none
from understudy.errors import ConfigurationError, CredentialsError
from understudy.flow import CallUser

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import Any, TypeAlias, Unpack

    from understudy.commands import Policy, PolicyArns
    from understudy.config import Configuration
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.token_sources import TokenSource
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials

    Token: TypeAlias = str | TokenSource | Callable[[], Any]

_PLACEHOLDER = "checked-later"


def from_web_token(
    *,
    role_arn: str,
    web_identity_token: Token,
    role_session_name: str | None = None,
    provider_id: str | None = None,
    policy_arns: PolicyArns | None = None,
    policy: Policy | None = None,
    duration_seconds: int | None = None,
    minimum_session_token_size: int | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of a role for a token (AssumeRoleWithWebIdentity); the call needs no credentials.

    `web_identity_token` is a `TokenSource` (``token_from_github_actions()`` and its like) or a function (plain or
    async) that is called at each refresh; a plain string serves while it is valid. `duration_seconds`: 900 to 43200.
    """
    members = without_none(
        {
            "role_arn": role_arn,
            "role_session_name": role_session_name,
            "provider_id": provider_id,
            "policy_arns": policy_arns,
            "policy": policy,
            "duration_seconds": duration_seconds,
            "minimum_session_token_size": minimum_session_token_size,
        }
    )
    provider = WebIdentityProvider(members, web_identity_token, Calls(client))
    return refreshing(provider, provider.calls, refresh)


def from_token_file(
    *,
    web_identity_token_file: str | os.PathLike[str] | None = None,
    role_arn: str | None = None,
    role_session_name: str | None = None,
    provider_id: str | None = None,
    policy_arns: PolicyArns | None = None,
    policy: Policy | None = None,
    duration_seconds: int | None = None,
    minimum_session_token_size: int | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """As `from_web_token`, with the token in a file that is read again at each refresh, its final newline left out.

    What is not given comes from AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME.
    """
    from understudy.credentials.token_sources import token_from_file

    calls = Calls(client)
    configuration = calls.outer.configuration
    path = web_identity_token_file or configuration.variable("AWS_WEB_IDENTITY_TOKEN_FILE")
    role = role_arn or configuration.variable("AWS_ROLE_ARN")
    if not path or not role:
        wanting = "web_identity_token_file and AWS_WEB_IDENTITY_TOKEN_FILE" if not path else "role_arn and AWS_ROLE_ARN"
        raise ConfigurationError(f"a token file needs both a file and a role; neither of {wanting} is set")
    members = without_none(
        {
            "role_arn": role,
            "role_session_name": role_session_name or configuration.variable("AWS_ROLE_SESSION_NAME"),
            "provider_id": provider_id,
            "policy_arns": policy_arns,
            "policy": policy,
            "duration_seconds": duration_seconds,
            "minimum_session_token_size": minimum_session_token_size,
        }
    )
    return refreshing(WebIdentityProvider(members, token_from_file(path), calls), calls, refresh)


class WebIdentityProvider(Calling):
    """Fetches a token and calls AssumeRoleWithWebIdentity each time it is asked."""

    __slots__ = ("_signed_as", "members", "token")

    name = "web_identity"
    static_stability = True

    def __init__(self, members: dict[str, Any], token: Token, calls: Calls) -> None:
        self.members = members
        self.token = token
        self._signed_as: str | None = None
        super().__init__(calls)
        checked(self._command("understudy", _PLACEHOLDER))

    def retrieve(self) -> Flow[AWSCredentials]:
        """The role's credentials; raises what the token's source or the service raised."""
        token = yield from fetched(self.token, "web_identity_token")
        caller = self.calls.caller
        self._signed_as = self._digest(token)
        output = yield from caller.call(self._command(session_name(caller.clock), token))
        return issued(output.credentials, self.name, output.assumed_role_user.arn)

    def _command(self, default_name: str, token: str) -> AssumeRoleWithWebIdentityCommand:
        return AssumeRoleWithWebIdentityCommand(
            **{"role_session_name": default_name, **self.members, "web_identity_token": token}
        )

    def _digest(self, token: str) -> str:
        from hashlib import sha256

        from understudy.wire.requests import serialize

        request = serialize(self._command("default", token))
        return sha256(b"\0".join((self.calls.caller.endpoint.url.encode(), request))).hexdigest()

    def identity(self, given: AWSCredentials) -> str:
        """Who the role's session is: the request and the very token, so the same for processes that share a token."""
        return given.access_key_id if self._signed_as is None else self._signed_as

    def __getstate__(self) -> tuple[Any, ...]:
        return self.members, self.token, self.calls

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"WebIdentityProvider({self.members['role_arn']!r})"


def environment_provider(configuration: Configuration, calls: Calls) -> WebIdentityProvider:
    """The role and token file of the environment; raises a `CredentialsError` that lets a chain go on without them."""
    from understudy.credentials.token_sources import token_from_file

    path = configuration.variable("AWS_WEB_IDENTITY_TOKEN_FILE")
    if path is None:
        raise CredentialsError("AWS_WEB_IDENTITY_TOKEN_FILE is not set", try_next=True)
    role_arn = configuration.variable("AWS_ROLE_ARN")
    if role_arn is None:
        raise CredentialsError("AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not", hint="set AWS_ROLE_ARN")
    name = configuration.variable("AWS_ROLE_SESSION_NAME")
    members = without_none({"role_arn": role_arn, "role_session_name": name})
    return WebIdentityProvider(members, token_from_file(path), calls)


def fetched(given: Token, what: str) -> Flow[str]:
    """A token or an assertion: as it was given, or from its source; without the white space around it."""
    retrieve = getattr(given, "retrieve", None)
    if retrieve is not None:
        text = yield from retrieve()
    else:
        text = (yield CallUser(given)) if callable(given) else given
    if not isinstance(text, str) or not text.strip():
        raise CredentialsError(f"the source of {what} gave no text", recoverable=True)
    return text.strip()
