"""A transport for threads over Python's own sockets and TLS: no dependency, little memory, and Control-C works."""

from __future__ import annotations

import socket
from time import monotonic

from understudy.client.transports import host_name
from understudy.client.transports.failures import (
    broken,
    connect_failed,
    connect_timed_out,
    timed_out,
    too_large,
)
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
from understudy.client.transports.slots import Slots
from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext

    from understudy.client.transports import TransportSettings
    from understudy.http import Request, Response

    Place = tuple[str, str, str | None]

LONGEST_IDLE = 60.0
"""Seconds after which a kept connection is not used again: many servers and firewalls forget it about then."""


class SocketTransport:
    """`understudy.flow.Transport` over blocking sockets; safe for many threads.

    The names of hosts are looked up by the system, which no time limit can interrupt.
    """

    __slots__ = ("_context", "_idle", "_settings", "_slots")

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._slots = Slots(settings.pool_size)
        self._idle: dict[Place, list[tuple[socket.socket, float]]] = {}
        self._context: SSLContext | None = None

    def send(self, request: Request, timeout: float | None) -> Response:
        deadline = None if timeout is None else monotonic() + timeout
        self._slots.take(request, timeout)
        try:
            proxy = self._settings.proxies.choose(request.scheme, request.host)
            place = (request.scheme, request.host, proxy)
            peer = self._kept(place) or self._connect(request, proxy, deadline)
            return self._exchange(request, peer, place, timeout, deadline)
        finally:
            self._slots.give_back()

    def _exchange(
        self, request: Request, peer: socket.socket, place: Place, timeout: float | None, deadline: float | None
    ) -> Response:
        reader = AnswerReader(request.method, self._settings.max_body)
        keep = False
        try:
            peer.settimeout(_left(deadline))
            peer.sendall(_encoded(request, place[2]))
            while not reader.feed(peer.recv(65_536)):
                peer.settimeout(_left(deadline))
            keep = reader.reusable
        except TimeoutError as error:
            raise timed_out(request, timeout) from error
        except TooLarge:
            raise too_large(request, reader.status, self._settings.max_body) from None
        except (NotHttp, OSError) as error:
            raise broken(request, error) from error
        finally:
            if keep:
                self._idle.setdefault(place, []).append((peer, monotonic()))
            else:
                peer.close()
        return reader.response()

    def _kept(self, place: Place) -> socket.socket | None:
        """The connection used last, if it is still good: silent, and not idle for too long."""
        idle = self._idle.get(place)
        while idle:
            try:
                peer, since = idle.pop()
            except IndexError:
                return None
            if monotonic() - since < LONGEST_IDLE and not _has_something_to_say(peer):
                return peer
            peer.close()
        return None

    def _connect(self, request: Request, proxy: str | None, deadline: float | None) -> socket.socket:
        limit = monotonic() + self._settings.connect_timeout
        peer = None
        try:
            if proxy is not None and proxy.startswith("https") and request.scheme == "https":
                raise ConfigurationError(
                    f"SocketTransport cannot reach https://{request.host} through an https:// proxy",
                    hint="give the proxy as http://, or pass transport=PyreqwestTransport",
                )
            if request.scheme == "https":
                self._tls()  # a broken CA bundle shows before anything is sent
            peer = self._dial(proxy or request.url, limit if deadline is None else min(limit, deadline))
            if proxy is not None and request.scheme == "https":
                _tunnel(peer, request, proxy)
                peer = self._secured(peer, host_name(request.host))
            return peer
        except TimeoutError as error:
            _close(peer)
            raise connect_timed_out(request, self._settings.connect_timeout) from error
        except (NotHttp, OSError) as error:
            _close(peer)
            raise connect_failed(request, _text(error)) from error
        except BaseException:
            _close(peer)
            raise

    def _dial(self, url: str, limit: float) -> socket.socket:
        """A connection to the authority of a URL, secured if it is https; each address is tried in turn."""
        scheme, name, port = address(url)
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        failure: OSError = OSError("the name has no address")
        for family, kind, protocol, _, place in found:
            peer = socket.socket(family, kind, protocol)
            try:
                peer.settimeout(_left(limit))
                peer.connect(place)
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return self._secured(peer, name) if scheme == "https" else peer
            except OSError as error:
                peer.close()
                failure = error
            except BaseException:
                peer.close()
                raise
        raise failure

    def _secured(self, peer: socket.socket, name: str) -> socket.socket:
        return self._tls().wrap_socket(peer, server_hostname=name)

    def _tls(self) -> SSLContext:
        if self._context is None:
            from understudy.client.transports.trust import tls_context

            self._context = tls_context(self._settings)
        return self._context

    def close(self) -> None:
        """Close the kept connections."""
        idle, self._idle = self._idle, {}
        for kept in idle.values():
            for peer, _ in kept:
                peer.close()


def _encoded(request: Request, proxy: str | None) -> bytes:
    if proxy is None or request.scheme == "https":
        return encode(request)
    return encode(request, *proxy_authorization(proxy), absolute=True)


def _tunnel(peer: socket.socket, request: Request, proxy: str) -> None:
    reader = AnswerReader("CONNECT", 65_536)
    peer.sendall(encode_connect(request, proxy))
    while not reader.feed(peer.recv(4_096)):
        pass
    check_tunnel(reader.response())


def _left(deadline: float | None) -> float | None:
    """What is left of the time, for one blocking operation; raises TimeoutError when nothing is."""
    if deadline is None:
        return None
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left


def _has_something_to_say(peer: socket.socket) -> bool:
    """Whether a silent connection is readable: the other side has closed it, or sent what nobody asked for."""
    import select

    try:
        if not hasattr(select, "poll"):
            return bool(select.select([peer], [], [], 0)[0])
        waiting = select.poll()
        waiting.register(peer, select.POLLIN)
        return bool(waiting.poll(0))
    except (OSError, ValueError):
        return True


def _close(peer: socket.socket | None) -> None:
    if peer is not None:
        peer.close()


def _text(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
