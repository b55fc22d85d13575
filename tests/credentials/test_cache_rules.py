"""Any history of time, failures, rejections and callers keeps the promises of the specification."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.credentials.doubles import FakeClock, Source

from understudy.credentials import RefreshingCredentials
from understudy.credentials.windows import advisory_window
from understudy.errors import AccessDenied, TransportError
from understudy.identity import AWSCredentials

MINUTE = 60.0
LIFETIMES = st.sampled_from([15 * MINUTE, 20 * MINUTE, 45 * MINUTE, 60 * MINUTE, 90 * MINUTE, 720 * MINUTE])


class Histories(RuleBasedStateMachine):
    """What the source last gave, and when it last failed, are kept beside the cache and compared with what it does."""

    @initialize(lifetime=LIFETIMES, stable=st.booleans())
    def begin(self, lifetime: float, stable: bool) -> None:
        self.clock = FakeClock()
        self.source = Source(self.clock, lifetime, static_stability=stable)
        self.one = RefreshingCredentials(self.source, clock=self.clock, random=lambda low, high: low)
        self.value: AWSCredentials | None = None
        self.fetched = 0.0
        self.rejected = False
        self.back_off_until = 0.0
        self.error_until = 0.0

    # -- what happens to it --------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.5, 1.0, 20.0, 59.0, 299.0, 300.0, 600.0, 1800.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(lifetime=LIFETIMES)
    def the_source_is_well(self, lifetime: float) -> None:
        self.source.error, self.source.lifetime = None, lifetime

    @rule()
    def the_source_is_away(self) -> None:
        self.source.error = TransportError("away")

    @rule()
    def the_source_refuses(self) -> None:
        self.source.error = AccessDenied("no")

    @rule()
    def the_source_hands_out_what_has_expired(self) -> None:
        self.source.error, self.source.lifetime = None, -1.0

    @precondition(lambda self: self.value is not None)
    @rule(current=st.booleans())
    def a_service_rejects_a_key(self, current: bool) -> None:
        assert self.value is not None
        self.one.invalidate(self.value.access_key_id if current else "AKIANOTHISONE")
        self.rejected = self.rejected or current

    # -- what a caller sees --------------------------------------------------------------------------------------------

    @rule()
    def somebody_asks(self) -> None:
        needed, kept, before = self.needs_a_refresh(), self.clock.now < self.error_until, self.source.calls
        got = self.ask(self.one.get)
        contacted = self.source.calls - before
        assert contacted == (1 if needed and not kept else 0)
        if not needed:
            assert got is self.value
        elif kept:
            assert isinstance(got, AccessDenied)
        self.learn(contacted, got)
        if contacted and not isinstance(got, Exception) and self.source.error is not None:
            # the source failed and somebody was served: only what is cached, and only where it may be
            assert got is self.value
            assert self.may_be_served()

    @rule()
    def somebody_wants_a_new_one_now(self) -> None:
        before = self.source.calls
        got = self.ask(self.one.refresh)
        assert self.source.calls == before + 1
        assert isinstance(got, Exception) == (self.fails() is not None)
        self.learn(1, got)

    # -- the specification ---------------------------------------------------------------------------------------------

    def needs_a_refresh(self) -> bool:
        if not self.may_be_served():
            return True
        if self.clock.now < self.back_off_until:
            return False
        return self.rejected or self.left() <= self.window()

    def may_be_served(self) -> bool:
        if self.value is None:
            return False
        return self.source.static_stability or (not self.rejected and self.left() > 0)

    def left(self) -> float:
        assert self.value is not None
        assert self.value.expiration is not None
        return self.value.expiration.timestamp() - self.clock.now

    def window(self) -> float:
        assert self.value is not None
        assert self.value.expiration is not None
        return advisory_window(self.value.expiration.timestamp() - self.fetched)

    def fails(self) -> str | None:
        if isinstance(self.source.error, AccessDenied):
            return "for good"
        return "for now" if self.source.error is not None or (self.source.lifetime or 0) <= 0 else None

    def learn(self, contacted: int, got: Any) -> None:
        if not contacted:
            return
        if self.fails() is None:
            assert isinstance(got, AWSCredentials)
            self.value, self.fetched, self.rejected, self.back_off_until = got, self.clock.now, False, 0.0
            self.error_until = 0.0
        elif self.fails() == "for good":
            assert isinstance(got, AccessDenied)
            self.error_until = self.clock.now + 1.0
        elif self.may_be_served():
            self.back_off_until = self.clock.now + 300.0
        else:
            assert isinstance(got, Exception)

    @staticmethod
    def ask(function: Any) -> Any:
        try:
            return function()
        except Exception as error:
            return error

    @invariant()
    def the_true_expiration_is_told(self) -> None:
        told = self.one.expiration if hasattr(self, "one") else None
        if told is not None:
            assert told.tzinfo is UTC
            assert isinstance(told, datetime)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
