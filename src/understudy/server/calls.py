"""One call on its way through the stand-in: what was asked, by whom, when, from where, and through which endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from understudy.server.principals import iso_8601

if TYPE_CHECKING:
    from understudy.http import Request
    from understudy.server.endpoints import Endpoint
    from understudy.server.principals import Caller, ContextValue


class Call:
    """The facts of one call. `now` is seconds since the epoch; `caller` is there once the signature is verified."""

    __slots__ = ("_caller", "action", "endpoint", "now", "region", "request", "request_id", "source_ip")

    def __init__(self, request: Request, request_id: str, source_ip: str, now: float, endpoint: Endpoint) -> None:
        self.request = request
        self.request_id = request_id
        self.source_ip = source_ip
        self.now = now
        self.endpoint = endpoint
        self.region = endpoint.region or "us-east-1"
        self.action: str | None = None
        self._caller: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Who signed; only for operations that are signed."""
        return cast("Caller", self._caller)

    @property
    def known_caller(self) -> Caller | None:
        """Who signed, None for an operation that is not signed, and before the signature is verified."""
        return self._caller

    def authenticated_as(self, caller: Caller, region: str) -> None:
        self._caller = caller
        self.region = region

    def context(self) -> dict[str, ContextValue]:
        """The condition keys that every request has: the caller's, the time, the network and the connection."""
        request = self.request
        keys: dict[str, ContextValue] = {} if self._caller is None else dict(self._caller.context)
        keys["aws:SourceIp"] = self.source_ip
        keys["aws:CurrentTime"] = iso_8601(int(self.now))
        keys["aws:EpochTime"] = str(int(self.now))
        keys["aws:SecureTransport"] = "true" if request.scheme == "https" else "false"
        keys["aws:RequestedRegion"] = self.region
        keys["aws:ViaAWSService"] = "false"
        session = None if self._caller is None else self._caller.session
        if session is not None and session.mfa_at is not None:
            keys["aws:MultiFactorAuthAge"] = str(max(0, int(self.now) - session.mfa_at))
        for key, header in (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")):
            value = request.header(header)
            if value is not None:
                keys[key] = value
        return keys
