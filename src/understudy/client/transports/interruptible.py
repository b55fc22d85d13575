"""Control-C for calls into code that does not look at signals."""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident, start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")


def has_terminal() -> bool:
    """Whether somebody sits at a terminal and may press Control-C."""
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:
        return False


def in_main_thread() -> bool:
    """Whether signals are handled in this thread; without the threading module there is no other one."""
    threading = sys.modules.get("threading")
    return threading is None or bool(threading.main_thread().ident == get_ident())


def interruptibly(function: Callable[[], T]) -> T:
    """Run a function in a thread of its own while this one waits on a lock, which a signal handler can interrupt.

    An interrupted function is left to end by itself; its result is dropped.
    """
    results: list[T] = []
    errors: list[BaseException] = []
    done = allocate_lock()
    done.acquire()

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)
        finally:
            done.release()

    start_new_thread(run, ())
    done.acquire()
    if errors:
        raise errors[0]
    return results[0]
