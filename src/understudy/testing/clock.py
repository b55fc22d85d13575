"""A clock that runs with the machine's until it is frozen or moved."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class MovableClock:
    """The time of a stand-in and of everything that signs for it. Waiting on it takes no time: it moves."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None

    @property
    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def time(self) -> float:
        return self._frozen if self._frozen is not None else time.time() + self._offset

    def monotonic(self) -> float:
        return self.time()

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)

    def freeze(self, moment: datetime | None = None) -> datetime:
        """Stand still, at a moment that knows its time zone, or now."""
        if moment is not None and moment.tzinfo is None:
            raise ValueError(f"{moment!r} has no time zone; give it one, such as tzinfo=UTC")
        self._frozen = self.time() if moment is None else moment.timestamp()
        return self.now

    def advance(self, seconds: float) -> datetime:
        """Move by so many seconds, frozen or running."""
        if self._frozen is not None:
            self._frozen += seconds
        else:
            self._offset += seconds
        return self.now

    def reset(self) -> None:
        """Run with the machine's clock again."""
        self._offset, self._frozen = 0.0, None
