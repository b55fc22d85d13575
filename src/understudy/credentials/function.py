"""Credentials from a function of the user's, kept fresh."""

from __future__ import annotations

from understudy.credentials.cache import RefreshingCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Unpack

    from understudy.credentials.deferred import RefreshOptions
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials


def from_function(
    function: Callable[[], Any], *, name: str = "function", **refresh: Unpack[RefreshOptions]
) -> RefreshingCredentials:
    """What a function (plain or async) gives, asked again before it expires, one call at a time.

    It gives `AWSCredentials`, an object or a mapping with ``access_key_id``, ``secret_access_key`` and, where they are
    temporary, ``session_token`` and ``expiration``. They are served while they are valid and never past their expiry.
    """
    return RefreshingCredentials(FunctionProvider(function, name), **refresh)


class FunctionProvider:
    """Calls the function each time it is asked."""

    __slots__ = ("function", "name")

    static_stability = False

    def __init__(self, function: Callable[[], Any], name: str = "function") -> None:
        self.function = function
        self.name = name

    def retrieve(self) -> Flow[AWSCredentials]:
        """The function's credentials; raises what it raises, and `CredentialsError` for what are no credentials."""
        from understudy.client.sources import FunctionSource

        return (yield from FunctionSource(self.function).retrieve())

    def __repr__(self) -> str:
        return f"FunctionProvider({self.name!r})"
