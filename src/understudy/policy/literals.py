"""How condition values are read: numbers, dates, booleans, addresses, binary values and ARNs. None means malformed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from decimal import Decimal
    from ipaddress import IPv4Network, IPv6Network

    from .wildcards import Token

Read = TypeVar("Read")

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?)?"
)
_LONGEST = 512
"""No number, date or address is longer; a longer text is malformed before it is looked at."""


def _remembered(read: Callable[[str], Read]) -> Callable[[str], Read | None]:
    """Remember the last texts read; a text that is too long is malformed, and neither read nor kept."""
    kept = lru_cache(1024)(read)

    @wraps(read)
    def short(text: str) -> Read | None:
        return kept(text) if len(text) <= _LONGEST else None

    return short


@_remembered
def number(text: str) -> Decimal | None:
    """A number as Numeric operators read it: ``01``, ``+1``, ``1.0`` and ``1e0`` are all one [recorded]."""
    from decimal import Decimal

    return Decimal(text) if _NUMBER.fullmatch(text) else None


@_remembered
def date(text: str) -> Decimal | None:
    """Seconds since 1970 of an ISO 8601 date or date and time, or of epoch seconds. Without a zone it is UTC."""
    found = _DATE.fullmatch(text)
    return _calendar(*found.groups()) if found else number(text)


def _calendar(
    year: str,
    month: str,
    day: str | None,
    hour: str | None,
    minute: str | None,
    second: str | None,
    fraction: str | None,
    zone: str | None,
) -> Decimal | None:
    from datetime import UTC, datetime
    from decimal import Decimal

    offset = _zone_minutes(zone)
    try:
        moment = datetime(
            int(year), int(month), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return None
    if offset is None:
        return None
    days = moment.toordinal() - 719_163  # 1970-01-01
    whole = days * 86_400 + moment.hour * 3_600 + (moment.minute - offset) * 60 + moment.second
    return Decimal(whole) + Decimal(f"0.{fraction or 0}")


def _zone_minutes(zone: str | None) -> int | None:
    if zone is None or zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def boolean(text: str) -> bool:
    """``true`` in any case is true, everything else is false [recorded]."""
    return text.lower() == "true"


def binary(text: str) -> bytes | None:
    """The bytes behind base64 text."""
    from base64 import b64decode

    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None


@_remembered
def network(text: str) -> IPv4Network | IPv6Network | None:
    """A policy's address or CIDR block. IPv4 host bits are ignored; an IPv6 block with host bits matches nothing
    [recorded].
    """
    from ipaddress import IPv6Network, ip_network

    if "%" in text or "." in text.partition("/")[2]:
        return None
    try:
        block = ip_network(text, strict=False)
        return ip_network(text, strict=isinstance(block, IPv6Network))
    except ValueError:
        return None


@_remembered
def address(text: str) -> IPv4Network | IPv6Network | None:
    """A request's address; an IPv4-mapped IPv6 address is its IPv4 address [recorded]."""
    from ipaddress import IPv6Address, ip_address, ip_network

    if "%" in text:
        return None
    try:
        value = ip_address(text)
    except ValueError:
        return None
    mapped = value.ipv4_mapped if isinstance(value, IPv6Address) else None
    return ip_network(mapped or value)


def within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    """Whether an address lies in a block; the two families never meet."""
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def arn_segments(text: str) -> list[str] | None:
    """The six parts of an ARN; the last keeps its colons."""
    parts = text.split(":", 5)
    return parts if len(parts) == 6 and parts[0] == "arn" else None


def arn_patterns(tokens: list[Token]) -> list[list[Token]] | None:
    """A pattern cut at its first five colons; None when it has fewer, so that it matches nothing."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            parts[-1].append(token)
            continue
        first, *rest = token.split(":", 6 - len(parts))
        parts[-1].append(first)
        for each in rest:
            parts.append([each])
    return parts if len(parts) == 6 else None
