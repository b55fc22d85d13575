"""Section 1 of the rules: who must allow, and which type of policy a denial names. The cases are in cases/order.yaml."""

from __future__ import annotations

from typing import Any

import pytest
from tests.policy.cases import load, policies, request

from understudy.policy import Verdict, evaluate


@pytest.mark.parametrize("case", load("order.yaml"))
def test_order(case: dict[str, Any]) -> None:
    decision = evaluate(request(case), policies(case))
    assert decision.verdict is Verdict(case["verdict"]), decision.why()
    reason = decision.denial_reason()
    assert (reason.type.value if reason else None) == case.get("reason")
    if "ground" in case:
        assert decision.ground.name == case["ground"]
