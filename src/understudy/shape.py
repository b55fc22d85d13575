"""The frame of every command, output and nested shape: members that carry their own limits.

A shape is a frozen, keyword-only value. Its members are declared once, with wire name and limits; the codec, the
checks and the representation walk that one declaration. A metaclass and ``__slots__`` stand where dataclasses would,
because thirty dataclasses cost 28 ms of import and these cost next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import Any, ClassVar, NoReturn, Self, dataclass_transform, overload

    from understudy.patterns import Pattern

    Path = tuple[str | int, ...]
else:

    def dataclass_transform(**_):
        return lambda decorated: decorated


REDACTED = "***"


class Problem:
    """One broken limit: where, the value as the service prints it, and the constraint in the service's words."""

    __slots__ = ("constraint", "path", "shown")

    def __init__(self, path: Path, shown: str, constraint: str) -> None:
        self.path = path
        self.shown = shown
        self.constraint = constraint

    @property
    def wire_path(self) -> str:
        """The member as the service names it: ``tags.1.member.key``, lists counted from one."""
        parts: list[str] = []
        for part in self.path:
            parts.append(f"{part}.member" if isinstance(part, int) else lower_camel(part))
        return ".".join(parts)

    @property
    def clause(self) -> str:
        """One clause of the service's ValidationError."""
        return f"{self.shown} at '{self.wire_path}' failed to satisfy constraint: {self.constraint}"

    def __repr__(self) -> str:
        return f"Problem({self.clause!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problem) and self.clause == other.clause

    def __hash__(self) -> int:
        return hash(self.clause)


def validation_message(problems: list[Problem]) -> str:
    """The text of the service's ValidationError for these problems, all of them in one message."""
    plural = "" if len(problems) == 1 else "s"
    clauses = "; ".join(problem.clause for problem in problems)
    return f"{len(problems)} validation error{plural} detected: {clauses}"


def lower_camel(wire_name: str) -> str:
    """``RoleArn`` as validation messages print it, ``roleArn``; ``SAMLAssertion`` becomes ``sAMLAssertion``."""
    return wire_name[:1].lower() + wire_name[1:]


def _shown(value: object, sensitive: bool) -> str:
    if value is None:
        return "Value null"
    return "Value" if sensitive else f"Value '{_plain(value)}'"


def _plain(value: object) -> str:
    """A value as the service prints it inside a message: ``[Tag(key=0, value=test)]``."""
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_plain(item) for item in value)}]"
    if isinstance(value, Shape):
        inner = (
            f"{lower_camel(m.wire_name)}={REDACTED if m.kind.sensitive else _plain(getattr(value, m.name))}"
            for m in value.members
        )
        return f"{type(value).__name__}({', '.join(inner)})"
    return str(value)


class Kind:
    """What a member's value is: its type, its limits, and whether it may be shown."""

    __slots__ = ("sensitive",)
    hidden: bool = False
    """Not shown in a representation, though the service itself prints it: a code that is good for a minute."""
    expected: ClassVar[str] = "a value"
    sensitive: bool

    def coerce(self, value: Any, name: str) -> Any:
        """The value in its stored form; raises TypeError that names the member, never the value of a sensitive one."""
        raise NotImplementedError

    def problems(self, value: Any, path: Path) -> Iterable[Problem]:
        """The limits that this value breaks."""
        raise NotImplementedError

    def constraints(self) -> list[str]:
        """Every constraint in the service's words, as a list prints them for its elements."""
        return []

    def refuse(self, value: object, name: str) -> NoReturn:
        shown = "" if self.sensitive else f" {value!r}"
        raise TypeError(f"{name} must be {self.expected}, not {type(value).__name__}{shown}")


class Text(Kind):
    """A string of Unicode; lengths count code points."""

    __slots__ = ("hidden", "maximum", "minimum", "pattern")
    expected = "a str"

    def __init__(
        self,
        minimum: int | None = None,
        maximum: int | None = None,
        pattern: Pattern | None = None,
        *,
        sensitive: bool = False,
        hidden: bool = False,
    ) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.pattern = pattern
        self.sensitive = sensitive
        self.hidden = hidden

    def coerce(self, value: Any, name: str) -> Any:
        if not isinstance(value, str):
            self.refuse(value, name)
        return value

    def problems(self, value: str, path: Path) -> Iterable[Problem]:
        return () if self._admits(value) else self._problems(value, path)

    def _admits(self, value: str) -> bool:
        """The answer in nearly every case, without a generator."""
        length = len(value)
        if (self.maximum is not None and length > self.maximum) or (self.minimum is not None and length < self.minimum):
            return False
        return self.pattern is None or self.pattern.matches(value)

    def _problems(self, value: str, path: Path) -> Iterator[Problem]:
        shown = _shown(value, self.sensitive)
        if self.pattern is not None and not self.pattern.matches(value):
            yield Problem(path, shown, _regular_expression(self.pattern))
        if self.maximum is not None and len(value) > self.maximum:
            yield Problem(path, shown, _at_most("length", self.maximum))
        if self.minimum is not None and len(value) < self.minimum:
            yield Problem(path, shown, _at_least("length", self.minimum))

    def constraints(self) -> list[str]:
        found = []
        if self.maximum is not None:
            found.append(_at_most("length", self.maximum))
        if self.minimum is not None:
            found.append(_at_least("length", self.minimum))
        if self.pattern is not None:
            found.append(_regular_expression(self.pattern))
        return found


class Document(Text):
    """A JSON policy: text, or a mapping that is written as compact JSON."""

    __slots__ = ()
    expected = "a str of JSON or a mapping"

    def coerce(self, value: Any, name: str) -> Any:
        if isinstance(value, str):
            return value
        if not hasattr(value, "keys"):
            self.refuse(value, name)
        from json import dumps

        return dumps(value, separators=(",", ":"), default=dict)


class Integer(Kind):
    """A signed 32-bit integer."""

    __slots__ = ("maximum", "minimum")
    expected = "an int"

    def __init__(self, minimum: int | None = None, maximum: int | None = None) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.sensitive = False

    def coerce(self, value: Any, name: str) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(value, name)
        return value

    def problems(self, value: int, path: Path) -> Iterator[Problem]:
        shown = _shown(value, self.sensitive)
        if self.maximum is not None and value > self.maximum:
            yield Problem(path, shown, _at_most("value", self.maximum))
        if self.minimum is not None and value < self.minimum:
            yield Problem(path, shown, _at_least("value", self.minimum))

    def constraints(self) -> list[str]:
        found = []
        if self.maximum is not None:
            found.append(_at_most("value", self.maximum))
        if self.minimum is not None:
            found.append(_at_least("value", self.minimum))
        return found


class Timestamp(Kind):
    """A moment in time: an aware `datetime`, ISO 8601 in UTC on the wire."""

    __slots__ = ()
    expected = "an aware datetime"

    def __init__(self) -> None:
        self.sensitive = False

    def coerce(self, value: Any, name: str) -> Any:
        if getattr(value, "tzinfo", None) is None:
            self.refuse(value, name)
        return value

    def problems(self, value: datetime, path: Path) -> Iterator[Problem]:
        return iter(())


class Nested(Kind):
    """Another shape; a mapping with its wire or Python names is taken too."""

    __slots__ = ("shape",)

    def __init__(self, shape: type[Shape], *, sensitive: bool = False) -> None:
        self.shape = shape
        self.sensitive = sensitive

    def coerce(self, value: Any, name: str) -> Any:
        if isinstance(value, self.shape):
            return value
        if hasattr(value, "keys"):
            return self.shape.from_dict(value)
        if isinstance(value, str) and len(self.shape.members) == 1:
            return self.shape(**{self.shape.members[0].name: value})
        raise TypeError(f"{name} must be a {self.shape.__name__} or a mapping, not {type(value).__name__}")

    def problems(self, value: Shape, path: Path) -> Iterator[Problem]:
        return value.iter_problems(path)


class ListOf(Kind):
    """A list of values of one kind; a mapping stands for a list of two-member shapes such as tags."""

    __slots__ = ("item", "maximum", "minimum")

    def __init__(self, item: Kind, minimum: int | None = None, maximum: int | None = None) -> None:
        self.item = item
        self.minimum = minimum
        self.maximum = maximum
        self.sensitive = item.sensitive

    def coerce(self, value: Any, name: str) -> Any:
        if isinstance(self.item, Nested) and len(self.item.shape.members) == 2 and hasattr(value, "items"):
            first, second = (member.name for member in self.item.shape.members)
            value = [self.item.shape(**{first: key, second: text}) for key, text in value.items()]
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            raise TypeError(f"{name} must be a list, not {type(value).__name__}")
        return tuple(self.item.coerce(item, f"{name}[{index}]") for index, item in enumerate(value))

    def problems(self, value: tuple[Any, ...], path: Path) -> Iterator[Problem]:
        if self.maximum is not None and len(value) > self.maximum:
            yield Problem(path, _shown(value, self.sensitive), _at_most("length", self.maximum))
        if self.minimum is not None and len(value) < self.minimum:
            yield Problem(path, _shown(value, self.sensitive), _at_least("length", self.minimum))
        yield from self._item_problems(value, path)

    def _item_problems(self, value: tuple[Any, ...], path: Path) -> Iterator[Problem]:
        broken = False
        for index, item in enumerate(value, start=1):
            if isinstance(self.item, Nested):
                if item is None:
                    yield Problem((*path, index), "Value null", NOT_NULL)
                else:
                    yield from self.item.problems(item, (*path, index))
            elif item is None or next(iter(self.item.problems(item, path)), None) is not None:
                broken = True
        if broken:
            listed = [*self.item.constraints(), *([NOT_NULL] if None in value else [])]
            yield Problem(path, _shown(value, self.sensitive), f"Member must satisfy constraint: [{', '.join(listed)}]")


MAX_PROBLEMS = 1000
"""A form of ten megabytes can hold millions of nulls, each of them a problem with a clause of its own."""

NOT_NULL = "Member must not be null"


def _at_most(what: str, limit: int) -> str:
    return f"Member must have {what} less than or equal to {limit}"


def _at_least(what: str, limit: int) -> str:
    return f"Member must have {what} greater than or equal to {limit}"


def _regular_expression(pattern: Pattern) -> str:
    return f"Member must satisfy regular expression pattern: {pattern.text}"


class Member:
    """One declared member of a shape: its Python name, its wire name and its kind."""

    __slots__ = ("kind", "name", "required", "wire_name")

    def __init__(self, wire_name: str, kind: Kind, required: bool) -> None:
        self.name = ""
        self.wire_name = wire_name
        self.kind = kind
        self.required = required

    def __repr__(self) -> str:
        return f"Member({self.wire_name!r})"


if TYPE_CHECKING:

    @overload
    def member(wire_name: str, kind: Kind) -> Any: ...
    @overload
    def member(wire_name: str, kind: Kind, *, default: None) -> Any: ...
    def member(wire_name: str, kind: Kind, *, default: Any = ...) -> Any: ...

else:

    def member(wire_name: str, kind: Kind, *, default: Any = ...) -> Any:
        """Declare a member; with ``default=None`` it may be left out."""
        return Member(wire_name, kind, default is ...)


class ShapeType(type):
    """Turns declared members into slots and keeps the declarations in ``members``, in the order of the model."""

    members: tuple[Member, ...]

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ShapeType:
        own = {key: value for key, value in namespace.items() if isinstance(value, Member)}
        for key, declared in own.items():
            declared.name = key
            del namespace[key]
        inherited = tuple(m for base in bases for m in getattr(base, "members", ()))
        namespace["__slots__"] = (*own, *namespace.get("__slots__", ()))
        made = super().__new__(cls, name, bases, namespace)
        made.members = (*inherited, *own.values())
        return made


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(member,))
class Shape(metaclass=ShapeType):
    """A frozen value with declared members; see the module's text."""

    if TYPE_CHECKING:
        members: ClassVar[tuple[Member, ...]]
    else:

        def __init__(self, **values: Any) -> None:
            put = object.__setattr__
            for declared in self.members:
                value = values.pop(declared.name, None)
                put(self, declared.name, None if value is None else declared.kind.coerce(value, declared.name))
            if values:
                self._refuse_unknown(values)

    @classmethod
    def _refuse_unknown(cls, values: Mapping[str, Any]) -> NoReturn:
        known = ", ".join(m.name for m in cls.members) or "no members"
        unknown = ", ".join(repr(name) for name in values)
        raise TypeError(f"{cls.__name__} has no member {unknown}; it has {known}")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Build from stored forms by Python name, without coercion: for codecs, which may hold nulls inside lists."""
        made = cls.__new__(cls)
        put, get = object.__setattr__, values.get
        for declared in cls.members:
            name = declared.name
            put(made, name, get(name))
        return made

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from a mapping with wire names (``RoleArn``) or Python names (``role_arn``); others are a TypeError."""
        names = {m.wire_name: m.name for m in cls.members}
        return cls(**{names.get(key, key): value for key, value in values.items()})

    def to_dict(self) -> dict[str, Any]:
        """A plain dict with wire names, nested shapes included, members that are None left out; secrets in clear."""
        found = ((m.wire_name, getattr(self, m.name)) for m in self.members)
        return {name: _to_plain(value) for name, value in found if value is not None}

    def replace(self, **changes: Any) -> Self:
        """A copy with these members changed."""
        return type(self)(**{**{m.name: getattr(self, m.name) for m in self.members}, **changes})

    def problems(self) -> list[Problem]:
        """Every broken limit at once, up to a thousand; empty when the service's own validation would pass."""
        found = self.iter_problems(())
        return [problem for _, problem in zip(range(MAX_PROBLEMS), found, strict=False)]

    def iter_problems(self, path: Path) -> Iterator[Problem]:
        """Each broken limit, with member paths that start at ``path``."""
        for declared in self.members:
            value = getattr(self, declared.name)
            if value is not None:
                yield from declared.kind.problems(value, (*path, declared.wire_name))
            elif declared.required:
                yield Problem((*path, declared.wire_name), "Value null", NOT_NULL)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable; use replace({name}=...) for a changed copy")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable; {name} cannot be deleted")

    def __repr__(self) -> str:
        shown = (
            f"{m.name}={REDACTED if m.kind.sensitive or m.kind.hidden else repr(getattr(self, m.name))}"
            for m in self.members
            if getattr(self, m.name) is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, m.name) == getattr(other, m.name) for m in self.members)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, m.name) for m in self.members)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), {m.name: getattr(self, m.name) for m in self.members})


def _rebuild(shape: type[Shape], values: Mapping[str, Any]) -> Shape:
    return shape.of(values)


def _to_plain(value: Any) -> Any:
    if isinstance(value, Shape):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_to_plain(item) for item in value]
    return value
