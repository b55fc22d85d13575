"""Passwords for databases: RDS and Aurora, DSQL, ElastiCache and MemoryDB."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.flow import drive
from understudy.http import Request
from understudy.tokens.presigning import SignedToken, presigned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.clock import Clock
    from understudy.flow import Flow
    from understudy.identity import CredentialSource

LIFETIME = 900.0
"""Seconds; RDS, DSQL and ElastiCache take a token for so long, and connections made with it live on."""


def rds_token(
    source: CredentialSource, *, host: str, port: int, user: str, region: str, clock: Clock = SYSTEM_CLOCK
) -> SignedToken:
    """The password of a database user with ``rds_iam``, for 15 minutes (`rds-db:connect`)."""
    return drive(
        _token(source, f"{host}:{port}", {"Action": "connect", "DBUser": user}, region, "rds-db", LIFETIME, clock)
    )


def dsql_token(
    source: CredentialSource,
    *,
    host: str,
    region: str,
    admin: bool = False,
    lifetime: float = LIFETIME,
    clock: Clock = SYSTEM_CLOCK,
) -> SignedToken:
    """The password for an Aurora DSQL cluster; `admin` is for the user ``admin``. `lifetime` is up to 604,800 s."""
    action = "DbConnectAdmin" if admin else "DbConnect"
    return drive(_token(source, host, {"Action": action}, region, "dsql", lifetime, clock))


def elasticache_token(
    source: CredentialSource,
    *,
    cache: str,
    user: str,
    region: str,
    serverless: bool = False,
    service: str = "elasticache",
    clock: Clock = SYSTEM_CLOCK,
) -> SignedToken:
    """The password of a cache user, for 15 minutes.

    `cache` names the replication group or serverless cache, signed in lower case; MemoryDB's `service` is ``memorydb``.
    """
    members = {"Action": "connect", "User": user} | ({"ResourceType": "ServerlessCache"} if serverless else {})
    return drive(_token(source, cache.lower(), members, region, service, LIFETIME, clock, scheme="http"))


def _token(
    source: CredentialSource,
    host: str,
    members: dict[str, str],
    region: str,
    service: str,
    lifetime: float,
    clock: Clock,
    scheme: str = "https",
) -> Flow[SignedToken]:
    from urllib.parse import urlencode

    request = Request("GET", host, "/", urlencode(members), scheme=scheme)
    signed, until = yield from presigned(
        request, source, region=region, service=service, lifetime=lifetime, clock=clock
    )
    return SignedToken(signed.url.partition("://")[2], until)
