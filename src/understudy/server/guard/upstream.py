"""What stands behind the guard: requests go there signed with its own keys, bodies pass in pieces both ways.

HTTP/1.1 is spoken through h11, because the target of a request must go on byte for byte as the guard wrote it; a client
that tidies addresses would let the guard judge one key and the store read another.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import h11

from understudy.errors import ConfigurationError, ConnectFailed, TransportError
from understudy.http import Request
from understudy.sigv4.canonical import PathStyle
from understudy.sigv4.signing import sign

if TYPE_CHECKING:
    from understudy.clock import Clock
    from understudy.http import Headers
    from understudy.identity import AWSCredentials

PIECE: Final = 65_536
_IDLE = 16
_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter, h11.Connection]
_HOPS = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers that are for the caller, and the body in pieces."""

    status: int
    headers: Headers
    body: AsyncIterator[bytes]


@dataclass(slots=True)
class Upstream:
    """An endpoint behind the guard: its address, the keys that it knows, and the region that it is signed for.

    `credentials` are the keys, or a function that gives them for each request, such as `RefreshingCredentials.get`.
    `timeout` is in seconds, for each step of an exchange: connecting, and each piece that is sent or awaited.
    """

    url: str
    credentials: AWSCredentials | Callable[[], AWSCredentials]
    region: str
    clock: Clock
    timeout: float = 60.0
    _idle: list[_Connection] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ConfigurationError(
                f"{self.url!r} is not the address of an upstream; it must look like 'http://127.0.0.1:9000'"
            )

    @property
    def host(self) -> str:
        """The authority that requests name."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def signed(self, request: Request, service: str, payload_hash: str | None, style: PathStyle) -> Request:
        """The request as it goes on."""
        now = datetime.fromtimestamp(self.clock.time(), UTC)
        credentials = self.credentials() if callable(self.credentials) else self.credentials
        return sign(
            request,
            credentials,
            region=self.region,
            service=service,
            now=now,
            payload_hash=payload_hash,
            style=style,
        )

    @asynccontextmanager
    async def exchange(self, request: Request, body: AsyncIterator[bytes], length: int) -> AsyncIterator[Answer]:
        """Send a request whose body has `length` bytes; raises `TransportError`.

        An error of the body's own breaks the connection off before the body is complete. A connection is used again
        only when both sides came to their ends.
        """
        connection = await self._connect()
        try:
            event = await self._converse(connection, request, body, length)
            headers = tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1"))
                for name, value in event.headers
                if name.lower().decode("latin-1") not in _HOPS
            )
            yield Answer(event.status_code, headers, self._pieces(connection))
            if (
                connection[2].our_state is h11.DONE
                and connection[2].their_state is h11.DONE
                and len(self._idle) < _IDLE
            ):
                connection[2].start_next_cycle()
                self._idle.append(connection)
                connection = None  # type: ignore[assignment]
        except (OSError, h11.ProtocolError, asyncio.IncompleteReadError) as error:
            raise TransportError(f"the upstream {self.url!r} broke off: {error}") from error
        finally:
            if connection is not None:
                connection[1].close()

    async def _converse(
        self, connection: _Connection, request: Request, body: AsyncIterator[bytes], length: int
    ) -> h11.Response:
        _, writer, state = connection
        target = f"{request.path}?{request.query}" if request.query else request.path
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
        if request.header("host") is None:
            headers.insert(0, (b"host", request.host.encode("latin-1")))
        if length or request.method in ("PUT", "POST"):
            headers.append((b"content-length", str(length).encode()))
        await self._write(writer, state, h11.Request(method=request.method, target=target, headers=headers))
        async for piece in body:
            if piece:
                await self._write(writer, state, h11.Data(data=piece))
        await self._write(writer, state, h11.EndOfMessage())
        while True:
            event = await self._next_event(connection)
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise TransportError(f"the upstream {self.url!r} closed the connection without an answer")

    async def _write(self, writer: asyncio.StreamWriter, state: h11.Connection, event: Any) -> None:
        data = state.send(event)
        if data:
            writer.write(data)
            await self._in_time(writer.drain())

    async def _pieces(self, connection: _Connection) -> AsyncIterator[bytes]:
        while True:
            event = await self._next_event(connection)
            if not isinstance(event, h11.Data):
                return
            yield bytes(event.data)

    async def _next_event(self, connection: _Connection) -> Any:
        reader, _, state = connection
        while True:
            event = state.next_event()
            if event is not h11.NEED_DATA:
                return event
            state.receive_data(await self._in_time(reader.read(PIECE)))

    async def _connect(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            reader, writer, _ = connection
            if not reader.at_eof() and not writer.is_closing():
                return connection
            writer.close()
        parts = urlsplit(self.url)
        secure = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or (443 if secure else 80)
        try:
            reader, writer = await self._in_time(asyncio.open_connection(parts.hostname, port, ssl=secure, limit=PIECE))
        except OSError as error:
            raise ConnectFailed(f"cannot connect to the upstream {self.url!r}: {error}") from error
        return reader, writer, h11.Connection(h11.CLIENT)

    async def _in_time(self, awaited: Any) -> Any:
        try:
            return await asyncio.wait_for(awaited, self.timeout)
        except TimeoutError:
            raise TransportError(f"the upstream {self.url!r} took longer than {self.timeout} seconds") from None

    async def close(self) -> None:
        """Close what is kept open."""
        while self._idle:
            self._idle.pop()[1].close()
