"""Transports for threads and for tasks over pyreqwest, a binding of Rust's reqwest.

One pyreqwest client is made for each way out (direct, or a proxy) and each need of TLS, at its first request: reading
the system's certificates costs 10 to 20 ms that plain HTTP to a loopback address does not need.
"""

from __future__ import annotations

from datetime import timedelta

from pyreqwest.client import ClientBuilder, SyncClientBuilder

from understudy.client.transports.failures import broken, connect_failed, connect_timed_out, timed_out, too_large
from understudy.client.transports.interruptible import has_terminal, in_main_thread, interruptibly
from understudy.client.transports.slots import Slots
from understudy.errors import ConfigurationError
from understudy.http import Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from pyreqwest.client import BaseClientBuilder, Client, SyncClient
    from pyreqwest.proxy import ProxyBuilder
    from pyreqwest.request import BaseRequestBuilder
    from pyreqwest.response import BaseResponse

    from understudy.client.transports import TransportSettings
    from understudy.errors import UnderstudyError
    from understudy.http import Request

    BuilderT = TypeVar("BuilderT", bound=BaseClientBuilder)
    RequestT = TypeVar("RequestT", bound=BaseRequestBuilder)
    Way = tuple[str | None, bool]


LONGEST = 300.0
"""Seconds; the limit of an asynchronous request that was given none, see `AsyncPyreqwestTransport`."""


class PyreqwestTransport:
    """`understudy.flow.Transport` over pyreqwest's blocking client; safe for many threads.

    pyreqwest does not look at signals while it waits (0.15). So that Control-C works, the main thread of a program with
    a terminal hands its exchanges to a thread beside it; this costs about 0.1 ms, which nobody at a terminal notices.
    """

    __slots__ = ("_clients", "_has_terminal", "_limit", "_settings", "_slots")

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._limit = settings.max_body
        self._clients: dict[Way, SyncClient] = {}
        self._has_terminal = has_terminal()
        self._slots = Slots(settings.pool_size)
        _check_runtime()

    def send(self, request: Request, timeout: float | None) -> Response:
        if self._has_terminal and in_main_thread():
            return interruptibly(lambda: self._in_turn(request, timeout))
        return self._in_turn(request, timeout)

    def _in_turn(self, request: Request, timeout: float | None) -> Response:
        self._slots.take(request, timeout)
        try:
            return self._exchange(request, timeout)
        finally:
            self._slots.give_back()

    def _exchange(self, request: Request, timeout: float | None) -> Response:
        client = self._client(_way(self._settings, request))
        try:
            prepared = _filled(client.request(request.method, request.url), request, timeout)
            with prepared.build_streamed() as answer:
                reader = answer.body_reader
                body = part = bytes(reader.read(self._limit + 1) or b"")
                while part and not _is_whole(answer, body, self._limit):
                    part = bytes(reader.read(self._limit + 1 - len(body)) or b"")
                    body += part
        except Exception as error:
            raise _translated(error, request, timeout, self._settings) from error
        return _response(request, answer, body, self._limit)

    def _client(self, way: Way) -> SyncClient:
        client = self._clients.get(way)
        if client is None:
            client = self._clients.setdefault(way, _configured(SyncClientBuilder(), self._settings, way).build())
        return client

    def close(self) -> None:
        clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()


class AsyncPyreqwestTransport:
    """`understudy.flow.AsyncTransport` over pyreqwest's asynchronous client.

    A cancelled task ends at once, but its request goes on in the background until its own time limit: pyreqwest
    detaches it instead of aborting it (0.15), so every request gets a limit here. For the same reason the pool has its
    bound from `TaskSlots`, not ``max_connections``, where a cancelled request would keep its place. `AiohttpTransport`
    closes the connection of a cancelled task at once.
    """

    __slots__ = ("_clients", "_limit", "_settings", "_slots")

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._limit = settings.max_body
        self._clients: dict[Way, Client] = {}
        from understudy.client.transports.task_slots import TaskSlots

        self._slots = TaskSlots(settings.pool_size)
        _check_runtime()
        _settle_at_exit()

    async def send(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        slots, left = await self._slots.take(request, timeout)
        try:
            return await self._exchange(request, LONGEST if left is None else left)
        finally:
            slots.release()

    async def _exchange(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        client = self._client(_way(self._settings, request))
        try:
            prepared = _filled(client.request(request.method, request.url), request, timeout)
            async with prepared.build_streamed() as answer:
                reader = answer.body_reader
                body = part = bytes(await reader.read(self._limit + 1) or b"")
                while part and not _is_whole(answer, body, self._limit):
                    part = bytes(await reader.read(self._limit + 1 - len(body)) or b"")
                    body += part
        except Exception as error:
            raise _translated(error, request, timeout, self._settings) from error
        return _response(request, answer, body, self._limit)

    def _client(self, way: Way) -> Client:
        client = self._clients.get(way)
        if client is None:
            client = self._clients.setdefault(way, _configured(ClientBuilder(), self._settings, way).build())
        return client

    async def close(self) -> None:
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.close()


def _check_runtime() -> None:
    """Raise `ConfigurationError` in a fork of a process that has used pyreqwest: its threads are gone there."""
    try:
        SyncClientBuilder().no_proxy().danger_accept_invalid_certs(True).build().close()
    except RuntimeError as error:
        raise ConfigurationError(
            f"pyreqwest cannot be used in this process: {error}",
            hint="take the default transport, or start child processes with 'spawn' instead of 'fork'",
        ) from error


def _settle_at_exit() -> None:
    import atexit

    atexit.unregister(_settle)
    atexit.register(_settle)


def _settle() -> None:
    """Wait until pyreqwest's runtime has left Python, before the interpreter ends.

    Its thread wakes the event loop from Python code. A program that ends right after its last call catches it there,
    and the interpreter then aborts: one run in two on a single processor, with Python 3.11 and pyreqwest 0.15. The same
    thread serves blocking calls, so when it has refused one, which needs no Python, it is done with all before it.
    """
    try:
        client = SyncClientBuilder().no_proxy().danger_accept_invalid_certs(True).build()
        client.get("http://127.0.0.1:0/").timeout(timedelta(seconds=1)).build().send()
    except Exception:
        pass


def _way(settings: TransportSettings, request: Request) -> Way:
    proxy = settings.proxies.choose(request.scheme, request.host)
    return proxy, request.scheme == "https" or (proxy or "").startswith("https")


def _configured(builder: BuilderT, settings: TransportSettings, way: Way) -> BuilderT:
    proxy, uses_tls = way
    builder = builder.no_proxy().follow_redirects(False).referer(False)
    builder = builder.gzip(False).brotli(False).zstd(False).deflate(False)
    builder = builder.connect_timeout(timedelta(seconds=settings.connect_timeout))
    builder = builder.pool_max_idle_per_host(settings.pool_size)
    if proxy is not None:
        builder = builder.proxy(_proxy(proxy))
    if not uses_tls or not settings.verify:
        return builder.danger_accept_invalid_certs(True)
    for certificate in settings.certificates():
        builder = builder.add_root_certificate_pem(certificate)
    return builder


def _proxy(url: str) -> ProxyBuilder:
    from pyreqwest.proxy import ProxyBuilder

    return ProxyBuilder.all(url)


def _filled(builder: RequestT, request: Request, timeout: float | None) -> RequestT:
    builder = builder.headers(request.headers)
    if request.body:
        builder = builder.body_bytes(request.body)
    return builder if timeout is None else builder.timeout(timedelta(seconds=timeout))


def _is_whole(answer: BaseResponse, body: bytes, limit: int) -> bool:
    return len(body) > limit or answer.get_header("content-length") == str(len(body))


def _response(request: Request, answer: BaseResponse, body: bytes, limit: int) -> Response:
    if len(body) > limit:
        raise too_large(request, answer.status, limit)
    return Response(answer.status, answer.headers.items(), body)


def _translated(
    error: Exception, request: Request, timeout: float | None, settings: TransportSettings
) -> UnderstudyError:
    from pyreqwest import exceptions

    causes = _causes(error)
    connecting = _CONNECTING in causes
    if isinstance(error, exceptions.RequestTimeoutError):
        return connect_timed_out(request, settings.connect_timeout) if connecting else timed_out(request, timeout)
    return connect_failed(request, causes[-1]) if connecting else broken(request, causes[-1])


_CONNECTING = "client error (Connect)"
"""Only hyper's own text tells connecting from sending: pyreqwest names both errors ConnectError (0.15)."""


def _causes(error: Exception) -> list[str]:
    """What reqwest says, the most telling last; the first ones may quote the address."""
    details = getattr(error, "details", None) or {}
    return [str(cause["message"]) for cause in details.get("causes") or ()] or [str(error)]
