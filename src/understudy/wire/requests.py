"""Requests: a command to form bytes, and a form back to a command, by walking the members of its shape."""

from __future__ import annotations

from understudy.commands import API_VERSION, BY_NAME
from understudy.errors import ParameterError, ServiceError
from understudy.shape import Integer, ListOf, Nested, Timestamp
from understudy.wire import forms
from understudy.wire.scalars import format_timestamp, malformed_input, parse_integer, parse_timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from understudy.commands import Command
    from understudy.shape import Kind, Member, Shape

CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
MAX_GAP = 10
"""How far one index may reach beyond the end of the list that it extends."""


def serialize(command: Command[Any]) -> bytes:
    """The form of a command; raises `ParameterError` for text that has no UTF-8 form."""
    try:
        return forms.encode(pairs(command))
    except UnicodeEncodeError:
        raise _without_utf8(command) from None


def pairs(command: Command[Any]) -> Iterator[tuple[str, str]]:
    """The names and values of a command in wire order: Action, Version, then the members in the model's order."""
    yield "Action", command.operation.name
    yield "Version", API_VERSION
    yield from _members(command, "")


def _members(shape: Shape, prefix: str) -> Iterator[tuple[str, str]]:
    for declared in shape.members:
        value = getattr(shape, declared.name)
        if value is not None:
            yield from _value(declared.kind, value, prefix + declared.wire_name)


def _value(kind: Kind, value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(kind, ListOf):
        yield from _list(kind.item, value, name)
    elif isinstance(kind, Nested):
        yield from _members(value, name + ".")
    else:
        yield name, format_timestamp(value) if isinstance(kind, Timestamp) else str(value)


def _list(item: Kind, values: tuple[Any, ...], name: str) -> Iterator[tuple[str, str]]:
    """Elements count from one; an empty list is written as an empty value, nulls leave a gap."""
    if not values:
        yield name, ""
    for index, value in enumerate(values, start=1):
        if value is not None:
            yield from _value(item, value, f"{name}.member.{index}")


def _without_utf8(command: Command[Any]) -> ParameterError:
    name, value = next(pair for pair in pairs(command) if any("\ud800" <= char <= "\udfff" for char in pair[1]))
    position = next(index for index, char in enumerate(value) if "\ud800" <= char <= "\udfff")
    return ParameterError(
        f"{name} of {command.operation.name} holds half of a surrogate pair at character {position + 1}, "
        "which has no UTF-8 form, nothing was sent; decode its source with the right character set"
    )


class ParsedRequest:
    """A form as it was received: the action and version it names, and the command, which is read when asked for.

    `action` is None where the form names none; the service answers that with a redirect, and has no command for it.
    """

    __slots__ = ("_command", "action", "form", "version")

    def __init__(self, action: str | None, version: str | None, form: forms.Pairs) -> None:
        self.action = action
        self.version = version
        self.form = form
        self._command: Command[Any] | None = None

    @property
    def shape(self) -> type[Command[Any]]:
        """The type of the command; raises `ServiceError` (InvalidAction) where the service has no such operation."""
        found = BY_NAME.get(self.action or "") if self.version == API_VERSION else None
        if found is None:
            version = "NO_VERSION_SPECIFIED" if self.version is None else self.version
            raise ServiceError(
                f"Could not find operation {self.action} for version {version}", code="InvalidAction", status=400
            )
        return found

    @property
    def command(self) -> Command[Any]:
        """The command, limits unchecked; raises `ServiceError` (InvalidAction, MalformedInput)."""
        if self._command is None:
            self._command = read(self.shape, self.form)
        return self._command

    def __repr__(self) -> str:
        return f"ParsedRequest(action={self.action!r}, version={self.version!r}, {len(self.form)} pairs)"


def parse(form: bytes | str) -> ParsedRequest:
    """Read a form, of a body or of a query; raises `ServiceError` (MalformedQueryString) for a bad escape.

    Whether the operation exists (`ParsedRequest.shape`) and whether its members can be read (`ParsedRequest.command`)
    comes out when asked for, because the service authenticates in between.
    """
    decoded = forms.decode(form)
    action = version = None
    for name, value in decoded:
        if name == "Action":
            action = value if action is None else action
        elif name == "Version":
            version = value if version is None else version
    return ParsedRequest(action, version, decoded)


def read(shape: type[Command[Any]], form: forms.Pairs) -> Command[Any]:
    """The command that a form describes; raises `ServiceError` (MalformedInput).

    Unknown names are ignored. The first value of a repeated scalar counts, and the last of a repeated list element.
    """
    values: dict[str, Any] = {}
    kinds = _kinds.get(shape.operation.name) or _kinds_of(shape)
    for name, text in form:
        head, _, rest = name.partition(".")
        declared = kinds.get(head)
        if declared is not None:
            _put(declared.kind, values, declared.name, rest, text, replace=False)
    return shape.of({name: _finish(value) for name, value in values.items()})


_kinds: dict[str, dict[str, Member]] = {}


def _kinds_of(shape: type[Command[Any]]) -> dict[str, Member]:
    """The members of a command by wire name, kept, because every request asks."""
    return _kinds.setdefault(shape.operation.name, {declared.wire_name: declared for declared in shape.members})


class _Draft:
    """A nested shape whose members are still being read."""

    __slots__ = ("shape", "values")

    def __init__(self, shape: type[Shape]) -> None:
        self.shape = shape
        self.values: dict[str, Any] = {}


def _put(kind: Kind, holder: Any, key: str | int, path: str, text: str, *, replace: bool) -> None:
    """Store one value of the form at ``holder[key]``; a path that the kind does not know is ignored."""
    if isinstance(kind, ListOf):
        _put_in_list(kind, holder, key, path, text)
    elif isinstance(kind, Nested):
        _put_in_shape(kind, holder, key, path, text, replace=replace)
    elif not path and (replace or _absent(holder, key)):
        holder[key] = _read_scalar(kind, text)


def _absent(holder: Any, key: str | int) -> bool:
    return isinstance(key, str) and key not in holder


def _put_in_list(kind: ListOf, holder: Any, key: str | int, path: str, text: str) -> None:
    if not path and text == "":
        holder.setdefault(key, [])
    marker, _, rest = path.partition(".")
    if marker != "member":
        return
    index, _, rest = rest.partition(".")
    if bool(rest) == isinstance(kind.item, Nested):
        items = holder.setdefault(key, [])
        position = _position(index, len(items))
        items.extend([None] * (position - len(items)))
        _put(kind.item, items, position - 1, rest, text, replace=True)


def _position(index: str, length: int) -> int:
    """A list index, from one; each may reach at most ten places beyond the end, so that none costs much memory."""
    try:
        position = parse_integer(index)
    except ServiceError:
        raise malformed_input() from None
    if not 1 <= position <= length + MAX_GAP:
        raise malformed_input()
    return position


def _put_in_shape(kind: Nested, holder: Any, key: str | int, path: str, text: str, *, replace: bool) -> None:
    name, _, rest = path.partition(".")
    declared = next((m for m in kind.shape.members if m.wire_name == name), None)
    if declared is None:
        return
    draft = holder.get(key) if isinstance(holder, dict) else holder[key]
    if draft is None:
        draft = holder[key] = _Draft(kind.shape)
    _put(declared.kind, draft.values, declared.name, rest, text, replace=replace)


def _read_scalar(kind: Kind, text: str) -> Any:
    if isinstance(kind, Integer):
        return parse_integer(text)
    if isinstance(kind, Timestamp):
        try:
            return parse_timestamp(text)
        except ValueError:
            raise malformed_input() from None
    return text


def _finish(value: Any) -> Any:
    if isinstance(value, list):
        return tuple([_finish(item) for item in value])
    if isinstance(value, _Draft):
        return value.shape.of({name: _finish(inner) for name, inner in value.values.items()})
    return value
