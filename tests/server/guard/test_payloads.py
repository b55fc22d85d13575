"""Bodies on their way through: what verifies comes out whole, what does not never comes out to its end."""

from __future__ import annotations

import base64
import hashlib
import zlib
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.server.guard.faults import GuardError
from understudy.server.guard.payloads import LARGEST_SIGNED_CHUNK, ChunkedPayload, Payload, PlainPayload
from understudy.sigv4 import signing_key
from understudy.sigv4.streaming import ChunkSigner, encoded_chunk

KEY = signing_key("secret", "20261122", "us-east-1", "s3")
CRC32, SHA256 = "x-amz-checksum-crc32", "x-amz-checksum-sha256"
chunk_lists = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
cuts = st.lists(st.integers(0, 600), max_size=8)


def signer() -> ChunkSigner:
    return ChunkSigner(KEY, "20261122T000000Z", "20261122/us-east-1/s3/aws4_request", "5" * 64)


def wire(chunks: list[bytes], *, signed: bool, trailers: list[tuple[str, str]] | None = None) -> bytes:
    """Chunks as a client sends them."""
    by = signer() if signed else None
    sent = b"".join(encoded_chunk(each, by.chunk(sha256(each).hexdigest()) if by else None) for each in (*chunks, b""))
    for name, value in trailers or []:
        sent += f"{name}:{value}\r\n".encode()
    if by and trailers is not None:
        sent += f"x-amz-trailer-signature:{by.trailer(trailers)}\r\n".encode()
    return sent + b"\r\n"


def crc32(data: bytes) -> list[tuple[str, str]]:
    return [(CRC32, base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode())]


def passed(payload: Payload, data: bytes, at: list[int] | None = None) -> tuple[bytes, bytes]:
    """What came out before the end, and at the end."""
    edges = [0, *sorted(min(cut, len(data)) for cut in at or []), len(data)]
    before = b"".join(payload.feed(data[start:end]) for start, end in pairwise(edges))
    return before, payload.finish()


def refusal(payload: Payload, data: bytes) -> tuple[str, bytes]:
    """The code of the refusal, and what came out before it."""
    out = b""
    with pytest.raises(GuardError) as caught:
        for index in range(len(data)):
            out += payload.feed(data[index : index + 1])
        out += payload.finish()
    return caught.value.code, out


@settings(max_examples=300, deadline=None)
@given(chunk_lists, cuts)
def test_signed_chunks_come_out_whatever_pieces_they_arrive_in(chunks: list[bytes], at: list[int]) -> None:
    body = b"".join(chunks)
    payload = ChunkedPayload(len(body), signer(), (), trailer=False)
    assert b"".join(passed(payload, wire(chunks, signed=True), at)) == body


@settings(max_examples=300, deadline=None)
@given(chunk_lists, cuts, st.booleans())
def test_trailing_checksums_verify(chunks: list[bytes], at: list[int], signed: bool) -> None:
    body = b"".join(chunks)
    payload = ChunkedPayload(len(body), signer() if signed else None, (CRC32,), trailer=True)
    assert b"".join(passed(payload, wire(chunks, signed=signed, trailers=crc32(body)), at)) == body
    assert payload.trailers == tuple(crc32(body))


@settings(max_examples=500, deadline=None)
@given(chunk_lists.filter(bool), st.data(), st.booleans())
def test_no_changed_byte_of_a_signed_payload_completes_it(
    chunks: list[bytes], data: st.DataObject, trailer: bool
) -> None:
    body = b"".join(chunks)
    trailers = crc32(body) if trailer else None
    sent = wire(chunks, signed=True, trailers=trailers)
    index = data.draw(st.integers(0, len(sent) - 1))
    changed = sent[:index] + bytes([data.draw(st.integers(0, 255))]) + sent[index + 1 :]
    payload = ChunkedPayload(len(body), signer(), (CRC32,) if trailer else (), trailer=trailer)
    try:
        out = b"".join(passed(payload, changed))
    except GuardError:
        return
    assert out == body


def test_a_wrong_chunk_is_held_back_and_so_is_the_one_before_it() -> None:
    chunks = [b"first" * 3, b"second", b"third"]
    sent = wire(chunks, signed=True).replace(b"third", b"THIRD")
    code, out = refusal(ChunkedPayload(26, signer(), (), trailer=False), sent)
    assert (code, out) == ("SignatureDoesNotMatch", b"first" * 3)


def test_chunks_cannot_change_places_or_be_left_out() -> None:
    one, two = (encoded_chunk(each, "0" * 64) for each in (b"aa", b"bb"))
    by = signer()
    good = [encoded_chunk(each, by.chunk(sha256(each).hexdigest())) for each in (b"aa", b"bb", b"")]
    for wrong in ([good[1], good[0], good[2]], [good[0], good[2]], [good[0], good[0], good[2]], [one, two, good[2]]):
        payload = ChunkedPayload(4, signer(), (), trailer=False)
        assert refusal(payload, b"".join(wrong) + b"\r\n")[0] == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"zz\r\n",
        b"-1\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\r\n",
        b"4\r\nhell\r\n0\r\n\r\n",
        b"6\r\nhello!\r\n0\r\n\r\n",
        b"5" * 2000,
        b"00000000000000005\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_broken_framing_is_an_incomplete_body(sent: bytes) -> None:
    assert refusal(ChunkedPayload(5, None, (), trailer=True), sent)[0] == "IncompleteBody"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (b"x-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"),
        (b"x-amz-checksum-crc32:not base64\r\n\r\n", "BadDigest"),
        (b"\r\n", "MalformedTrailerError"),
        (b"x-amz-checksum-sha1:AA==\r\n\r\n", "MalformedTrailerError"),
        (b"x-amz-checksum-crc32:NhCmhg==\r\nx-amz-acl:public-read\r\n\r\n", "MalformedTrailerError"),
        (b"x" * 10_000, "MalformedTrailerError"),
    ],
)
def test_trailers_are_those_announced_and_right(end: bytes, code: str) -> None:
    payload = ChunkedPayload(5, None, (CRC32,), trailer=True)
    assert refusal(payload, b"5\r\nhello\r\n0\r\n" + end)[0] == code


def test_a_signed_trailer_needs_its_signature() -> None:
    by = signer()
    sent = b"".join(encoded_chunk(each, by.chunk(sha256(each).hexdigest())) for each in (b"hello", b""))
    sent += f"{CRC32}:{crc32(b'hello')[0][1]}\r\n\r\n".encode()
    assert refusal(ChunkedPayload(5, signer(), (CRC32,), trailer=True), sent)[0] == "SignatureDoesNotMatch"


def test_a_checksum_nobody_here_computes_is_passed_on() -> None:
    payload = ChunkedPayload(5, None, ("x-amz-checksum-crc64nvme",), trailer=True)
    sent = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc64nvme:AAAA\r\n\r\n"
    assert b"".join(passed(payload, sent)) == b"hello"
    assert payload.trailers == (("x-amz-checksum-crc64nvme", "AAAA"),)


def test_a_signed_chunk_has_its_bound() -> None:
    size = f"{LARGEST_SIGNED_CHUNK + 1:x};chunk-signature={'0' * 64}\r\n".encode()
    payload = ChunkedPayload(LARGEST_SIGNED_CHUNK * 2, signer(), (), trailer=False)
    assert refusal(payload, size)[0] == "EntityTooLarge"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), cuts)
def test_a_plain_body_comes_out_when_its_hash_is_right(body: bytes, at: list[int]) -> None:
    assert b"".join(passed(PlainPayload(hashlib.sha256(body).hexdigest()), body, at)) == body
    assert b"".join(passed(PlainPayload(None), body, at)) == body


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_the_end_of_a_plain_body_is_held_back_until_its_hash_is_right(body: bytes) -> None:
    code, out = refusal(PlainPayload(hashlib.sha256(body + b"x").hexdigest()), body)
    assert code == "XAmzContentSHA256Mismatch"
    assert len(out) < len(body)
