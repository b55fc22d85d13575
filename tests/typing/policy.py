"""Checked by mypy --strict and pyright, never run: what the types of `understudy.policy` promise."""

from __future__ import annotations

from typing import Any, assert_type

from understudy.policy import (
    Accounts,
    Answer,
    Decision,
    Denial,
    Graph,
    Nearest,
    Policy,
    PolicyKind,
    PolicySet,
    PolicyStep,
    Principal,
    Request,
    Verdict,
    evaluate,
    nearest_allowed,
    parse_policy,
    role_chains,
    who_can_assume,
)

policy = assert_type(parse_policy("{}", PolicyKind.TRUST), Policy)
request = Request(Principal.anonymous(), "s3:GetObject", context={"aws:x": "a", "aws:TagKeys": ["a", "b"]})
Request(Principal.anonymous(), "s3:GetObject", context={"aws:x": 1})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
parse_policy({}, "trust")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
PolicySet(identity=policy)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

decision = assert_type(evaluate(request, PolicySet(trust=policy, scps=[[policy]])), Decision)
assert_type(decision.allowed, bool)
assert_type(decision.verdict, Verdict)
assert_type(decision.steps, tuple[PolicyStep, ...])
assert_type(decision.denial_reason(), Denial | None)
assert_type(decision.why(), str)
assert_type(decision.to_dict(), dict[str, Any])
decision.allowed = True  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]

assert_type(nearest_allowed(request, PolicySet()), Nearest | None)
assert_type(who_can_assume("Role", Accounts()), tuple[Answer, ...])
assert_type(role_chains(Accounts()), Graph)
