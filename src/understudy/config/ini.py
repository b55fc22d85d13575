"""The grammar of AWS's two files: sections, keys, continuation lines, one level of nesting, and every position.

Sources: "Shared config and credentials files" of the AWS SDKs and Tools guide, and what botocore and the JS SDK accept.
A line that opens with ``#`` or ``;`` is a comment, and so is the rest of a line after white space and one of these two.
A line that is indented deeper than its key goes on with the value; where the value's own line is empty, the indented
lines are keys of a nested section. Keys are compared in lower case, names of sections as they stand. A section or a key
that is written twice is one, and the later value counts.
"""

from __future__ import annotations

from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Entry:
    """One key of a section: its text, or its nested keys, and where it stands."""

    __slots__ = ("key", "line", "nested", "path", "text")

    def __init__(self, key: str, text: str, path: str, line: int) -> None:
        self.key = key
        self.text = text
        self.path = path
        self.line = line
        self.nested: dict[str, Entry] = {}

    @property
    def where(self) -> str:
        """``file:line``."""
        return f"{self.path}:{self.line}"

    def __repr__(self) -> str:
        return f"Entry({self.key!r} at {self.where})"


class Section:
    """A header in brackets and the keys below it."""

    __slots__ = ("entries", "header", "line", "path")

    def __init__(self, header: str, path: str, line: int) -> None:
        self.header = header
        self.path = path
        self.line = line
        self.entries: dict[str, Entry] = {}

    @property
    def where(self) -> str:
        """``file:line`` of the header."""
        return f"{self.path}:{self.line}"

    def __repr__(self) -> str:
        return f"Section([{self.header}] at {self.where})"


def parse(text: str, path: str) -> list[Section]:
    """The sections of a file in their order; raises `ConfigurationError` with file and line, never with a value."""
    reader = _Reader(path)
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        reader.take(line, number)
    return reader.sections


class _Reader:
    """What has been read so far: the open section, the open key, and how deep that key stands."""

    __slots__ = ("entry", "indent", "path", "sections")

    def __init__(self, path: str) -> None:
        self.path = path
        self.sections: list[Section] = []
        self.entry: Entry | None = None
        self.indent = 0

    def take(self, line: str, number: int) -> None:
        content = line.strip()
        if not content or content[0] in "#;":
            return
        indent = len(line) - len(line.lstrip())
        if self.entry is not None and indent > self.indent:
            self._continue(self.entry, content, number)
        elif content[0] == "[":
            self._open_section(content, number)
        else:
            self._open_entry(content, number, indent)

    def _open_section(self, content: str, number: int) -> None:
        end = content.find("]")
        rest = content[end + 1 :].strip()
        header = content[1:end].strip()
        if end < 0 or (rest and rest[0] not in "#;"):
            raise self._error(number, f"the section {content!r} must end with ']'")
        if not header:
            raise self._error(number, "the section has no name")
        self.sections.append(Section(header, self.path, number))
        self.entry = None

    def _open_entry(self, content: str, number: int, indent: int) -> None:
        if not self.sections:
            raise self._error(
                number, "a key stands before the first section; put [default] or another section above it"
            )
        key, value = self._split(content, number)
        self.entry = Entry(key, value, self.path, number)
        self.indent = indent
        self.sections[-1].entries[key] = self.entry

    def _continue(self, entry: Entry, content: str, number: int) -> None:
        if entry.text:
            entry.text += f"\n{_without_comment(content)}"
            return
        key, value = self._split(content, number)
        entry.nested[key] = Entry(key, value, self.path, number)

    def _split(self, content: str, number: int) -> tuple[str, str]:
        """Key and value around the first ``=`` (or ``:``, which configparser takes too)."""
        ends = [position for position in map(content.find, "=:") if position >= 0]
        if not ends:
            raise self._error(number, f"{_first_word(content)!r} is not followed by '='; write 'key = value'")
        key = content[: min(ends)].strip().lower()
        if not key:
            raise self._error(number, "there is no key before '='")
        return key, _without_comment(content[min(ends) + 1 :].strip())

    def _error(self, number: int, what: str) -> ConfigurationError:
        return ConfigurationError(f"{self.path}:{number}: {what}")


def _first_word(content: str) -> str:
    """What may be shown of a broken line: the rest could be a secret."""
    word = content.split(None, 1)[0]
    return word if len(word) <= 32 and word.replace("_", "").isalpha() and word.islower() else "the line"


def _without_comment(value: str) -> str:
    """The value up to a ``#`` or ``;`` that follows white space."""
    return value[: next(_comments(value), len(value))].rstrip()


def _comments(value: str) -> Iterator[int]:
    return (
        position
        for position, character in enumerate(value)
        if character in "#;" and (position == 0 or value[position - 1].isspace())
    )
