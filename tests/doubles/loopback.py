"""An HTTP server on loopback that answers as a function says, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[["Asked"], "Answer"]


class Asked:
    """One request as it arrived; header names in lower case."""

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        parts = urlsplit(target)
        self.method = method
        self.path = parts.path
        self.raw_path, _, self.raw_query = target.partition("?")
        self.query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


class Answer:
    """What to answer; `hold` keeps the client waiting until the server is closed, `cut` closes without an answer."""

    def __init__(
        self,
        status: int = 200,
        body: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        hold: bool = False,
        cut: bool = False,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.hold = hold
        self.cut = cut

    @classmethod
    def of(cls, document: Any, status: int = 200, content_type: str = "application/json", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, json.dumps(document).encode(), headers={"content-type": content_type, **named})


HTML = Answer(
    200, b"<html><body>Please log in to the guest network</body></html>", headers={"content-type": "text/html"}
)


class Loopback:
    """The server, as a context. `asked` lists every request in order; `script` answers first, one each, then `handler`."""

    def __init__(self, handler: Handler | None = None, *, family: int = socket.AF_INET) -> None:
        self.handler = handler or (lambda asked: Answer(404))
        self.asked: list[Asked] = []
        self.script: list[Answer] = []
        self.over = threading.Event()
        self._server = _server(self, family)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def host(self) -> str:
        name, port = self._server.server_address[:2]
        return f"[{name!s}]:{port}" if ":" in str(name) else f"{name!s}:{port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self.script.pop(0) if self.script else self.handler(asked)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _server(loopback: Loopback, family: int) -> ThreadingHTTPServer:
    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.body()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = loopback.answer(Asked(self.command, self.path, headers, body))
            if answer.hold:
                loopback.over.wait()
            if answer.hold or answer.cut:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            given = {"date": self.date_time_string(time.time()), "content-length": str(len(answer.body))}
            for name, value in {**given, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def body(self) -> bytes:
            if self.headers.get("transfer-encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("content-length") or 0))
            content = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return content

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        address_family = family
        daemon_threads = True
        block_on_close = False

    return Server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), Exchange)
