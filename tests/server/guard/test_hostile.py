"""What a guard must refuse, over raw sockets: S3's documented error for each, and nothing that reaches the store."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from tests.server.guard.conftest import BUCKET, CAROL, entities

from understudy import AWSCredentials
from understudy.clock import SYSTEM_CLOCK
from understudy.directory import MemoryDirectory
from understudy.http import Request
from understudy.server.guard import GuardSettings, Upstream
from understudy.server.run import running
from understudy.server.settings import Settings
from understudy.sigv4 import presign, sign, signing_key
from understudy.sigv4.canonical import PathStyle
from understudy.sigv4.signing import basic_format
from understudy.sigv4.streaming import ChunkSigner, encoded_chunk

KEY = AWSCredentials(CAROL.access_key_id, CAROL.secret_access_key)
STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


class Store(BaseHTTPRequestHandler):
    """An upstream that remembers what reached its end."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            return
        self.server.seen.append((self.command, self.path, body, dict(self.headers)))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_PUT = do_DELETE = do_POST = do_HEAD = _answer

    def log_message(self, *_: object) -> None:
        """Nothing goes to stderr."""


@pytest.fixture(scope="module")
def guarded() -> Iterator[Any]:
    store = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    store.seen = []  # type: ignore[attr-defined]
    threading.Thread(target=store.serve_forever, args=(0.05,), daemon=True).start()
    behind = AWSCredentials("UPSTREAMKEY", "upstream-secret")
    upstream = Upstream(f"http://127.0.0.1:{store.server_address[1]}", behind, "us-east-1", SYSTEM_CLOCK)
    failures: list[Any] = []
    settings = Settings(log=lambda record: failures.append(record) if record["status"] >= 500 else None)
    with running(MemoryDirectory(entities()), settings, guard=GuardSettings(upstream=upstream)) as stand_in:
        yield SimpleNamespace(port=stand_in.port, host=f"127.0.0.1:{stand_in.port}", seen=store.seen, failures=failures)  # type: ignore[attr-defined]
    store.shutdown()
    store.server_close()


def ask(
    guarded: Any,
    method: str = "GET",
    path: str = f"/{BUCKET}/key",
    query: str = "",
    body: bytes = b"",
    headers: tuple[tuple[str, str], ...] = (),
    **more: Any,
) -> Request:
    """A signed request, as an honest client makes it."""
    request = Request(method, guarded.host, path, query, (("host", guarded.host), *headers), body, "http")
    now = more.pop("now", datetime.now(UTC))
    return sign(request, KEY, region="us-east-1", service="s3", now=now, style=PathStyle.S3, **more)


def raw(request: Request, body: bytes | None = None, *extra: tuple[str, str]) -> bytes:
    """The bytes of a request, with headers that were not signed at the end."""
    content = request.body if body is None else body
    target = request.path + (f"?{request.query}" if request.query else "")
    lines = [f"{request.method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in (*request.headers, *extra, ("connection", "close"))]
    if not any(name in ("content-length", "transfer-encoding") for name, _ in (*request.headers, *extra)):
        lines.append(f"content-length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def exchange(guarded: Any, data: bytes) -> tuple[int, str, str]:
    """Status, code and whole answer."""
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=20) as connection:
        connection.sendall(data)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    text = answer.decode("latin-1")
    code = re.search(r"<Code>(\w+)</Code>", text)
    return int(text.split(" ", 2)[1]) if text else 0, code[1] if code else "", text


def streamed(guarded: Any, spoil: Callable[[list[bytes]], list[bytes]] = list, length: int = 8) -> bytes:
    """A streaming upload in two signed chunks and the empty one, spoilt."""
    now = datetime.now(UTC)
    request = ask(
        guarded,
        "PUT",
        headers=(("content-encoding", "aws-chunked"), ("x-amz-decoded-content-length", str(length))),
        payload_hash=STREAMING,
        now=now,
    )
    seed = (request.header("authorization") or "").rpartition("Signature=")[2]
    scope = f"{now:%Y%m%d}/us-east-1/s3/aws4_request"
    key = signing_key(KEY.secret_access_key, f"{now:%Y%m%d}", "us-east-1", "s3")
    signer = ChunkSigner(key, basic_format(now), scope, seed)
    chunks = [encoded_chunk(data, signer.chunk(hashlib.sha256(data).hexdigest())) for data in (b"good", b"data", b"")]
    chunks[-1] += b"\r\n"
    return raw(request, b"".join(spoil(chunks)))


def test_an_honest_request_reaches_the_store(guarded: Any) -> None:
    assert exchange(guarded, raw(ask(guarded)))[0] == 200
    assert exchange(guarded, streamed(guarded))[0] == 200
    method, path, body, headers = guarded.seen[-1]
    assert (method, path, body) == ("PUT", f"/{BUCKET}/key", b"gooddata")
    assert "UPSTREAMKEY" in headers["authorization"], "the store is asked with the keys that it knows"
    assert KEY.access_key_id not in str(headers)


def presigned(guarded: Any, **more: Any) -> Request:
    request = Request("GET", guarded.host, f"/{BUCKET}/key", "", (("host", guarded.host),), b"", "http")
    now = more.pop("now", datetime.now(UTC))
    return presign(request, KEY, region="us-east-1", service="s3", now=now, style=PathStyle.S3, **more)


Case = tuple[str, Callable[[Any], bytes], int, str]
CASES: list[Case] = [
    ("a chunk whose signature is another", lambda g: streamed(g, lambda c: [c[0].replace(b"good", b"evil"), *c[1:]]), 403, "SignatureDoesNotMatch"),
    ("chunks in another order", lambda g: streamed(g, lambda c: [c[1], c[0], c[2]]), 403, "SignatureDoesNotMatch"),
    ("a chunk twice", lambda g: streamed(g, lambda c: [c[0], c[0], c[2]]), 403, "SignatureDoesNotMatch"),
    ("a chunk left out", lambda g: streamed(g, lambda c: [c[0], c[2]]), 403, "SignatureDoesNotMatch"),
    ("no last chunk", lambda g: streamed(g, lambda c: c[:2]), 400, "IncompleteBody"),
    ("a chunk without a signature", lambda g: streamed(g, lambda c: [b"4\r\ngood\r\n", *c[1:]]), 403, "SignatureDoesNotMatch"),
    ("a chunk size that is no number", lambda g: streamed(g, lambda c: [b"zz\r\ngood\r\n", *c[1:]]), 400, "IncompleteBody"),
    ("more than the decoded length", lambda g: streamed(g, length=4), 400, "IncompleteBody"),
    ("less than the decoded length", lambda g: streamed(g, length=9), 400, "IncompleteBody"),
    ("no payload hash", lambda g: raw(_without_hash(g)), 400, "InvalidRequest"),
    ("a payload hash that is none", lambda g: raw(ask(g, payload_hash="hash")), 400, "InvalidArgument"),
    ("a body that is not the signed one", lambda g: raw(ask(g, "PUT", body=b"good"), b"evil"), 400, "XAmzContentSHA256Mismatch"),
    ("a path with an empty segment", lambda g: raw(ask(g, path=f"/{BUCKET}//key")), 400, "InvalidURI"),
    ("an empty bucket", lambda g: raw(ask(g, path=f"//{BUCKET}/key")), 400, "InvalidURI"),
    ("a dot segment", lambda g: raw(ask(g, path=f"/{BUCKET}/a/../key")), 400, "InvalidURI"),
    ("a dot segment into another bucket", lambda g: raw(ask(g, path=f"/{BUCKET}/../alices-bucket/key")), 400, "InvalidURI"),
    ("an encoded dot segment", lambda g: raw(ask(g, path=f"/{BUCKET}/%2e%2e/key")), 400, "InvalidURI"),
    ("an encoded slash", lambda g: raw(ask(g, path=f"/{BUCKET}%2Fkey")), 400, "InvalidBucketName"),
    ("an encoded slash in a key", lambda g: raw(ask(g, path=f"/{BUCKET}/a%2fkey")), 400, "InvalidURI"),
    ("an encoded backslash", lambda g: raw(ask(g, path=f"/{BUCKET}/a%5Ckey")), 400, "InvalidURI"),
    ("a broken escape", lambda g: raw(ask(g, path=f"/{BUCKET}/%zz")), 400, "InvalidURI"),
    ("an escape of no UTF-8", lambda g: raw(ask(g, path=f"/{BUCKET}/%ff")), 400, "InvalidURI"),
    ("a null byte", lambda g: raw(ask(g, path=f"/{BUCKET}/a%00b")), 400, "InvalidURI"),
    ("a key that is too long", lambda g: raw(ask(g, path=f"/{BUCKET}/" + "k" * 1025)), 400, "KeyTooLongError"),
    ("an x-amz header that is not signed", lambda g: raw(ask(g), None, ("x-amz-acl", "public-read")), 403, "AccessDenied"),
    ("an unsigned copy source", lambda g: raw(ask(g, "PUT"), None, ("x-amz-copy-source", "/alices-bucket/key")), 403, "AccessDenied"),
    ("a second host", lambda g: raw(ask(g), None, ("host", "elsewhere")), 400, "InvalidArgument"),
    ("two authorizations", lambda g: raw(ask(g), None, ("authorization", "AWS4-HMAC-SHA256 Credential=x")), 400, "InvalidArgument"),
    ("by query and by header at once", lambda g: raw(_twice(g)), 400, "InvalidArgument"),
    ("an address that has expired", lambda g: raw(presigned(g, now=datetime.now(UTC) - timedelta(hours=1), expires=60)), 403, "AccessDenied"),
    ("an address for another method", lambda g: raw(presigned(g)).replace(b"GET /", b"DELETE /", 1), 403, "SignatureDoesNotMatch"),
    ("an address of another key", lambda g: raw(presigned(g)).replace(b"/key?", b"/other?", 1), 403, "SignatureDoesNotMatch"),
    ("an added parameter", lambda g: raw(presigned(g)).replace(b"/key?", b"/key?versionId=1&", 1), 403, "SignatureDoesNotMatch"),
    ("a clock that is an hour off", lambda g: raw(ask(g, now=datetime.now(UTC) - timedelta(hours=1))), 403, "RequestTimeTooSkewed"),
    ("a changed path", lambda g: raw(ask(g)).replace(b"/key ", b"/kez ", 1), 403, "SignatureDoesNotMatch"),
    ("an unknown key", lambda g: raw(ask(g)).replace(KEY.access_key_id.encode(), b"AKIAUNKNOWNUNKNOWN00"), 403, "InvalidAccessKeyId"),
    ("the signature of version 2", lambda g: raw(Request("GET", g.host, f"/{BUCKET}/key", "", (("host", g.host), ("authorization", "AWS a:b")))), 400, "InvalidRequest"),
    ("nobody", lambda g: raw(Request("GET", g.host, f"/{BUCKET}/key", "", (("host", g.host),))), 403, "AccessDenied"),
    ("a bucket that nobody owns", lambda g: raw(ask(g, path="/nobodys-bucket/key")), 404, "NoSuchBucket"),
    ("a bucket of another account", lambda g: raw(ask(g, path="/alices-bucket/key")), 403, "AccessDenied"),
]  # fmt: skip


def _without_hash(guarded: Any) -> Request:
    request = Request("GET", guarded.host, f"/{BUCKET}/key", "", (("host", guarded.host),), b"", "http")
    return sign(request, KEY, region="us-east-1", service="s3", now=datetime.now(UTC))


def _twice(guarded: Any) -> Request:
    both = presigned(guarded)
    return both.with_headers(("authorization", ask(guarded).header("authorization") or ""))


@pytest.mark.parametrize(("name", "make", "status", "code"), CASES, ids=[case[0] for case in CASES])
def test_it_is_refused_and_nothing_is_forwarded(
    guarded: Any, name: str, make: Callable[[Any], bytes], status: int, code: str
) -> None:
    before = len(guarded.seen)
    found_status, found_code, answer = exchange(guarded, make(guarded))
    assert (found_status, found_code) == (status, code), f"{name}: {answer[:600]}"
    assert len(guarded.seen) == before, f"{name} reached the store: {guarded.seen[before:]}"
    assert not guarded.failures


@pytest.mark.parametrize(
    "extra",
    [
        (("content-length", "5"), ("transfer-encoding", "chunked")),
        (("content-length", "5"), ("content-length", "6")),
        (("transfer-encoding", "gzip, chunked"),),
        (("content-length", "+5"),),
        (("content-length ", "5"),),
    ],
    ids=["length and chunked", "two lengths", "another coding", "a signed number", "a space before the colon"],
)
def test_a_request_that_two_servers_could_frame_in_two_ways_goes_nowhere(guarded: Any, extra: Any) -> None:
    before = len(guarded.seen)
    smuggled = b"GET /alices-bucket/secret HTTP/1.1\r\nhost: x\r\n\r\n"
    status, _, answer = exchange(guarded, raw(ask(guarded, "PUT"), smuggled, *extra))
    assert status in (0, 400, 501), answer[:400]
    assert len(guarded.seen) == before
    assert exchange(guarded, raw(ask(guarded)))[0] == 200, "the guard goes on serving"


def test_headers_by_which_a_server_is_told_another_story_do_not_go_on(guarded: Any) -> None:
    told = (
        ("x-http-method-override", "DELETE"),
        ("x-forwarded-host", "evil"),
        ("x-original-url", "/alices-bucket/key"),
    )
    assert exchange(guarded, raw(ask(guarded), None, *told))[0] == 200
    headers = {name.lower() for name in guarded.seen[-1][3]}
    assert not headers & {name for name, _ in told}


def test_a_large_body_that_does_not_verify_never_completes(guarded: Any) -> None:
    """More than what is verified before forwarding begins: its end is held back, and the store sees half a body."""
    before = len(guarded.seen)
    good = b"g" * 3_000_000
    status, code, _ = exchange(guarded, raw(ask(guarded, "PUT", body=good), good[:-1] + b"e"))
    assert (status, code) == (400, "XAmzContentSHA256Mismatch")
    assert len(guarded.seen) == before
