"""Integers and moments as the service writes and reads them."""

from __future__ import annotations

from understudy.errors import ServiceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

_DIGITS = frozenset("0123456789")


def parse_integer(text: str) -> int:
    """A signed 32-bit integer by the rules of Java: a sign and leading zeros are fine, spaces and points are not.

    Raises `ServiceError` with the code MalformedInput: with a message for an empty text, without one for any other.
    """
    if not text:
        raise ServiceError("missing value for decimal type", code="MalformedInput")
    digits = text[1:] if text[0] in "+-" else text
    if not digits or not _DIGITS.issuperset(digits):
        raise malformed_input()
    significant = digits.lstrip("0") or "0"
    value = int(significant) if len(significant) <= 10 else 1 << 32
    value = -value if text[0] == "-" else value
    if not -(1 << 31) <= value < 1 << 31:
        raise malformed_input()
    return value


def malformed_input() -> ServiceError:
    """The service's refusal of what it cannot read; it comes without a message."""
    return ServiceError(None, code="MalformedInput")


def format_timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC: whole seconds (``2026-11-22T09:30:00Z``), or milliseconds where there is a fraction."""
    from datetime import UTC

    utc = (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds") + "Z"


def epoch_seconds(moment: datetime) -> int | float:
    """Seconds since the epoch, as JSON answers carry moments; an int where they are whole."""
    seconds = round(moment.timestamp(), 3)
    return int(seconds) if seconds.is_integer() else seconds


def parse_timestamp(text: str) -> datetime:
    """An aware datetime in UTC, from ISO 8601 or from seconds since the epoch; raises ValueError that quotes it."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _from_epoch(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _from_epoch(text: str) -> datetime:
    from datetime import UTC, datetime, timedelta

    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a moment in time; it must look like '2026-11-22T09:30:00Z'") from None
