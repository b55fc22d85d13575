"""HTTP/1.1 without sockets: however the bytes are cut, the same answer; whatever is ambiguous, an error."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.client.transports.http1 import AnswerReader, NotHttp, TooLarge, address, encode, encode_connect
from understudy.http import Request, Response

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a:  2 \r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: Chunked\r\n\r\n"
    b"5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nx-trailer: 1\r\n\r\n"
)
EARLY = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + PLAIN
UNTIL_END = b"HTTP/1.0 200 OK\r\n\r\nuntil the end"


def read(content: bytes, method: str = "POST", limit: int = 1000, cuts: tuple[int, ...] = ()) -> AnswerReader:
    """Feed an answer in parts, then the end of the connection if it is still not whole."""
    reader = AnswerReader(method, limit)
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(places):
        if reader.feed(content[start:end]):
            assert end == len(content)
            return reader
    assert reader.feed(b"")
    return reader


@given(st.sampled_from([PLAIN, CHUNKED, EARLY, UNTIL_END]), st.lists(st.integers(0, 300), max_size=8))
def test_an_answer_is_the_same_however_it_is_cut(content: bytes, cuts: list[int]) -> None:
    whole, parts = read(content), read(content, cuts=tuple(cuts))
    assert (parts.status, parts.headers, parts.response().body) == (whole.status, whole.headers, whole.response().body)
    assert parts.reusable == whole.reusable


def test_a_plain_answer() -> None:
    reader = read(PLAIN)
    assert isinstance(reader.response(), Response)
    assert (reader.status, reader.response().body, reader.reusable) == (200, b"hello", True)
    assert reader.headers == (("content-length", "5"), ("x-a", "1"), ("x-a", "2"))


def test_a_chunked_answer() -> None:
    reader = read(CHUNKED)
    assert (reader.status, reader.response().body, reader.reusable) == (403, b"hello world", True)


@pytest.mark.parametrize(
    ("head", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0", True),
        (b"HTTP/1.1 200\r\ncontent-length: 0", True),
        (b"HTTP/1.1 204 No Content", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: Close", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0", False),
    ],
)
def test_whether_a_connection_can_be_kept(head: bytes, reusable: bool) -> None:
    assert read(head + b"\r\n\r\n").reusable is reusable


@pytest.mark.parametrize("method", ["HEAD", "CONNECT"])
def test_some_answers_have_no_body_whatever_their_headers_say(method: str) -> None:
    assert read(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", method).response().body == b""


@pytest.mark.parametrize(
    "content", [PLAIN + b"HTTP/1.1 200 OK\r\n", CHUNKED + b"HTTP/1.1", b"HTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\nx"]
)
def test_bytes_after_the_answer_are_dropped_with_their_connection(content: bytes) -> None:
    assert not read(content).reusable


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"HTTP",
        b"hello there",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2OO OK\r\n\r\n",
        b"HTTP/1.1 2000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nname : x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: 1\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
    ],
)
def test_what_is_no_whole_answer_is_an_error(content: bytes) -> None:
    with pytest.raises(NotHttp):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
    ],
)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(content: bytes) -> None:
    with pytest.raises(TooLarge):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"0" * 2000,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: " + b"y" * 70_000,
    ],
)
def test_heads_and_trailers_are_bounded(content: bytes) -> None:
    reader = AnswerReader("POST", 1000)
    with pytest.raises(NotHttp):
        reader.feed(content)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=20), st.lists(st.integers(0, 900), max_size=6))
def test_chunks_of_any_size_cut_anywhere_give_their_bytes(parts: list[bytes], cuts: list[int]) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    content = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    assert read(content, cuts=tuple(cuts)).response().body == b"".join(parts)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_no_bytes_break_the_reader_in_another_way(content: bytes, cuts: list[int]) -> None:
    reader = AnswerReader("POST", 100)
    try:
        for cut in (*cuts, len(content)):
            if content[:cut] and reader.feed(content[:cut]):
                break
        else:
            reader.feed(b"")
    except (NotHttp, TooLarge):
        pass


def request(**parts: object) -> Request:
    given: dict[str, object] = {
        "method": "POST",
        "host": "h:1",
        "headers": [("x-a", "1")],
        "body": b"b",
        "scheme": "http",
    }
    return Request(**{**given, **parts})  # type: ignore[arg-type]


def test_a_request_as_bytes() -> None:
    assert encode(request(query="q=1")) == b"POST /?q=1 HTTP/1.1\r\nhost: h:1\r\nx-a: 1\r\ncontent-length: 1\r\n\r\nb"
    assert encode(request(method="GET", body=b"")) == b"GET / HTTP/1.1\r\nhost: h:1\r\nx-a: 1\r\n\r\n"
    assert encode(request(body=b"")).endswith(b"content-length: 0\r\n\r\n")
    assert encode(request(path="/p"), absolute=True).startswith(b"POST http://h:1/p HTTP/1.1\r\n")


def test_framing_is_the_encoders_business_alone() -> None:
    headers = [("content-length", "99"), ("transfer-encoding", "chunked"), ("host", "other"), ("connection", "close")]
    assert encode(request(headers=headers)) == b"POST / HTTP/1.1\r\nhost: h:1\r\ncontent-length: 1\r\n\r\nb"


@pytest.mark.parametrize(
    "parts",
    [
        {"headers": [("x", "1\r\nevil: 2")]},
        {"headers": [("x", "1\nevil: 2")]},
        {"headers": [("x", "1\revil: 2")]},
        {"headers": [("x\r\nevil", "1")]},
        {"path": "/ HTTP/1.1\r\nevil: 1\r\n"},
        {"host": "h\r\nevil: 1"},
        {"query": "a\nb"},
    ],
)
def test_a_line_break_cannot_begin_another_header(parts: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="line break"):
        encode(request(**parts))


def test_a_tunnel_names_the_port_and_the_proxys_user() -> None:
    asked = request(host="sts.example.com", scheme="https")
    assert encode_connect(asked, "http://proxy:1") == (
        b"CONNECT sts.example.com:443 HTTP/1.1\r\nhost: sts.example.com:443\r\n\r\n"
    )
    assert b"proxy-authorization: Basic YTpi\r\n" in encode_connect(asked, "http://a:b@proxy:1")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://h/p", ("https", "h", 443)),
        ("http://u:p@h:3128/", ("http", "h", 3128)),
        ("http://[::1]", ("http", "::1", 80)),
        ("http://[::1]:8080/x", ("http", "::1", 8080)),
    ],
)
def test_the_address_of_a_url(url: str, found: tuple[str, str, int]) -> None:
    assert address(url) == found
