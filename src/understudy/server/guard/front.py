"""One address for everything: what is for STS goes to the stand-in, the rest to the guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.errors import ServiceError
from understudy.server.guard.requests import head_of, service_of
from understudy.server.guard.targets import read_target

if TYPE_CHECKING:
    from understudy.http import Request
    from understudy.server.app import App
    from understudy.server.guard.application import Guard
    from understudy.server.guard.requests import Receive, Scope, Send


class Front:
    """An ASGI application of both, so that a client needs one endpoint for every service."""

    def __init__(self, app: App, guard: Guard) -> None:
        self.app = app
        self.guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.guard.follow(self.app.service)
        if scope["type"] == "lifespan" or (scope["type"] == "http" and self._is_guarded(head_of(scope))):
            await self.guard(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_guarded(self, request: Request) -> bool:
        """By the service that the signature is scoped to; an unsigned request by the bucket that it names."""
        service = service_of(request)
        if service is not None:
            return service != "sts"
        try:
            target = read_target(request.path, request.host, self.guard.settings.base_hosts)
        except ServiceError:
            return False
        return target.bucket is not None and self.guard.service.directory.bucket(target.bucket) is not None
