"""HTTP/1.1 without any input or output: a request to bytes, and the bytes of its answer, fed as they come, to a value.

Source: RFC 9112. One request at a time on a connection, no trailers kept, no upgrade; what is ambiguous is an error.
"""

from __future__ import annotations

from understudy.client.transports import host_name
from understudy.http import Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from understudy.http import Headers, Request

MAX_HEAD: Final = 65_536
_CHUNK_LINE: Final = 1_024


class NotHttp(Exception):
    """The bytes are not an answer, or not a whole one."""


class TooLarge(Exception):
    """The body is larger than allowed."""


def encode(request: Request, *extra: tuple[str, str], absolute: bool = False) -> bytes:
    """The bytes of a request; `absolute` for the form that a proxy takes. Raises ValueError for a line break in it."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    fields = [f"{name}: {value}\r\n" for name, value in (*request.headers, *extra) if name not in _FRAMING]
    if request.body or request.method in ("POST", "PUT"):
        fields.append(f"content-length: {len(request.body)}\r\n")
    where = f"{request.scheme}://{request.host}{target}" if absolute else target
    head = f"{request.method} {where} HTTP/1.1\r\nhost: {request.host}\r\n{''.join(fields)}\r\n"
    # a line break inside a name or a value would begin a header of somebody else's
    if head.count("\n") != len(fields) + 3 or head.count("\r") != len(fields) + 3:
        raise ValueError("a header of the request contains a line break")
    return head.encode("latin-1") + request.body


def encode_connect(request: Request, proxy: str) -> bytes:
    """What asks a proxy for a tunnel to the host of an https request (RFC 9110, section 9.3.6)."""
    host = request.host if request.host.rpartition(":")[2].isdigit() else f"{request.host}:443"
    fields = "".join(f"{name}: {value}\r\n" for name, value in proxy_authorization(proxy))
    return f"CONNECT {host} HTTP/1.1\r\nhost: {host}\r\n{fields}\r\n".encode("latin-1")


def proxy_authorization(proxy: str) -> tuple[tuple[str, str], ...]:
    """The header that names the user of a proxy's URL, if it has one (RFC 7617)."""
    user = proxy.partition("://")[2].rpartition("@")[0]
    if not user:
        return ()
    from base64 import b64encode
    from urllib.parse import unquote_to_bytes

    return (("proxy-authorization", f"Basic {b64encode(unquote_to_bytes(user)).decode()}"),)


def check_tunnel(answer: Response) -> None:
    """Raise `NotHttp` unless the proxy has opened the tunnel."""
    if not 200 <= answer.status < 300:
        raise NotHttp(f"the proxy refused the tunnel with status {answer.status}")


def address(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL, user and path left aside."""
    scheme, _, rest = url.partition("://")
    authority = rest.rpartition("@")[2].partition("/")[0]
    port = authority.rpartition(":")[2]
    explicit = port.isdigit() and not authority.endswith("]")
    return scheme, host_name(authority), int(port) if explicit else _PORTS[scheme]


_PORTS: Final = {"http": 80, "https": 443}
_FRAMING: Final = frozenset(("host", "content-length", "transfer-encoding", "connection"))


class AnswerReader:
    """Reads one answer. `feed` says when it is whole; then there is `response`, and `reusable` is of the connection."""

    __slots__ = ("_body", "_buffer", "_chunked", "_length", "_limit", "_method", "headers", "reusable", "status")

    def __init__(self, method: str, limit: int) -> None:
        self.status = 0
        self.headers: Headers = ()
        self.reusable = False
        self._method = method
        self._limit = limit
        self._buffer = b""
        self._body = b""
        self._length: int | None = None
        self._chunked = False

    def response(self) -> Response:
        """The answer, once whole."""
        return Response(self.status, self.headers, self._body)

    def feed(self, data: bytes) -> bool:
        """Take bytes, or the end of the connection (no bytes); True when the answer is whole."""
        if not data:
            return self._end()
        self._buffer += data
        if not self.status and not self._read_head():
            return False
        if self._chunked:
            return self._read_chunks()
        return self._read_plain()

    def _end(self) -> bool:
        """Only a body without a length ends with its connection."""
        if not self.status or self._chunked or self._length is not None:
            raise NotHttp("the connection was closed before the answer was whole")
        self.reusable = False
        return True

    def _read_head(self) -> bool:
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end].decode("latin-1"), self._buffer[end + 4 :]
            line, *fields = head.split("\r\n")
            version, status = _status_line(line)
            if status >= 200:
                self.status = status
                self.headers = tuple(map(_field, fields))
                self._frame(version)
                return True
        if len(self._buffer) > MAX_HEAD:
            raise NotHttp(f"the head of the answer is longer than {MAX_HEAD} bytes")
        if not b"HTTP/1.".startswith(self._buffer[:7]):
            raise NotHttp("the answer is not HTTP/1")
        return False

    def _frame(self, version: str) -> None:
        """How long the body is (RFC 9112, section 6.3)."""
        codings = [value.lower() for name, value in self.headers if name == "transfer-encoding"]
        lengths = {value for name, value in self.headers if name == "content-length"}
        options = ",".join(value.lower() for name, value in self.headers if name == "connection")
        self.reusable = version == "HTTP/1.1" and "close" not in options
        if self._method == "HEAD" or self.status in (204, 304) or (self._method == "CONNECT" and self.status < 300):
            self._length = 0
        elif codings:
            if codings != ["chunked"] or lengths:
                raise NotHttp("the transfer coding of the answer is not plainly 'chunked'")
            self._chunked = True
        elif lengths:
            self._length = _single_length(lengths)

    def _read_plain(self) -> bool:
        self._body += self._buffer
        self._buffer = b""
        if (self._length or len(self._body)) > self._limit:
            raise TooLarge
        if self._length is None or len(self._body) < self._length:
            return False
        if len(self._body) > self._length:
            # bytes that nobody asked for: take none of them for the next answer
            self._body = self._body[: self._length]
            self.reusable = False
        return True

    def _read_chunks(self) -> bool:
        """Every chunk that is whole; the rest of the bytes stays for the next time, moved once."""
        buffer, place, parts = self._buffer, 0, [self._body]
        length = len(self._body)
        while (end := buffer.find(b"\r\n", place)) >= 0:
            size = _chunk_size(buffer[place : min(end, place + _CHUNK_LINE)])
            length += size
            if length > self._limit:
                raise TooLarge
            if size == 0 or len(buffer) < end + size + 4:
                break
            if buffer[end + 2 + size : end + size + 4] != b"\r\n":
                raise NotHttp("a chunk does not end where it should")
            parts.append(buffer[end + 2 : end + 2 + size])
            place = end + size + 4
        self._body, self._buffer = b"".join(parts), buffer[place:]
        return self._read_last_chunk(end - place)

    def _read_last_chunk(self, end: int) -> bool:
        """What is left: a chunk that is not whole, or the last one with its trailers."""
        if end < 0:
            if len(self._buffer) > _CHUNK_LINE:
                raise NotHttp("the length of a chunk is missing")
            return False
        return _chunk_size(self._buffer[:end]) == 0 and self._read_trailers(self._buffer[end + 2 :])

    def _read_trailers(self, rest: bytes) -> bool:
        """Trailers are read to their end and dropped."""
        after = rest[2:]
        if not rest.startswith(b"\r\n"):
            _, found, after = rest.partition(b"\r\n\r\n")
            if not found and len(rest) > MAX_HEAD:
                raise NotHttp("the trailers of the answer have no end")
            if not found:
                return False
        self.reusable = self.reusable and not after
        return True


def _status_line(line: str) -> tuple[str, int]:
    version, _, rest = line.partition(" ")
    status = rest[:3]
    if (
        version not in ("HTTP/1.1", "HTTP/1.0")
        or not (status.isascii() and status.isdigit())
        or rest[3:4] not in ("", " ")
    ):
        raise NotHttp("the answer is not HTTP/1")
    return version, int(status)


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise NotHttp("a header line of the answer has no name")
    return name.lower(), value.strip(" \t")


def _single_length(lengths: set[str]) -> int:
    (length, *others) = lengths
    if others or not (length.isascii() and length.isdigit()) or len(length) > 18:
        raise NotHttp("the content length of the answer is not one number")
    return int(length)


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 16 or digits.strip(b"0123456789abcdefABCDEF"):
        raise NotHttp("the length of a chunk is not a number")
    return int(digits, 16)
