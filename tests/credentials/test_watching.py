"""Pushing new values: listeners, iterators, the background refresh, and what close ends."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest
from tests.credentials.doubles import FakeClock, Source, cache, until

from understudy.errors import TransportError


@pytest.fixture
def source() -> Source:
    return Source(FakeClock())


def test_a_listener_gets_each_new_value_until_it_is_stopped(source: Source) -> None:
    seen: list[str] = []
    one = cache(source, on_refresh=lambda value: seen.append(value.access_key_id))
    stop = one.on_refresh(lambda value: seen.append("also " + value.access_key_id))
    one.get()
    one.get()
    stop()
    asyncio.run(one.arefresh())
    assert seen == ["AKIA1", "also AKIA1", "AKIA2"]


def test_an_async_listener_is_awaited_in_tasks_and_in_threads(source: Source) -> None:
    seen: list[str] = []

    async def listener(value: Any) -> None:
        await asyncio.sleep(0)
        seen.append(value.access_key_id)

    one = cache(source, on_refresh=listener)
    one.get()
    asyncio.run(one.arefresh())
    assert seen == ["AKIA1", "AKIA2"]


def test_a_listener_that_fails_harms_nobody_and_is_logged(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    one = cache(source, on_refresh=lambda value: 1 / 0)
    with caplog.at_level(logging.ERROR, "understudy.credentials"):
        assert one.get().access_key_id == "AKIA1"
    assert "a listener of source failed" in caplog.text
    assert "secret" not in caplog.text.replace("secret_access_key", "")


def test_a_listener_is_not_told_of_a_stale_value(source: Source) -> None:
    seen: list[Any] = []
    one = cache(source, on_refresh=seen.append)
    one.get()
    source.error = TransportError("away")
    source.clock.now += 3600
    one.get()
    assert len(seen) == 1


def test_watch_yields_the_value_now_and_each_new_one_and_ends_at_close(source: Source) -> None:
    one = cache(source)
    seen: list[str] = []

    def work() -> None:
        for value in one.watch():
            seen.append(value.access_key_id)

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: seen == ["AKIA1"])
    one.refresh()
    until(lambda: seen == ["AKIA1", "AKIA2"])
    one.close()
    thread.join(10)
    assert not thread.is_alive()


async def test_awatch_yields_what_a_thread_refreshed(source: Source) -> None:
    one = cache(source)
    seen: list[str] = []

    async def work() -> None:
        async for value in one.awatch():
            seen.append(value.access_key_id)
            await asyncio.to_thread(one.refresh) if len(seen) < 3 else one.close()

    await asyncio.wait_for(work(), 20)
    assert seen == ["AKIA1", "AKIA2", "AKIA3"]


def test_the_background_refreshes_without_any_caller(source: Source) -> None:
    refreshed = threading.Event()
    one = cache(source, on_refresh=lambda _: refreshed.set())
    source.clock.now += 0.0
    one.keep_fresh()
    one.keep_fresh()
    assert refreshed.wait(10)
    refreshed.clear()
    source.clock.now += 3000
    one.invalidate()
    one._watch.notify()  # type: ignore[union-attr]
    assert refreshed.wait(10)
    one.close()
    assert source.calls == 2


async def test_the_background_task_refreshes_and_ends_at_aclose(source: Source) -> None:
    refreshed = asyncio.Event()
    one = cache(source, on_refresh=lambda _: refreshed.set())
    one.akeep_fresh()
    await asyncio.wait_for(refreshed.wait(), 10)
    await one.aclose()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "understudy-keep-fresh"]
    assert source.calls == 1


def test_close_releases_what_the_provider_holds(source: Source) -> None:
    released: list[str] = []

    async def aclose() -> None:
        released.append("aclose")

    source.close = lambda: released.append("close")  # type: ignore[attr-defined]
    source.aclose = aclose  # type: ignore[attr-defined]
    one = cache(source)
    one.close()
    asyncio.run(one.aclose())
    assert released == ["close", "aclose"]
