"""How far this machine's clock is from the service's, learnt from the Date of its answers."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

STEP: Final = 240.0
"""Seconds. The service refuses a signature 15 minutes (some services: 5) off, so an offset under 4 minutes is left."""

CODES: Final = frozenset(
    (
        "RequestTimeTooSkewed",
        "RequestExpired",
        "RequestInTheFuture",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "AuthFailure",
    )
)
"""What services answer to a signature whose time is off; STS itself says SignatureDoesNotMatch."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ClockSkew:
    """The offset to add to the local time, in seconds; it moves only when a measurement is 4 minutes or more off it."""

    __slots__ = ("_date", "_epoch", "enabled", "offset")

    def __init__(self, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self.offset = 0.0
        self._date = ""
        self._epoch = 0.0

    def learn(self, date: str | None, now: float) -> None:
        """Take the Date of an answer that came at `now` (epoch seconds, uncorrected); a broken one is ignored."""
        if not self.enabled or date is None:
            return
        if date != self._date:
            parsed = parse_http_date(date)
            if parsed is None:
                return
            self._date, self._epoch = date, parsed
        measured = self._epoch - now
        if abs(measured - self.offset) >= STEP:
            self.offset = measured

    def moved_since(self, offset: float) -> bool:
        """Whether the offset is no longer the one that a request was signed with."""
        return abs(self.offset - offset) >= STEP


def parse_http_date(text: str) -> float | None:
    """``Sun, 06 Nov 1994 08:49:37 GMT`` in seconds since the epoch; None for anything else (RFC 9110, 5.6.7)."""
    if len(text) != 29 or not text.endswith(" GMT"):
        return None
    numbers = (text[12:16], text[5:7], text[17:19], text[20:22], text[23:25])
    if text[8:11] not in _MONTHS or not all(part.isdecimal() for part in numbers):
        return None
    year, day, hours, minutes, seconds = map(int, numbers)
    days = _days_from_epoch(year, _MONTHS.index(text[8:11]) + 1, day)
    return float(days * 86400 + hours * 3600 + minutes * 60 + seconds)


def _days_from_epoch(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar; March opens the year, so that a leap day comes last."""
    shifted = year - (month < 3)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + day_of_year - 719468
