"""What the tokens have in common: credentials that outlive the promise, a signature, and the moment it ends."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.errors import CredentialsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from understudy.clock import Clock
    from understudy.flow import Flow
    from understudy.http import Request
    from understudy.identity import AWSCredentials, CredentialSource


class SignedToken(str):
    """The token's text, with the moment (aware, UTC) until which it is good. Its representation does not show it."""

    expiration: datetime

    def __new__(cls, text: str, expiration: datetime) -> SignedToken:
        made = super().__new__(cls, text)
        made.expiration = expiration
        return made

    def __repr__(self) -> str:
        return f"SignedToken(expiration={self.expiration.isoformat()!r})"


def credentials_for(source: CredentialSource, lifetime: float, clock: Clock) -> Flow[AWSCredentials]:
    """Credentials that live at least `lifetime` seconds; raises `CredentialsError` where even new ones do not."""
    caching = hasattr(source, "invalidate")
    given: AWSCredentials = yield from (
        source.retrieve(min_ttl=lifetime) if caching else source.retrieve()  # type: ignore[call-arg]
    )
    left = None if given.expiration is None else given.expiration.timestamp() - clock.time()
    if left is not None and left < lifetime:
        raise CredentialsError(
            f"the credentials live {max(left, 0):.0f} s more, too short for a token of {lifetime:g} s",
            hint="ask for a longer session, or give credentials that refresh themselves",
        )
    return given


def presigned(
    request: Request,
    source: CredentialSource,
    *,
    region: str,
    service: str,
    lifetime: float,
    expires: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Flow[tuple[Request, datetime]]:
    """A presigned request and the end of its token. `expires` is what is signed, where it differs from the lifetime."""
    from datetime import UTC, datetime, timedelta

    from understudy.sigv4 import presign

    given = yield from credentials_for(source, lifetime, clock)
    now = datetime.fromtimestamp(int(clock.time()), UTC)
    signed = presign(
        request, given, region=region, service=service, now=now, expires=int(lifetime) if expires is None else expires
    )
    return signed, now + timedelta(seconds=lifetime)
