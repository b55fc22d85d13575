"""A call to a service other than S3 through the guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from understudy.http import Request
from understudy.server.authentication import authenticate
from understudy.server.dispatch import LARGEST_BODY
from understudy.server.guard.exchange import GuardedCall, Outcome, one_piece
from understudy.server.guard.faults import GuardError, not_implemented
from understudy.server.guard.other_services import action_of
from understudy.server.guard.requests import check_framing, parameters_of
from understudy.server.guard.s3_claims import AUTH_PARAMETERS
from understudy.sigv4.canonical import PathStyle
from understudy.sigv4.encoding import percent_encode

if TYPE_CHECKING:
    from understudy.server.guard.application import Guard
    from understudy.server.guard.requests import Incoming
    from understudy.server.guard.upstream import Upstream

_PASSED = frozenset(("accept", "content-encoding", "content-type", "x-amz-target"))


class OtherCall(GuardedCall):
    """One request to another service: signed as STS has it, authorised by the operation that it names."""

    def __init__(self, guard: Guard, request: Request, source_ip: str, request_id: str, service: str) -> None:
        super().__init__(guard, request, source_ip, request_id)
        self.service = service

    @asynccontextmanager
    async def answer(self, incoming: Incoming) -> AsyncIterator[Outcome]:
        check_framing(self.request)
        body = await incoming.whole(LARGEST_BODY)
        head = self.request
        request = Request(head.method, head.host, head.path, head.query, head.headers, body, head.scheme)
        region = self.guard.settings.region
        found = authenticate(
            request, self.guard.service.principals, now=self.moment, region=region, service=self.service
        )
        self.caller = found.identity
        if request.path != "/":
            raise not_implemented("path")
        self.action, self.resource = action_of(request, self.service), "*"
        self.guard.authorizer.require(found.identity, self.action, self.context(found.region))
        upstream = await self.guard.upstream(self.service)
        if upstream is None:
            raise GuardError("Service is unable to handle request.", "ServiceUnavailable", 503)
        signed = upstream.signed(_outgoing(request, upstream), self.service, None, PathStyle.DEFAULT)
        async with upstream.exchange(signed, one_piece(body), len(body)) as answer:
            yield Outcome(answer.status, answer.headers, answer.body)


def _outgoing(request: Request, upstream: Upstream) -> Request:
    pairs = [(name, value) for name, value in parameters_of(request) if name not in AUTH_PARAMETERS]
    query = "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in pairs)
    headers = [pair for pair in request.headers if pair[0] in _PASSED]
    scheme = upstream.url.partition(":")[0]
    return Request(request.method, upstream.host, "/", query, headers, request.body, scheme)
