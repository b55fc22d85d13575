"""GetCallerIdentity, signed for somebody else to send: the proof of who one is."""

from __future__ import annotations

from understudy.http import Request
from understudy.tokens.presigning import credentials_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from understudy.clock import Clock
    from understudy.flow import Flow
    from understudy.identity import CredentialSource

BODY = "Action=GetCallerIdentity&Version=2011-06-15"
LIFETIME = 900.0
"""Seconds for which STS takes a signature."""


def signed_caller_identity(
    source: CredentialSource,
    region: str,
    endpoint: str | None,
    headers: Sequence[tuple[str, str]],
    lifetime: float,
    clock: Clock,
    *,
    in_query: bool = False,
) -> Flow[Request]:
    """A signed POST; with `in_query` the action is in the query and the body empty, as Google Cloud wants it."""
    from datetime import UTC, datetime

    from understudy.client.endpoints import resolve
    from understudy.sigv4 import sign

    given = yield from credentials_for(source, lifetime, clock)
    host = endpoint or resolve(region).host
    form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")
    unsigned = (
        Request("POST", host, "/", BODY, headers)
        if in_query
        else Request("POST", host, "/", "", [form, *headers], BODY.encode())
    )
    now = datetime.fromtimestamp(int(clock.time()), UTC)
    return sign(unsigned, given, region=region, service="sts", now=now)
