"""`from_temporary_credentials` and `from_session_token`: members, chains, MFA, what nested calls inherit."""

from __future__ import annotations

import asyncio
import pickle
import threading
from typing import Any

import pytest
from tests.credentials.doubles import FakeClock, in_threads
from tests.credentials.sts import ROLE, USER, ScriptedSts

from understudy import STSClient
from understudy.client.options import ClientOptions
from understudy.credentials import (
    RefreshingCredentials,
    from_federation_token,
    from_session_token,
    from_temporary_credentials,
    mfa_command,
    totp,
)
from understudy.errors import AccessDenied, ConfigurationError, CredentialsError, ParameterError, TransportError

SERIAL = "arn:aws:iam::111122223333:mfa/alice"
SECOND = "arn:aws:iam::444455556666:role/second"
THIRD = "arn:aws:iam::777788889999:role/third"


@pytest.fixture
def sts() -> ScriptedSts:
    return ScriptedSts(FakeClock())


def test_every_member_reaches_the_service(sts: ScriptedSts) -> None:
    given: dict[str, Any] = {
        "role_arn": ROLE,
        "role_session_name": "me",
        "policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "policy": {"Version": "2012-10-17", "Statement": []},
        "duration_seconds": 7200,
        "tags": {"team": "a"},
        "transitive_tag_keys": ["team"],
        "external_id": "extern",
        "serial_number": SERIAL,
        "source_identity": "alice",
        "minimum_session_token_size": 100,
    }
    one = from_temporary_credentials(**given, mfa=lambda serial: "123456", client=sts.options())
    got = one.get()
    command = sts.calls[0].command
    for name in (
        "role_arn",
        "role_session_name",
        "duration_seconds",
        "external_id",
        "serial_number",
        "source_identity",
    ):
        assert getattr(command, name) == given[name]
    assert (command.token_code, command.minimum_session_token_size) == ("123456", 100)
    assert [(tag.key, tag.value) for tag in command.tags] == [("team", "a")]
    assert list(command.transitive_tag_keys) == ["team"]
    assert "2012-10-17" in command.policy
    assert (got.account_id, got.source) == ("123456789012", "assume_role")
    assert got.expiration is not None
    assert got.expiration.timestamp() == sts.clock.now + 7200


def test_a_session_name_is_made_where_none_is_given(sts: ScriptedSts) -> None:
    from_temporary_credentials(role_arn=ROLE, client=sts.options()).get()
    assert sts.calls[0].command.role_session_name == f"understudy-{int(sts.clock.now)}"


def test_broken_limits_are_told_before_anything_is_sent(sts: ScriptedSts) -> None:
    with pytest.raises(ParameterError, match="durationSeconds"):
        from_temporary_credentials(role_arn=ROLE, duration_seconds=60, client=sts.options())


def test_a_client_a_caller_and_options_are_taken_and_nothing_else(sts: ScriptedSts) -> None:
    client = STSClient(sts.options())
    for given in (client, client.caller, sts.options()):
        assert from_temporary_credentials(role_arn=ROLE, client=given).get().account_id == "123456789012"
    with pytest.raises(ConfigurationError, match="client cannot be a str"):
        from_temporary_credentials(role_arn=ROLE, client="eu-west-1")  # type: ignore[arg-type]


def test_the_clients_credentials_sign_unless_there_is_a_source(sts: ScriptedSts) -> None:
    from_temporary_credentials(role_arn=ROLE, client=sts.options()).get()
    other = {"access_key_id": "AKIAOTHEROTHEROT", "secret_access_key": "s"}
    from_temporary_credentials(role_arn=ROLE, source=other, client=sts.options()).get()
    assert [call.access_key_id for call in sts.calls] == [USER.access_key_id, "AKIAOTHEROTHEROT"]


def test_nested_calls_keep_endpoint_region_and_connections_of_the_outer_client(sts: ScriptedSts) -> None:
    client = STSClient(sts.options(region="ap-south-1", endpoint="https://sts.internal:8443"))
    first = from_temporary_credentials(role_arn=ROLE, client=client)
    second = from_temporary_credentials(role_arn=SECOND, source=first, client=client)
    second.get()
    second.refresh()
    assert {(call.host, call.region) for call in sts.calls} == {("sts.internal:8443", "ap-south-1")}
    assert sts.made == 1


def test_a_missing_region_is_an_error_and_not_a_silent_us_east_1(sts: ScriptedSts) -> None:
    one = from_temporary_credentials(role_arn=ROLE, client=sts.options(region=None))
    with pytest.raises(ConfigurationError, match="there is no region"):
        one.get()


def test_a_chain_of_three_roles_signs_each_hop_with_the_one_before(sts: ScriptedSts) -> None:
    first = from_temporary_credentials(role_arn=ROLE, client=sts.options())
    second = from_temporary_credentials(role_arn=SECOND, source=first, client=sts.options())
    third = from_temporary_credentials(role_arn=THIRD, source=second, client=sts.options())
    assert asyncio.run(third.aget()).account_id == "777788889999"
    assert [call.command.role_arn for call in sts.calls] == [ROLE, SECOND, THIRD]
    assert [call.access_key_id for call in sts.calls] == [USER.access_key_id, "ASIAISSUED000001", "ASIAISSUED000002"]
    third.refresh()
    assert len(sts.calls) == 4


def test_a_chained_role_that_asks_for_more_than_an_hour_is_told_why_before_the_service_refuses(
    sts: ScriptedSts,
) -> None:
    first = from_temporary_credentials(role_arn=ROLE, client=sts.options())
    second = from_temporary_credentials(role_arn=SECOND, duration_seconds=7200, source=first, client=sts.options())
    with pytest.raises(
        CredentialsError, match=r"asked for 7200 s by the session of another role .* 3600 s at most"
    ) as e:
        second.get()
    assert e.value.hint is not None
    assert sts.actions == ["AssumeRole"]


def test_a_users_session_is_no_chaining_and_one_code_serves_many_roles(sts: ScriptedSts) -> None:
    asked: list[str] = []

    def code(serial: str) -> str:
        asked.append(serial)
        return "123456"

    session = from_session_token(serial_number=SERIAL, mfa=code, duration_seconds=43200, client=sts.options())
    roles = [
        from_temporary_credentials(role_arn=arn, duration_seconds=43200, source=session, client=sts.options())
        for arn in (ROLE, SECOND, THIRD)
    ]
    for role in roles:
        role.get()
    assert asked == [SERIAL]
    assert sts.actions == ["GetSessionToken", "AssumeRole", "AssumeRole", "AssumeRole"]
    assert {call.access_key_id for call in sts.calls[1:]} == {"ASIAISSUED000001"}
    assert session.get().account_id == "111122223333"


def test_a_federated_user(sts: ScriptedSts) -> None:
    one = from_federation_token(name="bob", policy={"Version": "2012-10-17"}, client=sts.options())
    got = one.get()
    assert (got.account_id, got.source, sts.calls[0].command.name) == ("123456789012", "federation_token", "bob")


# -- MFA ---------------------------------------------------------------------------------------------------------------


def test_callers_that_come_together_share_one_prompt(sts: ScriptedSts) -> None:
    prompts: list[str] = []
    answered = threading.Event()

    def code(serial: str) -> str:
        prompts.append(serial)
        answered.wait(20)
        return " 123456\n"

    one = from_temporary_credentials(role_arn=ROLE, serial_number=SERIAL, mfa=code, client=sts.options())
    threading.Timer(0.3, answered.set).start()
    results = in_threads(10, one.get)
    assert len({result.access_key_id for result in results}) == 1
    assert prompts == [SERIAL]
    assert sts.calls[0].command.token_code == "123456"


async def test_an_async_function_gives_the_code(sts: ScriptedSts) -> None:
    async def code(serial: str) -> str:
        await asyncio.sleep(0)
        return "654321"

    one = from_temporary_credentials(role_arn=ROLE, serial_number=SERIAL, mfa=code, client=sts.options())
    await asyncio.gather(*(one.aget() for _ in range(10)))
    assert [call.command.token_code for call in sts.calls] == ["654321"]


def test_a_command_gives_the_code_and_knows_the_device(sts: ScriptedSts) -> None:
    command = mfa_command(["sh", "-c", 'test "$MFA_SERIAL" = "$0" && echo 111222', SERIAL])
    from_temporary_credentials(role_arn=ROLE, serial_number=SERIAL, mfa=command, client=sts.options()).get()
    assert sts.calls[0].command.token_code == "111222"


def test_a_seed_gives_each_code_once(sts: ScriptedSts) -> None:
    sts.clock.now = 59.0
    seed = totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", clock=sts.clock)
    one = from_temporary_credentials(role_arn=ROLE, serial_number=SERIAL, mfa=seed, client=sts.options())
    one.get()
    # RFC 6238, appendix B, SHA-1 at 59 s: 94287082, of which six digits are used
    assert sts.calls[0].command.token_code == "287082"
    one.refresh()
    assert sts.clock.now == 60.0
    assert sts.calls[1].command.token_code != "287082"


@pytest.mark.parametrize("given", ["12345", "abcdef", "1234567", "", None, "１２３４５６"])
def test_what_is_not_six_digits_is_refused_and_not_shown(sts: ScriptedSts, given: object) -> None:
    one = from_temporary_credentials(role_arn=ROLE, serial_number=SERIAL, mfa=lambda _: given, client=sts.options())
    with pytest.raises(CredentialsError, match="must be six digits") as caught:
        one.get()
    assert not given or str(given) not in str(caught.value)
    assert sts.calls == []


def test_a_device_without_a_source_of_codes_is_an_error_with_a_hint(sts: ScriptedSts) -> None:
    with pytest.raises(ConfigurationError, match="needs codes, and there is no source of them") as caught:
        from_temporary_credentials(role_arn=ROLE, serial_number=SERIAL, client=sts.options())
    assert "mfa=prompt" in str(caught.value.hint)
    with pytest.raises(ConfigurationError, match="mfa is given without serial_number"):
        from_temporary_credentials(role_arn=ROLE, mfa=lambda _: "123456", client=sts.options())


def test_a_seed_that_is_not_base32_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        totp("seed-of-18!")
    assert "seed-of" not in str(caught.value)


# -- failures ----------------------------------------------------------------------------------------------------------


def test_a_refusal_is_raised_at_once_and_kept_for_a_moment(sts: ScriptedSts) -> None:
    one = from_temporary_credentials(role_arn=ROLE, client=sts.options())
    sts.error = AccessDenied("User: alice is not authorized")
    for _ in range(5):
        with pytest.raises(AccessDenied, match="not authorized"):
            one.get()
    assert len(sts.calls) == 1


def test_an_outage_is_served_through(sts: ScriptedSts) -> None:
    one = from_temporary_credentials(role_arn=ROLE, client=sts.options(max_attempts=1))
    first = one.get()
    sts.clock.now += 3700
    sts.error = TransportError("no route to host")
    assert one.get() == first
    assert len(sts.calls) == 2
    sts.error = None
    sts.clock.now += 601
    assert one.get() != first


def test_fifteen_minute_sessions_cost_one_call_in_ten_minutes(sts: ScriptedSts) -> None:
    one = from_temporary_credentials(role_arn=ROLE, duration_seconds=900, client=sts.options())
    for _ in range(24 * 60):
        one.get()
        sts.clock.now += 60
    assert len(sts.calls) == 144


def test_two_clients_over_one_provider_share_its_sets(sts: ScriptedSts) -> None:
    one = from_temporary_credentials(role_arn=ROLE, client=sts.options())
    for _ in range(2):
        from_federation_token(name="bob", source=one, client=sts.options()).get()
    assert sts.actions.count("AssumeRole") == 1


def test_an_expired_signer_is_renewed_within_the_nested_call(sts: ScriptedSts) -> None:
    from understudy.errors import ExpiredToken

    first = from_temporary_credentials(role_arn=ROLE, client=sts.options())
    first.get()
    answer = sts.answer
    refused: list[str] = []

    def expire_once(request: Any) -> Any:
        if not refused and b"role%2Fsecond" in request.body:
            refused.append("once")
            sts.error = ExpiredToken("The security token included in the request is expired")
            try:
                return answer(request)
            finally:
                sts.error = None
        return answer(request)

    sts.answer = expire_once  # type: ignore[method-assign]
    second = from_temporary_credentials(role_arn=SECOND, source=first, client=sts.options())
    try:
        second.get()
    except ExpiredToken:
        second.get()
    assert sts.calls[-1].access_key_id == first.get().access_key_id
    assert first.get().access_key_id != "ASIAISSUED000001"


# -- pickles -----------------------------------------------------------------------------------------------------------


def test_a_role_over_plain_options_can_be_pickled() -> None:
    options = ClientOptions(region="eu-west-1")
    one = from_temporary_credentials(role_arn=ROLE, source=USER, duration_seconds=900, client=options)
    pickled = pickle.dumps(one)
    copy = pickle.loads(pickled)
    assert isinstance(copy, RefreshingCredentials)
    assert copy.provider.members == {"role_arn": ROLE, "duration_seconds": 900}  # type: ignore[attr-defined]
    assert copy.provider.calls.options.region == "eu-west-1"  # type: ignore[attr-defined]
    # polars keys its cache on the pickle: what a provider has learnt in use must not change it
    one.provider._rejected = "ASIA"  # type: ignore[attr-defined]
    assert pickle.dumps(one) == pickled


# -- what close closes -------------------------------------------------------------------------------------------------


def test_close_closes_connections_of_its_own_and_not_those_of_a_given_client(sts: ScriptedSts) -> None:
    closed: list[str] = []
    made = sts.make_transport

    def make(settings: object) -> Any:
        transport = made(settings)
        transport.close = lambda: closed.append("closed")  # type: ignore[method-assign]
        return transport

    client = STSClient(sts.options(transport=make))
    given = from_temporary_credentials(role_arn=ROLE, client=client)
    given.get()
    given.close()
    assert closed == []
    own = from_temporary_credentials(role_arn=ROLE, client=sts.options(transport=make))
    own.get()
    own.close()
    assert closed == ["closed"]
    assert own.refresh().access_key_id == "ASIAISSUED000003"


# -- who is asked, and how long that may take --------------------------------------------------------------------------


def test_a_prompt_of_a_source_is_asked_in_the_callers_own_thread_and_nobody_hurries_it(sts: ScriptedSts) -> None:
    asked: list[threading.Thread] = []

    def code(serial: str) -> str:
        asked.append(threading.current_thread())
        return "123456"

    session = from_session_token(serial_number=SERIAL, mfa=code, client=sts.options())
    first = from_temporary_credentials(role_arn=ROLE, source=session, client=sts.options())
    second = from_temporary_credentials(role_arn=SECOND, client=sts.options(credentials=first))
    assert (session._load_timeout, first._load_timeout, second._load_timeout) == (None, None, None)
    second.get()
    assert asked == [threading.current_thread()]
    assert from_temporary_credentials(role_arn=ROLE, client=sts.options())._load_timeout == 30.0
