"""JSON Web Tokens that the service signs for the caller (GetWebIdentityToken), kept fresh like credentials."""

from __future__ import annotations

from understudy.commands import GetWebIdentityTokenCommand
from understudy.credentials.cache import Refreshing
from understudy.credentials.calling import Calling, Calls, checked, without_none

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from typing import Any, Unpack

    from understudy.client.options import Credentials
    from understudy.commands import Tags
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.flow import Flow


class WebIdentityToken:
    """A token and the moment it expires (aware, UTC). ``str`` of it is the token, its representation is not."""

    __slots__ = ("expiration", "token")

    def __init__(self, token: str, expiration: datetime | None) -> None:
        self.token = token
        self.expiration = expiration

    def __str__(self) -> str:
        return self.token

    def __repr__(self) -> str:
        return f"WebIdentityToken(expiration={self.expiration and self.expiration.isoformat()!r})"


def web_identity_tokens(
    *,
    audience: str | Sequence[str],
    signing_algorithm: str = "RS256",
    duration_seconds: int | None = None,
    tags: Tags | None = None,
    source: Credentials | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> Refreshing[WebIdentityToken]:
    """Tokens for services outside AWS that renew themselves: ``tokens.get().token``, ``await tokens.aget()``.

    `audience`: 1 to 10 of 1 to 1000 characters. `signing_algorithm`: RS256 or ES384. `duration_seconds`: 60 to 3600
    (default 300). `source`, `client` and the options of the cache are those of `from_temporary_credentials`.
    """
    members = without_none(
        {
            "audience": [audience] if isinstance(audience, str) else audience,
            "signing_algorithm": signing_algorithm,
            "duration_seconds": duration_seconds,
            "tags": tags,
        }
    )
    provider = IdentityTokenProvider(members, Calls(client, source))
    options: dict[str, Any] = {**refresh}
    if provider.calls.options is not None and provider.calls.options.clock is not None:
        options.setdefault("clock", provider.calls.options.clock)
    return Refreshing(provider, **options)


class IdentityTokenProvider(Calling):
    """Calls GetWebIdentityToken with these members each time it is asked. A token is never served past its expiry."""

    __slots__ = ("members",)

    name = "web_identity_token"
    static_stability = False

    def __init__(self, members: dict[str, Any], calls: Calls) -> None:
        self.members = members
        super().__init__(calls)
        checked(GetWebIdentityTokenCommand(**members))

    def retrieve(self) -> Flow[WebIdentityToken]:
        """A new token; raises what the source or the service raised."""
        output = yield from self.calls.caller.call(GetWebIdentityTokenCommand(**self.members))
        return WebIdentityToken(output.web_identity_token, output.expiration)


class TokenFunction:
    """A refreshing token as the plain function that other libraries ask for; it can be pickled."""

    __slots__ = ("tokens",)

    def __init__(self, tokens: Refreshing[WebIdentityToken]) -> None:
        self.tokens = tokens

    def __call__(self) -> str:
        return self.tokens.get().token


def token_function(tokens: Refreshing[WebIdentityToken]) -> Callable[[], str]:
    """A function that gives the token of the moment."""
    return TokenFunction(tokens)
