"""Forms: RFC 3986 out, both spellings of a space in, and the texts of bad escapes."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from understudy.errors import ServiceError
from understudy.percent import percent_encode
from understudy.wire import forms

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_encoding_is_that_of_rfc_3986(text: str) -> None:
    assert percent_encode(text) == quote(text, safe="-._~")


@given(st.lists(st.tuples(st.from_regex(r"[A-Za-z.0-9]+", fullmatch=True), TEXT)))
@example([("A", "100%25 &=+%3D%26"), ("B", "")])
def test_what_is_encoded_is_decoded(pairs: list[tuple[str, str]]) -> None:
    assert forms.decode(forms.encode(pairs)) == pairs


@given(
    st.lists(st.sampled_from(["&", "=", "+", "a", "%41", "%26", "%3d", "%25", "%2541", "%2F", "%c3%a9", "%C3", "é"]))
)
def test_decoding_agrees_with_the_standard_library_where_escapes_are_right(pieces: list[str]) -> None:
    form = "".join(pieces)
    assert forms.decode(form.encode()) == parse_qsl(form, keep_blank_values=True)


@given(st.lists(st.sampled_from(["%3A", "%2F", "%25", "%26", "%20", "x", "%22%2C"]), min_size=60))
def test_many_escapes_take_the_other_way_to_the_same_end(pieces: list[str]) -> None:
    form = "Policy=" + "".join(pieces)
    assert forms.decode(form) == parse_qsl(form, keep_blank_values=True)


@pytest.mark.parametrize("form", ["a=%", "a=%4", "%=a", "a=1&b=%2&c=3", "a=" + "%3A" * 50 + "%"])
def test_an_escape_that_is_cut_off_is_malformed(form: str) -> None:
    with pytest.raises(ServiceError) as caught:
        forms.decode(form)
    assert caught.value.code == "MalformedQueryString"


def test_the_texts_of_bad_escapes_are_the_services() -> None:
    with pytest.raises(ServiceError, match="Incomplete trailing escape % sequence"):
        forms.decode("Action=GetCallerIdentity%4")
    with pytest.raises(ServiceError, match="Incomplete trailing escape % sequence"):
        forms.decode("Action=GetCallerIdentity%4&Version=2011-06-15")
    with pytest.raises(ServiceError, match="Illegal hex character in escape % pattern: %zz"):
        forms.decode("Action=GetCallerIdentity%zz")


@given(st.binary())
def test_no_bytes_break_it_but_by_a_bad_escape(form: bytes) -> None:
    with suppress(ServiceError):
        assert all(len(pair) == 2 for pair in forms.decode(form))


def test_text_beyond_latin_1_is_taken_as_it_is() -> None:
    assert forms.decode("a=\u20ac&b=1") == [("a", "\u20ac"), ("b", "1")]


def test_a_lone_surrogate_has_no_encoding() -> None:
    with pytest.raises(UnicodeEncodeError):
        percent_encode("\ud800")
