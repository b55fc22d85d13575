"""Run a source's flow for at most so many seconds, in a thread or in a task."""

from __future__ import annotations

from _thread import allocate_lock

from understudy.credentials.flight import gave_up
from understudy.errors import CallTimeout
from understudy.flow import drive, drive_async

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from understudy.flow import Flow

    T = TypeVar("T")


class Loading:
    """One run of a flow. `late` receives what a thread brought after everybody had stopped waiting for it."""

    __slots__ = ("_landed", "_left", "error", "flow", "late", "name", "result")

    def __init__(self, flow: Flow[Any], name: str, late: Callable[[Any], None]) -> None:
        self.flow = flow
        self.name = name
        self.late = late
        self.result: Any = None
        self.error: BaseException | None = None
        self._landed = allocate_lock()
        self._left = False

    def run(self, seconds: float | None, limit: float | None = None) -> Any:
        """In a thread of its own, because no thread can be made to stop waiting; in this one without `seconds`.

        `seconds` bounds the source, `limit` is the caller's own time.
        """
        if seconds is None:
            return drive(self.flow)
        self._landed.acquire()
        if not _start(self._work):
            return drive(self.flow)
        if not self._wait(seconds if limit is None else min(seconds, limit)):
            raise self._too_late(seconds, limit)
        if self.error is not None:
            raise self.error
        return self.result

    async def run_async(self, seconds: float | None, limit: float | None = None) -> Any:
        """In this task; at either bound, and when the task is cancelled, what is under way is cancelled."""
        bounds = [bound for bound in (seconds, limit) if bound is not None]
        if not bounds:
            return await drive_async(self.flow)
        import asyncio

        timeout = asyncio.timeout(min(bounds))
        try:
            async with timeout:
                return await drive_async(self.flow)
        except TimeoutError:
            if timeout.expired():
                raise self._too_late(seconds, limit) from None
            raise

    def _too_late(self, seconds: float | None, limit: float | None) -> CallTimeout:
        if seconds is None or (limit is not None and limit < seconds):
            return gave_up(self.name)
        return timed_out(self.name, seconds)

    def _wait(self, seconds: float) -> bool:
        """Whether the thread ended in time; looked at once more after leaving, for it may end in that very moment."""
        try:
            if self._landed.acquire(timeout=seconds):
                return True
        except BaseException:
            self._left = True
            raise
        self._left = True
        return self._landed.acquire(blocking=False)

    def _work(self) -> None:
        try:
            self.result = drive(self.flow)
        except BaseException as error:
            self.error = error
        self._landed.release()
        if self._left and self.error is None:
            self.late(self.result)


def timed_out(name: str, seconds: float) -> CallTimeout:
    """The error of a source that hangs."""
    return CallTimeout(f"{name} gave nothing within {seconds:g} s")


def _start(work: Callable[[], None]) -> bool:
    """Begin work in a daemon thread, in the caller's context; False where no thread can be had, as at exit."""
    from contextvars import copy_context
    from threading import Thread

    try:
        Thread(target=copy_context().run, args=(work,), name="understudy-refresh", daemon=True).start()
    except RuntimeError:
        return False
    return True
