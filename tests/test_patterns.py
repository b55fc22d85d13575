"""Patterns: the set test agrees with the regular expression that it stands for."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy import patterns

ALL = [value for value in vars(patterns).values() if isinstance(value, patterns.Pattern)]
WITHOUT_PROPERTIES = [pattern for pattern in ALL if r"\p" not in pattern.text]
BASIC_PLANE = st.characters(max_codepoint=0xFFFF)


def expression(pattern: patterns.Pattern) -> re.Pattern[str]:
    r"""The pattern as Python writes it; ``\u10000-\u10FFFF`` is five and six digits in the model, and fails at the service."""
    return re.compile(pattern.text.replace(r"\u10000-\u10FFFF", ""), re.ASCII)


@pytest.mark.parametrize("pattern", WITHOUT_PROPERTIES, ids=lambda pattern: pattern.text)
@given(value=st.text(BASIC_PLANE, max_size=3))
def test_a_pattern_admits_what_its_expression_admits(pattern: patterns.Pattern, value: str) -> None:
    assert pattern.matches(value) == bool(expression(pattern).fullmatch(value))


@pytest.mark.parametrize("pattern", WITHOUT_PROPERTIES, ids=lambda pattern: pattern.text)
def test_every_single_character_of_the_basic_plane_is_judged_as_by_the_expression(pattern: patterns.Pattern) -> None:
    judge = expression(pattern)
    wrong = [code for code in range(0x10000) if pattern.matches(chr(code)) != bool(judge.fullmatch(chr(code)))]
    assert wrong == []


@pytest.mark.parametrize("pattern", [patterns.TAG_KEY, patterns.TAG_VALUE])
@given(char=BASIC_PLANE)
def test_tags_admit_letters_spaces_and_numbers_of_unicode(pattern: patterns.Pattern, char: str) -> None:
    expected = char in "_.:/=+-@" or unicodedata.category(char)[0] in "LZN"
    assert pattern.matches(char) == expected


@pytest.mark.parametrize("pattern", ALL, ids=lambda pattern: pattern.text)
def test_a_character_beyond_the_basic_plane_fails_every_pattern(pattern: patterns.Pattern) -> None:
    assert not pattern.matches("\U0001d400")
    assert not pattern.matches("a\U00010400")


@pytest.mark.parametrize("pattern", ALL, ids=lambda pattern: pattern.text)
def test_the_empty_text_passes_only_a_star(pattern: patterns.Pattern) -> None:
    assert pattern.matches("") is pattern.text.endswith("*")
