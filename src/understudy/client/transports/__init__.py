"""Transports owns sending: one request out, one bounded answer back, over whichever HTTP library there is.

A transport is the two methods of `understudy.flow.Transport` (or `AsyncTransport`), made from one `TransportSettings`.
What each must do is written down as tests/client/transports/contract.py:

- `send` gives a `Response` for any status, follows no redirect, decodes no content coding, adds no credentials.
- `timeout` bounds the whole exchange in seconds, `settings.connect_timeout` the connection alone.
- No connection: `ConnectFailed`. Time over: `CallTimeout` (`sent` is False while connecting). Else: `TransportError`.
- A body above `settings.max_body` bytes: `ResponseError`, without reading on.
- A kept connection that the server has closed is noticed or reported; it never gives a half answer.
"""

from __future__ import annotations

import os
from _thread import allocate_lock

from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from understudy.flow import AsyncTransport, Transport

    MakeTransport = Callable[["TransportSettings"], Transport]
    MakeAsyncTransport = Callable[["TransportSettings"], AsyncTransport]

MAX_BODY: Final = 1_048_576


class TransportSettings:
    """What transports share: time limits in seconds, the pool, the way out and whom to trust.

    `ca_bundle` is the path of a PEM file; `verify=False` switches off every check of certificates, for tests only.
    """

    __slots__ = ("ca_bundle", "connect_timeout", "max_body", "pool_size", "proxies", "verify")

    def __init__(
        self,
        *,
        connect_timeout: float = 5.0,
        pool_size: int = 50,
        proxies: Proxies | None = None,
        ca_bundle: str | None = None,
        verify: bool = True,
        max_body: int = MAX_BODY,
    ) -> None:
        self.connect_timeout = connect_timeout
        self.pool_size = pool_size
        self.proxies = proxies or Proxies()
        self.ca_bundle = ca_bundle
        self.verify = verify
        self.max_body = max_body

    def certificates(self) -> list[bytes]:
        """The certificates of `ca_bundle`, one PEM text each; raises `ConfigurationError` if there are none."""
        if self.ca_bundle is None:
            return []
        try:
            with open(self.ca_bundle, "rb") as file:
                text = file.read()
        except OSError as error:
            raise ConfigurationError(f"the CA bundle {self.ca_bundle!r} cannot be read: {error.strerror}") from error
        found = [_PEM_BEGIN + part.partition(_PEM_END)[0] + _PEM_END + b"\n" for part in text.split(_PEM_BEGIN)[1:]]
        if not found:
            raise ConfigurationError(f"the CA bundle {self.ca_bundle!r} holds no PEM certificate")
        return found


_PEM_BEGIN = b"-----BEGIN CERTIFICATE-----"
_PEM_END = b"-----END CERTIFICATE-----"


class Proxies:
    """Which proxy a request goes through, decided by scheme and host, the same for every transport.

    `no_proxy` is a comma list of hosts, domain suffixes (with or without a leading dot), addresses, CIDR blocks or
    ``*``. Link-local metadata addresses never go through a proxy: they mean another machine there. Loopback does not
    either when the proxies come from the environment.
    """

    __slots__ = ("_bypass_loopback", "_chosen", "_excluded", "http", "https")

    def __init__(
        self, http: str | None = None, https: str | None = None, no_proxy: str = "", *, bypass_loopback: bool = False
    ) -> None:
        self.http = _checked_proxy(http)
        self.https = _checked_proxy(https)
        self._excluded = tuple(part.strip().lower() for part in no_proxy.split(",") if part.strip())
        self._bypass_loopback = bypass_loopback
        self._chosen: dict[tuple[str, str], str | None] = {}

    def choose(self, scheme: str, host: str) -> str | None:
        """The URL of the proxy for an authority, or None for a direct connection."""
        if self.http is None and self.https is None:
            return None
        key = (scheme, host)
        if key not in self._chosen:
            name = host_name(host)
            proxy = self.https if scheme == "https" else self.http
            self._chosen[key] = None if proxy is None or self._is_direct(name) else proxy
        return self._chosen[key]

    def _is_direct(self, name: str) -> bool:
        if name.startswith("169.254.") or name == "fd00:ec2::254" or name == "fd00:ec2::23":
            return True
        if self._bypass_loopback and (name == "localhost" or name.startswith("127.") or name == "::1"):
            return True
        return any(_excludes(rule, name) for rule in self._excluded)


def host_name(authority: str) -> str:
    """The host of ``host:port`` or ``[address]:port``, without brackets, in lower case."""
    if authority.startswith("["):
        return authority[1 : authority.find("]")].lower()
    return authority.partition(":")[0].lower()


def _excludes(rule: str, name: str) -> bool:
    if rule == "*":
        return True
    if "/" in rule:
        return _in_network(rule, name)
    suffix = rule.lstrip("*").lstrip(".")
    return name == suffix.strip("[]") or name.endswith(f".{suffix}")


def _in_network(rule: str, name: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(name) in ip_network(rule, strict=False)
    except ValueError:
        return False


def _checked_proxy(url: str | None) -> str | None:
    """A proxy as a URL; ``host:port`` is taken as ``http://host:port``, as curl does."""
    if not url:
        return None
    whole = url if "://" in url else f"http://{url}"
    scheme, _, rest = whole.partition("://")
    if scheme.lower() not in ("http", "https") or not rest.rpartition("@")[2].strip("/"):
        hidden = f"{scheme}://...@{rest.rpartition('@')[2]}" if "@" in rest else whole
        raise ConfigurationError(f"the proxy {hidden!r} is not a URL like 'http://proxy.example.com:3128'")
    return f"{scheme.lower()}://{rest}"


class PooledConnections:
    """The transports of one configuration, made when first asked for and shared by every client that derives from it.

    A forked child makes its own: connections, threads and TLS states of the parent are of no use there.
    """

    __slots__ = ("_async", "_lock", "_make_async", "_make_sync", "_pid", "_sync", "settings")

    def __init__(
        self,
        settings: TransportSettings | None = None,
        *,
        make_sync: MakeTransport | None = None,
        make_async: MakeAsyncTransport | None = None,
    ) -> None:
        self.settings = settings or TransportSettings()
        self._make_sync = make_sync or default_transport
        self._make_async = make_async or default_async_transport
        self._sync: Transport | None = None
        self._async: AsyncTransport | None = None
        self._pid = os.getpid()
        self._lock = allocate_lock()

    def transport(self) -> Transport:
        if self._pid != os.getpid():
            self._forget_parent()
        if self._sync is None:
            with self._lock:
                if self._sync is None:
                    self._sync = self._make_sync(self.settings)
        return self._sync

    def async_transport(self) -> AsyncTransport:
        if self._pid != os.getpid():
            self._forget_parent()
        if self._async is None:
            with self._lock:
                if self._async is None:
                    self._async = self._make_async(self.settings)
        return self._async

    def _forget_parent(self) -> None:
        _INHERITED.extend((self._sync, self._async))
        self._lock = allocate_lock()
        self._sync = self._async = None
        self._pid = os.getpid()

    def close(self) -> None:
        """Close what threads use; a later call would open it anew."""
        made, self._sync = self._sync, None
        if made is not None and self._pid == os.getpid():
            made.close()

    async def aclose(self) -> None:
        """Close both."""
        made, self._async = self._async, None
        if made is not None and self._pid == os.getpid():
            await made.close()
        self.close()


_INHERITED: list[object] = []
"""Transports of a parent process: kept, because their finalisers would talk to threads that a fork does not copy."""


def default_transport(settings: TransportSettings) -> Transport:
    """Python's own sockets; pyreqwest or urllib3 for an ``https://`` proxy, because sockets cannot nest TLS in TLS."""
    proxies = settings.proxies.http, settings.proxies.https
    if any(proxy is not None and proxy.startswith("https") for proxy in proxies):
        return _transport_for_https_proxy(settings)
    from understudy.client.transports.sockets import SocketTransport

    return SocketTransport(settings)


def _transport_for_https_proxy(settings: TransportSettings) -> Transport:
    try:
        from understudy.client.transports.pyreqwest import PyreqwestTransport

        return PyreqwestTransport(settings)
    except ImportError:
        pass
    try:
        from understudy.client.transports.urllib3 import Urllib3Transport

        return Urllib3Transport(settings)
    except ImportError:
        raise ConfigurationError(
            "an https:// proxy needs the package pyreqwest or urllib3, and neither is installed",
            hint="install one of them, or give the proxy as http://",
        ) from None


def default_async_transport(settings: TransportSettings) -> AsyncTransport:
    """asyncio's own connections."""
    from understudy.client.transports.event_loop import EventLoopTransport

    return EventLoopTransport(settings)
