"""The server owns the stand-in: an STS that verifies what it is told, says no as the service does, and knows why."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from understudy.server.app import App, application
    from understudy.server.keyring import KeyRing
    from understudy.server.run import Running, running, serve
    from understudy.server.service import Service
    from understudy.server.settings import Settings

__all__ = ["App", "KeyRing", "Running", "Service", "Settings", "application", "running", "serve"]

_MODULES = {
    "App": "app",
    "KeyRing": "keyring",
    "Running": "run",
    "Service": "service",
    "Settings": "settings",
    "application": "app",
    "running": "run",
    "serve": "run",
}


def __getattr__(name: str) -> object:
    """Load the module of a public name when it is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
