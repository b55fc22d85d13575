"""YAML read with its line numbers, so that every complaint names file, line, value and fix."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, NoReturn

from understudy.errors import ConfigurationError

_DEEPEST = 64


class DirectoryError(ConfigurationError):
    """A directory file says something that cannot be; the message names file, line, value and fix."""


class Source:
    """One value of a file and where it stands. Readers take what they expect, or refuse with the line."""

    __slots__ = ("file", "node", "path")

    def __init__(self, file: str, node: Any, path: str = "") -> None:
        self.file = file
        self.node = node
        self.path = path

    def refuse(self, text: str, hint: str | None = None) -> NoReturn:
        """Raise `DirectoryError` about this value."""
        where = f"{self.path}: " if self.path else ""
        raise DirectoryError(f"{self.file}:{self.line}: {where}{text}", hint=hint)

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    def text(self) -> str:
        """A scalar as it is written: ``012345678901`` and ``2012-10-17`` stay what they are."""
        if self.node.id != "scalar":
            self.refuse(f"must be a text, not a {self.node.id}")
        return str(self.node.value)

    def integer(self, minimum: int, maximum: int) -> int:
        value = self.text()
        if not value.isascii() or not value.isdigit() or not minimum <= int(value) <= maximum:
            self.refuse(f"{value!r} must be a whole number from {minimum} to {maximum}")
        return int(value)

    def truth(self) -> bool:
        value = self.text().lower()
        if value not in ("true", "false"):
            self.refuse(f"{value!r} must be true or false")
        return value == "true"

    def items(self) -> list[Source]:
        """The values of a list; one scalar stands for a list of one, an empty value for an empty list."""
        if self.empty:
            return []
        if self.node.id == "scalar":
            return [self]
        if self.node.id != "sequence":
            self.refuse("must be a list")
        return [Source(self.file, each, f"{self.path}[{index}]") for index, each in enumerate(self.node.value)]

    def texts(self) -> tuple[str, ...]:
        return tuple(each.text() for each in self.items())

    @property
    def empty(self) -> bool:
        """Whether nothing is written there."""
        return str(self.node.tag) == "tag:yaml.org,2002:null"

    def pairs(self) -> Iterator[tuple[str, Source]]:
        """The keys and values of a mapping; a key given twice is refused."""
        if self.empty:
            return
        if self.node.id != "mapping":
            self.refuse("must be a mapping of names to values")
        seen: set[str] = set()
        for key_node, node in self.node.value:
            key = Source(self.file, key_node, self.path).text()
            if key in seen:
                Source(self.file, key_node, self.path).refuse(f"{key!r} is given twice; keep one of them")
            seen.add(key)
            yield key, Source(self.file, node, f"{self.path}.{key}" if self.path else key)

    def strings(self) -> dict[str, str]:
        return {key: value.text() for key, value in self.pairs()}

    def members(self, *known: str) -> dict[str, Source]:
        """The members of a mapping, each of them known; an unknown one is refused with what was probably meant."""
        found: dict[str, Source] = {}
        for key, value in self.pairs():
            if key not in known:
                value.refuse_unknown(key, known)
            found[key] = value
        return found

    def refuse_unknown(self, key: str, known: tuple[str, ...]) -> NoReturn:
        close = get_close_matches(key, known, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        self.refuse(f"the key {key!r} is not known{meant}", hint=f"known here: {', '.join(known)}")

    def plain(self, depth: int = 0) -> Any:
        """The value as JSON has it; dates stay texts, so that ``Version: 2012-10-17`` is what it looks like."""
        if depth > _DEEPEST:
            self.refuse("is nested too deeply")
        if self.node.id == "sequence":
            return [each.plain(depth + 1) for each in self.items()]
        if self.node.id == "mapping":
            return {key: value.plain(depth + 1) for key, value in self.pairs()}
        return self._scalar()

    def _scalar(self) -> Any:
        kind = self.node.tag.rpartition(":")[2]
        value = str(self.node.value)
        if kind == "bool":
            return value.lower() in ("true", "yes", "on")
        if kind == "null":
            return None
        return int(value) if kind == "int" and value.lstrip("-").isdigit() else value


def compose(text: str, file: str) -> Source:
    """The document of a text; raises `DirectoryError` with the line where it is not YAML."""
    import yaml

    try:
        node = yaml.compose(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise DirectoryError(f"{file}:{line}: this is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise DirectoryError(f"{file}: this is not YAML: {error}") from None
    if node is None:
        raise DirectoryError(f"{file} is empty; it must at least have 'accounts:'")
    return Source(file, node)


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
