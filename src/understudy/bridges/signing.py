"""SigV4 for HTTP clients: the headers that turn their request into a signed one."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.http import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from understudy.clock import Clock
    from understudy.identity import AWSCredentials

_S3_SERVICES = ("s3", "s3express", "s3-object-lambda", "s3-outposts")


class Signer:
    """Signs for one service in one region.

    Of the client's headers those are signed that nobody changes on the way: host, content type and ``x-amz-*``.
    """

    __slots__ = ("clock", "region", "service")

    def __init__(self, region: str, service: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self.region = region
        self.service = service
        self.clock = clock

    def headers(
        self,
        credentials: AWSCredentials,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = b"",
    ) -> dict[str, str]:
        """The headers to set: authorization, date, token and, for S3, the hash; a body of None is not signed."""
        from datetime import UTC, datetime

        from understudy.sigv4 import UNSIGNED_PAYLOAD, PathStyle, sign

        request = _request(method, url, headers, body or b"")
        signed = sign(
            request,
            credentials,
            region=self.region,
            service=self.service,
            now=datetime.fromtimestamp(self.clock.time(), UTC),
            payload_hash=UNSIGNED_PAYLOAD if body is None else None,
            style=PathStyle.S3 if self.service in _S3_SERVICES else PathStyle.DEFAULT,
        )
        before = dict(request.headers)
        return {name: value for name, value in signed.headers if before.get(name) != value}


def _request(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> Request:
    scheme, _, rest = url.partition("://")
    authority, slash, target = rest.partition("#")[0].partition("/")
    path, _, query = f"{slash}{target}".partition("?")
    given = {name.lower(): value for name, value in headers}
    kept = [
        (name, value)
        for name, value in given.items()
        if name == "content-type" or (name.startswith("x-amz-") and name not in _SET_BY_SIGNING)
    ]
    return Request(method.upper(), given.get("host", authority), path or "/", query, kept, body, scheme)


_SET_BY_SIGNING = ("x-amz-date", "x-amz-security-token", "x-amz-content-sha256")
