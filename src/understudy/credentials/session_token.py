"""Temporary credentials of a user, with MFA where asked: one code for a day, shared by every role assumed with them."""

from __future__ import annotations

from understudy.commands import GetSessionTokenCommand
from understudy.credentials.assume_role import require_code_source
from understudy.credentials.calling import Calling, Calls, checked, issued, refreshing, without_none
from understudy.credentials.mfa import code_source
from understudy.credentials.request import identity_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from understudy.client.options import Credentials
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.mfa import CodeSource, Mfa
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials


def from_session_token(
    *,
    duration_seconds: int | None = None,
    serial_number: str | None = None,
    minimum_session_token_size: int | None = None,
    mfa: Mfa | None = None,
    source: Credentials | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Temporary credentials of the user whose keys sign (GetSessionToken), 900 to 129600 s (default 43200).

    Give the result as `source` to any number of ``from_temporary_credentials``: one MFA code then serves all of them,
    and a role assumed with it may last its 12 hours, for a user's session is no role's. `serial_number` needs `mfa`;
    `source` and `client` are as there.
    """
    members = without_none(
        {
            "duration_seconds": duration_seconds,
            "serial_number": serial_number,
            "minimum_session_token_size": minimum_session_token_size,
        }
    )
    provider = SessionTokenProvider(members, Calls(client, source), mfa=mfa)
    return refreshing(provider, provider.calls, refresh)


class SessionTokenProvider(Calling):
    """Calls GetSessionToken with these members each time it is asked."""

    __slots__ = ("_signed_as", "members", "mfa")

    name = "session_token"
    static_stability = True

    def __init__(self, members: dict[str, Any], calls: Calls, *, mfa: Mfa | None = None) -> None:
        self.members = members
        super().__init__(calls)
        self._signed_as: str | None = None
        self.mfa: CodeSource | None = None if mfa is None else code_source(mfa)
        require_code_source(members.get("serial_number"), self.mfa)
        checked(GetSessionTokenCommand(**members))

    @property
    def interactive(self) -> bool:
        """Whether a person may be asked, for a code here or by the source."""
        return (self.mfa is not None and self.mfa.interactive) or self.calls.interactive

    def retrieve(self) -> Flow[AWSCredentials]:
        """The user's temporary credentials; raises what the source or the service raised."""
        source = yield from self.calls.source.retrieve()
        self._signed_as = identity_of(self.calls.source, source)
        code = None
        if self.mfa is not None:
            code = yield from self.mfa.code(self.members["serial_number"])
        command = GetSessionTokenCommand(**without_none({**self.members, "token_code": code}))
        output = yield from self.calls.caller.call(command)
        # the answer names nobody: the session is the source's own
        arn = f"arn:aws:sts::{source.account_id}:session" if source.account_id else None
        return issued(output.credentials, self.name, arn)

    def __getstate__(self) -> tuple[Any, ...]:
        return self.members, self.calls, self.mfa

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        members, calls, mfa = state
        self.__init__(members, calls, mfa=mfa)  # type: ignore[misc]

    def identity(self, given: AWSCredentials) -> str:
        """Who the session is, the same for each set: the user whose keys sign, with or without MFA."""
        device = self.members.get("serial_number", "no device")
        return given.access_key_id if self._signed_as is None else f"session of {self._signed_as} with {device}"

    def __repr__(self) -> str:
        return f"SessionTokenProvider({self.members.get('serial_number')!r})"
