"""Section 3 of the rules: condition operators. The cases are in cases/operators.yaml."""

from __future__ import annotations

from typing import Any

import pytest
from tests.policy.cases import ALICE, load

from understudy.policy import PolicyKind, PolicySet, Request, evaluate, parse_policy
from understudy.policy.conditions import OPERATORS, InvalidOperator, split_operator


@pytest.mark.parametrize("case", load("operators.yaml"))
def test_operator(case: dict[str, Any]) -> None:
    kind = PolicyKind[case.get("kind", "IDENTITY")]
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": case["if"]}
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]}, kind)
    decision = evaluate(Request(ALICE, "s3:GetObject", "*", None, case["has"]), PolicySet(identity=[policy]))
    assert decision.allowed is case["holds"], decision.why()


def test_every_operator_of_the_reference_is_there() -> None:
    comparisons = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
    texts = ["Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike"]
    arns = ["Equals", "Like", "NotEquals", "NotLike"]
    expected = {f"String{each}" for each in texts} | {f"Arn{each}" for each in arns}
    expected |= {f"{kind}{each}" for kind in ("Numeric", "Date") for each in comparisons}
    assert set(OPERATORS) == expected | {"Bool", "BinaryEquals", "IpAddress", "NotIpAddress"}


@pytest.mark.parametrize("name", ["StringEqual", "NullIfExists", "ForSomeValues:StringLike", "stringequals", ""])
def test_what_is_no_operator_is_refused(name: str) -> None:
    with pytest.raises(InvalidOperator, match="is not a condition operator"):
        split_operator(name)
