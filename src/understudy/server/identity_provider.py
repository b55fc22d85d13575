"""An OpenID Connect provider for tests and demonstrations: it signs any claims, and serves its keys on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from understudy.clock import SYSTEM_CLOCK
from understudy.http import Request, Response

from .signing_keys import SigningKey

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

    from understudy.clock import Clock

DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/.well-known/jwks"
GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"
AWS_AUDIENCE = "sts.amazonaws.com"


class IdentityProvider:
    """Signs tokens under an issuer. Keys are made when first needed.

    `issuer` may be any address, that of a real provider too, where the stand-in is given `jwks_text()` with the
    provider; without one, `serve` takes the loopback address that it gets. `algorithm` is RS or ES with 256, 384 or
    512; ES256 keys are made at once.
    """

    def __init__(self, issuer: str = "", *, algorithm: str = "RS256", clock: Clock = SYSTEM_CLOCK) -> None:
        self.issuer = issuer.rstrip("/") if issuer.startswith("http:") else issuer
        self.algorithm = algorithm
        self._clock = clock
        self._keys: list[SigningKey] = []

    @property
    def signing_key(self) -> SigningKey:
        """The key that signs now."""
        if not self._keys:
            self._keys.append(SigningKey.generate(self.algorithm))
        return self._keys[-1]

    def rotate(self, *, keep: int = 1) -> SigningKey:
        """Sign with a new key from now on; the last `keep` of the old ones stay published."""
        _ = self.signing_key
        self._keys = [*self._keys[len(self._keys) - keep :], SigningKey.generate(self.algorithm)]
        return self.signing_key

    def sign(self, claims: Mapping[str, Any], *, header: Mapping[str, Any] | None = None) -> str:
        """A token with exactly these claims, sensible or not."""
        return self.signing_key.sign(claims, header)

    def token(
        self, subject: str, audience: str | list[str] = AWS_AUDIENCE, *, lifetime: int = 900, **claims: Any
    ) -> str:
        """A token for a subject, valid from now for `lifetime` seconds; `claims` add to or replace the usual ones."""
        now = int(self._clock.time())
        usual = {"iss": self.issuer, "sub": subject, "aud": audience, "iat": now, "nbf": now, "exp": now + lifetime}
        return self.sign({**usual, "jti": f"{self.signing_key.key_id}-{now}", **claims})

    def jwks(self) -> dict[str, Any]:
        """The JSON Web Key Set."""
        _ = self.signing_key
        return {"keys": [key.public_jwk() for key in self._keys]}

    def jwks_text(self) -> str:
        """The key set as JSON, the form in which a directory keeps it with a provider."""
        return json.dumps(self.jwks())

    def discovery(self) -> dict[str, Any]:
        """The discovery document (OpenID Connect Discovery 1.0, section 3)."""
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer.rstrip('/')}{JWKS}",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
        }

    def respond(self, request: Request) -> Response:
        """Answer a request for one of the two documents, 404 for any other."""
        documents = {DISCOVERY: self.discovery, JWKS: self.jwks}
        document = documents.get(request.path)
        if document is None or request.method != "GET":
            return Response(404)
        return json_response(document())

    @contextmanager
    def serve(self) -> Iterator[IdentityProvider]:
        """Serve both documents on a free loopback port, in a thread, until the block ends."""
        server = _loopback_server(self)
        named = self.issuer
        self.issuer = self.issuer or f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
            self.issuer = named

    def __repr__(self) -> str:
        return f"IdentityProvider({self.issuer!r}, {self.algorithm})"


def json_response(document: Mapping[str, Any]) -> Response:
    """A document as an answer that may be kept for five minutes."""
    body = json.dumps(document).encode()
    headers = (
        ("content-type", "application/json"),
        ("cache-control", "public, max-age=300"),
        ("content-length", str(len(body))),
    )
    return Response(200, headers, body)


def _loopback_server(provider: IdentityProvider) -> ThreadingHTTPServer:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            response = provider.respond(Request("GET", self.headers.get("host", ""), path, query))
            self.send_response(response.status)
            for name, value in response.headers:
                self.send_header(name, value)
            if not response.body:
                self.send_header("content-length", "0")
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing goes to stderr."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
