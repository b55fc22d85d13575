"""A clock that only moves when told to, or when somebody sleeps on it."""

from __future__ import annotations


class FakeClock:
    """`now` is seconds since the epoch; sleeping moves it on and is remembered in `slept`."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now - 1_000_000_000.0

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)
