"""GetWebIdentityToken as a provider that refreshes."""

from __future__ import annotations

import asyncio
import pickle

import pytest
from tests.credentials.doubles import FakeClock
from tests.credentials.sts import USER, ScriptedSts

from understudy.client.options import ClientOptions
from understudy.credentials import token_function, web_identity_tokens
from understudy.errors import OutboundWebIdentityFederationDisabledException, ParameterError


@pytest.fixture
def sts() -> ScriptedSts:
    return ScriptedSts(FakeClock())


def test_a_token_is_kept_for_half_of_its_five_minutes(sts: ScriptedSts) -> None:
    tokens = web_identity_tokens(audience="https://example.com", duration_seconds=300, client=sts.options())
    assert str(tokens.get()) == "token-1"
    sts.clock.now += 149
    assert tokens.get().token == "token-1"
    sts.clock.now += 1
    assert asyncio.run(tokens.aget()).token == "token-2"
    command = sts.calls[0].command
    assert (tuple(command.audience), command.signing_algorithm) == (("https://example.com",), "RS256")


def test_the_token_is_not_in_the_representation(sts: ScriptedSts) -> None:
    tokens = web_identity_tokens(audience=["a", "b"], signing_algorithm="ES384", client=sts.options())
    assert "token-1" not in repr(tokens.get())
    assert sts.calls[0].command.signing_algorithm == "ES384"


def test_a_token_is_never_served_past_its_expiry(sts: ScriptedSts) -> None:
    tokens = web_identity_tokens(audience="a", duration_seconds=300, client=sts.options(max_attempts=1))
    tokens.get()
    sts.error = OSError("away")
    sts.clock.now += 299
    assert tokens.get().token == "token-1"
    sts.clock.now += 1
    with pytest.raises(OSError, match="away"):
        tokens.get()


def test_broken_limits_and_refusals(sts: ScriptedSts) -> None:
    with pytest.raises(ParameterError, match="durationSeconds"):
        web_identity_tokens(audience="a", duration_seconds=30, client=sts.options())
    sts.error = OutboundWebIdentityFederationDisabledException("disabled")
    with pytest.raises(OutboundWebIdentityFederationDisabledException):
        web_identity_tokens(audience="a", client=sts.options()).get()


def test_a_plain_function_for_other_libraries(sts: ScriptedSts) -> None:
    function = token_function(web_identity_tokens(audience="a", client=sts.options()))
    assert function() == "token-1"
    made = token_function(web_identity_tokens(audience="a", source=USER, client=ClientOptions(region="eu-west-1")))
    assert pickle.loads(pickle.dumps(made)).tokens.name == "web_identity_token"
