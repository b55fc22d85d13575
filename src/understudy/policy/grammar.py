"""The grammar of each kind of policy: every fault with its place, and the service's text for it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping

from .conditions import InvalidOperator, malformed, split_operator
from .kinds import STS_ACTIONS, TRUST_ACTIONS, PolicyKind
from .principals import account_of
from .problems import Number, Path, Problem, as_list, as_object

_SYNTAX = "Syntax errors in policy."
_TRUST_SYNTAX = "Syntax error in policy."
_VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
_PRINCIPAL_TYPES = {
    PolicyKind.TRUST: frozenset(("AWS", "Federated", "Service")),
    PolicyKind.RESOURCE: frozenset(("AWS", "Federated", "Service", "CanonicalUser")),
    PolicyKind.RCP: frozenset(("AWS",)),
}
_SID = re.compile(r"[0-9A-Za-z]*")
_SID_TEXT = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
_ACTION = re.compile(r"[A-Za-z0-9_\-?*]+:[A-Za-z0-9_\-?*]+")
_AWS_PRINCIPAL = re.compile(
    r"arn:[a-z0-9-]+:(?:iam::[0-9]{12}:(?:root|user/[^*?]+|role/[^*?]+)"
    r"|sts::[0-9]{12}:(?:assumed-role/[^*?/]+/[^*?/]+|federated-user/[^*?]+))"
)
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA|GPA|NPA)[A-Z0-9]{12,124}")
_CANONICAL_USER = re.compile(r"[0-9a-f]{64}")
_FEDERATED_ARN = re.compile(r"arn:[a-z0-9-]+:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/.+")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9_-]+\.)+[A-Za-z]{2,}(?:/\S*)?")

Faults = Iterator[Problem]


class Grammar:
    """The rules of one kind of policy. `faults` walks a document and yields what is wrong, statement by statement."""

    def __init__(self, kind: PolicyKind) -> None:
        self.kind = kind
        self.syntax = _TRUST_SYNTAX if kind is PolicyKind.TRUST else _SYNTAX

    def faults(self, document: object) -> Faults:
        """Every fault of the document."""
        members = as_object(document)
        if members is None:
            yield self._fault((), "a policy must be a JSON object")
            return
        for key in members:
            if key not in ("Version", "Id", "Statement"):
                yield self._fault((key,), f"{key!r} is not an element of a policy")
        yield from self._head(members)
        yield from self._statements(members)

    def _fault(self, path: Path, text: str, service_text: str | None = None) -> Problem:
        return Problem(path, text, service_text or self.syntax)

    def _head(self, members: Mapping[str, object]) -> Faults:
        version = str(members.get("Version", _VERSIONS[1]))  # YAML reads an unquoted version as a date
        if version not in _VERSIONS:
            text = f"the version {version!r} must be '2012-10-17' or '2008-10-17'"
            yield self._fault(("Version",), text, "The policy must contain a valid version string")
        if not _is_text(members.get("Id", "")):
            yield self._fault(("Id",), "Id must be a string")

    def _statements(self, members: Mapping[str, object]) -> Faults:
        statements = as_list(members.get("Statement", []))
        if not statements:
            yield self._fault(
                ("Statement",), "the policy has no statement", "Could not parse the policy: Statement is empty!"
            )
        several = isinstance(members.get("Statement"), list | tuple)
        sids: set[object] = set()
        for index, value in enumerate(statements):
            path: Path = ("Statement", index) if several else ("Statement",)
            statement = as_object(value)
            if statement is None:
                yield self._fault(path, "a statement must be a JSON object")
                continue
            yield from self._statement(statement, path)
            yield from self._sid(statement.get("Sid"), (*path, "Sid"), sids)

    def _sid(self, sid: object, path: Path, seen: set[object]) -> Faults:
        if sid is None:
            return
        if not isinstance(sid, str) or not _is_text(sid):
            yield self._fault(path, "Sid must be a string")
            return
        if self.kind is not PolicyKind.RESOURCE and not _SID.fullmatch(sid):
            yield self._fault(path, f"the Sid {sid!r} may have letters and digits only", _SID_TEXT)
        if sid and sid in seen:
            text = "The Statement Ids in the policy are not unique"
            if self.kind is not PolicyKind.TRUST:
                text = "Statement IDs (SID) in a single policy must be unique."
            yield self._fault(path, f"the Sid {sid!r} is given twice", text)
        seen.add(sid)

    def _statement(self, statement: Mapping[str, object], path: Path) -> Faults:
        for key in statement:
            if key not in _ELEMENTS:
                yield self._fault((*path, key), f"{key!r} is not an element of a statement")
        yield from self._effect(statement, path)
        yield from self._principals(statement, path)
        yield from self._actions(statement, path)
        yield from self._resources(statement, path)
        yield from self._conditions(statement.get("Condition", {}), (*path, "Condition"))

    def _effect(self, statement: Mapping[str, object], path: Path) -> Faults:
        effect = statement.get("Effect")
        if effect is None:
            yield self._fault(path, "the statement has no Effect", "Missing required field Effect")
        elif effect not in ("Allow", "Deny"):
            yield self._fault(
                (*path, "Effect"), f"the effect {effect!r} must be 'Allow' or 'Deny'", f"Invalid effect: {effect}"
            )

    def _principals(self, statement: Mapping[str, object], path: Path) -> Faults:
        if not self.kind.has_principal:
            for key in ("Principal", "NotPrincipal"):
                if key in statement:
                    text = f"{key} has no place in {_a(self.kind)}"
                    yield self._fault((*path, key), text, "Policy document should not specify a principal.")
            return
        if "NotPrincipal" in statement:
            yield from self._not_principal(statement, path)
        elif "Principal" not in statement:
            yield self._fault(path, "the statement has no Principal", "Missing required field Principal")
        else:
            yield from self._principal(statement["Principal"], (*path, "Principal"))

    def _not_principal(self, statement: Mapping[str, object], path: Path) -> Faults:
        here = (*path, "NotPrincipal")
        if statement.get("Effect") == "Allow":
            yield self._fault(here, "NotPrincipal goes with Deny only", "Allow with NotPrincipal is not allowed.")
        elif self.kind is PolicyKind.TRUST:
            text = "AssumeRole policy must not contain NotPrincipal field."
            yield self._fault(here, "a trust policy may not have NotPrincipal", text)
        elif self.kind is PolicyKind.RCP:
            yield self._fault(here, "a resource control policy may not have NotPrincipal")
        elif "Principal" in statement:
            yield self._fault(path, "a statement has Principal or NotPrincipal, not both")
        else:
            yield from self._principal(statement["NotPrincipal"], here)

    def _principal(self, value: object, path: Path) -> Faults:
        members = as_object(value)
        if value == "*":
            if self.kind is PolicyKind.TRUST:
                text = 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'
                yield self._fault(path, 'a trust policy writes everybody as {"AWS": "*"}', text)
        elif members is None:
            yield self._fault(path, "Principal must be a JSON object or '*'", "Principal must be a JSON object.")
        elif not members:
            text = "Missing required field Principal cannot be empty!"
            yield self._fault(path, "Principal names nobody", text)
        elif self.kind is PolicyKind.RCP:
            yield self._fault(path, "a resource control policy is about everybody: its Principal must be '*'")
        else:
            for kind, values in members.items():
                yield from self._principal_values(kind, values, (*path, kind))

    def _principal_values(self, kind: str, values: object, path: Path) -> Faults:
        if kind not in _PRINCIPAL_TYPES[self.kind]:
            yield self._fault(
                path, f"{kind!r} is not a type of principal here", f'Invalid principal in policy: "{kind}"'
            )
            return
        for value, here in _each(values, path):
            if not isinstance(value, str) or not _is_text(value):
                yield self._fault(here, "a principal must be a string")
            elif not _names_principal(kind, value):
                yield self._fault(here, _principal_fault(kind, value), _principal_text(kind, value))

    def _actions(self, statement: Mapping[str, object], path: Path) -> Faults:
        missing = (
            "Missing required field Action"
            if self.kind is PolicyKind.TRUST
            else "Policy statement must contain actions."
        )
        key = yield from self._one_of("Action", statement, path, missing)
        for value, here in _each(statement[key], (*path, key)) if key else ():
            if not isinstance(value, str) or not _is_text(value):
                yield self._fault(here, "an action must be a string")
            elif self.kind is PolicyKind.TRUST:
                if value.lower() not in TRUST_ACTIONS:
                    text = f"a trust policy cannot speak of {value!r}"
                    yield self._fault(here, text, "AssumeRole policy may only specify STS AssumeRole actions.")
            elif value != "*" and not _ACTION.fullmatch(value):
                text = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                yield self._fault(here, f"the action {value!r} must look like 'service:Action'", text)
            elif self.kind.checks_literals and _unknown_sts_action(value):
                yield self._fault(here, f"STS has no action {value!r}")

    def _one_of(
        self, plain: str, statement: Mapping[str, object], path: Path, missing: str
    ) -> Generator[Problem, None, str | None]:
        """The one of the pair ``Action``/``NotAction`` that the statement has; with none or both, a fault and None."""
        negated = f"Not{plain}"
        if plain in statement and negated in statement:
            yield self._fault(path, f"a statement has {plain} or {negated}, not both")
            return None
        key = plain if plain in statement else negated
        if not as_list(statement.get(key, [])):
            yield self._fault(path, f"the statement has neither {plain} nor {negated}", missing)
            return None
        return key

    def _resources(self, statement: Mapping[str, object], path: Path) -> Faults:
        if self.kind is PolicyKind.TRUST:
            yield from self._no_resources(statement, path)
            return
        if self.kind is PolicyKind.RESOURCE and "Resource" not in statement and "NotResource" not in statement:
            return
        key = yield from self._one_of("Resource", statement, path, "Policy statement must contain resources.")
        for value, here in _each(statement[key], (*path, key)) if key else ():
            if not isinstance(value, str) or not _is_text(value):
                yield self._fault(here, "a resource must be a string")
            elif self.kind.checks_literals and value != "*" and not value.startswith("arn:"):
                text = f'Resource {value} must be in ARN format or "*".'
                yield self._fault(here, f"the resource {value!r} must be an ARN or '*'", text)

    def _no_resources(self, statement: Mapping[str, object], path: Path) -> Faults:
        texts = {
            "Resource": "Has prohibited field Resource.",
            "NotResource": "AssumeRole policy must not contain resources.",
        }
        for key, text in texts.items():
            if key in statement:
                yield self._fault((*path, key), f"a trust policy is about its own role and has no {key}", text)

    def _conditions(self, value: object, path: Path) -> Faults:
        operators = as_object(value)
        if operators is None:
            yield self._fault(path, "Condition must be a JSON object")
            return
        for operator, keys in operators.items():
            here = (*path, operator)
            members = as_object(keys)
            try:
                split_operator(operator)
            except InvalidOperator as error:
                yield self._fault(here, str(error), f"Invalid Condition type : {operator}")
                continue
            if members is None:
                yield self._fault(here, "an operator takes a JSON object of keys")
                continue
            for key, values in members.items():
                yield from self._condition(operator, key, values, (*here, key))

    def _condition(self, operator: str, key: str, values: object, path: Path) -> Faults:
        if ":" not in key:
            text = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            yield self._fault(path, f"the condition key {key!r} must look like 'prefix:name'", text)
        for value, here in _each(values, path):
            literal = condition_text(value)
            if literal is None:
                yield self._fault(here, "a condition value must be a string, a number or a boolean")
            elif self.kind.checks_literals and malformed(operator, literal):
                yield self._fault(here, f"{literal!r} is not a value for {operator}")


def condition_text(value: object) -> str | None:
    """A condition value as text: JSON numbers and booleans stand for their texts. None for what cannot be a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return str(value) if isinstance(value, int | float) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _each(value: object, path: Path) -> list[tuple[object, Path]]:
    if isinstance(value, list | tuple):
        return [(each, (*path, index)) for index, each in enumerate(value)]
    return [(value, path)]


def _a(kind: PolicyKind) -> str:
    return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind.value}"


def _unknown_sts_action(value: str) -> bool:
    vendor, _, name = value.partition(":")
    known = vendor.lower() != "sts" or "*" in name or "?" in name
    return not known and name.lower() not in _STS_ACTIONS_LOWER


_STS_ACTIONS_LOWER = frozenset(map(str.lower, STS_ACTIONS))


def _names_principal(kind: str, value: str) -> bool:
    """Whether the value can name a principal; ``*`` may stand alone under AWS, and nowhere as a part."""
    if kind == "AWS":
        shapes = _AWS_PRINCIPAL.fullmatch(value) or _UNIQUE_ID.fullmatch(value)
        return value == "*" or account_of(value) is not None or shapes is not None
    if kind == "Service":
        return _DOMAIN.fullmatch(value) is not None
    if kind == "CanonicalUser":
        return _CANONICAL_USER.fullmatch(value) is not None
    return _FEDERATED_ARN.fullmatch(value) is not None or _DOMAIN.fullmatch(value) is not None


def _principal_fault(kind: str, value: str) -> str:
    if "*" in value or "?" in value:
        return f"the principal {value!r} has a wildcard; a principal is named in full, or all are, by '*'"
    return f"{value!r} cannot name a principal of type {kind}"


def _principal_text(kind: str, value: str) -> str:
    if kind == "Federated":
        return "Federated principals must be valid domain names or SAML metadata ARNs"
    return f'Invalid principal in policy: "{kind.upper() if kind == "Service" else kind}":"{value}"'
