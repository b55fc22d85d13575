"""HTTP requests and responses as plain values; nothing here opens a connection."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Headers = tuple[tuple[str, str], ...]


class Request:
    """A request, ready to be sent or as it was received.

    `path` and `query` are the raw bytes of the request line as text (still percent-encoded, the query without its
    question mark). `headers` are pairs in wire order with lower-case names; values are text of Latin-1, so that any
    byte survives. `host` is the authority (with a port where it is not the scheme's default), and takes part in a
    signature as the ``host`` header whether or not it is among the headers.
    """

    __slots__ = ("body", "headers", "host", "method", "path", "query", "scheme")

    def __init__(
        self,
        method: str,
        host: str,
        path: str = "/",
        query: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        scheme: str = "https",
    ) -> None:
        self.method = method
        self.scheme = scheme
        self.host = host
        self.path = path
        self.query = query
        self.headers: Headers = tuple(headers)
        self.body = body

    @property
    def url(self) -> str:
        """The whole address."""
        question = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.host}{self.path}{question}"

    def header(self, name: str) -> str | None:
        """The first value of a header (lower-case name), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def with_headers(self, *headers: tuple[str, str]) -> Request:
        """A copy with these headers in place of any of the same names."""
        names = {name for name, _ in headers}
        kept = (pair for pair in self.headers if pair[0] not in names)
        return Request(self.method, self.host, self.path, self.query, (*kept, *headers), self.body, self.scheme)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.scheme}://{self.host}{self.path}, {len(self.body)} bytes)"


class Response:
    """A response: status, headers with lower-case names, and the whole body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> None:
        self.status = status
        self.headers: Headers = tuple(headers)
        self.body = body

    def header(self, name: str) -> str | None:
        """The first value of a header (lower-case name), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"
