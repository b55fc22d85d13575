"""A session policy and a request come from strangers: whatever they hold, the answer is a policy, a refusal or a verdict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.cases import ALICE, OWNER, ROLE

from understudy.policy import Policy, PolicyError, PolicyKind, PolicySet, Problem, Request, evaluate, parse_policy

_WORDS = st.sampled_from(
    [
        "Version",
        "Statement",
        "Effect",
        "Allow",
        "Action",
        "Resource",
        "Principal",
        "AWS",
        "*",
        "Condition",
        "Sid",
        "Null",
        "StringLike",
        "IpAddress",
        "DateLessThan",
        "aws:x",
        "sts:*",
        "2012-10-17",
        "${",
        "${aws:x",
        "${aws:x,'a}'}",
        "�",
    ]
)
_SCALARS = _WORDS | st.text(max_size=4) | st.none() | st.booleans() | st.integers() | st.floats()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4), max_leaves=12
)
_NEARLY = st.fixed_dictionaries(
    {"Effect": st.just("Allow"), "Action": st.just("*") | _VALUES, "Resource": st.just("*") | _VALUES},
    optional={"Condition": st.dictionaries(_WORDS, st.dictionaries(_WORDS, _VALUES, max_size=2), max_size=2)},
)


def parsed(source: Any, kind: PolicyKind) -> tuple[Policy | None, Sequence[Problem]]:
    try:
        return parse_policy(source, kind), ()
    except PolicyError as error:
        return None, error.problems


@given(_VALUES | st.fixed_dictionaries({"Statement": _NEARLY | _VALUES}), st.sampled_from(list(PolicyKind)))
@settings(max_examples=300, deadline=None)
def test_any_mapping_is_a_policy_or_refused(document: Any, kind: PolicyKind) -> None:
    policy, problems = parsed(document if isinstance(document, dict) else {"Statement": document}, kind)
    assert all(problem.text and problem.service_text for problem in problems)
    if policy is not None:
        request = Request(ALICE, "sts:AssumeRole", ROLE, OWNER, {"aws:x": "a"})
        assert evaluate(request, PolicySet(session=[policy])).why()


@given(st.text(st.sampled_from('{}[]",:\\ \n') | st.characters(), max_size=40) | _VALUES.map(json.dumps))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_policy_or_refused_with_its_place(text: str) -> None:
    _, problems = parsed(text, PolicyKind.SESSION)
    assert all(problem.line is not None and problem.column is not None for problem in problems)


@given(
    st.dictionaries(st.text(max_size=4), st.text(max_size=6) | st.lists(st.text(max_size=3), max_size=3), max_size=3)
)
@settings(max_examples=100, deadline=None)
def test_any_context_gets_a_verdict(context: dict[str, Any]) -> None:
    names = [
        "StringLike",
        "NumericLessThan",
        "DateEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "ArnLike",
        "NotIpAddress",
    ]
    conditions = {name: {f"aws:{key}": "x" for key in context} for name in names}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "${aws:}*", "Condition": conditions if context else {}}
    policy = parse_policy({"Version": "2012-10-17", "Statement": statement}, PolicyKind.SESSION)
    try:
        request = Request(ALICE, "sts:AssumeRole", ROLE, OWNER, {f"aws:{key}": value for key, value in context.items()})
    except ValueError:
        return
    evaluate(request, PolicySet(session=[policy])).why()
