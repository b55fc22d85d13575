"""The one refresh under way, and everybody who waits for it: threads on a lock, tasks of any loop on a future."""

from __future__ import annotations

import time
from _thread import allocate_lock

from understudy.errors import CallTimeout, CredentialsError
from understudy.flow import Bounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from typing import Any

    from understudy.credentials.windows import Cached

LOOK_AGAIN = 1.0
"""Seconds after which a waiter looks whether the leader's event loop has been closed under it."""


class Flight:
    """One call to a source on behalf of all callers.

    It ends once: with a value (`cached`, fresh, or stale beside a `failure`), with a `failure` alone, or with neither,
    when its leader was cancelled or died; then whoever waited decides anew, and the first of them leads.
    """

    __slots__ = ("_lock", "_waiters", "cached", "deadline", "done", "failure", "loop")

    def __init__(self, seconds: float | None) -> None:
        self._lock = allocate_lock()
        self._waiters: list[Callable[[], object]] = []
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.loop: AbstractEventLoop | None = None
        self.done = False
        self.cached: Cached | None = None
        self.failure: Exception | None = None

    def end(self, cached: Cached | None = None, failure: Exception | None = None) -> None:
        """Wake everybody; only the first end counts."""
        with self._lock:
            if self.done:
                return
            self.cached, self.failure, self.done = cached, failure, True
            waiters, self._waiters = self._waiters, []
        for wake in waiters:
            try:
                wake()
            except RuntimeError:
                # the waiter's event loop is closed: nobody waits there any more, and the others must not be held up
                continue

    def join(self, wake: Callable[[], object]) -> bool:
        """Have `wake` called at the end; False where the end has come already."""
        with self._lock:
            if not self.done:
                self._waiters.append(wake)
            return not self.done

    def leave(self, wake: Callable[[], object]) -> None:
        """A waiter has gone away."""
        with self._lock:
            if wake in self._waiters:
                self._waiters.remove(wake)

    def lost(self) -> bool:
        """Whether the leader can never end it, because its event loop is closed."""
        return not self.done and self.loop is not None and self.loop.is_closed()

    def overdue(self) -> bool:
        """Whether the load timeout has passed, in real time."""
        return not self.done and self.deadline is not None and time.monotonic() >= self.deadline

    def patience(self) -> float:
        """Seconds to wait before looking again."""
        if self.deadline is None:
            return LOOK_AGAIN
        return min(LOOK_AGAIN, max(0.0, self.deadline - time.monotonic()) + 0.01)


class GaveUp(CallTimeout):
    """The caller's own time is over. That says nothing about the source, which may answer yet."""


def gave_up(name: str) -> GaveUp:
    """The error for a caller whose time ran out while a source was asked."""
    return GaveUp(f"the time of the call ran out while {name} was asked for credentials", hint="raise timeout")


class Await(Bounded):
    """Wait until a flight has ended, is lost or overdue. Gives False where waiting would stop the leader itself.

    Raises `GaveUp` when the caller's own time is over first.
    """

    __slots__ = ("flight", "name")

    def __init__(self, flight: Flight, name: str) -> None:
        super().__init__()
        self.flight = flight
        self.name = name

    def _next_look(self, began: float) -> float:
        """Seconds until the next look."""
        left = None if self.limit is None else self.limit - (time.monotonic() - began)
        if left is not None and left <= 0:
            raise gave_up(self.name)
        patience = self.flight.patience()
        return patience if left is None else min(patience, left)

    def run(self) -> bool:
        if self.flight.loop is not None and self.flight.loop is _running_loop():
            return False
        landed = allocate_lock()
        landed.acquire()
        if not self.flight.join(landed.release):
            return True
        began = time.monotonic()
        try:
            while not landed.acquire(timeout=self._next_look(began)):
                if self.flight.lost() or self.flight.overdue():
                    break
        finally:
            self.flight.leave(landed.release)
        return True

    async def run_async(self) -> bool:
        import asyncio

        loop = asyncio.get_running_loop()
        landed = loop.create_future()

        def settle() -> None:
            if not landed.done():
                landed.set_result(None)

        def wake() -> None:
            loop.call_soon_threadsafe(settle)

        if not self.flight.join(wake):
            return True
        began = time.monotonic()
        try:
            while not (await asyncio.wait([landed], timeout=self._next_look(began)))[0]:
                if self.flight.lost() or self.flight.overdue():
                    break
        finally:
            self.flight.leave(wake)
        return True


def _running_loop() -> AbstractEventLoop | None:
    """The event loop that runs in this thread, without importing asyncio where nobody has."""
    import sys

    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    running: AbstractEventLoop | None = asyncio._get_running_loop()
    return running


class Leading:
    """The flights that this context leads: a source that asks its own cache would wait for itself for ever."""

    __slots__ = ("_flight", "_token")

    def __init__(self, flight: Flight) -> None:
        self._flight = flight

    def __enter__(self) -> None:
        variable = _led()
        self._token = variable.set((*variable.get(), self._flight))

    def __exit__(self, *_: object) -> None:
        try:
            _led().reset(self._token)
        except ValueError:
            # a coroutine that the garbage collector closes is closed in another context: there is nothing to undo there
            return


_LED: Any = None


def _led() -> Any:
    global _LED
    if _LED is None:
        from contextvars import ContextVar

        _LED = ContextVar("understudy_flights", default=())
    return _LED


def refuse_circle(name: str, flight: Flight) -> None:
    """Raise where the flight waits for the one who is about to wait for it."""
    if flight in _led().get():
        raise CredentialsError(f"{name} asks for its own credentials; give it another source")
