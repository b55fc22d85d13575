"""Running the stand-in: for good in this process, or for the length of a block in a thread beside it."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from understudy.errors import ConfigurationError
from understudy.server import jws
from understudy.server.app import App
from understudy.server.service import Service
from understudy.server.settings import Settings

if TYPE_CHECKING:
    import uvicorn

    from understudy.directory import Directory
    from understudy.server.guard import Front, GuardSettings

LOOPBACK = "127.0.0.1"


class TLS(NamedTuple):
    """Files in PEM: the certificate with its chain, and its private key."""

    certificate: str
    private_key: str


class Running:
    """A stand-in that is running: where it listens, and the service inside, for looking and changing."""

    def __init__(self, app: App, host: str, port: int, scheme: str = "http") -> None:
        self._app = app
        self.host = host
        self.port = port
        self.scheme = scheme

    @property
    def service(self) -> Service:
        """The service that answers now."""
        return self._app.service

    @property
    def directory(self) -> Directory:
        """The directory that it asks."""
        return self._app.service.directory

    @property
    def url(self) -> str:
        """The endpoint URL for a client."""
        return _url(self.scheme, self.host, self.port)

    def recast(self, directory: Directory, settings: Settings | None = None) -> Service:
        """Answer from another directory from now on, at the same address; nothing is remembered of the last one."""
        chosen = settings or Settings()
        self._app.service = Service(directory, chosen if chosen.issuer else replace(chosen, issuer=self.url))
        return self._app.service

    def __repr__(self) -> str:
        return f"Running({self.url!r})"


def serve(
    directory: Directory,
    host: str = LOOPBACK,
    port: int = 0,
    settings: Settings | None = None,
    *,
    tls: TLS | None = None,
    guard: GuardSettings | None = None,
    ready: Any = None,
) -> None:
    """Serve until interrupted; raises `ConfigurationError` when the address or the certificate cannot be had.

    `ready` is called with the `Running` once connections are accepted. Port 0 takes a free one. Without `tls` it speaks
    plain HTTP, which belongs on loopback or behind a proxy. With `guard` requests for S3 and other services are taken
    at the same address.
    """
    scheme = "http" if tls is None else "https"
    with _listen(host, port) as listening:
        app = App(Service(directory, _named(settings, scheme, host, listening)))
        server = _server(_application(app, guard), tls)
        _settle_garbage_collector()
        if ready is not None:
            ready(Running(app, host, listening.getsockname()[1], scheme))
        Thread(target=_prepare, args=(app.service,), name="understudy keys", daemon=True).start()
        server.run(sockets=[listening])


def _prepare(service: Service) -> None:
    """What the first token would have to wait for: making the issuer's keys, and importing what verifies tokens."""
    service.issuer.prepare()
    jws.load()


@contextmanager
def running(
    directory: Directory,
    settings: Settings | None = None,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    tls: TLS | None = None,
    guard: GuardSettings | None = None,
) -> Iterator[Running]:
    """A stand-in in a thread of its own, until the block ends. Connections are accepted from the first line on.

    With `guard` requests for S3 and other services are taken at the same address.
    """
    scheme = "http" if tls is None else "https"
    with _listen(host, port) as listening:
        app = App(Service(directory, _named(settings, scheme, host, listening)))
        server = _server(_application(app, guard), tls)
        started = Event()
        thread = Thread(target=_run, args=(server, listening, started), name="understudy", daemon=True)
        thread.start()
        started.wait()
        try:
            yield Running(app, host, listening.getsockname()[1], scheme)
        finally:
            server.should_exit = True
            thread.join()


def _settle_garbage_collector() -> None:
    """What exists now lives as long as the process, and requests leave no cycles: look for some less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _application(app: App, guard: GuardSettings | None) -> App | Front:
    """The stand-in alone or, at one address, with a guard in front of other services."""
    if guard is None:
        return app
    from understudy.server.guard import Front, Guard

    return Front(app, Guard(app.service, guard))


def _named(settings: Settings | None, scheme: str, host: str, listening: socket.socket) -> Settings:
    """The settings, with the address of the stand-in as the issuer of its own tokens where none is chosen."""
    chosen = settings or Settings()
    if chosen.issuer is not None:
        return chosen
    return replace(chosen, issuer=_url(scheme, host, listening.getsockname()[1]))


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _run(server: uvicorn.Server, listening: socket.socket, started: Event) -> None:
    """The socket listens already, so that a client may connect before the loop runs."""
    started.set()
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except (OSError, OverflowError) as error:
        listening.close()
        hint = "stop what listens there, or choose another port; port 0 takes a free one"
        raise ConfigurationError(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', error)}", hint=hint
        ) from None
    return listening


def _protocol() -> Any:
    """uvicorn's protocol on httptools, its two writes for an answer made one; "auto" where httptools is not there."""
    try:
        from understudy.server.one_write import OneWriteProtocol
    except ImportError:
        return "auto"
    return OneWriteProtocol


def _server(app: App | Front, tls: TLS | None) -> uvicorn.Server:
    import uvicorn

    certificate, private_key = (None, None) if tls is None else tls
    config = uvicorn.Config(
        app,
        http=_protocol(),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        lifespan="off" if isinstance(app, App) else "on",
        ws="none",
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=65_536,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError among them
        raise ConfigurationError(f"cannot use the certificate {certificate!r} with {private_key!r}: {error}") from None
    return uvicorn.Server(config)
