"""The guard as an ASGI application: verify, authorise, forward; say no in the words of the service that was asked."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from understudy.errors import ServiceError, TransportError
from understudy.server.guard.authorization import Authorizer
from understudy.server.guard.embedded import EmbeddedUpstream
from understudy.server.guard.exchange import GuardedCall, Outcome
from understudy.server.guard.faults import GuardError, s3_document
from understudy.server.guard.other_calls import OtherCall
from understudy.server.guard.other_services import json_document, query_document
from understudy.server.guard.requests import ClientGone, Incoming, head_of, service_of
from understudy.server.guard.s3_calls import S3Call
from understudy.server.service import MESSAGE_HEADER

if TYPE_CHECKING:
    from understudy.http import Request
    from understudy.server.guard.requests import Receive, Scope, Send
    from understudy.server.guard.upstream import Upstream
    from understudy.server.service import Service

_LOG = logging.getLogger("understudy.guard")
_DISCARDED = 8_388_608


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """How a guard behaves.

    `upstream` is what S3 requests are forwarded to; None starts moto in this process (the extra ``s3``), which then
    answers for every other service too. `others` are upstreams of other services, by the name that signatures are
    scoped to. `base_hosts` are hosts under which buckets are names, as in ``bucket.s3.localhost``. `region` is the one
    that signatures must be scoped to, None takes any.
    """

    upstream: Upstream | None = None
    others: Mapping[str, Upstream] = field(default_factory=dict)
    base_hosts: tuple[str, ...] = ("localhost", "s3.localhost")
    region: str | None = None


class Guard:
    """Stands in front of an upstream, with the directory, the key ring and the policies of a `Service`."""

    def __init__(self, service: Service, settings: GuardSettings | None = None) -> None:
        self.service = service
        self.settings = settings or GuardSettings()
        self.authorizer = Authorizer(service.directory)
        self.made: set[str] = set()
        self._embedded: EmbeddedUpstream | None = None
        self._upstream = self.settings.upstream
        self._starting = asyncio.Lock()

    @property
    def is_embedded(self) -> bool:
        """Whether the upstream is one that the guard starts itself."""
        return self.settings.upstream is None

    async def upstream(self, service: str) -> Upstream | None:
        """What stands behind a service; None for nothing. The embedded one is started when first asked for."""
        if service in self.settings.others:
            return self.settings.others[service]
        if service != "s3" and not self.is_embedded:
            return None
        if self._upstream is None:
            async with self._starting:
                if self._upstream is None:
                    self._embedded = EmbeddedUpstream()
                    self._upstream = await asyncio.to_thread(self._embedded.start, self.service.clock)
        return self._upstream

    def follow(self, service: Service) -> None:
        """Judge by another service from now on, where it is another one; what the upstream stores stays."""
        if service is not self.service:
            self.service = service
            self.authorizer = Authorizer(service.directory)

    async def close(self) -> None:
        """Close the connections to the upstreams and stop the embedded one."""
        for upstream in (self._upstream, *self.settings.others.values()):
            if upstream is not None:
                await upstream.close()
        if self._embedded is not None:
            embedded, self._embedded, self._upstream = self._embedded, None, None
            await asyncio.to_thread(embedded.stop)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, incoming = head_of(scope), Incoming(receive)
        client = scope.get("client")
        call = self._call(request, client[0] if client else "127.0.0.1")
        try:
            async with call.answer(incoming) as outcome:
                await _pass_on(call, outcome, send)
                self._log(call, outcome.status, None, None)
        except ClientGone:
            return
        except ServiceError as error:
            await self._refuse(call, error, incoming, send)
        except TransportError as error:
            _LOG.warning("request %s: %s", call.request_id, error)
            text = "Service is unable to handle request."
            await self._refuse(call, GuardError(text, "ServiceUnavailable", 503), incoming, send)
        except Exception:
            _LOG.exception("request %s failed", call.request_id)
            text = "We encountered an internal error. Please try again."
            await self._refuse(call, GuardError(text, "InternalError", 500), incoming, send)

    def _call(self, request: Request, source_ip: str) -> GuardedCall:
        """A request by the service that its signature names; without one, or with no known one, it is S3's."""
        service = service_of(request)
        request_id = self.service.settings.random(8).hex().upper()
        if service is not None and service != "s3" and (self.is_embedded or service in self.settings.others):
            return OtherCall(self, request, source_ip, request_id, service)
        return S3Call(self, request, source_ip, request_id)

    async def _refuse(self, call: GuardedCall, error: ServiceError, incoming: Incoming, send: Send) -> None:
        """Answer with an error; a client that is still sending is heard out first, unless it waits to be asked."""
        if call.answered:
            raise error
        waits = (call.request.header("expect") or "").lower() == "100-continue"
        if not incoming.ended and not waits:
            try:
                await incoming.discard(_DISCARDED)
            except ClientGone:
                return
        message = self._sealed(call, error)
        kind, body = _document(call, error)
        headers = [*_answer_headers(call), ("content-type", kind), ("content-length", str(len(body)))]
        if message is not None and self.service.settings.explain_denials:
            headers.append((MESSAGE_HEADER, message))
        if not incoming.ended:
            headers.append(("connection", "close"))
        self._log(call, error.status, error, message)
        await _start(send, error.status, headers)
        await send({"type": "http.response.body", "body": b"" if call.request.method == "HEAD" else body})

    def _sealed(self, call: GuardedCall, error: ServiceError) -> str | None:
        """The decision behind a refusal, for the caller's account to decode; an anonymous caller has none."""
        decision = getattr(error, "decision", None)
        if decision is None or call.caller is None:
            return None
        return self.service.messages.seal(decision, call.caller.account.account_id)

    def _log(self, call: GuardedCall, status: int, error: ServiceError | None, message: str | None) -> None:
        log = self.service.settings.log
        if log is None:
            return
        record: dict[str, Any] = {
            "time": datetime.fromtimestamp(call.now, UTC).isoformat(timespec="milliseconds"),
            "request_id": call.request_id,
            "action": call.action,
            "resource": call.resource,
            "status": status,
            "source_ip": call.source_ip,
            "caller": None if call.caller is None else call.caller.arn,
            "access_key_id": None if call.caller is None else call.caller.access_key_id,
        }
        if error is not None:
            record["code"] = error.code
        if message is not None:
            record["authorization_message"] = message
        log(record)


def _answer_headers(call: GuardedCall) -> list[tuple[str, str]]:
    names = ("x-amz-request-id", "x-amz-id-2") if call.service == "s3" else ("x-amzn-requestid", "x-amz-id-2")
    values = (call.request_id, host_id(call))
    return [*zip(names, values, strict=True), ("date", formatdate(int(call.now), usegmt=True))]


def host_id(call: GuardedCall) -> str:
    """A text of the form of S3's second id; what its own hides is not published."""
    return b64encode(f"understudy:{call.request_id}".encode()).decode("ascii")


def _document(call: GuardedCall, error: ServiceError) -> tuple[str, bytes]:
    if call.service == "s3":
        return "application/xml", s3_document(error, call.request_id, host_id(call))
    if call.request.header("x-amz-target") is not None:
        return "application/x-amz-json-1.0", json_document(error)
    return "text/xml", query_document(error, call.request_id)


_REPLACED = frozenset(("date", "server", "x-amz-request-id", "x-amz-id-2", "x-amzn-requestid"))


async def _pass_on(call: GuardedCall, outcome: Outcome, send: Send) -> None:
    kept = [pair for pair in outcome.headers if pair[0] not in _REPLACED]
    call.answered = True
    await _start(send, outcome.status, [*kept, *_answer_headers(call)])
    async for piece in outcome.body:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _start(send: Send, status: int, headers: list[tuple[str, str]]) -> None:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
