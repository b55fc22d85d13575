"""What is wrong with a document, where, and in the service's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document.

    ``path`` leads to the value, ``line`` and ``column`` (from 1) are there when the document was given as text.
    ``text`` says exactly what is wrong; ``service_text`` is what the service answers for it.
    """

    path: Path
    text: str
    service_text: str
    line: int | None = None
    column: int | None = None

    @property
    def json_path(self) -> str:
        """``$.Statement[0].Action``."""
        return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}, " if self.line is not None else ""
        return f"{where}{self.json_path}: {self.text}"


class PolicyError(ValueError):
    """The document is not a policy of its kind; ``problems`` holds every fault, statement by statement."""

    def __init__(self, problems: Sequence[Problem], name: str | None = None) -> None:
        self.problems = tuple(problems)
        self.name = name
        subject = f"policy {name!r}" if name else "the policy"
        super().__init__(f"{subject} is malformed: " + "; ".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[PolicyError], tuple[Sequence[Problem], str | None]]:
        return type(self), (self.problems, self.name)

    @property
    def service_text(self) -> str:
        """The message that the service's MalformedPolicyDocument carries: the first problem's."""
        return self.problems[0].service_text


class Number(str):
    """A number of the document, as it is written there."""

    __slots__ = ()


class Unreadable(ValueError):
    """The text is not JSON; ``offset`` counts characters from the start."""

    def __init__(self, text: str, offset: int, path: Path = ()) -> None:
        super().__init__(text)
        self.offset = offset
        self.path = path


INVALID_JSON = "This policy contains invalid Json"
LONGEST_DOCUMENT = 131_072
"""Characters. No policy of the service is near it (the largest quota is 20,480); it bounds the work for an unchecked
text.
"""
_DEEPEST = 64


def read_json(text: str) -> object:
    """The document as plain values, numbers kept as written; raises `Unreadable`, also for a key given twice."""
    import json

    if len(text) > LONGEST_DOCUMENT:
        raise Unreadable(f"the document is longer than {LONGEST_DOCUMENT} characters", LONGEST_DOCUMENT)
    decoder = json.JSONDecoder(
        object_pairs_hook=_unique, parse_float=Number, parse_int=Number, parse_constant=_no_constant
    )
    try:
        return decoder.decode(text)
    except RecursionError:
        raise Unreadable("the document is nested too deeply", 0) from None
    except json.JSONDecodeError as error:
        raise Unreadable(error.msg[:1].lower() + error.msg[1:], error.pos) from None
    except _Refused as error:
        position = Positions(text)
        raise Unreadable(str(error), position.fault, position.fault_path) from None


class _Refused(ValueError):
    pass


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for index, key in enumerate(keys) if key in keys[:index])
        raise _Refused(f"the key {twice!r} is given twice")
    return members


def _no_constant(name: str) -> object:
    raise _Refused(f"{name} is not JSON")


class Positions:
    """Where each value of a JSON text stands; made only when there is a problem to report."""

    def __init__(self, text: str) -> None:
        import json.scanner

        self.text = text
        self.offsets: dict[Path, int] = {}
        self.fault = 0
        self.fault_path: Path = ()
        self._decoder = json.JSONDecoder()
        try:
            self._value(self._space(0), ())
        except (ValueError, IndexError):
            return

    def line_and_column(self, path: Path) -> tuple[int, int]:
        """Of the value at the path, or of the nearest value around it; both count from 1."""
        while path and path not in self.offsets:
            path = path[:-1]
        return line_and_column(self.text, self.offsets.get(path, 0))

    def _space(self, at: int) -> int:
        while at < len(self.text) and self.text[at] in " \t\n\r":
            at += 1
        return at

    def _value(self, at: int, path: Path) -> int:
        self.offsets[path] = at
        if len(path) > _DEEPEST:
            raise ValueError("too deep")
        if self.text[at] == "{":
            return self._object(self._space(at + 1), path)
        if self.text[at] == "[":
            return self._array(self._space(at + 1), path)
        return self._decoder.raw_decode(self.text, at)[1]

    def _object(self, at: int, path: Path) -> int:
        seen: set[str] = set()
        while self.text[at] != "}":
            key, after = self._decoder.raw_decode(self.text, at)
            if key in seen and not self.fault:
                self.fault, self.fault_path = at, (*path, key)
            seen.add(key)
            colon = self._space(after)
            at = self._next(self._value(self._space(colon + 1), (*path, key)))
        return at + 1

    def _array(self, at: int, path: Path) -> int:
        index = 0
        while self.text[at] != "]":
            at = self._next(self._value(at, (*path, index)))
            index += 1
        return at + 1

    def _next(self, at: int) -> int:
        at = self._space(at)
        return self._space(at + 1) if self.text[at] == "," else at


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The line and column, from 1, of a character."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def place(problems: Sequence[Problem], text: str) -> list[Problem]:
    """The problems with the line and column where each value stands."""
    positions = Positions(text)
    placed = [(positions.line_and_column(problem.path), problem) for problem in problems]
    return [Problem(each.path, each.text, each.service_text, line, column) for (line, column), each in placed]


def as_list(value: object) -> list[object]:
    """Every element may be one value or a list of them."""
    return list(value) if isinstance(value, list | tuple) else [value]


def as_object(value: object) -> Mapping[str, object] | None:
    """The value when it is an object with texts as keys."""
    return value if isinstance(value, Mapping) and all(isinstance(key, str) for key in value) else None
