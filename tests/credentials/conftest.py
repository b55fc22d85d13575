"""What the provider tests share: both drivers, a clock, connections from the standard library, a way to ask."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.doubles.clock import FakeClock
from tests.doubles.connections import PlainConnections

from understudy.credentials.exchange import Exchange
from understudy.flow import drive, drive_async

if TYPE_CHECKING:
    from collections.abc import Callable


def _in_a_task(flow: Any) -> Any:
    return asyncio.run(drive_async(flow))


@pytest.fixture(params=[drive, _in_a_task], ids=["thread", "task"])
def run(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Runs a flow to its end, in a thread and in a task."""
    chosen: Callable[[Any], Any] = request.param
    return chosen


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def exchange(clock: FakeClock) -> Exchange:
    """Three attempts; the clock of the waits between them is fake."""
    return Exchange(PlainConnections(), timeout=2.0, attempts=3, clock=clock)


@pytest.fixture
def impatient(clock: FakeClock) -> Exchange:
    """One attempt, for sources that do not answer."""
    return Exchange(PlainConnections(), timeout=0.2, attempts=1, clock=clock)
