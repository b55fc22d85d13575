"""A transport for tasks over asyncio's own connections: no dependency, and a cancelled task closes its connection."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from understudy.client.transports import host_name
from understudy.client.transports.failures import broken, connect_failed, connect_timed_out, timed_out, too_large
from understudy.client.transports.http1 import (
    AnswerReader,
    NotHttp,
    TooLarge,
    address,
    check_tunnel,
    encode,
    encode_connect,
    proxy_authorization,
)
from understudy.client.transports.task_slots import TaskSlots
from understudy.errors import CallTimeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext

    from understudy.client.transports import TransportSettings
    from understudy.http import Request, Response

    Place = tuple[str, str, str | None]
    Idle = dict[Place, list["_Connection"]]

LONGEST_IDLE = 60.0
"""Seconds after which a kept connection is not used again: many servers and firewalls forget it about then."""


class EventLoopTransport:
    """`understudy.flow.AsyncTransport` over asyncio; each event loop has connections of its own."""

    __slots__ = ("_context", "_idle", "_settings", "_slots")

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._slots = TaskSlots(settings.pool_size)
        self._idle: WeakKeyDictionary[asyncio.AbstractEventLoop, Idle] = WeakKeyDictionary()
        self._context: SSLContext | None = None

    async def send(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        slots, left = await self._slots.take(request, timeout)
        try:
            async with asyncio.timeout(left):
                return await self._send(request)
        except CallTimeout:
            raise
        except TimeoutError as error:
            raise timed_out(request, timeout) from error
        finally:
            slots.release()

    async def _send(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        place = (request.scheme, request.host, self._settings.proxies.choose(request.scheme, request.host))
        idle = self._idle.setdefault(loop, {}).setdefault(place, [])
        connection = _kept(idle, loop.time()) or await self._connect(loop, request, place[2])
        reader = AnswerReader(request.method, self._settings.max_body)
        try:
            await connection.exchange(_encoded(request, place[2]), reader)
        except TooLarge:
            raise too_large(request, reader.status, self._settings.max_body) from None
        except (NotHttp, OSError) as error:
            raise broken(request, error) from error
        finally:
            if reader.reusable and not connection.is_lost:
                connection.since = loop.time()
                idle.append(connection)
            else:
                connection.end()
        return reader.response()

    async def _connect(self, loop: asyncio.AbstractEventLoop, request: Request, proxy: str | None) -> _Connection:
        seconds = self._settings.connect_timeout
        try:
            async with asyncio.timeout(seconds):
                return await self._open(loop, request, proxy)
        except TimeoutError as error:
            raise connect_timed_out(request, seconds) from error
        except (NotHttp, OSError) as error:
            raise connect_failed(request, getattr(error, "strerror", None) or error) from error

    async def _open(self, loop: asyncio.AbstractEventLoop, request: Request, proxy: str | None) -> _Connection:
        scheme, name, port = address(proxy or request.url)
        context, expected = (self._tls(), name) if scheme == "https" else (None, None)
        _, connection = await loop.create_connection(
            lambda: _Connection(loop), name, port, ssl=context, server_hostname=expected
        )
        if proxy is not None and request.scheme == "https":
            await self._tunnel(connection, request, proxy)
        return connection

    async def _tunnel(self, connection: _Connection, request: Request, proxy: str) -> None:
        reader = AnswerReader("CONNECT", 65_536)
        try:
            await connection.exchange(encode_connect(request, proxy), reader)
            check_tunnel(reader.response())
            await connection.secure(self._tls(), host_name(request.host))
        except BaseException:
            connection.end()
            raise

    def _tls(self) -> SSLContext:
        if self._context is None:
            from understudy.client.transports.trust import tls_context

            self._context = tls_context(self._settings)
        return self._context

    async def close(self) -> None:
        """Close the kept connections of the running loop; those of ended loops have ended with them."""
        for kept in self._idle.pop(asyncio.get_running_loop(), {}).values():
            for connection in kept:
                connection.end()
        await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """One connection: hands what comes to the reader of the exchange that is under way."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_lost = False
        self.since = 0.0
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._whole: asyncio.Future[None] | None = None

    async def exchange(self, content: bytes, reader: AnswerReader) -> None:
        """Send a request and wait until its answer is whole."""
        assert self._transport is not None
        if self.is_lost:
            raise NotHttp("the connection was closed")
        self._reader, self._whole = reader, self._loop.create_future()
        self._transport.write(content)
        try:
            await self._whole
        except BaseException:
            reader.reusable = False
            raise
        finally:
            self._reader = self._whole = None

    async def secure(self, context: SSLContext, name: str) -> None:
        """Go on over TLS."""
        assert self._transport is not None
        secured = await self._loop.start_tls(self._transport, self, context, server_hostname=name)
        assert secured is not None
        self._transport = secured

    def end(self) -> None:
        """Close at once, without waiting for anything."""
        self.is_lost = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            # nobody has asked: whatever it is, it must not be taken for the next answer
            self.end()
            return
        self._feed(data)

    def eof_received(self) -> None:
        self.is_lost = True
        if self._reader is not None:
            self._feed(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if self._whole is not None and not self._whole.done():
            if exc is not None:
                self._whole.set_exception(exc)
            else:
                self._feed(b"")

    def _feed(self, data: bytes) -> None:
        assert self._reader is not None
        assert self._whole is not None
        if self._whole.done():
            self._reader.reusable = False
            return
        try:
            if self._reader.feed(data):
                self._whole.set_result(None)
        except (NotHttp, TooLarge) as error:
            self._whole.set_exception(error)


def _kept(idle: list[_Connection], now: float) -> _Connection | None:
    """The connection used last, if it is still good: not closed, and not idle for too long."""
    while idle:
        connection = idle.pop()
        if not connection.is_lost and now - connection.since < LONGEST_IDLE:
            return connection
        connection.end()
    return None


def _encoded(request: Request, proxy: str | None) -> bytes:
    if proxy is None or request.scheme == "https":
        return encode(request)
    return encode(request, *proxy_authorization(proxy), absolute=True)
