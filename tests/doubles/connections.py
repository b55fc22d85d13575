"""Connections that need no HTTP library, and scripted ones that need no network."""

from __future__ import annotations

import asyncio
import http.client
from typing import TYPE_CHECKING

from understudy.errors import CallTimeout, ConnectFailed, TransportError
from understudy.http import Response

if TYPE_CHECKING:
    from understudy.http import Request


class PlainConnections:
    """One connection for each request, from the standard library; counts what it opened."""

    def __init__(self) -> None:
        self.opened = 0

    def transport(self) -> PlainTransport:
        return PlainTransport(self)

    def async_transport(self) -> AsyncPlainTransport:
        return AsyncPlainTransport(self)


class PlainTransport:
    def __init__(self, connections: PlainConnections) -> None:
        self.connections = connections

    def send(self, request: Request, timeout: float | None) -> Response:
        self.connections.opened += 1
        connection = http.client.HTTPConnection(request.host, timeout=timeout)
        try:
            connection.connect()
        except OSError as error:
            raise ConnectFailed(f"cannot connect to {request.host}: {error}") from error
        try:
            target = request.path + (f"?{request.query}" if request.query else "")
            connection.request(request.method, target, request.body, dict(request.headers))
            answer = connection.getresponse()
            return Response(answer.status, [(n.lower(), v) for n, v in answer.getheaders()], answer.read())
        except TimeoutError as error:
            raise CallTimeout(f"{request.host} did not answer") from error
        except (OSError, http.client.HTTPException) as error:
            raise TransportError(f"{type(error).__name__} from {request.host}") from error
        finally:
            connection.close()

    def close(self) -> None:
        pass


class AsyncPlainTransport:
    def __init__(self, connections: PlainConnections) -> None:
        self.connections = connections

    async def send(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        return await asyncio.to_thread(PlainTransport(self.connections).send, request, timeout)

    async def close(self) -> None:
        pass


class ScriptedConnections:
    """Answers each request with the next response of the script, or raises it; `sent` lists the requests."""

    def __init__(self, *script: Response | Exception) -> None:
        self.script = list(script)
        self.sent: list[Request] = []

    def transport(self) -> ScriptedConnections:
        return self

    def async_transport(self) -> _AsyncScripted:
        return _AsyncScripted(self)

    def send(self, request: Request, timeout: float | None) -> Response:
        self.sent.append(request)
        given = self.script.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    def close(self) -> None:
        pass


class _AsyncScripted:
    def __init__(self, scripted: ScriptedConnections) -> None:
        self.scripted = scripted

    async def send(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        return self.scripted.send(request, timeout)

    async def close(self) -> None:
        pass
