"""Buckets and keys, read in one way only."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.server.guard.faults import GuardError
from understudy.server.guard.targets import Target, read_copy_source, read_target

BASES = ("localhost", "s3.localhost")


def refusal(path: str, host: str = "127.0.0.1:4566") -> str:
    with pytest.raises(GuardError) as caught:
        read_target(path, host, BASES)
    return caught.value.code


@pytest.mark.parametrize(
    ("path", "host", "target"),
    [
        ("/", "127.0.0.1", Target()),
        ("/bucket", "127.0.0.1", Target("bucket")),
        ("/bucket/", "127.0.0.1", Target("bucket")),
        ("/bucket/a/b", "127.0.0.1:1", Target("bucket", "a/b")),
        ("/bucket/a/", "127.0.0.1", Target("bucket", "a/")),
        ("/bucket/a%20%C3%A9+b", "127.0.0.1", Target("bucket", "a é+b")),
        ("/bucket/a%252F", "127.0.0.1", Target("bucket", "a%2F")),
        ("/bucket/...", "127.0.0.1", Target("bucket", "...")),
        ("/a", "bucket.localhost:4566", Target("bucket", "a")),
        ("/", "bucket.s3.localhost", Target("bucket")),
        ("/a", "BUCKET.S3.localhost", Target("bucket", "a")),
        ("/bucket/a", "s3.localhost", Target("bucket", "a")),
        ("/bucket/a", "[::1]:4566", Target("bucket", "a")),
    ],
)
def test_what_a_request_is_about(path: str, host: str, target: Target) -> None:
    assert read_target(path, host, BASES) == target


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "//bucket/key",
        "/bucket//key",
        "/bucket/a//b",
        "/bucket/..",
        "/bucket/../other/key",
        "/bucket/a/../b",
        "/bucket/./a",
        "/bucket/a/.",
        "/bucket/%2e%2e/other",
        "/bucket/%2E%2e",
        "/bucket/.%2e/other",
        "/bucket/%2e",
        "/bucket/a%2Fb",
        "/bucket/a%2fb",
        "/bucket/a%5Cb",
        "/bucket/a\\b",
        "/bucket/..%2fother",
        "/bucket/a%00b",
        "/bucket/a%0ab",
        "/bucket/a%",
        "/bucket/a%4",
        "/bucket/a%zz",
        "/bucket/%ff",
        "/bucket/%c0%af",
        "/bucket/%ed%a0%80",
        "bucket/key",
        "*",
        "http://bucket/key",
        "",
    ],
)
def test_path_tricks_are_no_uri(path: str) -> None:
    assert refusal(path) == "InvalidURI"


@pytest.mark.parametrize(
    "path",
    [
        "/a",
        "/..",
        "/.",
        "/ab",
        "/Bucket/x",
        "/buc%6bet/x",
        "/bucket%2Fkey",
        "/bu_cket/x",
        "/" + "b" * 64,
        "/.bu",
        "/a..b",
    ],
)
def test_a_bucket_has_a_name_of_a_bucket(path: str) -> None:
    assert refusal(path) == "InvalidBucketName"


@pytest.mark.parametrize("host", ["a.b..localhost", "B_.localhost", ".localhost", "%2e.localhost"])
def test_a_bucket_by_host_too(host: str) -> None:
    assert refusal("/key", host) == "InvalidBucketName"


def test_a_key_has_a_longest_length() -> None:
    assert read_target("/bucket/" + "k" * 1024, "h").key == "k" * 1024
    assert refusal("/bucket/" + "k" * 1025) == "KeyTooLongError"


segment = st.text(st.characters(exclude_characters="/\\\x7f", min_codepoint=33, codec="utf-8"), min_size=1, max_size=8)
keys = st.lists(segment.filter(lambda text: text not in (".", "..")), min_size=1, max_size=4).map("/".join)


@settings(max_examples=300, deadline=None)
@given(keys)
def test_what_goes_on_is_read_as_what_was_judged(key: str) -> None:
    target = Target("bucket", key)
    assert target.path.isascii()
    assert read_target(target.path, "h") == target


@settings(max_examples=500, deadline=None)
@given(st.text(st.characters(max_codepoint=255), max_size=40).map(lambda tail: f"/bucket/{tail}"))
def test_any_path_is_refused_or_read_alike_again(path: str) -> None:
    try:
        target = read_target(path, "h")
    except GuardError:
        return
    assert read_target(target.path, "h") == target
    assert not {".", ".."} & set((target.key or "").split("/"))


@pytest.mark.parametrize(
    ("value", "target", "version"),
    [
        ("bucket/a/b", Target("bucket", "a/b"), None),
        ("/bucket/a%20b?versionId=v1", Target("bucket", "a b"), "v1"),
    ],
)
def test_the_source_of_a_copy(value: str, target: Target, version: str | None) -> None:
    assert read_copy_source(value) == (target, version)


@pytest.mark.parametrize(
    "value", ["bucket", "/", "bucket/../other/a", "bucket/a?acl", "bucket//a", "//bucket/a", "bucket/%2e%2e/a"]
)
def test_the_source_of_a_copy_is_one_object(value: str) -> None:
    with pytest.raises(GuardError) as caught:
        read_copy_source(value)
    assert caught.value.code in ("InvalidURI", "InvalidArgument", "InvalidBucketName")
