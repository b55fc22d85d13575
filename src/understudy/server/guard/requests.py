"""Requests as the guard receives them: the head at once, the body in pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from understudy.http import Request
from understudy.server.guard.faults import GuardError, invalid_argument, invalid_uri
from understudy.server.guard.payloads import ChunkedPayload, Payload, PlainPayload
from understudy.sigv4.canonical import (
    STREAMING_PAYLOAD,
    STREAMING_PAYLOAD_TRAILER,
    STREAMING_UNSIGNED_PAYLOAD_TRAILER,
    UNSIGNED_PAYLOAD,
)
from understudy.sigv4.encoding import query_pairs
from understudy.sigv4.streaming import ChunkSigner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from understudy.server.guard.s3_claims import S3Claim

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LARGEST_OBJECT: Final = 5 * 1024**4
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


class ClientGone(Exception):
    """The connection was closed before the body had come."""


def head_of(scope: Scope) -> Request:
    """The request without its body, its bytes as they came."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    host = next((value for name, value in headers if name == "host"), "")
    raw_path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    path = raw_path.partition(b"?")[0].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], host, path, query, headers, b"", scope.get("scheme", "http"))


class Incoming:
    """The body as it arrives; `ended` once all of it has."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self.ended:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGone
            self.ended = not message.get("more_body", False)
            data = message.get("body", b"")
            if data:
                yield data

    async def whole(self, limit: int) -> bytes:
        """All of it; raises EntityTooLarge beyond `limit` bytes."""
        found = bytearray()
        async for data in self:
            found += data
            if len(found) > limit:
                raise GuardError("Your proposed upload exceeds the maximum allowed size", "EntityTooLarge")
        return bytes(found)

    async def discard(self, limit: int) -> None:
        """Read on to the end, so that a client that is still sending gets its answer; at most `limit` bytes."""
        size = 0
        async for data in self:
            size += len(data)
            if size > limit:
                return


async def verified(incoming: Incoming, payload: Payload) -> AsyncIterator[bytes]:
    """The pieces of a body that may be passed on."""
    async for data in incoming:
        passed = payload.feed(data)
        if passed:
            yield passed
    rest = payload.finish()
    if rest:
        yield rest


def check_framing(request: Request) -> None:
    """Refuse what two servers could frame in two ways (RFC 9112, sections 3.2 and 6.3)."""
    for name in ("host", "content-length", "transfer-encoding", "content-type", "range", "content-md5"):
        values = {value for each, value in request.headers if each == name}
        if len(values) > 1 or (name == "host" and sum(each == "host" for each, _ in request.headers) != 1):
            raise invalid_argument(f"The header {name} must be given once", name, ", ".join(sorted(values)))
    coding, length = request.header("transfer-encoding"), request.header("content-length")
    if coding is not None and (length is not None or coding.strip().lower() != "chunked"):
        raise invalid_argument("A request has a Content-Length or is chunked", "Transfer-Encoding", coding)
    if length is not None and not (length.isascii() and length.isdigit()):
        raise invalid_argument("Content-Length must be a number", "Content-Length", length)


def parameters_of(request: Request) -> list[tuple[str, str]]:
    """The decoded parameters of the query; raises InvalidURI where an escape is broken."""
    escapes = request.query.split("%")[1:]
    if any(len(piece) < 2 or not _HEXADECIMAL.issuperset(piece[:2]) for piece in escapes):
        raise invalid_uri(request.query)
    return query_pairs(request.query)


def service_of(request: Request) -> str | None:
    """The service that a request's signature is scoped to, before anything about it is believed; None without one."""
    credential = ""
    authorization = request.header("authorization")
    if authorization is not None:
        _, _, credential = authorization.partition("Credential=")
        credential = credential.partition(",")[0]
    else:
        credential = next((value for name, value in query_pairs(request.query) if name == "X-Amz-Credential"), "")
    parts = credential.strip().split("/")
    return parts[3] if len(parts) == 5 else None


def payload_of(
    headers: Mapping[str, str], found: S3Claim | None, signing_key: bytes | None, method: str
) -> tuple[Payload, int]:
    """How the body is verified, and how many bytes go on; raises MissingContentLength and the like."""
    hashed = UNSIGNED_PAYLOAD if found is None else found.payload_hash
    if hashed in (STREAMING_PAYLOAD, STREAMING_PAYLOAD_TRAILER, STREAMING_UNSIGNED_PAYLOAD_TRAILER):
        return _chunked(headers, found, signing_key, hashed)
    length = headers.get("content-length")
    if length is None and (method in ("PUT", "POST") or "transfer-encoding" in headers):
        if "transfer-encoding" in headers:
            raise GuardError("You must provide the Content-Length HTTP header.", "MissingContentLength", 411)
        length = "0"
    return PlainPayload(None if hashed == UNSIGNED_PAYLOAD else hashed), _size(length or "0", "Content-Length")


def _chunked(
    headers: Mapping[str, str], found: S3Claim | None, signing_key: bytes | None, hashed: str
) -> tuple[Payload, int]:
    decoded = headers.get("x-amz-decoded-content-length")
    if decoded is None:
        raise GuardError("You must provide the Content-Length HTTP header.", "MissingContentLength", 411)
    length = _size(decoded, "x-amz-decoded-content-length")
    signer = None
    if hashed != STREAMING_UNSIGNED_PAYLOAD_TRAILER and found is not None and signing_key is not None:
        claim = found.claim
        signer = ChunkSigner(signing_key, claim.timestamp, str(claim.scope), claim.signature)
    has_trailer = hashed != STREAMING_PAYLOAD
    announced = tuple(name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",") if name.strip())
    if any(not name.startswith("x-amz-checksum-") for name in announced) or (announced and not has_trailer):
        raise invalid_argument("The value specified in the x-amz-trailer header is not supported", "x-amz-trailer", "")
    return ChunkedPayload(length, signer, announced, trailer=has_trailer), length


def _size(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 15 or int(text) > _LARGEST_OBJECT:
        if text.isascii() and text.isdigit():
            raise GuardError("Your proposed upload exceeds the maximum allowed size", "EntityTooLarge")
        raise invalid_argument(f"{name} must be a number", name, text)
    return int(text)
