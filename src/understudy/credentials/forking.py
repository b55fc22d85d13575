"""What a fork leaves behind: each cache begins anew in the child, where the threads of the parent do not exist."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
    from weakref import WeakSet

    class Forked(Protocol):
        """Something with a lock or a flight that must not be taken along."""

        def _begin_anew(self) -> None: ...


_live: WeakSet[Forked] | None = None


def watch(cache: Forked) -> None:
    """Have a cache begin anew in the child of each fork, for as long as somebody holds the cache."""
    global _live
    if _live is None:
        from weakref import WeakSet

        _live = WeakSet()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_in_child)
    _live.add(cache)


def _in_child() -> None:
    for cache in list(_live or ()):
        cache._begin_anew()
