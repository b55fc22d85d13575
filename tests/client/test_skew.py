"""Clock skew: learnt from the Date of answers, in steps of four minutes, and worth one more attempt."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.client.scripted import NOW, FakeClock, Script, client, failure, identity

from understudy import errors
from understudy.client.skew import CODES, ClockSkew, parse_http_date

EXPIRED = "Signature expired: 20261118T110640Z is now earlier than 20261118T115140Z"


def date(moment: float) -> list[tuple[str, str]]:
    return [("date", format_datetime(dt.datetime.fromtimestamp(moment, dt.UTC), usegmt=True))]


@given(st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1)))
def test_dates_are_read_as_python_writes_them(moment: dt.datetime) -> None:
    aware = moment.replace(microsecond=0, tzinfo=dt.UTC)
    assert parse_http_date(format_datetime(aware, usegmt=True)) == aware.timestamp()


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert parse_http_date(text) is None or len(text) == 29


@pytest.mark.parametrize(
    "text",
    ["", "now", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, xx Nov 1994 08:49:37 GMT"],
)
def test_anything_else_is_no_date(text: str) -> None:
    assert parse_http_date(text) is None


@pytest.mark.parametrize(("off", "offset"), [(0, 0), (239, 0), (-239, 0), (240, 240), (-3600, -3600)])
def test_offsets_under_four_minutes_are_left(off: int, offset: int) -> None:
    skew = ClockSkew()
    skew.learn(date(NOW + off)[0][1], NOW)
    assert skew.offset == offset


def test_a_corrected_clock_moves_the_offset_back() -> None:
    skew = ClockSkew()
    skew.learn(date(NOW + 3600)[0][1], NOW)
    skew.learn(date(NOW + 3600)[0][1], NOW + 3600)
    assert skew.offset == 0


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_call_refused_for_its_time_is_repeated_at_once_with_the_right_one(code: str) -> None:
    script, clock = Script(failure(403, code, EXPIRED, date(NOW + 2700)), identity(date(NOW + 2700))), FakeClock()
    client(script, clock, max_attempts=1).get_caller_identity()
    assert [request.header("x-amz-date") for request in script.requests] == ["20261118T110640Z", "20261118T115140Z"]
    assert clock.slept == []


def test_it_is_repeated_once_only() -> None:
    script = Script(failure(403, "SignatureDoesNotMatch", EXPIRED, date(NOW + 2700)))
    with pytest.raises(errors.ServiceError):
        client(script).get_caller_identity()
    assert len(script.requests) == 2


def test_a_wrong_signature_at_the_right_time_is_final() -> None:
    script = Script(failure(403, "SignatureDoesNotMatch", "The request signature", date(NOW + 2)))
    with pytest.raises(errors.ServiceError):
        client(script).get_caller_identity()
    assert len(script.requests) == 1


def test_the_next_call_starts_with_the_offset() -> None:
    script = Script(identity(date(NOW + 2700)))
    caller = client(script)
    caller.get_caller_identity()
    caller.get_caller_identity()
    assert script.requests[1].header("x-amz-date") == "20261118T115140Z"
    assert caller.caller.now() == dt.datetime.fromtimestamp(NOW + 2700, dt.UTC)


@pytest.mark.parametrize(
    "changes", [{"clock_skew_correction": False}, {"environ": {"AWS_DISABLE_CLOCK_SKEW_CORRECTION": "true"}}]
)
def test_it_can_be_switched_off(changes: dict[str, object]) -> None:
    script = Script(failure(403, "SignatureDoesNotMatch", EXPIRED, date(NOW + 2700)))
    with pytest.raises(errors.ServiceError):
        client(script, **changes).get_caller_identity()
    assert len(script.requests) == 1
