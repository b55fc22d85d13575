"""The smallest change of a request that would be allowed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from tests.policy.cases import ALICE, BUILD, OWNER, PROVIDER, ROLE, policy
from tests.policy.strategies import asked, sets
from tests.policy.test_laws import decided

from understudy.policy import PolicyKind, PolicySet, Principal, Request, evaluate, nearest_allowed, parse_policy

GITHUB = "token.actions.githubusercontent.com"
WEB = Principal.federated(PROVIDER)


def trusting(condition: dict[str, Any], principal: Any = None) -> PolicySet:
    statement = {
        "Effect": "Allow",
        "Principal": principal or {"Federated": PROVIDER},
        "Action": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"],
        "Condition": condition,
    }
    return PolicySet(trust=parse_policy({"Version": "2012-10-17", "Statement": [statement]}, PolicyKind.TRUST))


def asking(context: dict[str, Any]) -> Request:
    return Request(WEB, "sts:AssumeRoleWithWebIdentity", ROLE, OWNER, context)


@pytest.mark.parametrize(
    ("condition", "context", "text", "after"),
    [
        (
            {"StringLike": {f"{GITHUB}:sub": "repo:acme/app:*"}},
            {f"{GITHUB}:sub": "repo:Acme/app:ref:refs/heads/main"},
            "the subject is `repo:Acme/app:ref:refs/heads/main`, the policy wants `repo:acme/app:*`: the case differs",
            "repo:acme/app:ref:refs/heads/main",
        ),
        (
            {"StringEquals": {f"{GITHUB}:sub": "repo:acme/app:*"}},
            {f"{GITHUB}:sub": "repo:acme/app:ref:refs/heads/main"},
            "the subject is `repo:acme/app:ref:refs/heads/main`, the policy wants `repo:acme/app:*`: "
            "the operator takes `*` and `?` literally, StringLike or ArnLike would match",
            "repo:acme/app:*",
        ),
        (
            {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}},
            {f"{GITHUB}:aud": " sts.amazonaws.com"},
            "the audience is ` sts.amazonaws.com`, the policy wants `sts.amazonaws.com`: there is white space around it",
            "sts.amazonaws.com",
        ),
        (
            {"StringEquals": {"sts:ExternalId": "x1"}},
            {},
            "sts:ExternalId is not in the request, the policy wants `x1`",
            "x1",
        ),
        (
            {"StringEquals": {f"{GITHUB}:sub": "a"}},
            {f"{GITHUB}:sub": ["a"]},
            "the subject is multi-valued, which StringEquals never matches; ForAnyValue or ForAllValues can",
            "a",
        ),
        (
            {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
            {"aws:MultiFactorAuthAge": "9000"},
            "aws:MultiFactorAuthAge is `9000`, the policy wants less than `3600`",
            "3599",
        ),
        (
            {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            {"aws:MultiFactorAuthPresent": "false"},
            "aws:MultiFactorAuthPresent is `false`, the policy wants `true`",
            "true",
        ),
        (
            {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
            {"aws:SourceIp": "198.51.100.1"},
            "aws:SourceIp is `198.51.100.1`, the policy wants `192.0.2.0/24`",
            "192.0.2.0",
        ),
        (
            {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}},
            {"aws:SourceVpc": "vpc-1"},
            "aws:SourceVpc is `vpc-1`, the policy wants anything but `vpc-1`",
            "not-vpc-1",
        ),
        (
            {"Null": {"aws:TokenIssueTime": "true"}},
            {"aws:TokenIssueTime": "1"},
            "aws:TokenIssueTime must be absent",
            None,
        ),
    ],
)
def test_one_condition(condition: dict[str, Any], context: dict[str, Any], text: str, after: str | None) -> None:
    policies = trusting(condition)
    nearest = nearest_allowed(asking(context), policies)
    assert nearest is not None
    (change,) = nearest.changes
    assert (change.text, change.after) == (text, after)
    assert evaluate(nearest.request, policies).allowed


def test_it_is_shown_by_why() -> None:
    context = {f"{GITHUB}:sub": "repo:Acme/app:x"}
    why = evaluate(asking(context), trusting({"StringLike": {f"{GITHUB}:sub": "repo:acme/*"}})).why()
    assert "nearest the subject is `repo:Acme/app:x`, the policy wants `repo:acme/*`: the case differs" in why


def test_a_deny_is_avoided() -> None:
    deny = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    policies = PolicySet(identity=[policy("all", PolicyKind.IDENTITY), policy([deny], PolicyKind.IDENTITY)])
    nearest = nearest_allowed(Request(ALICE, "s3:GetObject"), policies)
    assert str(nearest) == ("aws:MultiFactorAuthPresent is absent, which a Deny catches (BoolIfExists `false`)")


def test_two_policies_may_each_need_a_change() -> None:
    identity = policy(
        [
            {
                "Effect": "Allow",
                "Action": "sts:*",
                "Resource": ROLE.lower(),
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            }
        ],
        PolicyKind.IDENTITY,
    )
    trust = trusting({"StringEquals": {"sts:ExternalId": "x1"}}, {"AWS": OWNER}).trust
    nearest = nearest_allowed(
        Request(ALICE, "sts:AssumeRole", ROLE, OWNER), PolicySet(identity=[identity], trust=trust)
    )
    assert nearest is not None
    assert {change.what for change in nearest.changes} == {"sts:ExternalId", "aws:SecureTransport", "resource"}


def test_another_caller_is_the_last_thing_to_ask_for() -> None:
    policies = trusting({"StringEquals": {"sts:ExternalId": "x1"}}, {"AWS": BUILD.role_arn})
    request = Request(ALICE, "sts:AssumeRole", ROLE, OWNER, {"sts:ExternalId": "x1"})
    nearest = nearest_allowed(request, policies)
    assert nearest is not None
    assert [change.what for change in nearest.changes] == ["principal"]
    assert nearest_allowed(request, policies, fixed=frozenset({"principal"})) is None


def test_an_allowed_request_needs_no_change_and_a_hopeless_one_has_none() -> None:
    allowed = nearest_allowed(Request(ALICE, "s3:GetObject"), PolicySet(identity=[policy("all", PolicyKind.IDENTITY)]))
    assert allowed is not None
    assert allowed.changes == ()
    assert (
        nearest_allowed(Request(ALICE, "s3:GetObject"), PolicySet(identity=[policy("deny", PolicyKind.IDENTITY)]))
        is None
    )


@given(asked(), sets())
@settings(max_examples=60, deadline=None)
def test_what_is_found_is_allowed(question: dict[str, Any], documents: dict[str, Any]) -> None:
    decision = decided(question, documents)
    nearest = nearest_allowed(decision.request, decision.policies, most=60)
    if nearest is not None:
        assert evaluate(nearest.request, decision.policies).allowed
        assert bool(nearest.changes) is not decision.allowed
