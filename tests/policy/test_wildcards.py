"""Wildcards: right against a slow definition, and linear whatever the pattern."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.policy.cases import ALICE
from tests.policy.model import units, wild

from understudy.policy import PolicyKind, PolicySet, Request, evaluate, parse_policy, wildcards
from understudy.policy.wildcards import Wildcard, compile_pattern, compile_tokens, prefix_of, tokenize

patterns = st.text(st.sampled_from("ab*?\n😀"), max_size=12)
texts = st.text(st.sampled_from("ab\n😀"), max_size=14)


def by_definition(pattern: str, text: str) -> bool:
    return wild(tuple((each,) if each in "*?" else each for each in units(pattern)), units(text))


@given(patterns, texts)
@example("*a?b*", "xaab")
@example("*?a*?b", "aaab")
@example("a*a", "a")
@example("?*?", "a")
def test_a_pattern_matches_as_defined(pattern: str, text: str) -> None:
    assert compile_pattern(pattern)(text) is by_definition(pattern, text)


@given(st.text(st.sampled_from("ab*?"), max_size=10))
def test_tokens_spell_the_pattern(pattern: str) -> None:
    assert "".join(each if isinstance(each, str) else each.value for each in tokenize(pattern)) == pattern


def test_literal_stars_are_no_wildcards() -> None:
    matches = compile_tokens(["a", "*", Wildcard.ONE])
    assert matches("a*b")
    assert not matches("axyb")


@pytest.mark.parametrize(("pattern", "prefix"), [("a*", "a"), ("*", ""), ("a", None), ("*a*", None), ("a?*", None)])
def test_the_prefix_of_a_pattern(pattern: str, prefix: str | None) -> None:
    assert prefix_of(pattern) == prefix


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a" * 5_000 + "*b", "a" * 100_000),
        ("*a?" * 3_000 + "*b", "a" * 100_000),
        ("a*" * 5_000 + "b", "a" * 100_000),
        ("*" * 50_000 + "b", "a" * 100_000),
        ("?*" * 5_000 + "b", "a" * 100_000),
        ("*" + "a" * 10_000 + "?b*", "a" * 20_000),
    ],
)
def test_patterns_that_ruin_backtracking_matchers_come_to_an_end(pattern: str, text: str) -> None:
    assert not compile_pattern(pattern)(text)


def test_each_piece_of_a_pattern_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    find = wildcards._Piece.find

    def counting(self: wildcards._Piece, places: wildcards._Places, start: int, end: int) -> int:
        looked.append(start)
        return find(self, places, start, end)

    monkeypatch.setattr(wildcards._Piece, "find", counting)
    assert not compile_pattern("*" + "a?b*" * 40 + "z")("aab" * 200 + "z" * 3 + "y")
    assert compile_pattern("*" + "a?b*" * 40 + "z")("aab" * 200 + "z")
    assert len(looked) == 40
    assert looked == sorted(looked)


def test_documents_at_the_largest_quota_evaluate() -> None:
    """The largest attached quota is 10,240 characters a role; thirty such documents still are evaluated."""
    hostile = "arn:aws:s3:::" + "*a?" * ((10_240 - 300) // 3)
    statement = {"Effect": "Allow", "Action": "s3:*" + "?*" * 4, "Resource": hostile}
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]}, PolicyKind.IDENTITY)
    request = Request(ALICE, "s3:GetObject", "arn:aws:s3:::" + "a" * 2_000, None, {"aws:x": "a" * 10_000})
    assert not evaluate(request, PolicySet(identity=[policy] * 30)).allowed
