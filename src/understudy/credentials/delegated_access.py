"""Credentials for a trade-in token, which is fetched anew at each refresh."""

from __future__ import annotations

from understudy.commands import GetDelegatedAccessTokenCommand
from understudy.credentials.calling import Calling, Calls, issued, refreshing
from understudy.credentials.web_identity import fetched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Unpack

    from understudy.client.options import Credentials
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.web_identity import Token
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials


def from_trade_in_token(
    *,
    trade_in_token: Token,
    source: Credentials | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials for a trade-in token (GetDelegatedAccessToken).

    `trade_in_token` is text, or better a function (plain or async) that gets a new one at each refresh. `source` and
    `client` are those of `from_temporary_credentials`.
    """
    provider = DelegatedAccessProvider(trade_in_token, Calls(client, source))
    return refreshing(provider, provider.calls, refresh)


class DelegatedAccessProvider(Calling):
    """Fetches a trade-in token and calls GetDelegatedAccessToken each time it is asked."""

    __slots__ = ("token",)

    name = "delegated_access"
    static_stability = True

    def __init__(self, token: Token, calls: Calls) -> None:
        self.token = token
        super().__init__(calls)

    def retrieve(self) -> Flow[AWSCredentials]:
        """The credentials; raises what the token's source or the service raised."""
        token = yield from fetched(self.token, "trade_in_token")
        output = yield from self.calls.caller.call(GetDelegatedAccessTokenCommand(trade_in_token=token))
        return issued(output.credentials, self.name, output.assumed_principal)

    def __repr__(self) -> str:
        return "DelegatedAccessProvider()"
