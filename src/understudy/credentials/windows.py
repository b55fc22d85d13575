"""When a cached value is served, refreshed or waited for: the windows and the decision, as pure functions of time.

All times are seconds since the epoch. Source: the refresh behaviour that the AWS SDKs are converging on (Go, Rust,
Java, Kotlin; in botocore behind a switch).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Literal, Protocol

    Decision = Literal["serve", "refresh", "wait"]

    class Expiring(Protocol):
        """A value that may stop being good."""

        @property
        def expiration(self) -> datetime | None: ...


SERVE: Decision = "serve"
"""Return what is cached; the source is not contacted."""
REFRESH: Decision = "refresh"
"""One caller refreshes, every other one is served at once."""
WAIT: Decision = "wait"
"""Nobody is served before the one refresh has ended."""

MINUTE = 60.0
MANDATORY_WINDOW = MINUTE
BORN_INSIDE = 1.2
FOREVER = float("inf")


def advisory_window(lifetime: float) -> float:
    """Seconds before the expiration from which on one caller refreshes, by the lifetime that was left when fetched."""
    if lifetime <= 20 * MINUTE:
        return 5 * MINUTE
    return 15 * MINUTE if lifetime < 90 * MINUTE else 60 * MINUTE


def effective_window(lifetime: float, chosen: float | None) -> float:
    """The window of the user where there is one, else that of the table; half of the lifetime for a value born inside.

    A source may hand out what lives hardly longer than the window (a container agent, another program's cache, a window
    longer than the session). Such a value would cost one call to the source for each `get`, which is what peers do.
    """
    window = advisory_window(lifetime) if chosen is None else chosen
    return window if lifetime > window * BORN_INSIDE else lifetime / 2


class Cached:
    """One value with its windows, its back-off, and whether a service has rejected it. Immutable by convention.

    `quiet_until` is the moment before which the decision is always to serve, so that the hot path is one comparison.
    """

    __slots__ = (
        "advisory",
        "back_off_until",
        "expiration",
        "invalidated",
        "lifetime",
        "mandatory",
        "quiet_until",
        "static_stability",
        "value",
    )

    def __init__(
        self,
        value: Any,
        *,
        now: float,
        static_stability: bool,
        advisory: float | None = None,
    ) -> None:
        self.value = value
        self.expiration = value.expiration.timestamp() if value.expiration is not None else FOREVER
        self.lifetime = self.expiration - now
        self.advisory = effective_window(self.lifetime, advisory) if self.lifetime != FOREVER else 0.0
        self.mandatory = min(MANDATORY_WINDOW, self.advisory)
        self.static_stability = static_stability
        self.invalidated = False
        self.back_off_until = 0.0
        self.quiet_until = self.expiration - self.advisory

    def backing_off(self, until: float) -> Cached:
        """The same value, with the source left alone until then."""
        return self._with(self.invalidated, until)

    def rejected(self) -> Cached:
        """The same value, expired from now on; a back-off in force stays in force."""
        return self._with(True, self.back_off_until)

    def _with(self, invalidated: bool, back_off_until: float) -> Cached:
        made = Cached.__new__(Cached)
        for name in ("value", "expiration", "lifetime", "advisory", "mandatory", "static_stability"):
            setattr(made, name, getattr(self, name))
        made.invalidated = invalidated
        made.back_off_until = back_off_until
        quiet = 0.0 if invalidated else self.expiration - self.advisory
        # without static stability a back-off never outlives the value
        usable_until = FOREVER if self.static_stability else (0.0 if invalidated else self.expiration)
        made.quiet_until = max(quiet, min(back_off_until, usable_until))
        return made

    def left(self, now: float) -> float:
        """Seconds to the true expiration, negative after it; infinite for a value that does not expire."""
        return self.expiration - now

    def usable(self, now: float) -> bool:
        """Whether it may be served at all: always under static stability, else only while it is valid."""
        return self.static_stability or (not self.invalidated and now < self.expiration)


def decide(cached: Cached | None, now: float, min_ttl: float = 0.0) -> Decision:
    """What a caller does at this moment with this cached value; `min_ttl` is how many seconds it must still live."""
    if cached is None or not cached.usable(now):
        return WAIT
    if now < cached.back_off_until:
        return SERVE
    left = cached.left(now)
    if cached.invalidated or left <= cached.mandatory or left < min_ttl:
        return WAIT
    return REFRESH if left <= cached.advisory else SERVE
