"""The cache that refreshes, as its users see it: a value with an expiration, for threads and tasks of any loop."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.credentials import forking
from understudy.credentials.single_flight import LOAD_TIMEOUT, SingleFlight
from understudy.flow import CallUser, drive, drive_async

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import datetime
    from typing import Any, TypeVar

    from understudy.clock import Clock
    from understudy.credentials.single_flight import Provider
    from understudy.credentials.watching import Watch
    from understudy.credentials.windows import Expiring
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials  # noqa: F401  (the parameter of RefreshingCredentials)

    T = TypeVar("T", bound=Expiring)


class Refreshing(SingleFlight["T"]):
    """Keeps a value fresh: `get` in threads, `aget` in tasks, `retrieve` in flows, all three on one object at once.

    One caller at a time asks the source; in the advisory window everybody else is served the cached value at once.
    `advisory_window` (seconds before the expiration) replaces the one that follows from the lifetime. `load_timeout`
    (seconds, default 30) bounds how long anybody waits for the source; None is no bound, the default for sources that
    ask a person. `on_refresh` is called with each new value by whoever refreshed.

    A fork keeps the cached value and starts with no refresh under way. A pickle carries the provider and the options,
    never a value: the copy asks the source itself.
    """

    __slots__ = ("__weakref__", "_listeners", "_watch")

    def __init__(
        self,
        provider: Provider[T],
        *,
        clock: Clock = SYSTEM_CLOCK,
        advisory_window: float | None = None,
        load_timeout: float | None = LOAD_TIMEOUT,
        on_refresh: Callable[[T], object] | None = None,
        random: Callable[[float, float], float] | None = None,
    ) -> None:
        self._listeners: list[Callable[[T], object]] = [] if on_refresh is None else [on_refresh]
        self._watch: Watch[T] | None = None
        asks_a_person = getattr(provider, "interactive", False) and load_timeout == LOAD_TIMEOUT
        super().__init__(provider, clock, advisory_window, None if asks_a_person else load_timeout, random)
        forking.watch(self)

    def _begin_anew(self) -> None:
        super()._begin_anew()
        if self._watch is not None:
            self._watch.forked()

    @property
    def current(self) -> T | None:
        """What is cached, fresh or stale, without asking the source; None before the first success."""
        cached = self._cached
        return None if cached is None else cached.value

    @property
    def expiration(self) -> datetime | None:
        """The true expiration of what is cached (aware, UTC); None where nothing is, or where it never expires."""
        cached = self._cached
        return None if cached is None else cached.value.expiration

    def get(self, *, min_ttl: float = 0.0) -> T:
        """The value, refreshed where it is due; for threads.

        `min_ttl`: seconds that the value must still live; where even a new one lives shorter, `CredentialsError`.
        Raises what the source raised where there is nothing to serve.
        """
        cached = self._cached
        if cached is not None and not min_ttl and self._clock.time() < cached.quiet_until:
            return cached.value  # type: ignore[no-any-return]
        return drive(self._obtain(min_ttl))

    async def aget(self, *, min_ttl: float = 0.0) -> T:
        """As `get`, for tasks."""
        cached = self._cached
        if cached is not None and not min_ttl and self._clock.time() < cached.quiet_until:
            return cached.value  # type: ignore[no-any-return]
        return await drive_async(self._obtain(min_ttl))

    def retrieve(self, *, min_ttl: float = 0.0) -> Flow[T]:
        """As `get`, for flows: this is what makes a cache a source of another provider."""
        cached = self._cached
        if cached is not None and not min_ttl and self._clock.time() < cached.quiet_until:
            return cached.value  # type: ignore[no-any-return]
        return (yield from self._obtain(min_ttl))

    def refresh(self) -> T:
        """Ask the source now, whatever the window or the back-off, and raise its failure; joins a refresh under way."""
        self._reject()
        return drive(self._renew())

    async def arefresh(self) -> T:
        """As `refresh`, for tasks."""
        self._reject()
        return await drive_async(self._renew())

    def _reject(self) -> None:
        """Tell a provider that keeps values (a chain over caches, shared files) that this one will not do."""
        reject = getattr(self.provider, "reject", None)
        if reject is not None and self._cached is not None:
            reject(self._cached.value.access_key_id)

    def _invalidate(self) -> None:
        with self._lock:
            if self._cached is not None:
                self._cached = self._cached.rejected()

    def _announce(self, value: T) -> Flow[None]:
        """Hand a new value to those who asked for each; a listener that fails does not harm whoever refreshed."""
        for listener in tuple(self._listeners):
            try:
                told = listener(value)
                if hasattr(told, "__await__"):
                    yield CallUser(lambda awaitable: awaitable, told)
            except Exception:
                _report(self.name, listener)
        if self._watch is not None:
            self._watch.notify()

    def on_refresh(self, listener: Callable[[T], object]) -> Callable[[], None]:
        """Call a function (plain or async) with each new value, where it was fetched; gives a function to stop that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def watch(self) -> Iterator[T]:
        """The value now and each new one, refreshed when due even if nobody else asks; ends at `close`. For threads."""
        return self._watching().watch()

    def awatch(self) -> AsyncIterator[T]:
        """As `watch`, for tasks."""
        return self._watching().awatch()

    def keep_fresh(self) -> None:
        """Refresh in a daemon thread of its own, so that no caller ever does; until `close`."""
        self._watching().start_thread()

    def akeep_fresh(self) -> None:
        """Refresh in a task of the running event loop; until `close` or `aclose`."""
        self._watching().start_task()

    def _watching(self) -> Watch[T]:
        if self._watch is None:
            from understudy.credentials.watching import Watch

            with self._lock:
                self._watch = self._watch or Watch(self, self._clock)
        return self._watch

    def close(self) -> None:
        """End `watch`, `awatch` and the background refresh, and let the provider release what it holds."""
        if self._watch is not None:
            self._watch.close()
        release = getattr(self.provider, "close", None)
        if release is not None:
            release()

    async def aclose(self) -> None:
        """As `close`, for tasks; waits for the background task to end."""
        if self._watch is not None:
            await self._watch.aclose()
        release = getattr(self.provider, "aclose", None)
        if release is not None:
            await release()

    def __repr__(self) -> str:
        expiration = self.expiration
        until = f", expiration={expiration.isoformat()}" if expiration else ""
        return f"{type(self).__name__}({self.name!r}{until})"

    def __reduce__(self) -> tuple[Any, ...]:
        options: dict[str, Any] = {"advisory_window": self._advisory_window, "load_timeout": self._load_timeout}
        if self._clock is not SYSTEM_CLOCK:
            options["clock"] = self._clock
        _refuse_unpicklable(self)
        return _rebuild, (type(self), self.provider, options)


class RefreshingCredentials(Refreshing["AWSCredentials"]):
    """Credentials that refresh themselves, from any provider; see `Refreshing` for what it does."""

    __slots__ = ()

    def invalidate(self, access_key_id: str | None = None) -> None:
        """A service answered ExpiredToken for this key: count the cached set as expired from now on.

        A key that is no longer the cached one is ignored; without a key the cached set is meant. A back-off in force
        stays in force.
        """
        cached = self._cached
        if cached is not None and access_key_id in (None, cached.value.access_key_id):
            self._reject()
            self._invalidate()


def _report(name: str, listener: object) -> None:
    from logging import getLogger

    getLogger("understudy.credentials").exception("a listener of %s failed: %r", name, listener)


def _refuse_unpicklable(cache: Refreshing[Any]) -> None:
    from pickle import dumps

    try:
        dumps(cache.provider)
    except Exception as error:
        raise TypeError(
            f"{cache!r} cannot be pickled, because its provider cannot ({error}); make it in the process that uses it, "
            "or give the provider a function of a module where it has a lambda or a method"
        ) from error


def _rebuild(kind: type[Refreshing[Any]], provider: Provider[Any], options: dict[str, Any]) -> Refreshing[Any]:
    return kind(provider, **options)
