"""One call to the source for everybody: who asks, who waits, who is served meanwhile, and what becomes of a failure."""

from __future__ import annotations

from _thread import allocate_lock

from understudy.credentials.failures import again, is_recoverable
from understudy.credentials.flight import Await, Flight, GaveUp, Leading, refuse_circle
from understudy.credentials.loading import Loading, timed_out
from understudy.credentials.windows import REFRESH, SERVE, Cached, decide
from understudy.errors import CredentialsError
from understudy.flow import Bounded, drive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Generic, Protocol, TypeVar

    from understudy.clock import Clock
    from understudy.credentials.windows import Decision, Expiring
    from understudy.flow import Flow

    T = TypeVar("T", bound=Expiring)
    T_co = TypeVar("T_co", bound=Expiring, covariant=True)

    class Parametrised(Generic[T]):
        """A class with a type parameter, without `typing` at run time."""

    class Provider(Protocol[T_co]):
        """A source that is asked each time: it never caches and never locks.

        `static_stability` says whether what it gave may be served past its expiry while it cannot be reached. A
        provider that asks a person may have ``interactive = True``: it then runs in the caller's own thread, without a
        load timeout. ``reject(access_key_id)``, for one that keeps sets somewhere, tells it not to give this set again.
        ``close`` and ``aclose``, where it has them, let go of what it holds.
        """

        @property
        def name(self) -> str: ...
        @property
        def static_stability(self) -> bool: ...
        def retrieve(self) -> Flow[T_co]: ...

else:

    class Parametrised:
        """A class with a type parameter, without `typing` at run time."""

        __slots__ = ()

        def __class_getitem__(cls, _value):
            return cls


LOAD_TIMEOUT = 30.0
"""Seconds that a source may take before callers stop waiting for it."""
BACK_OFF = (300.0, 600.0)
"""Seconds for which a source that failed is left alone: a random number between these."""
ERROR_KEPT = (1.0, 5.0)
"""Seconds for which an error that trying again does not cure is raised again without asking."""


class SingleFlight(Parametrised["T"]):
    """What is cached, the refresh under way, and the error that is kept; one short lock around each change of them.

    The lock is never held while the source is asked.
    """

    __slots__ = (
        "_advisory_window",
        "_cached",
        "_clock",
        "_error",
        "_error_until",
        "_flight",
        "_load_timeout",
        "_lock",
        "_random",
        "provider",
    )

    def __init__(
        self,
        provider: Provider[T],
        clock: Clock,
        advisory_window: float | None,
        load_timeout: float | None,
        random: Callable[[float, float], float] | None,
    ) -> None:
        self.provider = provider
        self._clock = clock
        self._advisory_window = advisory_window
        self._load_timeout = load_timeout
        self._random = random or _uniform
        self._cached: Cached | None = None
        self._error: Exception | None = None
        self._error_until = 0.0
        self._begin_anew()

    def _begin_anew(self) -> None:
        """No refresh under way: at the start, and in the child of a fork, where the parent's threads do not exist."""
        self._lock = allocate_lock()
        self._flight: Flight | None = None

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.provider.name

    def _announce(self, value: T) -> Flow[None]:
        """There is a new value; run outside the lock by whoever brought it."""
        raise NotImplementedError

    def _obtain(self, min_ttl: float) -> Flow[T]:
        while True:
            boarded = self._next(min_ttl)
            if isinstance(boarded, Cached):
                return self._long_enough(boarded, min_ttl)
            landed = yield from self._fly(boarded)
            if landed.cached is not None:
                return self._long_enough(landed.cached, min_ttl)
            if landed.failure is not None:
                raise landed.failure if boarded[1] else again(landed.failure)

    def _renew(self) -> Flow[T]:
        while True:
            with self._lock:
                flight, leads = self._board()
            landed = yield from self._fly((flight, leads))
            if landed.failure is not None:
                raise landed.failure if leads else again(landed.failure)
            if landed.cached is not None:
                return landed.cached.value  # type: ignore[no-any-return]

    def _next(self, min_ttl: float) -> Cached | tuple[Flight, bool]:
        """What to serve, or the flight to wait for, and whether this caller leads it."""
        with self._lock:
            now = self._clock.time()
            cached = self._cached
            decision = self._decide(cached, now, min_ttl)
            if cached is not None and (decision == SERVE or (decision == REFRESH and self._under_way())):
                return cached
            if self._error is not None and now < self._error_until and not self._under_way():
                raise again(self._error)
            return self._board()

    def _decide(self, cached: Cached | None, now: float, min_ttl: float) -> Decision:
        """The decision, except that asking is vain for a `min_ttl` that the source did not reach the last time."""
        vain = cached is not None and cached.lifetime < min_ttl
        return decide(cached, now, 0.0 if vain else min_ttl)

    def _long_enough(self, cached: Cached, min_ttl: float) -> T:
        left = cached.left(self._clock.time())
        if min_ttl and left < min_ttl:
            raise CredentialsError(
                f"{self.name} gave what lives {max(left, 0):.0f} s more, {min_ttl:g} s are needed",
                hint="ask the source for longer sessions, or for less with min_ttl=",
                recoverable=True,
            )
        return cached.value  # type: ignore[no-any-return]

    # -- the single flight -------------------------------------------------------------------------------------------

    def _under_way(self) -> bool:
        return self._flight is not None and not (self._flight.lost() or self._flight.overdue())

    def _board(self) -> tuple[Flight, bool]:
        """The flight under way, or a new one that the caller leads. Under the lock."""
        stuck = self._flight
        if stuck is not None:
            if self._under_way():
                return stuck, False
            stuck.end()
        self._flight = Flight(self._load_timeout)
        return self._flight, True

    def _fly(self, boarded: tuple[Flight, bool]) -> Flow[Flight]:
        flight, leads = boarded
        if not leads:
            refuse_circle(self.name, flight)
            if (yield Await(flight, self.name)):
                self._look_after(flight)
                return flight
            # the leader is a task of the event loop that this thread runs: to wait here would stop it, so ask as well
            flight = Flight(self._load_timeout)
        try:
            value = yield Load(self, flight)
            flight.end(self._install(value))
        except GaveUp:
            raise
        except Exception as error:
            self._failed(flight, error)
        finally:
            self._land(flight)
        if flight.cached is not None and flight.failure is None:
            yield from self._announce(flight.cached.value)
        return flight

    def _land(self, flight: Flight) -> None:
        """The end of a flight in any case: a leader that was cancelled ends it with nothing, and another one leads."""
        with self._lock:
            if self._flight is flight:
                self._flight = None
        flight.end()

    def _look_after(self, flight: Flight) -> None:
        """What a waiter does for a leader that cannot: a lost one is given up, an overdue source counts as hung."""
        if flight.overdue():
            self._failed(flight, timed_out(self.name, self._load_timeout or 0.0))
        if flight.lost() or flight.done:
            self._land(flight)

    def _load(self, flight: Flight, limit: float | None) -> T:
        loading = Loading(self.provider.retrieve(), self.name, self._install_late)
        with Leading(flight):
            return self._checked(loading.run(self._load_timeout, limit))

    async def _aload(self, flight: Flight, limit: float | None) -> T:
        import asyncio

        flight.loop = asyncio.get_running_loop()
        loading = Loading(self.provider.retrieve(), self.name, self._install_late)
        with Leading(flight):
            return self._checked(await loading.run_async(self._load_timeout, limit))

    def _checked(self, value: T) -> T:
        """A source that hands out what has expired has failed, recoverably."""
        expiration = value.expiration
        if expiration is not None and expiration.timestamp() <= self._clock.time():
            message = f"{self.name} gave what had expired already, at {expiration:%Y-%m-%dT%H:%M:%SZ}"
            raise CredentialsError(
                message, recoverable=True, hint="compare the clocks of this machine and of the source"
            )
        return value

    # -- what came of it ---------------------------------------------------------------------------------------------

    def _install(self, value: T) -> Cached:
        stable = self.provider.static_stability
        made = Cached(value, now=self._clock.time(), static_stability=stable, advisory=self._advisory_window)
        with self._lock:
            self._cached = made
            self._error = None
        return made

    def _install_late(self, value: T) -> None:
        """A thread brought a value after its callers had given up: taken if it lives longer than the cached one."""
        expiration = value.expiration
        cached = self._cached
        if cached is None or expiration is None or expiration.timestamp() > cached.expiration:
            self._install(self._checked(value))
            drive(self._announce(value))

    def _failed(self, flight: Flight, error: Exception) -> None:
        """Serve stale and back off, or keep the error for a moment; the flight ends either way."""
        with self._lock:
            now = self._clock.time()
            cached = self._cached
            if not is_recoverable(error):
                self._error, self._error_until = error, now + self._random(*ERROR_KEPT)
                cached = None
            elif cached is not None and cached.usable(now):
                cached = self._cached = cached.backing_off(now + self._random(*BACK_OFF))
            else:
                cached = None
        flight.end(cached, error)


class Load(Bounded):
    """Ask the source on behalf of a flight."""

    __slots__ = ("cache", "flight")

    def __init__(self, cache: SingleFlight[Any], flight: Flight) -> None:
        super().__init__()
        self.cache = cache
        self.flight = flight

    def run(self) -> Any:
        return self.cache._load(self.flight, self.limit)

    async def run_async(self) -> Any:
        return await self.cache._aload(self.flight, self.limit)


def _uniform(low: float, high: float) -> float:
    from random import uniform

    return uniform(low, high)  # noqa: S311  (spreads load, guards nothing)
