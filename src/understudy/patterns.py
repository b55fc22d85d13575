"""The character patterns of the service model, matched without the ``re`` module.

Every pattern of the model is one character class, repeated. The text is the model's own, because validation messages
print it; the match is a set test, which needs no import and is linear. Characters outside the Basic Multilingual Plane
fail every pattern, as they do at the service.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_DIGITS = frozenset("0123456789")
_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


class Pattern:
    """One character class of the model: ``text`` as messages print it, and the characters it admits."""

    __slots__ = ("_allowed", "_beyond", "_empty", "text")

    def __init__(self, text: str, allowed: frozenset[str], beyond: Callable[[str], bool] | None = None) -> None:
        self.text = text
        self._allowed = allowed
        self._beyond = beyond
        self._empty = text.endswith("*")

    def matches(self, value: str) -> bool:
        """Whether every character of the value is admitted; an empty one only where the pattern ends in ``*``."""
        if not value:
            return self._empty
        if self._allowed.issuperset(value):
            return True
        beyond = self._beyond
        return beyond is not None and all(char in self._allowed or beyond(char) for char in value)


def _arn_beyond_ascii(char: str) -> bool:
    return char == "\x85" or "\xa0" <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd"


def _letter_space_or_number(char: str) -> bool:
    r"""The classes ``\p{L}``, ``\p{Z}`` and ``\p{N}`` of the Basic Multilingual Plane."""
    from unicodedata import category

    return char <= "\uffff" and category(char)[0] in "LZN"


ARN = Pattern(
    r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
    frozenset({"\t", "\n", "\r", *map(chr, range(0x20, 0x7F))}),
    _arn_beyond_ascii,
)
POLICY = Pattern(
    r"[\u0009\u000A\u000D\u0020-\u00FF]+",
    frozenset({"\t", "\n", "\r", *map(chr, range(0x20, 0x100))}),
)
TAG_KEY = Pattern(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", _WORD | set(" .:/=+-@"), _letter_space_or_number)
TAG_VALUE = Pattern(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", _WORD | set(" .:/=+-@"), _letter_space_or_number)
NAME = Pattern(r"[\w+=,.@-]*", _WORD | set("+=,.@-"))
EXTERNAL_ID = Pattern(r"[\w+=,.@:\/-]*", _WORD | set("+=,.@:/-"))
SERIAL_NUMBER = Pattern(r"[\w+=/:,.@-]*", _WORD | set("+=/:,.@-"))
ASSUMED_ROLE_ID = Pattern(r"[\w+=,.@:-]*", _WORD | set("+=,.@:-"))
FEDERATED_USER_ID = Pattern(r"[\w+=,.@\:-]*", _WORD | set("+=,.@:-"))
DIGITS = Pattern(r"[\d]*", _DIGITS)
WORD = Pattern(r"[\w]*", _WORD)
