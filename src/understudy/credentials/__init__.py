"""Credentials owns the cache that refreshes and the providers, one file each; nothing is imported before it is used."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.credentials.cache import Refreshing, RefreshingCredentials
    from understudy.credentials.single_flight import Provider

__all__ = ["Provider", "Refreshing", "RefreshingCredentials"]

_HOME = {
    "Provider": "single_flight",
    "Refreshing": "cache",
    "RefreshingCredentials": "cache",
}


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
