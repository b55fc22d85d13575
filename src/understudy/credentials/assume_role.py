"""Credentials of a role, assumed with the credentials of another source; chains of any length."""

from __future__ import annotations

from understudy.commands import AssumeRoleCommand
from understudy.credentials.calling import Calling, Calls, checked, issued, refreshing, session_name, without_none
from understudy.credentials.mfa import code_source
from understudy.credentials.request import Request, identity_of
from understudy.errors import ConfigurationError, CredentialsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Unpack

    from understudy.client.options import Credentials
    from understudy.commands import Policy, PolicyArns, Tags
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.mfa import CodeSource, Mfa
    from understudy.credentials.shared import CredentialFiles
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials
    from understudy.types import ProvidedContext

LONGEST_CHAINED = 3600
"""Seconds that a session may last when the caller is itself the session of a role."""

ROLE_SESSIONS = frozenset(
    (
        "assume_role",
        "web_identity",
        "saml",
        "sso",
        "container",
        "http",
        "imds",
        "instance_metadata",
        "cognito_identity",
        "cognito_identity_pool",
    )
)
"""Sources that give the session of a role, so that assuming another role with it is role chaining."""


def from_temporary_credentials(
    *,
    role_arn: str,
    role_session_name: str | None = None,
    policy_arns: PolicyArns | None = None,
    policy: Policy | None = None,
    duration_seconds: int | None = None,
    tags: Tags | None = None,
    transitive_tag_keys: Sequence[str] | None = None,
    external_id: str | None = None,
    serial_number: str | None = None,
    source_identity: str | None = None,
    provided_contexts: Sequence[ProvidedContext] | None = None,
    minimum_session_token_size: int | None = None,
    mfa: Mfa | None = None,
    source: Credentials | None = None,
    client: Client | None = None,
    cache: CredentialFiles | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of a role that assume it again before they expire (AssumeRole).

    `source` signs: any credentials or provider, another ``from_temporary_credentials`` included; default: the
    credentials of `client`, or the default chain. The calls keep the options of `client`: endpoint, proxy, CA bundle,
    retries, time limits, region. `duration_seconds` is 900 to 43200 (default 3600, the most for the session of a role).
    `serial_number` needs `mfa`: a function of the serial number (plain or async), `mfa_command(...)` or `totp(...)`;
    callers that come together share one question. `cache` shares what was fetched with other processes.

    Raises `ConfigurationError` and `ParameterError` here, for what no call could cure.
    """
    members = without_none(
        {
            "role_arn": role_arn,
            "role_session_name": role_session_name,
            "policy_arns": policy_arns,
            "policy": policy,
            "duration_seconds": duration_seconds,
            "tags": tags,
            "transitive_tag_keys": transitive_tag_keys,
            "external_id": external_id,
            "serial_number": serial_number,
            "source_identity": source_identity,
            "provided_contexts": provided_contexts,
            "minimum_session_token_size": minimum_session_token_size,
        }
    )
    provider = AssumeRoleProvider(members, Calls(client, source), mfa=mfa, cache=cache)
    return refreshing(provider, provider.calls, refresh)


class AssumeRoleProvider(Calling):
    """Calls AssumeRole with these members each time it is asked."""

    __slots__ = ("_rejected", "_signed_as", "cache", "members", "mfa")

    name = "assume_role"
    static_stability = True

    def __init__(
        self,
        members: dict[str, Any],
        calls: Calls,
        *,
        mfa: Mfa | None = None,
        cache: CredentialFiles | None = None,
    ) -> None:
        self.members = members
        super().__init__(calls)
        self.cache = cache
        self._signed_as: Request | None = None
        self._rejected: str | None = None
        self.mfa: CodeSource | None = None if mfa is None else code_source(mfa)
        require_code_source(members.get("serial_number"), self.mfa)
        checked(self._command("understudy", "000000" if self.mfa else None))

    @property
    def interactive(self) -> bool:
        """Whether a person may be asked, for a code here or by the source."""
        return (self.mfa is not None and self.mfa.interactive) or self.calls.interactive

    def retrieve(self) -> Flow[AWSCredentials]:
        """The role's credentials; raises what the source or the service raised."""
        source = yield from self.calls.source.retrieve()
        self._refuse_long_chain(source)
        request = self._signed_as = self._request(source)
        if self.cache is None:
            return (yield from self._assume())
        return (yield from self.cache.shared(request, self._assume, self.calls.outer.clock, self._rejected))

    def _request(self, source: AWSCredentials) -> Request:
        who = identity_of(self.calls.source, source)
        # a default session name differs from one process to the next and stays out of the key, as in the AWS CLI
        named = "role_session_name" in self.members
        return Request(self._command("default", None), self.calls.caller.endpoint.url, who, named=named)

    def _assume(self) -> Flow[AWSCredentials]:
        caller = self.calls.caller
        code = None
        if self.mfa is not None:
            code = yield from self.mfa.code(self.members["serial_number"])
        output = yield from caller.call(self._command(session_name(caller.clock), code))
        return issued(output.credentials, self.name, output.assumed_role_user.arn)

    def _command(self, default_name: str, code: str | None) -> AssumeRoleCommand:
        members = {"role_session_name": default_name, **self.members}
        return AssumeRoleCommand(**without_none({**members, "token_code": code}))

    def _refuse_long_chain(self, source: AWSCredentials) -> None:
        asked = self.members.get("duration_seconds") or 0
        if asked > LONGEST_CHAINED and source.source in ROLE_SESSIONS:
            raise CredentialsError(
                f"{self.members['role_arn']!r} is asked for {asked} s by the session of another role "
                f"({source.source}), and a chained session lasts {LONGEST_CHAINED} s at most",
                hint="leave duration_seconds out, or assume the role with the credentials of a user",
            )

    def __getstate__(self) -> tuple[Any, ...]:
        return self.members, self.calls, self.mfa, self.cache

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        members, calls, mfa, cache = state
        self.__init__(members, calls, mfa=mfa, cache=cache)  # type: ignore[misc]

    def reject(self, access_key_id: str) -> None:
        """A set that a service has rejected is not taken from the shared files again."""
        self._rejected = access_key_id

    def identity(self, given: AWSCredentials) -> str:
        """Who the role's session is, the same for each set: the request, policies and tags included, and its signer."""
        return given.access_key_id if self._signed_as is None else self._signed_as.digest()

    def __repr__(self) -> str:
        return f"AssumeRoleProvider({self.members['role_arn']!r})"


def require_code_source(serial_number: str | None, mfa: CodeSource | None) -> None:
    """A device's serial number and the source of its codes come together."""
    if serial_number is not None and mfa is None:
        raise ConfigurationError(
            f"the MFA device {serial_number!r} needs codes, and there is no source of them",
            hint="pass mfa=prompt to ask at the terminal, mfa=mfa_command(...), mfa=totp(...) or a function",
        )
    if serial_number is None and mfa is not None:
        raise ConfigurationError("mfa is given without serial_number, the ARN of the device")
