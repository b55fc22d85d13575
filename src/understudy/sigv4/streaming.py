"""Signatures of the chunks of a streaming payload, each of which signs the one before it.

Source: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks" and "… Including
Trailing Headers" in the S3 API Reference.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from understudy.sigv4.canonical import EMPTY_PAYLOAD_HASH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class ChunkSigner:
    """Gives the signature of one chunk after the other; `seed` is the signature of the request itself."""

    __slots__ = ("_head", "_key", "_previous")

    def __init__(self, signing_key: bytes, timestamp: str, scope: str, seed: str) -> None:
        self._key = signing_key
        self._head = f"{timestamp}\n{scope}\n"
        self._previous = seed

    def chunk(self, payload_hash: str) -> str:
        """The signature of the next chunk, whose payload has this SHA-256; the last chunk is the empty one."""
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{self._head}{self._previous}\n{EMPTY_PAYLOAD_HASH}\n{payload_hash}"
        return self._sign(text)

    def trailer(self, trailers: Iterable[tuple[str, str]]) -> str:
        """The signature of the trailing headers (lower-case names), which follow the empty chunk."""
        lines = "".join(f"{name}:{value}\n" for name, value in sorted(trailers))
        hashed = sha256(lines.encode("latin-1")).hexdigest()
        return self._sign(f"AWS4-HMAC-SHA256-TRAILER\n{self._head}{self._previous}\n{hashed}")

    def _sign(self, text: str) -> str:
        self._previous = hmac.digest(self._key, text.encode("latin-1"), "sha256").hex()
        return self._previous


def encoded_chunk(data: bytes, signature: str | None = None) -> bytes:
    """A chunk in the form of aws-chunked; the empty one is the last, and the end or the trailers follow it."""
    extension = f";chunk-signature={signature}" if signature else ""
    return f"{len(data):x}{extension}\r\n".encode("ascii") + (data + b"\r\n" if data else b"")
