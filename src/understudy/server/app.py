"""The stand-in as an ASGI application: any ASGI server carries it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from understudy.http import Request, Response
from understudy.server.dispatch import LARGEST_BODY, body_too_large
from understudy.server.service import Service

if TYPE_CHECKING:
    from understudy.directory import Directory
    from understudy.server.settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class App:
    """Carries HTTP requests to a `Service`. Connections that are not HTTP are closed."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        client = scope.get("client")
        if len(body) > LARGEST_BODY:
            response = body_too_large()
        else:
            response = await self.service.respond(_request(scope, body), client[0] if client else "127.0.0.1")
        await _answer(response, send)


def application(directory: Directory, settings: Settings | None = None) -> App:
    """The application of a directory, for any ASGI server."""
    return App(Service(directory, settings))


def _request(scope: Scope, body: bytes) -> Request:
    """The request with its bytes as they came: the path is the raw one, header values are Latin-1."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    host = next((value for name, value in headers if name == "host"), "")
    raw_path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    path = raw_path.partition(b"?")[0].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], host, path, query, headers, body, scope.get("scheme", "http"))


async def _body(receive: Receive) -> bytes | None:
    """The whole body, at most one byte more than the service takes; None when the client went away."""
    message = await receive()
    if not message.get("more_body") and message["type"] == "http.request":
        return message.get("body") or b""
    chunks: list[bytes] = []
    size = 0
    while message["type"] == "http.request":
        chunks.append(message.get("body") or b"")
        size += len(chunks[-1])
        if size > LARGEST_BODY or not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()
    return None


async def _answer(response: Response, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
