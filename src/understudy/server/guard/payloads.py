"""The payload of a request, verified while it passes: nothing that has not been verified completes a body.

A payload is fed with what arrives and gives back what may be passed on. The last piece is held back until `finish` has
verified the whole, so that what stands behind the guard never sees the end of a body that is not what was signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib
from typing import TYPE_CHECKING, Final, Protocol

from understudy.server.guard.faults import GuardError, incomplete_body

if TYPE_CHECKING:
    from understudy.sigv4.streaming import ChunkSigner

LARGEST_SIGNED_CHUNK: Final = 16_777_216
"""Bytes of one signed chunk, which is held in memory until its signature is verified. SDKs use 64 KiB to 1 MiB."""

_LONGEST_LINE = 1024
_LARGEST_TRAILER = 8192
_CHUNK_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)


class Payload(Protocol):
    """One body on its way through."""

    @property
    def trailers(self) -> tuple[tuple[str, str], ...]:
        """Trailing headers; there after `finish`."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Take what arrived, give what may be passed on; raises `GuardError`."""
        ...

    def finish(self) -> bytes:
        """The held back rest, once the whole is verified; raises `GuardError`."""
        ...


class PlainPayload:
    """A body sent as it is: its SHA-256 is the one that was signed, or None was (``UNSIGNED-PAYLOAD``)."""

    trailers: tuple[tuple[str, str], ...] = ()

    def __init__(self, expected_hash: str | None) -> None:
        self._expected = expected_hash
        self._hash = hashlib.sha256()
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        if self._expected is None:
            return data
        self._hash.update(data)
        passed, self._held = self._held, data
        return passed

    def finish(self) -> bytes:
        computed = self._hash.hexdigest()
        if self._expected is not None and not hmac.compare_digest(computed, self._expected):
            raise GuardError(
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                "XAmzContentSHA256Mismatch",
                400,
                [("ClientComputedContentSHA256", self._expected), ("S3ComputedContentSHA256", computed)],
            )
        return self._held


class ChunkedPayload:
    """A body in aws-chunked: decoded, each chunk's signature and the trailing checksum verified.

    `signer` is None where chunks are not signed. `announced` are the names in ``x-amz-trailer``. `length` is
    ``x-amz-decoded-content-length``.
    """

    def __init__(self, length: int, signer: ChunkSigner | None, announced: tuple[str, ...], *, trailer: bool) -> None:
        self._length = length
        self._signer = signer
        self._announced = announced
        self._has_trailer = trailer
        self._buffer = bytearray()
        self._decoded = 0
        self._left: int | None = None
        self._signature = ""
        self._ended = False
        self._held = b""
        self._checksums = [Checksum(name) for name in announced if name in CHECKSUMS]
        self.trailers: tuple[tuple[str, str], ...] = ()

    def feed(self, data: bytes) -> bytes:
        self._buffer += data
        passed = bytearray()
        while True:
            piece = self._next_piece()
            if piece is None:
                return bytes(passed)
            if piece:
                for checksum in self._checksums:
                    checksum.update(piece)
                passed += self._held
                self._held = piece

    def finish(self) -> bytes:
        if not self._ended or self._decoded != self._length:
            raise incomplete_body()
        self._read_trailers(bytes(self._buffer))
        found = dict(self.trailers)
        for checksum in self._checksums:
            checksum.check(found.get(checksum.name))
        return self._held

    def _next_piece(self) -> bytes | None:
        """A verified piece, possibly of no length; None when more must arrive first."""
        if self._ended:
            if len(self._buffer) > _LARGEST_TRAILER:
                raise _malformed_trailer()
            return None
        if self._left is None:
            return self._read_size()
        return self._read_signed() if self._signer else self._read_unsigned()

    def _read_size(self) -> bytes | None:
        line = self._take_line()
        if line is None:
            return None
        size, _, extension = line.partition(";")
        if not size or len(size) > 16 or not _HEXADECIMAL.issuperset(size):
            raise incomplete_body()
        self._left = int(size, 16)
        self._signature = extension.removeprefix("chunk-signature=")
        if self._signer and self._left > LARGEST_SIGNED_CHUNK:
            raise GuardError("Your proposed upload exceeds the maximum allowed size", "EntityTooLarge")
        self._decoded += self._left
        if self._decoded > self._length:
            raise incomplete_body()
        if self._left == 0:
            self._verify_chunk(b"")
            self._ended = True
        return b""

    def _read_signed(self) -> bytes | None:
        """A whole chunk, because its signature covers all of it."""
        size = self._left or 0
        if len(self._buffer) < size + 2:
            return None
        piece = bytes(self._buffer[:size])
        self._verify_chunk(piece)
        del self._buffer[:size]
        self._left = 0
        self._end_chunk()
        return piece

    def _read_unsigned(self) -> bytes | None:
        size = self._left or 0
        if not size:
            return b"" if self._end_chunk() else None
        if not self._buffer:
            return None
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._left = size - len(piece)
        return piece

    def _end_chunk(self) -> bool:
        """The line end after a chunk's data; False when it has not arrived yet."""
        if len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            raise incomplete_body()
        del self._buffer[:2]
        self._left = None
        return True

    def _take_line(self) -> str | None:
        end = self._buffer.find(b"\r\n", 0, _LONGEST_LINE)
        if end < 0:
            if len(self._buffer) >= _LONGEST_LINE:
                raise incomplete_body()
            return None
        line = self._buffer[:end].decode("latin-1")
        del self._buffer[: end + 2]
        return line

    def _verify_chunk(self, data: bytes) -> None:
        if self._signer is not None:
            _compare(self._signer.chunk(hashlib.sha256(data).hexdigest()), self._signature)

    def _read_trailers(self, raw: bytes) -> None:
        """The lines after the empty chunk: the announced headers and, where chunks are signed, their signature."""
        lines = [line for line in raw.decode("latin-1").replace("\r\n", "\n").split("\n") if line]
        pairs = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        signature = next((value for name, value in pairs if name == "x-amz-trailer-signature"), None)
        self.trailers = tuple(pair for pair in pairs if pair[0] != "x-amz-trailer-signature")
        if sorted(name for name, _ in self.trailers) != sorted(self._announced):
            raise _malformed_trailer()
        if self._has_trailer and self._signer is not None:
            _compare(self._signer.trailer(self.trailers), signature or "")


_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def _compare(expected: str, provided: str) -> None:
    if not hmac.compare_digest(expected.encode(), provided.encode("latin-1", "replace")):
        raise GuardError(_CHUNK_MISMATCH, "SignatureDoesNotMatch", 403, [("SignatureProvided", provided)])


def _malformed_trailer() -> GuardError:
    text = "The request contained trailing data that was not well-formed or did not conform to our published schema."
    return GuardError(text, "MalformedTrailerError")


CHECKSUMS: Final = frozenset(("x-amz-checksum-crc32", "x-amz-checksum-sha1", "x-amz-checksum-sha256"))
"""The trailing checksums that are verified here; others are passed on for whoever stores the object to verify."""


class Checksum:
    """One trailing checksum while the body passes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._algorithm = name.removeprefix("x-amz-checksum-")
        self._crc = 0
        self._hash = None if self._algorithm == "crc32" else hashlib.new(self._algorithm, usedforsecurity=False)

    def update(self, data: bytes) -> None:
        if self._hash is None:
            self._crc = zlib.crc32(data, self._crc)
        else:
            self._hash.update(data)

    def check(self, given: str | None) -> None:
        """Raises BadDigest where the base64 given is not that of what passed."""
        computed = self._crc.to_bytes(4, "big") if self._hash is None else self._hash.digest()
        try:
            matches = base64.b64decode(given or "", validate=True) == computed
        except (binascii.Error, ValueError):
            matches = False
        if not matches:
            name = self._algorithm.upper()
            raise GuardError(f"The {name} you specified did not match the calculated checksum.", "BadDigest")
