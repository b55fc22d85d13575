"""A transport for threads over urllib3, for programs that have it anyway."""

from __future__ import annotations

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
    TimeoutError,
)
from urllib3.util import SKIP_HEADER

from understudy.client.transports.failures import broken, connect_failed, connect_timed_out, timed_out, too_large
from understudy.client.transports.trust import tls_context
from understudy.errors import UnderstudyError
from understudy.http import Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3 import BaseHTTPResponse, PoolManager

    from understudy.client.transports import TransportSettings
    from understudy.clock import Clock
    from understudy.http import Request


class Urllib3Transport:
    """`understudy.flow.Transport` over urllib3's pools; safe for many threads.

    urllib3 bounds each read, not the exchange, so the body is read in parts and the time looked at between them.
    """

    __slots__ = ("_clock", "_context", "_pools", "_settings")

    def __init__(self, settings: TransportSettings, clock: Clock | None = None) -> None:
        from understudy.clock import SYSTEM_CLOCK

        self._settings = settings
        self._clock = clock or SYSTEM_CLOCK
        self._context: SSLContext | None = None
        self._pools: dict[tuple[str | None, bool], PoolManager] = {}

    def send(self, request: Request, timeout: float | None) -> Response:
        try:
            return self._exchange(request, timeout)
        except UnderstudyError:
            raise
        except (HTTPError, OSError) as error:
            raise self._translated(error, request, timeout) from error

    def _exchange(self, request: Request, timeout: float | None) -> Response:
        deadline = None if timeout is None else self._clock.monotonic() + timeout
        answer = self._pool(request).urlopen(
            request.method,
            request.url,
            body=request.body or None,
            headers={"accept-encoding": SKIP_HEADER, **dict(request.headers)},
            timeout=urllib3.Timeout(connect=self._connect_timeout(timeout), read=timeout, total=timeout),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        if not answer.headers:
            # http.client takes a status line and the end of the connection for an answer
            answer.close()
            raise broken(request, "the answer ended before its headers did")
        body = self._read(answer, request, timeout, deadline)
        answer.release_conn()
        headers = ((name.lower(), value) for name, value in answer.headers.iteritems())
        return Response(answer.status, headers, body)

    def _read(self, answer: BaseHTTPResponse, request: Request, timeout: float | None, deadline: float | None) -> bytes:
        body = b""
        while part := answer.read1(65536, decode_content=False):
            body += part
            if len(body) > self._settings.max_body:
                answer.close()
                raise too_large(request, answer.status, self._settings.max_body)
            if deadline is not None and self._clock.monotonic() > deadline:
                answer.close()
                raise timed_out(request, timeout)
        return body

    def _connect_timeout(self, timeout: float | None) -> float:
        longest = self._settings.connect_timeout
        return longest if timeout is None else min(longest, timeout)

    def _pool(self, request: Request) -> PoolManager:
        proxy = self._settings.proxies.choose(request.scheme, request.host)
        key = (proxy, request.scheme == "https" or (proxy or "").startswith("https"))
        if key not in self._pools:
            self._pools[key] = self._new_pool(*key)
        return self._pools[key]

    def _new_pool(self, proxy: str | None, uses_tls: bool) -> PoolManager:
        context = self._tls() if uses_tls else None
        size = self._settings.pool_size
        if proxy is None:
            return urllib3.PoolManager(maxsize=size, block=True, ssl_context=context)
        return urllib3.ProxyManager(
            proxy,
            maxsize=size,
            block=True,
            ssl_context=context,
            proxy_ssl_context=context,
            proxy_headers=_proxy_authorization(proxy),
        )

    def _tls(self) -> SSLContext:
        if self._context is None:
            self._context = tls_context(self._settings)
        return self._context

    def _translated(self, error: Exception, request: Request, timeout: float | None) -> UnderstudyError:
        cause = error.original_error if isinstance(error, ProxyError) else error
        if isinstance(cause, ConnectTimeoutError) and not isinstance(cause, NewConnectionError):
            return connect_timed_out(request, self._connect_timeout(timeout))
        if isinstance(error, (NewConnectionError, ProxyError, SSLError)):
            return connect_failed(request, _cause(error))
        if isinstance(error, (ReadTimeoutError, TimeoutError)):
            return timed_out(request, timeout)
        return broken(request, _cause(error))

    def close(self) -> None:
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.clear()


def _proxy_authorization(proxy: str) -> dict[str, str] | None:
    from urllib.parse import unquote

    from urllib3.util import make_headers, parse_url

    user = parse_url(proxy).auth
    return make_headers(proxy_basic_auth=unquote(user)) if user else None


def _cause(error: Exception) -> str:
    """The text of the error at the bottom: urllib3's own names objects and addresses."""
    while isinstance(error.__cause__ or error.__context__, Exception):
        inner = error.__cause__ or error.__context__
        assert isinstance(inner, Exception)
        error = inner
    return str(error) or type(error).__name__
