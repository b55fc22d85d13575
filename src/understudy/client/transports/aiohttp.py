"""A transport for tasks over aiohttp, for programs that have it anyway."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

import aiohttp

from understudy.client.transports.failures import broken, connect_failed, connect_timed_out, timed_out, too_large
from understudy.client.transports.trust import tls_context
from understudy.http import Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext

    from yarl import URL

    from understudy.client.transports import TransportSettings
    from understudy.errors import UnderstudyError
    from understudy.http import Request


class AiohttpTransport:
    """`understudy.flow.AsyncTransport` over aiohttp; a session belongs to its event loop, so each loop gets one."""

    __slots__ = ("_context", "_sessions", "_settings")

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._context: SSLContext | None = None
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()

    async def send(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        try:
            return await self._exchange(request, timeout)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._translated(error, request, timeout) from error

    async def _exchange(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        limits = aiohttp.ClientTimeout(total=timeout, connect=None, sock_connect=self._settings.connect_timeout)
        exchange = self._session().request(
            request.method,
            _url(request),
            data=request.body or None,
            headers=request.headers,
            proxy=self._settings.proxies.choose(request.scheme, request.host),
            ssl=self._tls() if request.scheme == "https" else True,
            timeout=limits,
            allow_redirects=False,
        )
        async with exchange as answer:
            body = await self._read(answer, request)
            headers = tuple((name.lower(), value) for name, value in answer.headers.items())
            return Response(answer.status, headers, body)

    async def _read(self, answer: aiohttp.ClientResponse, request: Request) -> bytes:
        body = b""
        async for part in answer.content.iter_any():
            body += part
            if len(body) > self._settings.max_body:
                answer.close()
                raise too_large(request, answer.status, self._settings.max_body)
        return body

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None:
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._settings.pool_size),
                auto_decompress=False,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Accept-Encoding", "User-Agent", "Content-Type"),
            )
            self._sessions[loop] = session
        return session

    def _tls(self) -> SSLContext:
        if self._context is None:
            self._context = tls_context(self._settings)
        return self._context

    def _translated(self, error: Exception, request: Request, timeout: float | None) -> UnderstudyError:
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return connect_timed_out(request, self._settings.connect_timeout)
        if isinstance(error, TimeoutError):
            return timed_out(request, timeout)
        if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)):
            return connect_failed(request, error)
        return broken(request, error)

    async def close(self) -> None:
        """Close the session of the running loop; those of ended loops have lost their connections with them."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()


def _url(request: Request) -> URL:
    from yarl import URL

    return URL(request.url, encoded=True)
