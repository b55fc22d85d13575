"""A bound on what is under way at once, for tasks of any event loop."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from understudy.client.transports.failures import timed_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.http import Request


class TaskSlots:
    """At most `size` exchanges at once in each event loop."""

    __slots__ = ("_size", "_waiting")

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def take(self, request: Request, timeout: float | None) -> tuple[asyncio.Semaphore, float | None]:  # noqa: ASYNC109
        """Wait for a free slot; gives what to release afterwards and what is left of the time."""
        loop = asyncio.get_running_loop()
        slots = self._waiting.get(loop)
        if slots is None:
            slots = self._waiting[loop] = asyncio.Semaphore(self._size)
        if not slots.locked():
            await slots.acquire()
            return slots, timeout
        start = loop.time()
        try:
            async with asyncio.timeout(timeout):
                await slots.acquire()
        except TimeoutError:
            raise timed_out(request, timeout) from None
        return slots, None if timeout is None else max(timeout - (loop.time() - start), 0.001)
