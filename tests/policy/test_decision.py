"""What a decision shows: the terminal's form, JSON, and the form of DecodeAuthorizationMessage."""

from __future__ import annotations

import json

import pytest
from tests.policy.cases import ALICE, OWNER, PROVIDER, ROLE, policy

from understudy.policy import (
    Denial,
    PolicyKind,
    PolicySet,
    PolicyType,
    Principal,
    Request,
    evaluate,
    parse_policy,
)

TRUST = parse_policy(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "People",
            "Effect": "Allow",
            "Principal": {"AWS": OWNER},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "${aws:PrincipalTag/customer, 'nobody'}"}},
        },
    },
    PolicyKind.TRUST,
    name="Target",
)
DENIED = evaluate(Request(ALICE, "sts:AssumeRole", ROLE, OWNER, {"sts:ExternalId": "acme"}), PolicySet(trust=TRUST))


def test_why_reads_like_this() -> None:
    assert DENIED.why() == "\n".join(
        [
            "implicit deny: sts:AssumeRole on arn:aws:iam::111122223333:role/Target",
            "  by      arn:aws:iam::111122223333:user/team/alice (user)",
            "  because no role trust policy allows the sts:AssumeRole action",
            "",
            "  role trust policy 'Target': does not allow",
            "    statement 'People', Allow: does not apply",
            "      ok  Principal (names the account, which delegates to its own policies)",
            "          wanted: AWS: 111122223333",
            "          given:  arn:aws:iam::111122223333:user/team/alice, AIDAALICEALICEALICE12, 111122223333",
            "      ok  Action",
            "          wanted: sts:AssumeRole",
            "          given:  sts:AssumeRole",
            "      NO  StringEquals sts:ExternalId",
            "          wanted: nobody",
            "          given:  acme",
        ]
    )


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_why_keeps_its_width(width: int) -> None:
    assert max(map(len, DENIED.why(width=width).split("\n"))) <= width


def test_the_json_form_has_every_step_and_the_values_compared() -> None:
    plain = json.loads(DENIED.to_json())
    (element,) = [each for each in plain["policies"][0]["statements"][0]["elements"] if each["element"] == "Condition"]
    assert element == {
        "element": "Condition",
        "matched": False,
        "wanted": ["nobody"],
        "given": ["acme"],
        "operator": "StringEquals",
        "key": "sts:ExternalId",
    }
    assert plain["denial"]["text"] == "because no role trust policy allows the sts:AssumeRole action"


def test_the_authorization_message_has_the_documented_form() -> None:
    deny = policy("deny", PolicyKind.IDENTITY)
    request = Request(ALICE, "sts:GetAccessKeyInfo", "*", None, {"aws:TagKeys": ["a", "b"]})
    assert evaluate(request, PolicySet(identity=[deny])).authorization_message() == {
        "allowed": False,
        "explicitDeny": True,
        "matchedStatements": {
            "items": [
                {
                    "statementId": "",
                    "effect": "DENY",
                    "principals": {"items": []},
                    "principalGroups": {"items": []},
                    "actions": {"items": [{"value": "*"}]},
                    "resources": {"items": [{"value": "*"}]},
                    "conditions": {"items": []},
                }
            ]
        },
        "failures": {"items": []},
        "context": {
            "principal": {"id": "AIDAALICEALICEALICE12", "arn": ALICE.arn},
            "action": "sts:GetAccessKeyInfo",
            "resource": "*",
            "conditions": {"items": [{"key": "aws:TagKeys", "values": {"items": [{"value": "a"}, {"value": "b"}]}}]},
        },
    }


@pytest.mark.parametrize(
    ("kind", "explicit", "text"),
    [
        (PolicyType.IDENTITY, False, "because no identity-based policy allows the X action"),
        (PolicyType.BOUNDARY, False, "because no permissions boundary allows the X action"),
        (PolicyType.IDENTITY, True, "with an explicit deny in an identity-based policy"),
        (PolicyType.SESSION, True, "with an explicit deny in a session policy"),
        (PolicyType.TRUST, True, "with an explicit deny in the role trust policy"),
    ],
)
def test_a_denial_has_the_services_text(kind: PolicyType, explicit: bool, text: str) -> None:
    from understudy.policy.decision import _denial_text

    assert _denial_text(kind, explicit, "X") == text


def test_an_allow_and_a_refused_root_have_no_denying_policy() -> None:
    assert evaluate(Request(Principal.root(OWNER), "s3:GetObject"), PolicySet()).denial_reason() is None
    refused = evaluate(Request(Principal.root(OWNER), "sts:AssumeRole", ROLE, OWNER), PolicySet(trust=TRUST))
    assert (refused.allowed, refused.denial_reason()) == (False, None)
    assert DENIED.denial_reason() == Denial(
        PolicyType.TRUST, False, "because no role trust policy allows the sts:AssumeRole action"
    )


@pytest.mark.parametrize(
    ("principal", "keys"),
    [
        (ALICE, {"aws:PrincipalType": "User", "aws:username": "alice", "aws:userid": "AIDAALICEALICEALICE12"}),
        (
            Principal.role_session(ROLE, "s", unique_id="AROATARGET", tags={"team": "red"}),
            {"aws:PrincipalArn": ROLE, "aws:userid": "AROATARGET:s", "aws:PrincipalTag/team": "red"},
        ),
        (Principal.federated_user(OWNER, "fay"), {"aws:PrincipalType": "FederatedUser", "aws:userid": f"{OWNER}:fay"}),
        (Principal.root(OWNER), {"aws:PrincipalType": "Account", "aws:userid": OWNER}),
        (Principal.federated(PROVIDER), {"aws:PrincipalType": "User", "aws:userid": PROVIDER}),
    ],
)
def test_the_keys_that_follow_from_the_caller(principal: Principal, keys: dict[str, str]) -> None:
    found = principal.condition_keys()
    assert keys.items() <= found.items()
    assert ("aws:PrincipalArn" in found) is (principal.kind.name != "FEDERATED")
