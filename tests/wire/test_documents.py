"""Documents: what is written is read back, and nothing that is read can do harm."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.errors import ResponseError
from understudy.wire import documents
from understudy.wire.documents import Element

XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\t\r\n<>&'\"")
)


def test_a_document_is_indented_by_two_spaces_and_ends_with_a_newline() -> None:
    root = Element("A", children=[Element("B", "1"), Element("C", children=[Element("D", "2")])])
    assert documents.write_xml(root, "urn:x") == (b'<A xmlns="urn:x">\n  <B>1</B>\n  <C>\n    <D>2</D>\n  </C>\n</A>\n')


@given(XML_TEXT)
def test_text_survives_whatever_it_holds(text: str) -> None:
    written = documents.write_xml(Element("A", children=[Element("B", text)]), "urn:x")
    assert documents.read(written).find_text("B") == text


@given(st.text(st.characters()))
def test_text_that_xml_cannot_hold_still_gives_a_document(text: str) -> None:
    written = documents.write_xml(Element("A", children=[Element("B", text)]), "urn:x")
    assert len(documents.read(written).find_text("B") or "") == len(text)


def test_prefixes_unknown_attributes_comments_and_sections_are_taken() -> None:
    root = documents.read(b'<?xml version="1.0"?><s:A xmlns:s="urn:x" y="1"><!-- c --><s:B><![CDATA[<1>]]></s:B></s:A>')
    assert (root.name, root.find_text("B")) == ("A", "<1>")


BILLION = b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    "body", [BILLION, OUTSIDE, b"<!DOCTYPE html><html></html>", b'<!DOCTYPE a SYSTEM "http://127.0.0.1/"><a/>']
)
def test_a_document_type_is_refused_and_with_it_every_entity(body: bytes) -> None:
    with pytest.raises(ResponseError, match="a document type declaration"):
        documents.read(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not XML"),
        (b"hello", "not XML"),
        (b"<a>&b;</a>", "not XML"),
        (b"<a></b>", "not XML"),
        (b"<a/><b/>", "not XML"),
        (b"<a>\xff</a>", "not XML"),
        (b"{", "not JSON"),
        (b'{"a": ' + b"[" * 5000, "not JSON|deeper"),
        (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", "deeper"),
        (b'{"a": "\xff"}', "not JSON"),
        (b"<a>" * 33, "deeper than 32"),
        (b"<a>" + b"<b/>" * 10_001, "more than 10000 elements"),
        (b"<a>" + b"x" * documents.MAX_BYTES + b"</a>", "more than the 1048576 that are read"),
    ],
)
def test_what_is_no_document_or_too_much_of_one_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(ResponseError, match=message):
        documents.read(body)


@given(st.binary())
def test_no_bytes_give_anything_but_a_document_or_a_refusal(body: bytes) -> None:
    try:
        found = documents.read(body)
    except ResponseError:
        return
    assert isinstance(found, Element)


def test_json_reads_into_the_same_tree() -> None:
    body = json.dumps({"A": {"B": "1", "C": 2.5, "D": None, "E": ["x", {"F": True}]}}).encode()
    root = documents.read(body)
    assert root.find_text("A", "B") == "1"
    assert root.find_text("A", "C") == "2.5"
    assert root.find("A", "D") is None
    assert [child.name for child in root.find("A", "E").children] == ["member", "member"]  # type: ignore[union-attr]
