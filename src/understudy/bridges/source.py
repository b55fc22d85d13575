"""What every bridge takes: credentials that refresh themselves, any other source, or one fixed set."""

from __future__ import annotations

from understudy.flow import drive, drive_async

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from understudy.identity import AWSCredentials, CredentialSource

EXPIRED_CODES = ("ExpiredToken", "ExpiredTokenException", "InvalidToken")
"""The codes with which services reject a session token whose time is over; AccessDenied is none of them."""


def current(source: CredentialSource, min_ttl: float = 0.0) -> AWSCredentials:
    """The credentials of the moment, for threads; a cache refreshes them first where they live less than `min_ttl`."""
    get: Callable[..., AWSCredentials] | None = getattr(source, "get", None)
    if get is None:
        return drive(source.retrieve())
    return get(min_ttl=min_ttl) if min_ttl else get()


async def acurrent(source: CredentialSource, min_ttl: float = 0.0) -> AWSCredentials:
    """As `current`, for tasks."""
    aget: Callable[..., Awaitable[AWSCredentials]] | None = getattr(source, "aget", None)
    if aget is None:
        return await drive_async(source.retrieve())
    return await (aget(min_ttl=min_ttl) if min_ttl else aget())


def reject(source: CredentialSource, access_key_id: str) -> bool:
    """A service called this key expired: have it refreshed. False where the source keeps nothing that could be."""
    invalidate = getattr(source, "invalidate", None)
    if invalidate is None:
        return False
    invalidate(access_key_id)
    return True


def told_expiration(given: AWSCredentials, now: float, longer: float) -> datetime | None:
    """The expiration to tell a client that refuses credentials past theirs: the true one, or `longer` seconds from now.

    A set that has expired is only served while its source has an outage, and it is the service that decides whether it
    is still good.
    """
    from datetime import UTC, datetime

    if given.expiration is None or given.expiration.timestamp() > now:
        return given.expiration
    return datetime.fromtimestamp(now + longer, UTC)


def is_expired_answer(status: int, error_type: str | None, body: bytes) -> bool:
    """Whether an answer says that the session token is over, in the XML or JSON of any AWS service."""
    if status not in (400, 401, 403):
        return False
    if error_type and error_type.split(":")[0].split("#")[-1] in EXPIRED_CODES:
        return True
    text = body[:4096].decode("latin-1")
    return any(f">{code}<" in text or f'{code}"' in text for code in EXPIRED_CODES)
