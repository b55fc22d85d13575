"""The signatures of the chunks of a streaming payload, and a chunk on the wire."""

from __future__ import annotations

import hmac
from hashlib import sha256

from understudy.sigv4 import signing_key
from understudy.sigv4.streaming import ChunkSigner, encoded_chunk

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = "20130524/us-east-1/s3/aws4_request"


def signer(seed: str) -> ChunkSigner:
    return ChunkSigner(signing_key(SECRET, "20130524", "us-east-1", "s3"), "20130524T000000Z", SCOPE, seed)


def by_the_book(previous: str, payload: bytes) -> str:
    """The signature of a chunk, written out from the S3 API reference without our code."""
    key = b"AWS4" + SECRET.encode()
    for part in SCOPE.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    hashes = [sha256(b"").hexdigest(), sha256(payload).hexdigest()]
    lines = ["AWS4-HMAC-SHA256-PAYLOAD", "20130524T000000Z", SCOPE, previous, *hashes]
    return hmac.new(key, "\n".join(lines).encode(), "sha256").hexdigest()


def test_the_chunks_are_signed_by_the_book() -> None:
    chunks, previous = signer("5" * 64), "5" * 64
    for payload in (b"a" * 65_536, b"a" * 1024, b""):
        previous = by_the_book(previous, payload)
        assert chunks.chunk(sha256(payload).hexdigest()) == previous


def test_each_chunk_signs_the_one_before_it() -> None:
    one, other = signer("0" * 64), signer("0" * 64)
    first = one.chunk(sha256(b"a").hexdigest())
    assert other.chunk(sha256(b"b").hexdigest()) != first
    assert one.chunk(sha256(b"c").hexdigest()) != other.chunk(sha256(b"c").hexdigest())


def test_trailers_are_signed_in_order_of_their_names() -> None:
    pairs = [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-sha1", "x")]
    assert signer("0" * 64).trailer(pairs) == signer("0" * 64).trailer(reversed(pairs))
    assert signer("0" * 64).trailer(pairs) != signer("1" * 64).trailer(pairs)


def test_a_chunk_on_the_wire() -> None:
    assert encoded_chunk(b"x" * 17) == b"11\r\n" + b"x" * 17 + b"\r\n"
    assert encoded_chunk(b"", "abc") == b"0;chunk-signature=abc\r\n"
