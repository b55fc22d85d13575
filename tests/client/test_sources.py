"""Credentials in every form that a user may pass them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.client.scripted import ALICE, Script, client, identity, options

from understudy import AsyncSTSClient, AWSCredentials, Credentials, errors
from understudy.client.sources import as_credentials, as_source
from understudy.flow import drive

WIRE = {"AccessKeyId": "AKIAALICE", "SecretAccessKey": "alice's secret", "SessionToken": "alice's token"}
SNAKE = {"access_key_id": "AKIAALICE", "secret_access_key": "alice's secret", "session_token": "alice's token"}
BOTO = {f"aws_{name}": value for name, value in SNAKE.items()}


class Botocores:
    """As botocore's credentials: properties of its own names, and a method that freezes them."""

    def get_frozen_credentials(self) -> Any:
        return SimpleNamespace(access_key="AKIAALICE", secret_key="alice's secret", token="alice's token")


@pytest.mark.parametrize(
    "given",
    [
        ALICE,
        WIRE,
        SNAKE,
        BOTO,
        SimpleNamespace(**SNAKE),
        Botocores(),
        lambda: ALICE,
        lambda: WIRE,
        lambda: as_source(SNAKE),
    ],
)
def test_every_form_gives_the_same_credentials(given: Any) -> None:
    assert drive(as_source(given).retrieve()) == ALICE


def test_an_outputs_credentials_can_be_passed_on() -> None:
    import datetime as dt

    until = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    given = Credentials(access_key_id="ASIA" + "A" * 16, secret_access_key="s", session_token="t", expiration=until)
    assert drive(as_source(given).retrieve()).expiration == until


@pytest.mark.parametrize("given", [{}, {"AccessKeyId": "AKIA"}, {"AccessKeyId": "", "SecretAccessKey": "hidden"}])
def test_half_of_credentials_is_an_error_without_values(given: dict[str, str]) -> None:
    with pytest.raises(errors.CredentialsError, match="no access_key_id or no secret_access_key") as caught:
        as_credentials(given)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("given", [42, "AKIA", ("AKIA", "secret")])
def test_anything_else_is_refused_and_never_shown(given: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match="give AWSCredentials") as caught:
        as_source(given)
    assert "secret'" not in str(caught.value).replace("'secret_access_key'", "")


def test_a_function_is_asked_for_every_attempt() -> None:
    asked: list[int] = []

    def give() -> AWSCredentials:
        asked.append(1)
        return ALICE

    script = Script(errors.ConnectFailed("down"), identity())
    client(script, credentials=give).get_caller_identity()
    assert len(asked) == 2


async def test_an_async_function_is_awaited_by_the_async_client() -> None:
    async def give() -> dict[str, str]:
        return WIRE

    script = Script(identity())
    async with AsyncSTSClient(options(script, credentials=give)) as sts:
        await sts.get_caller_identity()
    assert "AKIAALICE" in (script.requests[0].header("authorization") or "")


def test_an_async_function_is_run_by_the_sync_client() -> None:
    async def give() -> dict[str, str]:
        return WIRE

    script = Script(identity())
    client(script, credentials=give).get_caller_identity()
    assert "AKIAALICE" in (script.requests[0].header("authorization") or "")


def test_an_error_of_a_source_is_the_error_of_the_call_and_not_repeated() -> None:
    asked: list[int] = []

    def refuse() -> AWSCredentials:
        asked.append(1)
        raise errors.ConnectFailed("the source is down")

    script = Script(identity())
    with pytest.raises(errors.ConnectFailed, match="the source is down"):
        client(script, credentials=refuse).get_caller_identity()
    assert (len(asked), script.requests) == (1, [])
