"""Elements of an answer: a tree that is written as XML or JSON and read back from either, without trust.

Expat is fed safely: a document type declaration, and so every entity of the document's own, is refused; depth, number
of elements and size are bounded.
"""

from __future__ import annotations

from understudy.errors import ResponseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MAX_BYTES = 1_048_576
MAX_DEPTH = 32
MAX_ELEMENTS = 10_000

_REFERENCES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_FORBIDDEN = dict.fromkeys([*(set(range(0x20)) - {0x9, 0xA, 0xD}), 0xFFFE, 0xFFFF], "�")
_ESCAPES = {**_REFERENCES, **_FORBIDDEN}


class Element:
    """A name with either children or text; attributes are not kept, no answer of the service has any."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str, text: str = "", children: Iterable[Element] = ()) -> None:
        self.name = name
        self.text = text
        self.children = list(children)

    def find(self, *path: str) -> Element | None:
        """The first descendant at this path, or None."""
        found: Element | None = self
        for name in path:
            found = next((child for child in found.children if child.name == name), None) if found else None
        return found

    def find_text(self, *path: str) -> str | None:
        """The text of the first descendant at this path, or None."""
        found = self.find(*path)
        return None if found is None else found.text


def escape(text: str) -> str:
    """Text as XML has it: references for markup, a replacement for characters that XML cannot hold."""
    if text.isascii() and text.isprintable() and "&" not in text and "<" not in text and ">" not in text:
        return text
    return text.translate(_ESCAPES)


def write_xml(root: Element, namespace: str) -> bytes:
    """The document as the service writes it: no declaration, indented by two spaces, one newline at the end."""
    lines: list[str] = []
    _write(root, 0, f' xmlns="{namespace}"', lines)
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _write(element: Element, depth: int, attributes: str, lines: list[str]) -> None:
    indent = "  " * depth
    if not element.children:
        lines.append(f"{indent}<{element.name}{attributes}>{escape(element.text)}</{element.name}>")
        return
    lines.append(f"{indent}<{element.name}{attributes}>")
    for child in element.children:
        _write(child, depth + 1, "", lines)
    lines.append(f"{indent}</{element.name}>")


def read(body: bytes) -> Element:
    """The tree of an XML or JSON document; raises `ResponseError` when it is neither or beyond the bounds."""
    if len(body) > MAX_BYTES:
        raise ResponseError(f"a document of {len(body)} bytes, more than the {MAX_BYTES} that are read")
    return _read_json(body) if body.lstrip()[:1] == b"{" else read_xml(body)


def read_xml(body: bytes) -> Element:
    """The tree of an XML document in UTF-8; raises `ResponseError`."""
    from pyexpat import ExpatError, ParserCreate

    builder = _Builder()
    parser = ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except ExpatError as error:
        raise ResponseError(f"a document that is not XML: {error}") from None
    return builder.root.children[0]


def _refuse_doctype(name: str, *_: object) -> None:
    raise ResponseError(f"a document with a document type declaration ({name[:80]!r}), which is never read")


class _Builder:
    """Builds the tree from Expat's events; namespace prefixes are dropped."""

    def __init__(self) -> None:
        self.root = Element("")
        self.open = [self.root]
        self.count = 0

    def start(self, name: str, _attributes: object) -> None:
        self.count += 1
        if len(self.open) > MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise ResponseError(
                f"a document that nests deeper than {MAX_DEPTH} or has more than {MAX_ELEMENTS} elements"
            )
        element = Element(name.rpartition(":")[2])
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, _name: str) -> None:
        closed = self.open.pop()
        if closed.children:
            closed.text = ""

    def characters(self, text: str) -> None:
        self.open[-1].text += text


def _read_json(body: bytes) -> Element:
    import json

    try:
        return _element("", json.loads(body), MAX_DEPTH)
    except (ValueError, RecursionError) as error:
        raise ResponseError(f"a document that is not JSON: {type(error).__name__}") from None


def _element(name: str, value: Any, depth: int) -> Element:
    """An element of a JSON value: objects have their members as children, arrays ``member`` elements, null nothing."""
    if depth == 0:
        raise ResponseError(f"a document that nests deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        return Element(name, children=[_element(k, v, depth - 1) for k, v in value.items() if v is not None])
    if isinstance(value, list):
        return Element(name, children=[_element("member", item, depth - 1) for item in value])
    return Element(name, str(value))
