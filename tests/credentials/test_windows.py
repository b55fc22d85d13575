"""The windows and the decision: each row of the specification, as pure functions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.credentials.windows import REFRESH, SERVE, WAIT, Cached, advisory_window, decide, effective_window
from understudy.identity import AWSCredentials

MINUTE = 60.0
HOUR = 3600.0
T0 = 1_800_000_000.0


def cached(lifetime: float | None, *, stable: bool = True, advisory: float | None = None) -> Cached:
    expiration = None if lifetime is None else datetime.fromtimestamp(T0 + lifetime, UTC)
    value = AWSCredentials("AKIA", "s", "t", expiration=expiration)
    return Cached(value, now=T0, static_stability=stable, advisory=advisory)


@pytest.mark.parametrize(
    ("lifetime", "window"),
    [
        (15 * MINUTE, 5 * MINUTE),
        (20 * MINUTE, 5 * MINUTE),
        (20 * MINUTE + 1, 15 * MINUTE),
        (60 * MINUTE, 15 * MINUTE),
        (90 * MINUTE - 1, 15 * MINUTE),
        (90 * MINUTE, 60 * MINUTE),
        (12 * HOUR, 60 * MINUTE),
    ],
)
def test_the_advisory_window_follows_from_the_lifetime(lifetime: float, window: float) -> None:
    assert advisory_window(lifetime) == window
    assert cached(lifetime).advisory == window
    assert cached(lifetime).mandatory == MINUTE


def test_a_window_of_the_user_replaces_it_and_the_mandatory_window_is_never_longer() -> None:
    assert (cached(HOUR, advisory=120.0).advisory, cached(HOUR, advisory=120.0).mandatory) == (120.0, MINUTE)
    assert (cached(HOUR, advisory=30.0).advisory, cached(HOUR, advisory=30.0).mandatory) == (30.0, 30.0)
    assert decide(cached(HOUR, advisory=0.0), T0 + HOUR - 0.5) == SERVE


@pytest.mark.parametrize(("lifetime", "window"), [(240.0, 120.0), (300.0, 150.0), (360.0, 180.0), (361.0, 300.0)])
def test_what_is_born_inside_its_window_is_refreshed_at_half_its_life_and_not_at_each_get(
    lifetime: float, window: float
) -> None:
    assert cached(lifetime).advisory == window
    assert decide(cached(lifetime), T0) == SERVE


@given(lifetime=st.floats(1, 1e6), chosen=st.none() | st.floats(0, 1e6))
def test_nothing_is_due_when_it_is_born(lifetime: float, chosen: float | None) -> None:
    assert effective_window(lifetime, chosen) < lifetime


@pytest.mark.parametrize(
    ("row", "left", "expected"),
    [
        ("valid, outside the advisory window", 15 * MINUTE + 1, SERVE),
        ("in the advisory window", 15 * MINUTE, REFRESH),
        ("in the advisory window, at its end", MINUTE + 1, REFRESH),
        ("in the mandatory window", MINUTE, WAIT),
        ("expired", 0.0, WAIT),
        ("long expired", -HOUR, WAIT),
    ],
)
@pytest.mark.parametrize("stable", [True, False])
def test_the_decision_for_an_hour(row: str, left: float, expected: str, stable: bool) -> None:
    assert decide(cached(HOUR, stable=stable), T0 + HOUR - left) == expected, row


def test_absent_is_waited_for_and_what_never_expires_is_served() -> None:
    assert decide(None, T0) == WAIT
    assert decide(cached(None), T0 + 1e9) == SERVE


def test_a_back_off_is_served_through_even_past_the_expiration() -> None:
    backing_off = cached(HOUR).backing_off(T0 + HOUR + 500)
    assert decide(backing_off, T0 + HOUR - 30) == SERVE
    assert decide(backing_off, T0 + HOUR + 499) == SERVE
    assert decide(backing_off, T0 + HOUR + 500) == WAIT


def test_without_static_stability_only_what_is_valid_is_served() -> None:
    backing_off = cached(HOUR, stable=False).backing_off(T0 + HOUR + 500)
    assert decide(backing_off, T0 + HOUR - 1) == SERVE
    assert decide(backing_off, T0 + HOUR) == WAIT


def test_what_was_rejected_counts_as_expired_and_a_back_off_stays_in_force() -> None:
    assert decide(cached(HOUR).rejected(), T0) == WAIT
    assert decide(cached(None).rejected(), T0) == WAIT
    assert decide(cached(HOUR).backing_off(T0 + 400).rejected(), T0 + 399) == SERVE
    assert decide(cached(HOUR).backing_off(T0 + 400).rejected(), T0 + 400) == WAIT
    assert decide(cached(HOUR, stable=False).backing_off(T0 + 400).rejected(), T0 + 399) == WAIT


def test_a_caller_may_need_a_longer_life() -> None:
    assert decide(cached(HOUR), T0 + 1000, min_ttl=2600) == SERVE
    assert decide(cached(HOUR), T0 + 1000, min_ttl=2601) == WAIT


@given(
    lifetime=st.none() | st.floats(1, 1e5),
    stable=st.booleans(),
    rejected=st.booleans(),
    back_off=st.floats(0, 2e5),
    after=st.floats(0, 2e5),
)
def test_the_short_way_agrees_with_the_decision(
    lifetime: float | None, stable: bool, rejected: bool, back_off: float, after: float
) -> None:
    one = cached(lifetime, stable=stable).backing_off(T0 + back_off)
    one = one.rejected() if rejected else one
    now = T0 + after
    if now < one.quiet_until:
        assert decide(one, now) == SERVE
    elif now > one.quiet_until + 1e-3:
        assert decide(one, now) != SERVE
