"""Requests and responses as values."""

from __future__ import annotations

from understudy.http import Request, Response


def test_the_address_is_put_together() -> None:
    assert Request("GET", "a:1", "/p%20q", "x=1", scheme="http").url == "http://a:1/p%20q?x=1"
    assert Request("POST", "a").url == "https://a/"


def test_the_first_of_a_repeated_header_counts() -> None:
    headers = [("a", "1"), ("a", "2")]
    assert Request("GET", "h", headers=headers).header("a") == "1"
    assert Response(200, headers).header("a") == "1"
    assert Request("GET", "h").header("a") is None
    assert Response(200).header("a") is None


def test_with_headers_gives_a_copy_with_all_of_a_name_replaced() -> None:
    request = Request("POST", "h", "/x", "q=1", [("a", "1"), ("b", "2"), ("a", "3")], b"body", "http")
    changed = request.with_headers(("a", "4"), ("c", "5"))
    assert changed.headers == (("b", "2"), ("a", "4"), ("c", "5"))
    assert request.headers == (("a", "1"), ("b", "2"), ("a", "3"))
    kept = ("method", "host", "path", "query", "body", "scheme")
    assert all(getattr(changed, name) == getattr(request, name) for name in kept)


def test_a_representation_shows_neither_headers_query_nor_body() -> None:
    request = Request("POST", "h", "/", "X-Amz-Security-Token=hidden", [("authorization", "hidden")], b"hidden")
    assert repr(request) == "Request(POST https://h/, 6 bytes)"
    assert repr(Response(200, [("a", "hidden")], b"hidden")) == "Response(200, 6 bytes)"
