"""Retries: which failures, how long, how many, and what protects a service that is in trouble."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.client.scripted import NOW, FakeClock, Script, client, failure, identity

from understudy import errors
from understudy.client.retries import (
    THROTTLING_CODES,
    TRANSIENT_CODES,
    RateLimiter,
    RetryQuota,
    asked_delay,
    backoff,
    classify,
)
from understudy.errors import ServiceError
from understudy.http import Response


@pytest.mark.parametrize("code", sorted(THROTTLING_CODES))
def test_throttling_codes(code: str) -> None:
    assert classify(ServiceError("", code=code, status=400)) == "throttling"


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES))
def test_transient_codes(code: str) -> None:
    assert classify(ServiceError("", code=code, status=400)) == "transient"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_transient_statuses_with_and_without_the_services_body(status: int) -> None:
    assert classify(ServiceError("", code="Whatever", status=status)) == "transient"
    assert classify(errors.ResponseError("foreign", status=status)) == "transient"


def test_status_429_is_throttling_whatever_the_body() -> None:
    assert classify(errors.ResponseError("foreign", status=429)) == "throttling"


@pytest.mark.parametrize(
    "error",
    [
        ServiceError("", code="AccessDenied", status=403),
        ServiceError("", code="NotImplemented", status=501),
        errors.ResponseError("foreign", status=200),
        errors.CredentialsError("none"),
        errors.ParameterError("broken"),
        ValueError("a bug"),
    ],
)
def test_everything_else_is_final(error: Exception) -> None:
    assert classify(error) is None


@pytest.mark.parametrize(
    ("kind", "retry", "most"),
    [("transient", 0, 0.05), ("transient", 3, 0.4), ("transient", 30, 20), ("throttling", 0, 1), ("throttling", 9, 20)],
)
def test_the_wait_is_uniform_up_to_twenty_seconds(kind: str, retry: int, most: float) -> None:
    assert backoff(kind, retry, lambda: 1.0) == pytest.approx(most)  # type: ignore[arg-type]
    assert backoff(kind, retry, lambda: 0.5) == pytest.approx(most / 2)  # type: ignore[arg-type]
    assert backoff(kind, retry, lambda: 0.0) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(("asked", "wait"), [(0.0, 0.05), (0.01, 0.05), (2.0, 2.0), (3600.0, 5.05)])
def test_what_the_service_asks_for_stretches_the_wait_by_at_most_five_seconds(asked: float, wait: float) -> None:
    assert backoff("transient", 0, lambda: 1.0, asked) == pytest.approx(wait)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-amz-retry-after": "1500"}, 1.5),
        ({"retry-after": "3"}, 3.0),
        ({"x-amz-retry-after": "soon", "retry-after": "3"}, 3.0),
        ({"retry-after": "Wed, 18 Nov 2026 11:06:50 GMT"}, 10.0),
        ({"retry-after": "Wed, 18 Nov 2020 11:06:50 GMT"}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1.5"}, None),
        ({"x-amz-retry-after": "9" * 5000}, 999999.999),
        ({}, None),
    ],
)
def test_the_headers_that_ask_for_a_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_delay(Response(503, headers.items()), NOW) == seconds


def test_a_call_waits_as_long_as_the_service_asks() -> None:
    clock = FakeClock()
    client(
        Script(failure(503, "Busy", headers=[("x-amz-retry-after", "2000")]), identity()), clock
    ).get_caller_identity()
    assert clock.slept == [2.0]


def test_a_connection_failure_after_an_answer_does_not_use_its_headers() -> None:
    clock = FakeClock()
    busy = failure(503, "Busy", headers=[("x-amz-retry-after", "2000")])
    client(Script(busy, errors.ConnectFailed("gone"), identity()), clock).get_caller_identity()
    assert clock.slept == pytest.approx([2.0, 0.1])


class TestQuota:
    def test_a_retry_costs_14_or_5_and_success_pays_the_last_one_back(self) -> None:
        quota = RetryQuota(20)
        assert quota.draw(14)
        assert not quota.draw(14)
        assert quota.draw(5)
        quota.give_back(5)
        assert quota.available == 6

    def test_a_call_without_a_retry_pays_back_one(self) -> None:
        quota = RetryQuota(20)
        quota.draw(14)
        quota.give_back(0)
        assert quota.available == 7

    @given(st.lists(st.tuples(st.booleans(), st.integers(0, 30))))
    def test_it_never_leaves_its_bounds(self, steps: list[tuple[bool, int]]) -> None:
        quota = RetryQuota(50)
        for draws, amount in steps:
            if draws:
                quota.draw(amount)
            else:
                quota.give_back(amount)
            assert 0 <= quota.available <= 50

    def test_an_empty_bucket_ends_the_retries_of_a_client(self) -> None:
        script = Script(errors.ConnectFailed("down"))
        caller = client(script)
        for _ in range(40):
            with pytest.raises(errors.ConnectFailed):
                caller.get_caller_identity()
        # 500 tokens are worth 35 retries at 14
        assert len(script.requests) == 40 + 35


class TestRateLimiter:
    def test_it_does_nothing_before_the_first_throttling(self) -> None:
        limiter = RateLimiter(NOW)
        for step in range(100):
            limiter.observe(False, NOW + step)
        assert limiter.wait(NOW + 100) == 0

    def test_throttling_cuts_the_rate_to_seven_tenths_of_what_was_measured(self) -> None:
        limiter, now = RateLimiter(NOW), NOW
        for _ in range(100):
            now += 0.1
            limiter.observe(False, now)
        limiter.observe(True, now)
        assert limiter.enabled
        assert limiter.rate == pytest.approx(7, rel=0.15)

    def test_callers_queue_behind_each_other(self) -> None:
        limiter = RateLimiter(NOW)
        limiter.observe(True, NOW)
        assert limiter.rate == 0.5
        assert [limiter.wait(NOW) for _ in range(3)] == pytest.approx([2, 4, 6])

    def test_success_lets_the_rate_grow_along_the_curve_but_not_above_twice_the_measured(self) -> None:
        limiter, now, rates = RateLimiter(NOW), NOW, []
        for step in range(200):
            now += 0.1
            limiter.observe(step == 99, now)
            rates.append(limiter.rate)
        after = rates[99:]
        assert after == sorted(after)
        # throttled at 10 a second: 7 at once, back at 10 after the cube root of 7.5 seconds, then beyond
        assert after[0] == pytest.approx(7, rel=0.1)
        assert after[20] == pytest.approx(10, rel=0.1)
        assert after[-1] == pytest.approx(20, rel=0.1)

    def test_the_adaptive_mode_waits_before_the_call_after_a_throttled_one(self) -> None:
        clock = FakeClock()
        caller = client(Script(failure(400, "Throttling"), identity()), clock, retry_mode="adaptive")
        output = caller.get_caller_identity()
        # 1 s of back-off has filled half a token at 0.5 a second; the other half takes another second
        assert clock.slept == pytest.approx([1.0, 1.0])
        assert output.metadata.total_retry_delay == pytest.approx(2.0)

    def test_the_standard_mode_has_none(self) -> None:
        assert client(Script(identity()), retry_mode="standard").caller.settings.limiter is None
