"""Credentials from a function of the user's."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from understudy.credentials import from_function
from understudy.errors import CredentialsError


def given(seconds: float) -> dict[str, Any]:
    ends = datetime.fromtimestamp(time.time() + seconds, UTC)
    return {"access_key_id": "AKIA", "secret_access_key": "s", "session_token": "t", "expiration": ends}


def test_a_plain_function_is_called_once_while_nothing_is_due() -> None:
    calls: list[int] = []

    def function() -> dict[str, Any]:
        calls.append(1)
        return given(3600)

    one = from_function(function)
    assert {one.get().access_key_id for _ in range(10)} == {"AKIA"}
    assert len(calls) == 1


async def test_an_async_function_serves_tasks_and_threads() -> None:
    async def function() -> dict[str, Any]:
        await asyncio.sleep(0)
        return given(3600)

    one = from_function(function)
    first = await one.aget()
    assert await asyncio.to_thread(one.get) is first
    assert (await asyncio.to_thread(one.refresh)).session_token == "t"


def test_what_are_no_credentials_is_refused_and_not_shown() -> None:
    with pytest.raises(CredentialsError, match="the dict given as credentials has no access_key_id") as caught:
        from_function(lambda: {"secret_access_key": "s3cr3t"}).get()
    assert "s3cr3t" not in str(caught.value)
