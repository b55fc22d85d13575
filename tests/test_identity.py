"""Credentials as a value and as a source of themselves."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from understudy.flow import drive
from understudy.identity import AWSCredentials

UNTIL = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def credentials(**changes: object) -> AWSCredentials:
    return AWSCredentials(
        "ASIAX", "hidden1", "hidden2", **{"expiration": UNTIL, "account_id": "1", "source": "test", **changes}
    )


def test_neither_secret_nor_token_is_shown() -> None:
    assert (
        repr(credentials())
        == "AWSCredentials(access_key_id='ASIAX', expiration=2026-11-22T10:30:00+00:00, source='test')"
    )
    assert "hidden" not in str(credentials())


def test_they_are_frozen() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        credentials().secret_access_key = "x"


def test_they_compare_by_what_they_are_and_not_where_they_come_from() -> None:
    assert credentials() == credentials(source="elsewhere")
    assert hash(credentials()) == hash(credentials(source="elsewhere"))
    assert credentials() != credentials(account_id="2")
    assert credentials() != "ASIAX"


def test_they_survive_pickling_with_their_source() -> None:
    found = pickle.loads(pickle.dumps(credentials()))
    assert found == credentials()
    assert found.source == "test"


def test_they_are_a_source_of_themselves() -> None:
    given = credentials()
    assert drive(given.retrieve()) is given


def test_whatever_looks_like_credentials_is_taken() -> None:
    found = AWSCredentials.of(SimpleNamespace(access_key_id="AKIAX", secret_access_key="s"))
    assert (found.access_key_id, found.session_token, found.expiration, found.source) == (
        "AKIAX",
        None,
        None,
        "explicit",
    )
    given = credentials()
    assert AWSCredentials.of(given) is given
    assert AWSCredentials.of(SimpleNamespace(access_key_id="A", secret_access_key="s"), source="role").source == "role"
