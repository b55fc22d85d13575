"""The providers of the rarer operations: AssumeRoot and GetDelegatedAccessToken."""

from __future__ import annotations

import asyncio

import pytest
from tests.credentials.doubles import FakeClock
from tests.credentials.sts import USER, ScriptedSts

from understudy.credentials import from_assume_root, from_trade_in_token
from understudy.errors import ExpiredTradeInTokenException, ParameterError

TASK = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"


@pytest.fixture
def sts() -> ScriptedSts:
    return ScriptedSts(FakeClock())


@pytest.mark.parametrize("target", ["444455556666", "arn:aws:iam::444455556666:root"])
def test_root_of_a_member_account(sts: ScriptedSts, target: str) -> None:
    one = from_assume_root(target_principal=target, task_policy_arn=TASK, duration_seconds=900, client=sts.options())
    got = one.get()
    assert (got.account_id, got.source, sts.calls[0].access_key_id) == (
        "444455556666",
        "assume_root",
        USER.access_key_id,
    )
    assert (sts.calls[0].command.target_principal, sts.calls[0].command.duration_seconds) == (target, 900)
    sts.clock.now += 601
    assert asyncio.run(one.aget()) != got


def test_limits_of_root_are_told_when_it_is_made(sts: ScriptedSts) -> None:
    with pytest.raises(ParameterError, match="durationSeconds"):
        from_assume_root(
            target_principal="444455556666", task_policy_arn=TASK, duration_seconds=901, client=sts.options()
        )


def test_a_trade_in_token_is_fetched_at_each_refresh(sts: ScriptedSts) -> None:
    tokens = iter(["first", "second"])
    one = from_trade_in_token(trade_in_token=lambda: next(tokens), client=sts.options())
    assert (one.get().account_id, one.get().source) == ("123456789012", "delegated_access")
    one.refresh()
    assert [call.command.trade_in_token for call in sts.calls] == ["first", "second"]


def test_an_expired_trade_in_token_is_waited_out(sts: ScriptedSts) -> None:
    one = from_trade_in_token(trade_in_token="text", client=sts.options())
    first = one.get()
    sts.error = ExpiredTradeInTokenException("expired")
    sts.clock.now += 3700
    assert one.get() == first
