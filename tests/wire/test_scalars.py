"""Integers by the rules of Java, moments in ISO 8601 and in epoch seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.errors import ServiceError
from understudy.wire import scalars

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("900", 900),
        ("0900", 900),
        ("+900", 900),
        ("-1", -1),
        ("0", 0),
        ("-0", 0),
        ("0" * 6000 + "7", 7),
        ("2147483647", 2**31 - 1),
        ("-2147483648", -(2**31)),
    ],
)
def test_java_integers_are_read(text: str, value: int) -> None:
    assert scalars.parse_integer(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "900.0",
        "9e2",
        " 900",
        "900 ",
        "+",
        "-",
        "+-9",
        "1_000",
        "٣",
        "0x10",
        "2147483648",
        "-2147483649",
        "9" * 6000,
    ],
)
def test_what_java_refuses_is_malformed_input_without_a_message(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        scalars.parse_integer(text)
    assert (caught.value.code, caught.value.status, caught.value.has_message) == ("MalformedInput", 400, False)


def test_an_empty_integer_has_a_message_of_its_own() -> None:
    with pytest.raises(ServiceError) as caught:
        scalars.parse_integer("")
    assert (caught.value.code, caught.value.message) == ("MalformedInput", "missing value for decimal type")


@given(st.integers(-(2**31), 2**31 - 1))
def test_every_integer_of_32_bits_is_read_back(value: int) -> None:
    assert scalars.parse_integer(str(value)) == value


def test_moments_are_written_in_utc_with_whole_seconds_or_milliseconds() -> None:
    there = timezone(timedelta(hours=2))
    assert scalars.format_timestamp(datetime(2026, 11, 22, 11, 30, tzinfo=there)) == "2026-11-22T09:30:00Z"
    assert scalars.format_timestamp(datetime(2026, 11, 22, 9, 30, 0, 5999, UTC)) == "2026-11-22T09:30:00.005Z"


@given(MOMENTS)
def test_moments_survive_to_the_millisecond(moment: datetime) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert scalars.parse_timestamp(scalars.format_timestamp(moment)) == cut


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T09:30:00Z",
        "2026-11-22T09:30:00.000Z",
        "2026-11-22T11:30:00+02:00",
        "2026-11-22T09:30:00",
        "20261122T093000Z",
        "1795339800",
        "1.7953398E9",
    ],
)
def test_every_spelling_of_a_moment_is_read_as_utc(text: str) -> None:
    moment = scalars.parse_timestamp(text)
    assert moment == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00Z", "1e400", "nan", "inf", "-1e300"])
def test_what_is_no_moment_is_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="is not a moment in time; it must look like"):
        scalars.parse_timestamp(text)


def test_epoch_seconds_are_whole_where_they_can_be() -> None:
    assert repr(scalars.epoch_seconds(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))) == "1795339800"
    assert scalars.epoch_seconds(datetime(2026, 11, 22, 9, 30, 0, 250_000, UTC)) == 1795339800.25
