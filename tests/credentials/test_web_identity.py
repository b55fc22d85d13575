"""Roles for tokens and assertions: unsigned calls, sources asked at each refresh, files read again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.credentials.doubles import FakeClock
from tests.credentials.sts import ROLE, ScriptedSts

from understudy.credentials import from_saml, from_token_file, from_web_token, token_from_file
from understudy.errors import ConfigurationError, CredentialsError, ExpiredTokenException, InvalidIdentityTokenException

SAML_PROVIDER = "arn:aws:iam::123456789012:saml-provider/idp"


@pytest.fixture
def sts() -> ScriptedSts:
    return ScriptedSts(FakeClock())


def test_the_call_is_not_signed_and_needs_no_credentials(sts: ScriptedSts) -> None:
    one = from_web_token(role_arn=ROLE, web_identity_token="a.b.c", client=sts.options(credentials=None))
    got = one.get()
    assert sts.calls[0].access_key_id is None
    assert (got.account_id, got.source) == ("123456789012", "web_identity")


def test_the_global_endpoint_does_not_make_it_demand_credentials(sts: ScriptedSts) -> None:
    options = sts.options(credentials=None, use_global_endpoint=True)
    from_web_token(role_arn=ROLE, web_identity_token="a.b.c", client=options).get()
    assert (sts.calls[0].host, sts.calls[0].access_key_id) == ("sts.amazonaws.com", None)


def test_every_member_reaches_the_service(sts: ScriptedSts) -> None:
    from_web_token(
        role_arn=ROLE,
        web_identity_token=" a.b.c\n",
        role_session_name="me",
        provider_id="www.amazon.com",
        policy_arns=["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        policy="{}",
        duration_seconds=900,
        client=sts.options(),
    ).get()
    command = sts.calls[0].command
    assert (command.web_identity_token, command.role_session_name, command.provider_id) == (
        "a.b.c",
        "me",
        "www.amazon.com",
    )
    assert (command.policy, command.duration_seconds, len(command.policy_arns)) == ("{}", 900, 1)


def test_a_function_is_called_at_each_refresh(sts: ScriptedSts) -> None:
    tokens = iter(["one.one", "two.two"])
    one = from_web_token(role_arn=ROLE, web_identity_token=lambda: next(tokens), client=sts.options())
    one.get()
    one.refresh()
    assert [call.command.web_identity_token for call in sts.calls] == ["one.one", "two.two"]


async def test_an_async_function(sts: ScriptedSts) -> None:
    async def token() -> str:
        await asyncio.sleep(0)
        return "a.sync"

    await from_web_token(role_arn=ROLE, web_identity_token=token, client=sts.options()).aget()
    assert sts.calls[0].command.web_identity_token == "a.sync"


def test_a_token_file_is_read_again_without_its_newline(sts: ScriptedSts, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first.token\n")
    one = from_token_file(web_identity_token_file=file, role_arn=ROLE, client=sts.options())
    one.get()
    file.write_text("second.token\n")
    sts.clock.now += 3600
    one.get()
    assert [call.command.web_identity_token for call in sts.calls] == ["first.token", "second.token"]
    assert sts.made == 1


def test_a_token_file_of_the_environment(sts: ScriptedSts, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("env.token\n")
    environ = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(file), "AWS_ROLE_ARN": ROLE, "AWS_ROLE_SESSION_NAME": "pod"}
    from_token_file(client=sts.options(environ=environ)).get()
    assert sts.calls[0].command.role_session_name == "pod"
    with pytest.raises(ConfigurationError, match="neither of role_arn and AWS_ROLE_ARN is set"):
        from_token_file(web_identity_token_file=file, client=sts.options())


def test_a_token_file_that_is_missing_at_a_refresh_is_waited_out(sts: ScriptedSts, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a.b.c")
    one = from_web_token(role_arn=ROLE, web_identity_token=token_from_file(file), client=sts.options())
    first = one.get()
    file.unlink()
    sts.clock.now += 4000
    assert one.get() == first


def test_an_expired_token_is_waited_out_and_an_invalid_one_is_not(sts: ScriptedSts) -> None:
    one = from_web_token(role_arn=ROLE, web_identity_token="a.b.c", client=sts.options())
    first = one.get()
    sts.clock.now += 3600
    sts.error = ExpiredTokenException("Token expired: current date/time ...")
    assert one.get() == first
    sts.error = InvalidIdentityTokenException("No OpenIDConnect provider found in your account for ...")
    sts.clock.now += 601
    with pytest.raises(InvalidIdentityTokenException):
        one.get()


def test_a_source_without_a_token(sts: ScriptedSts) -> None:
    with pytest.raises(CredentialsError, match="the source of web_identity_token gave no text"):
        from_web_token(role_arn=ROLE, web_identity_token=lambda: None, client=sts.options()).get()


def test_an_assertion_is_fetched_at_each_refresh_and_not_signed(sts: ScriptedSts) -> None:
    assertions = iter(["Zmlyc3Q=", "c2Vjb25k"])
    one = from_saml(
        role_arn=ROLE,
        principal_arn=SAML_PROVIDER,
        saml_assertion=lambda: next(assertions),
        duration_seconds=1800,
        client=sts.options(credentials=None),
    )
    assert one.get().source == "saml"
    one.refresh()
    assert [call.command.saml_assertion for call in sts.calls] == ["Zmlyc3Q=", "c2Vjb25k"]
    assert (sts.calls[0].command.principal_arn, sts.calls[0].access_key_id) == (SAML_PROVIDER, None)
