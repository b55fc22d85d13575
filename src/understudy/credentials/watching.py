"""For those who must push new values somewhere: iterators over them, and a refresh in the background."""

from __future__ import annotations

import asyncio
from threading import Condition, Thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Generic, TypeVar

    from understudy.clock import Clock
    from understudy.credentials.cache import Refreshing
    from understudy.credentials.windows import Expiring

    T = TypeVar("T", bound=Expiring)

    class _Parametrised(Generic[T]):
        pass

else:

    class _Parametrised:
        def __class_getitem__(cls, _value):
            return cls


AFTER_ERROR = 30.0
"""Seconds before the background asks again after an error that nobody could be told of."""
AT_LEAST = 1.0


class Watch(_Parametrised["T"]):
    """Who waits for new values of one cache, and the thread or task that has them refreshed in time."""

    def __init__(self, cache: Refreshing[T], clock: Clock) -> None:
        self._cache = cache
        self._clock = clock
        self._changed = Condition()
        self._tasks: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._closed = False
        self._thread: Thread | None = None
        self._task: asyncio.Task[None] | None = None

    def forked(self) -> None:
        """In the child there is neither the thread nor the loop of the parent."""
        self._changed = Condition()
        self._tasks = {}
        self._thread = None
        self._task = None

    def notify(self) -> None:
        """There is a new value, or the end: wake threads and tasks."""
        with self._changed:
            self._changed.notify_all()
            waiting = list(self._tasks.items())
        for event, loop in waiting:
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:
                # that loop is closed, and its tasks with it
                continue

    def watch(self) -> Iterator[T]:
        """Each new value, the current one first."""
        shown = None
        while not self._closed:
            value = self._cache.get()
            if value is not shown:
                shown = value
                yield value
                continue
            with self._changed:
                if not self._closed and self._cache.current is shown:
                    self._changed.wait(self._pause())

    async def awatch(self) -> AsyncIterator[T]:
        """Each new value, the current one first."""
        shown = None
        event = asyncio.Event()
        with self._changed:
            self._tasks[event] = asyncio.get_running_loop()
        try:
            while not self._closed:
                event.clear()
                value = await self._cache.aget()
                if value is not shown:
                    shown = value
                    yield value
                elif not self._closed and self._cache.current is shown:
                    await _either(event, self._pause())
        finally:
            with self._changed:
                self._tasks.pop(event, None)

    def _pause(self) -> float | None:
        """Seconds until the cached value is due; None for one that never is."""
        cached = self._cache._cached
        if cached is None:
            return AT_LEAST
        due = cached.quiet_until - self._clock.time()
        return None if due == float("inf") else max(AT_LEAST, due)

    def start_thread(self) -> None:
        """Refresh in a daemon thread; a second call changes nothing."""
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = Thread(target=self._refresh, name="understudy-keep-fresh", daemon=True)
                self._thread.start()

    def start_task(self) -> None:
        """Refresh in a task of the running loop; a second call changes nothing."""
        if self._task is None and not self._closed:
            self._task = asyncio.get_running_loop().create_task(self._arefresh(), name="understudy-keep-fresh")

    def _refresh(self) -> None:
        while not self._closed:
            try:
                for _ in self.watch():
                    continue
            except Exception:
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, AFTER_ERROR)

    async def _arefresh(self) -> None:
        while not self._closed:
            try:
                async for _ in self.awatch():
                    continue
            except Exception:
                await asyncio.sleep(AFTER_ERROR)

    def close(self) -> None:
        """End every iteration, and the background."""
        self._closed = True
        self.notify()
        if self._task is not None:
            task, self._task = self._task, None
            try:
                task.get_loop().call_soon_threadsafe(task.cancel)
            except RuntimeError:
                return

    async def aclose(self) -> None:
        """As `close`; waits for the background task."""
        task = self._task
        self.close()
        if task is not None and task.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([task])


async def _either(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
