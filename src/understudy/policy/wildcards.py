"""Wildcard matching in time linear in its input: ``*`` is any run of characters, ``?`` is one UTF-16 unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum


class Wildcard(Enum):
    """The two wildcards, as tokens, so that a literal ``*`` (from ``${*}`` or a variable's value) stays a literal."""

    RUN = "*"
    ONE = "?"


_WILDCARDS = {each.value: each for each in Wildcard}
_WILDCARD = re.compile(r"([*?])")

Token = str | Wildcard
Matcher = Callable[[str], bool]


def tokenize(text: str) -> list[Token]:
    """Split a pattern into literals and wildcards: ``a*b?`` is ``["a", RUN, "b", ONE]``."""
    if "*" not in text and "?" not in text:
        return [text] if text else []
    return [_WILDCARDS.get(part, part) for part in _WILDCARD.split(text) if part]


def compile_pattern(text: str) -> Matcher:
    """A predicate for the pattern in which ``*`` and ``?`` are wildcards."""
    return compile_tokens(tokenize(text))


def compile_tokens(tokens: Iterable[Token]) -> Matcher:
    """A predicate for tokens; the shapes that policies are full of (all literal, a prefix, a suffix) cost one call."""
    shape = _joined(tokens)
    if not shape:
        return "".__eq__
    if len(shape) == 1 and isinstance(shape[0], str):
        return shape[0].__eq__
    if len(shape) == 1 and shape[0] is Wildcard.RUN:
        return _anything
    if len(shape) == 2 and isinstance(shape[0], str) and shape[1] is Wildcard.RUN:
        return _starts_with(shape[0])
    if len(shape) == 2 and isinstance(shape[1], str) and shape[0] is Wildcard.RUN:
        return _ends_with(shape[1])
    return _Glob(shape).matches


def prefix_of(text: str) -> str | None:
    """The literal before the only wildcard, a closing ``*``; None when the pattern has another shape."""
    prefix = text[:-1]
    return prefix if text.endswith("*") and "*" not in prefix and "?" not in prefix else None


def _anything(_text: str) -> bool:
    return True


def _starts_with(prefix: str) -> Matcher:
    return lambda text: text.startswith(prefix)


def _ends_with(suffix: str) -> Matcher:
    return lambda text: text.endswith(suffix)


def _joined(tokens: Iterable[Token]) -> list[Token]:
    """Neighbouring literals as one, and neighbouring ``*`` as one."""
    out: list[Token] = []
    for token in tokens:
        if not token:
            continue
        last = out[-1] if out else None
        if isinstance(token, str) and isinstance(last, str):
            out[-1] = last + token
        elif token is not Wildcard.RUN or last is not Wildcard.RUN:
            out.append(token)
    return out


def utf16_units(text: str) -> str:
    """The text with every character beyond U+FFFF as its two surrogates, because one ``?`` matches one unit
    [recorded].
    """
    if text.isascii() or max(text) <= "\uffff":
        return text
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(raw[i] | raw[i + 1] << 8) for i in range(0, len(raw), 2))


class _Glob:
    """The pattern cut at each ``*`` into pieces: the first is anchored at the start, the last at the end, and each
    other one is looked for once, leftmost, after the one before. Leftmost is always good enough, so nothing is
    ever tried twice.
    """

    __slots__ = ("_first", "_last", "_middle", "_shortest", "_units", "_whole")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._units = Wildcard.ONE in tokens
        pieces = [_Piece(piece) for piece in _cut(tokens)]
        self._whole = len(pieces) == 1
        self._first, self._middle, self._last = pieces[0], pieces[1:-1], pieces[-1]
        self._shortest = sum(piece.width for piece in pieces)

    def matches(self, text: str) -> bool:
        if self._units:
            text = utf16_units(text)
        end = len(text) - self._last.width
        if len(text) < self._shortest or not self._first.at(text, 0):
            return False
        if self._whole:
            return end == 0
        return self._last.at(text, end) and self._between(text, self._first.width, end)

    def _between(self, text: str, position: int, end: int) -> bool:
        places = _Places(text)
        for piece in self._middle:
            found = piece.find(places, position, end)
            if found < 0:
                return False
            position = found + piece.width
        return True


def _cut(tokens: Sequence[Token]) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token is Wildcard.RUN:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


class _Places:
    """Where each character of a piece stands in a text, one bit per position, worked out when the character is
    asked for.
    """

    __slots__ = ("_masks", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._masks: dict[str, int] = {}

    def of(self, character: str) -> int:
        mask = self._masks.get(character)
        if mask is None:
            mask = self._masks[character] = self._mask(character)
        return mask

    def _mask(self, character: str) -> int:
        bits = bytearray(len(self.text) // 8 + 1)
        position = self.text.find(character)
        while position >= 0:
            bits[position >> 3] |= 1 << (position & 7)
            position = self.text.find(character, position + 1)
        return int.from_bytes(bits, "little")


class _Piece:
    """A stretch of pattern without ``*``: literal runs at fixed offsets, with ``?`` between them."""

    __slots__ = ("_runs", "width")

    def __init__(self, tokens: Iterable[Token]) -> None:
        self.width = 0
        runs: list[tuple[int, str]] = []
        for token in tokens:
            if isinstance(token, str):
                literal = utf16_units(token)
                runs.append((self.width, literal))
                self.width += len(literal)
            else:
                self.width += 1
        self._runs = tuple(runs)

    def at(self, text: str, position: int) -> bool:
        """Whether the piece stands at the position; the caller has checked that the text is long enough."""
        return all(text.startswith(literal, position + offset) for offset, literal in self._runs)

    def find(self, places: _Places, start: int, end: int) -> int:
        """The first place at which the piece fits between start and end, -1 without one."""
        if not self._runs:
            return start if start + self.width <= end else -1
        if len(self._runs) == 1:
            offset, literal = self._runs[0]
            found = places.text.find(literal, start + offset, end - (self.width - offset - len(literal)))
            return found - offset if found >= 0 else -1
        return self._find_in_parallel(places, start, end)

    def _find_in_parallel(self, places: _Places, start: int, end: int) -> int:
        """All places at once, one bit each: a place survives when every character of the piece is where it must be."""
        room = end - start - self.width + 1
        survivors = (1 << room) - 1 if room > 0 else 0
        for offset, literal in self._runs:
            for index, character in enumerate(literal, start + offset):
                survivors &= places.of(character) >> index
                if not survivors:
                    return -1
        return start + (survivors & -survivors).bit_length() - 1
