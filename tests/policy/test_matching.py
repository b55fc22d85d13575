"""Section 2 of the rules: principals, actions, resources and variables. The cases are in cases/matching.yaml."""

from __future__ import annotations

from typing import Any

import pytest
from tests.policy.cases import ALICE, BUILD, CALLERS, OWNER, ROLE, load

from understudy.policy import Policy, PolicyKind, PolicySet, Principal, Request, Verdict, evaluate, parse_policy


@pytest.mark.parametrize("case", load("matching.yaml"))
def test_statement(case: dict[str, Any]) -> None:
    statement = case["statement"]
    about_caller = "Principal" in statement or "NotPrincipal" in statement
    kind = PolicyKind.RESOURCE if about_caller else PolicyKind.IDENTITY
    policy = parse_policy({"Version": case.get("version", "2012-10-17"), "Statement": [statement]}, kind)
    caller = CALLERS[case.get("caller", "alice")]
    asked = Request(caller, case.get("action", "s3:GetObject"), case.get("resource", "*"), None, case.get("context"))
    decision = evaluate(asked, PolicySet(resource=[policy]) if about_caller else PolicySet(identity=[policy]))
    (step,) = decision.steps
    assert step.statements[0].matched is case["applies"], decision.why()
    assert (step.allows or step.denies) is case["applies"], "the fast path must say what the trace says"


def trusting(arn: str) -> Policy:
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}, PolicyKind.TRUST)


@pytest.mark.parametrize(("arn", "caller"), [(ALICE.arn, ALICE), (BUILD.role_arn, BUILD)])
def test_a_bound_principal_stops_matching_when_it_is_made_again(arn: str, caller: Principal) -> None:
    stored = trusting(arn).bound({arn: caller.unique_id}.get)
    again = Principal(**{**_fields(caller), "unique_id": caller.unique_id[:-2] + "99"})
    assert evaluate(Request(caller, "sts:AssumeRole", ROLE, OWNER), PolicySet(trust=stored)).allowed
    refused = evaluate(Request(again, "sts:AssumeRole", ROLE, OWNER), PolicySet(trust=stored))
    assert refused.verdict is Verdict.IMPLICIT_DENY


def test_a_bound_policy_leaves_accounts_and_unknown_principals_alone() -> None:
    account = trusting(OWNER).bound({}.get)
    identity = parse_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, PolicyKind.IDENTITY)
    assert evaluate(
        Request(ALICE, "sts:AssumeRole", ROLE, OWNER), PolicySet(trust=account, identity=[identity])
    ).allowed
    assert evaluate(
        Request(ALICE, "sts:AssumeRole", ROLE, OWNER), PolicySet(trust=trusting(ALICE.arn).bound({}.get))
    ).allowed


def _fields(principal: Principal) -> dict[str, Any]:
    return {field.name: getattr(principal, field.name) for field in _dataclass_fields() if field.init}


def _dataclass_fields() -> Any:
    from dataclasses import fields

    return fields(Principal)


@pytest.mark.parametrize("value", [True, 3600, ["a", 1], None, {"a"}])
def test_a_key_has_texts(value: Any) -> None:
    with pytest.raises(TypeError, match="must have a text or a sequence of texts"):
        Request(ALICE, "s3:GetObject", "*", None, {"aws:x": value})


def test_case_colliding_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="case-insensitive"):
        Request(ALICE, "s3:GetObject", "*", None, {"aws:RequestTag/Team": "a", "aws:requesttag/team": "b"})
