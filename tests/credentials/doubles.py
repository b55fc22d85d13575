"""A clock that is set by hand and sources that answer as they are told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

from understudy.credentials import RefreshingCredentials
from understudy.flow import Effect, Perform
from understudy.identity import AWSCredentials

START = 1_800_000_000.0


class FakeClock:
    """Time stands still until it is moved."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.now += seconds


class Source:
    """Gives sets of so many seconds, numbered from one; counts how often it was asked; fails while `error` is set."""

    def __init__(self, clock: FakeClock, lifetime: float | None = 3600.0, *, static_stability: bool = True) -> None:
        self.clock = clock
        self.lifetime = lifetime
        self.static_stability = static_stability
        self.name = "source"
        self.calls = 0
        self.error: Exception | None = None
        self.pause: Effect | None = None
        self._lock = threading.Lock()

    def retrieve(self) -> Generator[Effect, Any, AWSCredentials]:
        with self._lock:
            self.calls += 1
            number = self.calls
        if self.pause is not None:
            yield self.pause
        if self.error is not None:
            raise self.error
        return self.make(number)

    def make(self, number: int) -> AWSCredentials:
        expiration = None if self.lifetime is None else datetime.fromtimestamp(self.clock.now + self.lifetime, UTC)
        return AWSCredentials(f"AKIA{number}", "secret", "token", expiration=expiration, source=self.name)


def cache(source: Source, **options: Any) -> RefreshingCredentials:
    """A cache over a source, with the lowest of each random range."""
    options = {"random": lambda low, high: low, **options}
    return RefreshingCredentials(source, clock=source.clock, **options)


def held(gate: threading.Event) -> Perform:
    """An effect that lasts until the gate opens, in threads and in tasks."""

    async def wait() -> None:
        import asyncio

        await asyncio.to_thread(gate.wait, 20)

    return Perform(lambda: gate.wait(20), wait)


def hung() -> Perform:
    """An effect that lasts longer than any test."""
    gate = threading.Event()

    async def wait() -> None:
        import asyncio

        await asyncio.Event().wait()

    return Perform(lambda: gate.wait(20), wait)


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    """The results, or the errors, of the same work in so many threads that start together."""
    results: list[Any] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    """Return when the condition holds; an error when it does not come to hold."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        pause.wait(0.001)


def open_when_waiting(one: RefreshingCredentials, gate: threading.Event, waiting: int) -> None:
    """Open the gate once so many callers wait for the refresh that is under way."""

    def watch() -> None:
        until(lambda: one._flight is not None and len(one._flight._waiters) >= waiting)
        gate.set()

    threading.Thread(target=watch, daemon=True).start()
