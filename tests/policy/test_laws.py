"""Laws that hold for every request and every set of policies, and the evaluator against the model of its rules."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy import model
from tests.policy.strategies import asked, sets, statements

from understudy.policy import Decision, PolicyKind, PolicySet, Request, Verdict, evaluate, parse_policy

Sets = dict[str, Any]
_FLAT = {"identity": PolicyKind.IDENTITY, "resource": PolicyKind.RESOURCE, "session": PolicyKind.SESSION}
_SINGLE = {"trust": PolicyKind.TRUST, "boundary": PolicyKind.BOUNDARY}


def decided(question: dict[str, Any], documents: Sets) -> Decision:
    parts: dict[str, Any] = {}
    for name, kind in _FLAT.items():
        if documents.get(name) is not None:
            parts[name] = tuple(parse_policy(each, kind) for each in documents[name])
    for name, kind in _SINGLE.items():
        if documents.get(name):
            parts[name] = parse_policy(documents[name][0], kind)
    if documents.get("scps") is not None:
        parts["scps"] = [[parse_policy(each, PolicyKind.SCP) for each in level] for level in documents["scps"]]
    caller, *rest = question["caller"], question["action"], question["resource"], question["resource_account"]
    return evaluate(Request(caller, *rest, question["context"]), PolicySet(**parts))


def lists_of_statements(documents: Sets) -> list[list[dict[str, Any]]]:
    """Every document's statements, as lists that can be changed in place."""
    flat = [each for name in (*_FLAT, *_SINGLE) for each in documents.get(name) or ()]
    flat += [each for level in documents.get("scps") or () for each in level]
    for each in flat:
        each["Statement"] = model.many(each["Statement"])
    return [each["Statement"] for each in flat]


@given(asked(), sets())
@settings(max_examples=200, deadline=None)
def test_the_evaluator_agrees_with_the_model(question: dict[str, Any], documents: Sets) -> None:
    decision = decided(question, documents)
    assert decision.verdict.value == model.decide(question, documents), decision.why()


@given(asked(), sets())
@settings(max_examples=200, deadline=None)
def test_the_trace_agrees_with_the_verdict(question: dict[str, Any], documents: Sets) -> None:
    decision = decided(question, documents)
    applied = [(step, each) for step in decision.steps for each in step.statements if each.matched]
    assert list(decision.matched_statements) == applied
    for step in decision.steps:
        effects = {each.effect for each in step.statements if each.matched}
        assert (step.allows, step.denies) == ("Allow" in effects, "Deny" in effects)
    if decision.ground.name != "ALWAYS_ALLOWED":
        assert (decision.verdict is Verdict.EXPLICIT_DENY) is any(step.denies for step in decision.steps)
    reason = decision.denial_reason()
    if reason is not None and not reason.explicit and reason.type.name not in ("SCP", "RCP"):
        assert not any(step.allows for step in decision.steps if step.type is reason.type)


@given(asked(), sets(), st.data())
@settings(max_examples=60, deadline=None)
def test_adding_a_deny_never_allows(question: dict[str, Any], documents: Sets, data: st.DataObject) -> None:
    before = decided(question, documents)
    for each in lists_of_statements(documents):
        about_caller = "Principal" in each[0] or "NotPrincipal" in each[0]
        whom = {"principal": about_caller, "trust": about_caller and "trust" in documents}
        each.append(data.draw(statements(effect="Deny", **whom)))
    assert before.allowed or not decided(question, documents).allowed


@given(asked(), sets(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_removing_an_allow_never_allows(question: dict[str, Any], documents: Sets, random: Any) -> None:
    before = decided(question, documents)
    lists = [each for each in lists_of_statements(documents) if any(one["Effect"] == "Allow" for one in each)]
    if lists:
        chosen = random.choice(lists)
        gone = random.choice([one for one in chosen if one["Effect"] == "Allow"])
        chosen[chosen.index(gone)] = {**gone, **_about_nothing(gone)}
    assert before.allowed or not decided(question, documents).allowed


def _about_nothing(statement: dict[str, Any]) -> dict[str, Any]:
    """The change that takes a statement out of force but leaves the document well formed."""
    never = {"Null": {"aws:never": ["false"]}}
    return {"Condition": {**statement.get("Condition", {}), **never}}


@given(asked(), sets(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_statements_never_matters(question: dict[str, Any], documents: Sets, random: Any) -> None:
    before = decided(question, copy.deepcopy(documents))
    for each in lists_of_statements(documents):
        random.shuffle(each)
    for name in _FLAT:
        random.shuffle(documents.get(name) or [])
    assert decided(question, documents).verdict is before.verdict


@given(asked(), sets(), st.sampled_from([str.upper, str.lower, str.swapcase]))
@settings(max_examples=60, deadline=None)
def test_key_case_never_matters(question: dict[str, Any], documents: Sets, change: Any) -> None:
    before = decided(question, copy.deepcopy(documents))
    context = {change(key): value for key, value in question["context"].items()}
    assert decided({**question, "context": context}, documents).verdict is before.verdict


@given(asked(), sets())
@settings(max_examples=50, deadline=None)
def test_every_form_of_a_decision_can_be_made(question: dict[str, Any], documents: Sets) -> None:
    decision = decided(question, documents)
    assert max(map(len, decision.why().split("\n"))) <= 100
    assert decision.to_dict()["verdict"] == decision.verdict.value
    message = decision.authorization_message()
    assert message["allowed"] is decision.allowed
    assert len(message["matchedStatements"]["items"]) == len(decision.matched_statements)
