"""A local credentials endpoint of the container kind, for clients that can refresh through nothing else.

Every AWS SDK, deltalake and DuckDB's ``credential_chain`` ask it again before their credentials end. It listens on
loopback alone, wants a random token, and answers only requests that name it in their Host header: a web page whose
name has been made to resolve to this machine (DNS rebinding) carries another one.
"""

from __future__ import annotations

import hmac
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from understudy.bridges.source import current, told_expiration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from understudy.identity import AWSCredentials, CredentialSource

_PATH = "/credentials"
_STALE = 300.0  # seconds that a set past its end is given, while its source has an outage


class CredentialsEndpoint:
    """Serves the credentials of the moment from a thread, as a context or until `close`.

    `environ` is what a child process needs. `token_file` is the path of a file (0600) with the token, made when asked
    for and removed at the end; give it to clients whose environment others can read. `min_ttl`: seconds that each
    answer's credentials must still live; SDKs ask again 5 minutes ahead, some at every call once fewer are left.
    """

    def __init__(
        self,
        source: CredentialSource,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        authorization_token: str | None = None,
        min_ttl: float = 0.0,
    ) -> None:
        from secrets import token_urlsafe
        from threading import Thread

        _require_loopback(host)
        self.source = source
        self.min_ttl = min_ttl
        self.authorization_token = authorization_token or token_urlsafe(32)
        self._token_file: str | None = None
        self._server = _Server(self, host, port)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        """The authority that requests must name."""
        address, port = self._server.server_address[:2]
        return f"[{address!s}]:{port}" if ":" in str(address) else f"{address!s}:{port}"

    @property
    def url(self) -> str:
        """For AWS_CONTAINER_CREDENTIALS_FULL_URI."""
        return f"http://{self.host}{_PATH}"

    @property
    def environ(self) -> dict[str, str]:
        """The variables with which any AWS SDK finds this endpoint."""
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self.authorization_token,
        }

    @property
    def token_file(self) -> str:
        """The path of a file with the token, for AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE."""
        if self._token_file is None:
            import os
            from tempfile import mkstemp

            descriptor, self._token_file = mkstemp(prefix="understudy-")
            with os.fdopen(descriptor, "w") as file:
                file.write(self.authorization_token)
        return self._token_file

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        import os

        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        path, self._token_file = self._token_file, None
        if path is not None:
            os.unlink(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"CredentialsEndpoint({self.url!r})"

    def answer(self, path: str, host: str | None, authorization: str | None) -> tuple[int, dict[str, Any]]:
        """The status and the document for one request."""
        if host is None or not self._is_ours(host):
            return 403, {"code": "Forbidden", "message": "the Host header does not name this endpoint"}
        if not hmac.compare_digest((authorization or "").encode(), self.authorization_token.encode()):
            return 401, {"code": "Unauthorized", "message": "the Authorization header is not this endpoint's token"}
        if path.partition("?")[0] != _PATH:
            return 404, {"code": "NotFound", "message": "there is nothing here"}
        try:
            return 200, document(current(self.source, self.min_ttl))
        except Exception as error:  # the client learns the kind; the text is for this process
            return 500, {"code": type(error).__name__, "message": "no credentials can be had at the moment"}

    def _is_ours(self, host: str) -> bool:
        port = self._server.server_address[1]
        return host.lower() in (self.host, f"localhost:{port}")


def document(given: AWSCredentials) -> dict[str, Any]:
    """What ECS answers. Credentials without an end get one 15 minutes on, since clients refuse a document without."""
    import time
    from datetime import UTC, datetime, timedelta

    from understudy.wire.scalars import format_timestamp

    told = told_expiration(given, time.time(), _STALE)
    expiration = told or datetime.now(UTC) + timedelta(minutes=15)
    members = {
        "AccessKeyId": given.access_key_id,
        "SecretAccessKey": given.secret_access_key,
        "Token": given.session_token or "",
        "Expiration": format_timestamp(expiration),
        "AccountId": given.account_id,
    }
    return {name: value for name, value in members.items() if value is not None}


def _require_loopback(host: str) -> None:
    from ipaddress import ip_address

    from understudy.errors import ConfigurationError

    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigurationError(f"a credentials endpoint listens on a loopback address only, not on {host!r}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, endpoint: CredentialsEndpoint, host: str, port: int) -> None:
        import socket

        self.endpoint = endpoint
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds that an idle connection is kept

    def do_GET(self) -> None:
        import json

        hosts = self.headers.get_all("host") or []
        status, members = self.server.endpoint.answer(
            self.path, hosts[0] if len(hosts) == 1 else None, self.headers.get("authorization")
        )
        body = json.dumps(members).encode()
        self.send_response_only(status)
        self.send_header("content-type", "application/json")
        self.send_header("cache-control", "no-store")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing is logged: request lines are the clients' business."""
