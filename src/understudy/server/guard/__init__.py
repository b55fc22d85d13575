"""Guard owns the stand-in's place in front of another service: it verifies, authorises, and only then forwards."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from understudy.server.guard.application import Guard, GuardSettings
    from understudy.server.guard.front import Front
    from understudy.server.guard.upstream import Upstream

__all__ = ["Front", "Guard", "GuardSettings", "Upstream"]

_MODULES = {"Front": "front", "Guard": "application", "GuardSettings": "application", "Upstream": "upstream"}


def __getattr__(name: str) -> object:
    """Load the module of a public name when it is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
