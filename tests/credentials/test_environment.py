"""Credentials of the environment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from understudy.credentials import from_env
from understudy.errors import CredentialsError

PAIR = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}


def test_all_variables() -> None:
    got = from_env(
        environ={
            **PAIR,
            "AWS_SESSION_TOKEN": "token",
            "AWS_CREDENTIAL_EXPIRATION": "2999-11-22T09:30:00Z",
            "AWS_ACCOUNT_ID": "123456789012",
        }
    ).get()
    assert (got.access_key_id, got.secret_access_key, got.session_token) == ("AKIA", "s3cr3t", "token")
    assert got.expiration == datetime(2999, 11, 22, 9, 30, tzinfo=UTC)
    assert (got.account_id, got.source) == ("123456789012", "environment")


def test_the_old_name_of_the_token() -> None:
    assert from_env(environ={**PAIR, "AWS_SECURITY_TOKEN": "old"}).get().session_token == "old"


@pytest.mark.parametrize("wanting", list(PAIR))
def test_half_a_pair_is_refused_and_ends_a_chain(wanting: str) -> None:
    half = {name: value for name, value in PAIR.items() if name != wanting}
    with pytest.raises(CredentialsError, match=f"is set and {wanting} is not") as caught:
        from_env(environ=half).get()
    assert not caught.value.try_next
    assert "s3cr3t" not in str(caught.value)


def test_none_of_them_lets_a_chain_go_on() -> None:
    with pytest.raises(CredentialsError, match="AWS_ACCESS_KEY_ID is not set") as caught:
        from_env(environ={"AWS_SESSION_TOKEN": "alone"}).get()
    assert caught.value.try_next


def test_an_expiration_that_is_no_time_is_refused() -> None:
    with pytest.raises(CredentialsError, match="AWS_CREDENTIAL_EXPIRATION is 'soon'"):
        from_env(environ={**PAIR, "AWS_CREDENTIAL_EXPIRATION": "soon"}).get()


def test_the_variables_are_read_again_after_a_service_has_rejected_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PAIR.items():
        monkeypatch.setenv(name, value)
    one = from_env()
    one.get()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANEXT")
    assert one.get().access_key_id == "AKIA"
    one.invalidate("AKIA")
    assert one.get().access_key_id == "AKIANEXT"
