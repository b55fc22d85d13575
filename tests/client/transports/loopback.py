"""Servers on loopback sockets that do exactly what a test says, byte for byte; and certificates for some of them."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Received:
    """A request as it came in."""

    def __init__(self, head: bytes, body: bytes) -> None:
        line, *fields = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = line.split(" ")
        self.headers = [(name.lower(), value.strip()) for name, _, value in (field.partition(":") for field in fields)]
        self.body = body

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


class Connection:
    """One accepted connection, as a handler sees it."""

    def __init__(self, server: Server, peer: socket.socket) -> None:
        self.server = server
        self.peer = peer
        self._rest = b""

    def read(self) -> Received | None:
        """The next request, or None at the end of the connection."""
        while b"\r\n\r\n" not in self._rest:
            part = self._receive()
            if not part:
                return None
            self._rest += part
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        length = int(Received(head, b"").header("content-length") or 0)
        while len(self._rest) < length:
            self._rest += self._receive()
        body, self._rest = self._rest[:length], self._rest[length:]
        received = Received(head, body)
        self.server.requests.append(received)
        return received

    def _receive(self) -> bytes:
        try:
            return self.peer.recv(65536)
        except OSError:
            return b""

    def write(self, content: bytes) -> None:
        self.peer.sendall(content)

    def wait_for_end(self) -> None:
        """Read until the other side closes."""
        while self._receive():
            pass


Handler = Callable[[Connection], None]


class Server:
    """Runs a handler for every connection, each in a thread, until the ``with`` block ends."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self.handler = handler
        self.tls = tls
        self.requests: list[Received] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self._peers: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self.host = f"127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._peers.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with self._lock:
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        try:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wrapped = peer if self.tls is None else self.tls.wrap_socket(peer, server_side=True)
            with wrapped:
                self.handler(Connection(self, wrapped))
        except OSError:
            pass
        finally:
            with self._lock:
                self.open -= 1


def answer(body: bytes = b"ok", status: str = "200 OK", *fields: str) -> bytes:
    head = "".join(f"{field}\r\n" for field in (f"content-length: {len(body)}", *fields))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


def always(content: bytes) -> Handler:
    """Answer every request of a connection with the same bytes."""

    def handle(connection: Connection) -> None:
        while connection.read() is not None:
            connection.write(content)

    return handle


def once(content: bytes) -> Handler:
    """Answer one request of a connection, then close it without a word."""

    def handle(connection: Connection) -> None:
        if connection.read() is not None:
            connection.write(content)

    return handle


def silent(seen: threading.Event, ended: threading.Event) -> Handler:
    """Read a request, never answer, and tell when the other side has gone."""

    def handle(connection: Connection) -> None:
        connection.read()
        seen.set()
        connection.wait_for_end()
        ended.set()

    return handle


def tunnel(connection: Connection) -> None:
    """A proxy: CONNECT joins both sides; a request in absolute form is answered by the proxy itself."""
    received = connection.read()
    if received is None:
        return
    if received.method != "CONNECT":
        connection.write(answer(b"from the proxy"))
        return
    host, _, port = received.target.rpartition(":")
    with socket.create_connection(("127.0.0.1", int(port))) as upstream:
        connection.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        forth = threading.Thread(target=_pump, args=(connection.peer, upstream), daemon=True)
        forth.start()
        _pump(upstream, connection.peer)
    assert host


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


class Authority:
    """A certificate authority of a test's own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Test authority of {directory.name}")])
        self._name = name
        builder = self._builder(name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        self.certificate = builder.sign(self._key, hashes.SHA256())
        self.bundle = directory / "authority.pem"
        self.bundle.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
        )

    def context(self, *names: str) -> ssl.SSLContext:
        """The TLS context of a server with these names, addresses or host names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        builder = self._builder(subject, key).add_extension(alternatives, False)
        usage = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
        certificate = builder.add_extension(usage, False).sign(self._key, hashes.SHA256())
        path = self._directory / f"{names[0]}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@contextlib.contextmanager
def closed_port() -> Iterator[str]:
    """An authority that refuses connections: bound, so that nobody else takes it, and not listening."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{holder.getsockname()[1]}"


@contextlib.contextmanager
def unanswered_port() -> Iterator[str]:
    """An authority whose queue of connections is full, so that another one is neither taken nor refused."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"
