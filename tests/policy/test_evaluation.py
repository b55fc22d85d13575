"""First look at evaluation: who must allow."""

from __future__ import annotations

from understudy.policy import PolicyKind, PolicySet, Principal, Request, Verdict, evaluate, parse_policy

ROLE = "arn:aws:iam::111122223333:role/Deploy"
ALLOW_STS = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}, PolicyKind.IDENTITY
)


def trusting(principal: object) -> PolicySet:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return PolicySet(trust=parse_policy({"Version": "2012-10-17", "Statement": [statement]}, PolicyKind.TRUST))


def test_naming_the_user_suffices_in_its_account() -> None:
    alice = Principal.user("arn:aws:iam::111122223333:user/alice")
    decision = evaluate(Request(alice, "sts:AssumeRole", ROLE, "111122223333"), trusting(alice.arn))
    assert decision.allowed


def test_naming_the_account_only_delegates() -> None:
    alice = Principal.user("arn:aws:iam::111122223333:user/alice")
    request = Request(alice, "sts:AssumeRole", ROLE, "111122223333")
    assert evaluate(request, trusting("111122223333")).verdict is Verdict.IMPLICIT_DENY
