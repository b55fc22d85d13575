"""A policy document, checked and compiled once, evaluated many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .conditions import Condition
from .grammar import Grammar, condition_text
from .kinds import PolicyKind
from .principals import Grant, PrincipalElement
from .problems import INVALID_JSON, PolicyError, Problem, Unreadable, as_list, line_and_column, place, read_json
from .request import Request
from .variables import Template
from .wildcards import compile_pattern, prefix_of

VERSION_WITH_VARIABLES = "2012-10-17"
_REMEMBERED_ACTIONS = 128


def parse_policy(source: str | Mapping[str, object], kind: PolicyKind, *, name: str | None = None) -> Policy:
    """Check and compile a document, given as JSON text or as a mapping.

    Raises `PolicyError`, whose ``problems`` name every fault with its line and column (for a text) and JSON path.
    """
    document = _read(source, name) if isinstance(source, str) else source
    problems = list(Grammar(kind).faults(document))
    if problems:
        raise PolicyError(place(problems, source) if isinstance(source, str) else problems, name)
    return Policy(document, kind, name)  # type: ignore[arg-type]


def _read(text: str, name: str | None) -> object:
    try:
        return read_json(text)
    except Unreadable as error:
        line, column = line_and_column(text, error.offset)
        raise PolicyError([Problem(error.path, str(error), INVALID_JSON, line, column)], name) from None


class Actions:
    """An Action or NotAction element; actions are compared without regard to case."""

    __slots__ = ("_exact", "_others", "_prefixes", "negated", "values")

    def __init__(self, values: Sequence[str], *, negated: bool) -> None:
        self.values, self.negated = tuple(values), negated
        lower = [value.lower() for value in values]
        self._prefixes = tuple(prefix for prefix in map(prefix_of, lower) if prefix is not None)
        self._exact = frozenset(value for value in lower if "*" not in value and "?" not in value)
        self._others = [compile_pattern(v) for v in lower if v not in self._exact and prefix_of(v) is None]

    def lists(self, action_lower: str) -> bool:
        """Whether a value of the element fits the action, whatever the element is."""
        if action_lower in self._exact or action_lower.startswith(self._prefixes):
            return True
        return any(matches(action_lower) for matches in self._others)

    def match(self, action_lower: str) -> bool:
        """Whether the statement is about the action."""
        return self.lists(action_lower) is not self.negated


class Resources:
    """A Resource or NotResource element; whole ARNs are compared with regard to case, and ``*`` crosses every
    character.
    """

    __slots__ = ("_exact", "_others", "_prefixes", "negated", "templates")

    def __init__(self, values: Sequence[str], *, negated: bool, variables: bool) -> None:
        self.negated = negated
        self.templates = tuple(Template(value, wildcards=True, variables=variables) for value in values)
        self._exact = frozenset(each.literal for each in self.templates if each.literal is not None)
        others = [each for each in self.templates if each.literal is None]
        found = [None if each.dynamic or "${" in each.text else prefix_of(each.text) for each in others]
        self._prefixes = tuple(prefix for prefix in found if prefix is not None)
        self._others = [each for each, prefix in zip(others, found, strict=True) if prefix is None]

    def lists(self, request: Request) -> bool:
        """Whether a value of the element fits the resource, whatever the element is."""
        resource = request.resource
        if resource.startswith(self._prefixes) or resource in self._exact:
            return True
        return any(template.matches(resource, request.values) for template in self._others)

    def match(self, request: Request) -> bool:
        """Whether the statement is about the resource.

        A NotResource with an unresolved variable matches nothing: what it excepts is not known ("If AWS cannot resolve
        a variable this might cause the entire statement to be invalid", IAM guide).
        """
        if self.negated and self._others and any(each.expand(request.values) is None for each in self._others):
            return False
        return self.lists(request) is not self.negated


class Statement:
    """One compiled statement. ``resources`` is None where the kind has none: the statement is about its own
    resource.
    """

    __slots__ = ("actions", "allows", "conditions", "index", "not_principals", "principals", "resources", "sid")

    def __init__(self, members: Mapping[str, object], index: int, *, variables: bool) -> None:
        self.index = index
        self.sid = str(members.get("Sid", "")) or None
        self.allows = members["Effect"] == "Allow"
        self.actions = Actions(_texts(members, "Action"), negated="NotAction" in members)
        self.resources = _resources(members, variables)
        self.principals = _principals(members.get("Principal"))
        self.not_principals = _principals(members.get("NotPrincipal"))
        self.conditions = tuple(_conditions(members.get("Condition", {}), variables))

    def applies(self, request: Request) -> bool:
        """Whether resource and conditions fit; the policy has looked at the action, the caller looks at the
        principal.
        """
        if self.resources is not None and not self.resources.match(request):
            return False
        context = request.values
        return all(condition.holds(context) for condition in self.conditions)

    def grant(self, request: Request) -> Grant:
        """How the statement names the caller; a statement without Principal is about whoever the policy is attached
        to.
        """
        if self.principals is not None:
            return self.principals.grant(request.principal)
        if self.not_principals is not None and self.not_principals.excepts(request.principal):
            return Grant.NONE
        return Grant.DIRECT

    def bound(self, ids: Callable[[str], str | None]) -> Statement:
        """The statement with its principals' ARNs tied to the unique ids they have now."""
        copy = object.__new__(Statement)
        for name in Statement.__slots__:
            setattr(copy, name, getattr(self, name))
        copy.principals = self.principals.bound(ids) if self.principals is not None else None
        copy.not_principals = self.not_principals.bound(ids) if self.not_principals is not None else None
        return copy

    def label(self) -> str:
        """How people call it: its Sid, or its number from 1."""
        return f"statement {self.sid!r}" if self.sid else f"statement {self.index + 1}"


class Policy:
    """A compiled policy. Make one with `parse_policy`. ``document`` is the document as it was given."""

    __slots__ = ("_by_action", "document", "kind", "name", "statements", "version")

    def __init__(self, document: Mapping[str, object], kind: PolicyKind, name: str | None = None) -> None:
        self.document, self.kind, self.name = document, kind, name
        self.version = str(document.get("Version", "2008-10-17"))
        variables = self.version == VERSION_WITH_VARIABLES
        members = as_list(document["Statement"])
        self.statements = tuple(
            Statement(each, index, variables=variables)
            for index, each in enumerate(members)
            if isinstance(each, Mapping)
        )
        self._by_action: dict[str, tuple[Statement, ...]] = {}

    def about(self, action_lower: str) -> tuple[Statement, ...]:
        """The statements about an action; remembered for the last few actions asked for, because it is asked every
        time.
        """
        found = self._by_action.get(action_lower)
        if found is None:
            if len(self._by_action) >= _REMEMBERED_ACTIONS:
                self._by_action.clear()
            found = tuple(each for each in self.statements if each.actions.match(action_lower))
            self._by_action[action_lower] = found
        return found

    def bound(self, ids: Callable[[str], str | None]) -> Policy:
        """The policy as the service stores it: each principal's ARN tied to the unique id that ``ids`` finds for it
        now.

        When the user or role is deleted, and made again under the same ARN, the policy no longer names it.
        """
        copy = object.__new__(Policy)
        copy.document, copy.kind, copy.name, copy.version = self.document, self.kind, self.name, self.version
        copy.statements = tuple(each.bound(ids) for each in self.statements)
        copy._by_action = {}
        return copy

    @property
    def label(self) -> str:
        """How people call it: its kind, and its name when it has one."""
        return f"{self.kind.value} {self.name!r}" if self.name else self.kind.value

    def __repr__(self) -> str:
        return f"<Policy {self.label}, {len(self.statements)} statements>"


def _texts(members: Mapping[str, object], key: str) -> list[str]:
    return [str(each) for each in as_list(members.get(key, members.get(f"Not{key}", [])))]


def _resources(members: Mapping[str, object], variables: bool) -> Resources | None:
    if "Resource" not in members and "NotResource" not in members:
        return None
    return Resources(_texts(members, "Resource"), negated="NotResource" in members, variables=variables)


def _principals(value: object) -> PrincipalElement | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return PrincipalElement([("*", "*")])
    return PrincipalElement([(str(kind), str(each)) for kind, values in value.items() for each in as_list(values)])


def _conditions(value: object, variables: bool) -> list[Condition]:
    block = value if isinstance(value, Mapping) else {}
    return [
        Condition(
            str(operator),
            str(key),
            [text for each in as_list(values) if (text := condition_text(each)) is not None],
            variables=variables,
        )
        for operator, keys in block.items()
        for key, values in keys.items()
    ]
