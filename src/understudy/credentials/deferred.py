"""Providers that look at their configuration when first asked, so that making one never fails and costs nothing."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypedDict

    from understudy.clock import Clock
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.single_flight import Provider
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials

    class RefreshOptions(TypedDict, total=False):
        """The options of `RefreshingCredentials`, which every `from_*` hands on."""

        clock: Clock
        advisory_window: float | None
        load_timeout: float | None
        on_refresh: Callable[[AWSCredentials], object] | None


class Deferred:
    """A provider made by a function of these arguments at the first retrieval that gets as far, and kept.

    A pickle carries the function and the arguments.
    """

    __slots__ = ("_arguments", "_build", "_provider", "name", "static_stability")

    def __init__(
        self,
        name: str,
        build: Callable[..., Provider[AWSCredentials]],
        arguments: dict[str, Any],
        *,
        static_stability: bool = True,
    ) -> None:
        self.name = name
        self.static_stability = static_stability
        self._build = build
        self._arguments = arguments
        self._provider: Provider[AWSCredentials] | None = None

    def retrieve(self) -> Flow[AWSCredentials]:
        """What the provider retrieves, or the error of its making."""
        if self._provider is None:
            self._provider = self._build(**self._arguments)
        return (yield from self._provider.retrieve())

    def identity(self, given: AWSCredentials) -> str:
        """As the provider tells it; else the access key."""
        tell = getattr(self._provider, "identity", None)
        told: str = given.access_key_id if tell is None else tell(given)
        return told

    def __reduce__(self) -> tuple[Any, ...]:
        return Deferred, (self.name, self._build, self._arguments)


def refreshing(
    name: str, build: Callable[..., Provider[AWSCredentials]], options: RefreshOptions, **arguments: Any
) -> RefreshingCredentials:
    """Credentials that refresh themselves from a provider made when first needed; it shares the clock of the cache."""
    from understudy.credentials.cache import RefreshingCredentials

    clock = options.get("clock", SYSTEM_CLOCK)
    return RefreshingCredentials(Deferred(name, build, {**arguments, "clock": clock}), **options)
