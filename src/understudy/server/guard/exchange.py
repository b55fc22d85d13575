"""What every guarded call has, whatever the service: the facts of the request, and an outcome to pass on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from understudy.server.principals import iso_8601

if TYPE_CHECKING:
    from understudy.http import Headers, Request
    from understudy.server.guard.application import Guard
    from understudy.server.guard.requests import Incoming
    from understudy.server.principals import Caller, ContextValue


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to pass on to the caller."""

    status: int
    headers: Headers
    body: AsyncIterator[bytes]


class GuardedCall:
    """One request on its way through the guard. `caller` is there once the signature is verified."""

    service = ""

    def __init__(self, guard: Guard, request: Request, source_ip: str, request_id: str) -> None:
        self.guard = guard
        self.request = request
        self.source_ip = source_ip
        self.request_id = request_id
        self.now = guard.service.clock.time()
        self.caller: Caller | None = None
        self.action: str | None = None
        self.resource: str | None = None
        self.answered = False

    @property
    def moment(self) -> datetime:
        """The time of the call, in UTC."""
        return datetime.fromtimestamp(self.now, UTC)

    def answer(self, incoming: Incoming) -> AbstractAsyncContextManager[Outcome]:
        """Verify, authorise and forward; raises `understudy.errors.ServiceError` for whatever is refused."""
        raise NotImplementedError

    def context(self, region: str) -> dict[str, ContextValue]:
        """The condition keys that every request has."""
        keys: dict[str, ContextValue] = {} if self.caller is None else dict(self.caller.context)
        keys["aws:SourceIp"] = self.source_ip
        keys["aws:CurrentTime"] = iso_8601(self.now)
        keys["aws:EpochTime"] = str(int(self.now))
        keys["aws:SecureTransport"] = "true" if self.request.scheme == "https" else "false"
        keys["aws:RequestedRegion"] = region
        keys["aws:ViaAWSService"] = "false"
        session = None if self.caller is None else self.caller.session
        if session is not None and session.mfa_at is not None:
            keys["aws:MultiFactorAuthAge"] = str(max(0, int(self.now) - session.mfa_at))
        for key, header in (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")):
            value = self.request.header(header)
            if value is not None:
                keys[key] = value
        return keys


async def one_piece(data: bytes) -> AsyncIterator[bytes]:
    """A body that is there already."""
    yield data
