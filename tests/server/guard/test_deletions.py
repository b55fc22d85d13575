"""The keys of a request to delete many objects: each is judged, and no two parsers read others."""

from __future__ import annotations

import pytest

from understudy.server.guard.deletions import deletions
from understudy.server.guard.faults import GuardError


def body(*objects: str, head: str = "", root: str = "Delete") -> bytes:
    return f"{head}<{root}>{''.join(objects)}</{root.partition(' ')[0]}>".encode()


def test_a_permission_for_each_key() -> None:
    found = deletions(
        body(
            "<Quiet>true</Quiet>",
            "<Object><Key>a/b &amp; c</Key></Object>",
            "<Object><Key>d</Key><VersionId>1</VersionId></Object>",
            root='Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"',
        ),
        "bucket",
    )
    assert [(each.action, each.target.key) for each in found] == [
        ("s3:DeleteObject", "a/b & c"),
        ("s3:DeleteObjectVersion", "d"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<Delete/>",
        b"not xml",
        body("<Object><Key></Key></Object>"),
        body("<Object></Object>"),
        body("<Object><Key>a</Key><Key>b</Key></Object>"),
        body("<Object><Key>a<b/></Key></Object>"),
        body("<object><Key>a</Key></object>"),
        body("<x:Object xmlns:x='y'><x:Key>a</x:Key></x:Object>"),
        body("<Object><Key>a</Key></Object>", root="Remove"),
        body("<Object><Key>&e;</Key></Object>", head='<!DOCTYPE d [<!ENTITY e "secret">]>'),
        body(*["<Object><Key>a</Key></Object>"] * 1001),
    ],
)
def test_what_could_be_read_in_two_ways_is_malformed(document: bytes) -> None:
    with pytest.raises(GuardError) as caught:
        deletions(document, "bucket")
    assert caught.value.code == "MalformedXML"


@pytest.mark.parametrize("key", ["../other/a", "a//b", "./a", "a/..", "/a"])
def test_path_tricks_are_refused_here_too(key: str) -> None:
    with pytest.raises(GuardError) as caught:
        deletions(body(f"<Object><Key>{key}</Key></Object>"), "bucket")
    assert caught.value.code == "InvalidURI"
