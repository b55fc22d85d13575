"""The whole way to a decision, as data. Recomputed when it is asked for, so that deciding itself stays fast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .conditions import Condition, Quantifier
from .document import Policy, Statement
from .evaluation import Levels, PolicySet, PolicyType, binding_rcps, binding_scps, session_policies, vote
from .principals import Grant, Principal, PrincipalElement, PrincipalKind
from .request import Request


@dataclass(frozen=True, slots=True)
class ElementStep:
    """One element, or one condition, of a statement, with what the policy wants and what the request has."""

    element: str
    matched: bool
    wanted: tuple[str, ...]
    given: tuple[str, ...]
    operator: str | None = None
    key: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class StatementStep:
    """One statement: it applies when every element matches."""

    index: int
    sid: str | None
    effect: str
    matched: bool
    elements: tuple[ElementStep, ...]

    @property
    def label(self) -> str:
        """Its Sid, or its number from 1."""
        return f"statement {self.sid!r}" if self.sid else f"statement {self.index + 1}"

    @property
    def misses(self) -> tuple[ElementStep, ...]:
        """The elements that keep the statement from applying."""
        return tuple(each for each in self.elements if not each.matched)

    @property
    def about_action(self) -> bool:
        """Whether its Action or NotAction matches."""
        return all(each.matched for each in self.elements if each.element in ("Action", "NotAction"))


@dataclass(frozen=True, slots=True)
class PolicyStep:
    """One policy, in its part. ``level`` counts the levels of SCPs and RCPs from the root of the organisation, from
    1.
    """

    type: PolicyType
    name: str | None
    allows: bool
    denies: bool
    statements: tuple[StatementStep, ...]
    level: int | None = None

    @property
    def label(self) -> str:
        """The part it plays, with its name and level."""
        level = f" at level {self.level}" if self.level is not None else ""
        return f"{self.type.value}{f' {self.name!r}' if self.name else ''}{level}"


def trace(request: Request, policies: PolicySet) -> tuple[PolicyStep, ...]:
    """Every policy that has a say, in the order in which they are heard, with every statement, element and
    condition.
    """
    return tuple(_policy_step(request, *heard) for heard in _heard(request, policies))


def _heard(request: Request, policies: PolicySet) -> Iterator[tuple[PolicyType, Policy, int | None]]:
    yield from _levels(PolicyType.RCP, binding_rcps(request, policies))
    yield from _levels(PolicyType.SCP, binding_scps(request, policies))
    yield from _flat(PolicyType.ENDPOINT, (policies.endpoint,))
    yield from _flat(PolicyType.TRUST, (policies.trust,))
    yield from _flat(PolicyType.RESOURCE, policies.resource)
    yield from _flat(PolicyType.IDENTITY, policies.identity)
    yield from _flat(PolicyType.BOUNDARY, (policies.boundary,))
    yield from _flat(PolicyType.SESSION, session_policies(request, policies) or ())


def _levels(policy_type: PolicyType, levels: Levels | None) -> Iterator[tuple[PolicyType, Policy, int | None]]:
    for level, policies in enumerate(levels or (), 1):
        for policy in policies:
            yield policy_type, policy, level


def _flat(
    policy_type: PolicyType, policies: Iterable[Policy | None]
) -> Iterator[tuple[PolicyType, Policy, int | None]]:
    for policy in policies:
        if policy is not None:
            yield policy_type, policy, None


def _policy_step(request: Request, policy_type: PolicyType, policy: Policy, level: int | None) -> PolicyStep:
    said = vote(policy, request)
    statements = tuple(statement_step(each, request) for each in policy.statements)
    return PolicyStep(policy_type, policy.name, bool(said.grant), said.denies, statements, level)


def statement_step(statement: Statement, request: Request) -> StatementStep:
    """The statement with every element looked at, also those after the first that fails."""
    elements = tuple(_elements(statement, request))
    effect = "Allow" if statement.allows else "Deny"
    return StatementStep(statement.index, statement.sid, effect, all(each.matched for each in elements), elements)


def _elements(statement: Statement, request: Request) -> Iterator[ElementStep]:
    caller = request.principal
    if statement.principals is not None:
        yield _principal_step(statement.principals, caller)
    if statement.not_principals is not None:
        yield _not_principal_step(statement.not_principals, caller)
    actions = statement.actions
    name = "NotAction" if actions.negated else "Action"
    yield ElementStep(name, actions.match(request.action_lower), actions.values, (request.action,))
    if statement.resources is not None:
        yield _resource_step(statement, request)
    for condition in statement.conditions:
        yield condition_step(condition, request)


_GRANT_NOTES = {
    Grant.NONE: "",
    Grant.DELEGATED: "names the account, which delegates to its own policies",
    Grant.ROLE: "names the role or user behind the session",
    Grant.DIRECT: "",
}


def _principal_step(element: PrincipalElement, caller: Principal) -> ElementStep:
    grant = element.grant(caller)
    note = _GRANT_NOTES[grant]
    if not grant and element.any_aws and caller.kind in (PrincipalKind.FEDERATED, PrincipalKind.SERVICE):
        note = '{"AWS": "*"} names neither federated identities nor services'
    return ElementStep("Principal", bool(grant), _shown(element), caller_forms(caller), note=note)


def _not_principal_step(element: PrincipalElement, caller: Principal) -> ElementStep:
    spared = element.excepts(caller)
    missing = [] if spared or not caller.signed_in else element.missing_forms(caller)
    note = f"to be spared, it must also list {' and '.join(missing)}" if missing else ""
    return ElementStep("NotPrincipal", not spared, _shown(element), caller_forms(caller), note=note)


def _shown(element: PrincipalElement) -> tuple[str, ...]:
    return tuple(value if kind == "*" else f"{kind}: {value}" for kind, value in element.shown)


def caller_forms(caller: Principal) -> tuple[str, ...]:
    """Every text by which a Principal element could name the caller."""
    others = (caller.service_name, caller.provider, caller.canonical_id)
    named = (*caller.direct_forms, *caller.role_forms, *(form for form in others if form))
    return (*named, caller.account) if caller.account else named or ("anonymous",)


def _resource_step(statement: Statement, request: Request) -> ElementStep:
    resources = statement.resources
    assert resources is not None
    name = "NotResource" if resources.negated else "Resource"
    wanted = tuple(template.shown(request.values) for template in resources.templates)
    unresolved = [each.text for each in resources.templates if each.expand(request.values) is None]
    note = f"a variable of {unresolved[0]} has no value in the request" if unresolved else ""
    return ElementStep(name, resources.match(request), wanted, (request.resource,), note=note)


def condition_step(condition: Condition, request: Request) -> ElementStep:
    """One condition with its values, variables filled in."""
    value = request.values.get(condition.wanted)
    given = () if value is None else (value,) if isinstance(value, str) else value
    matched = condition.holds(request.values)
    wanted = tuple(template.shown(request.values) for template in condition.templates)
    note = _condition_note(condition, request, matched)
    return ElementStep("Condition", matched, wanted, given, condition.operator, condition.key, note)


def _condition_note(condition: Condition, request: Request, matched: bool) -> str:
    value = request.values.get(condition.wanted)
    if value is None:
        return "the request has no such key"
    if (
        isinstance(value, tuple)
        and condition.quantifier is Quantifier.NONE
        and not condition.operator.startswith("Null")
    ):
        return "the key is multi-valued, which only ForAllValues and ForAnyValue can match"
    if not matched and any(template.expand(request.values) is None for template in condition.templates):
        return "a policy variable has no value in the request"
    if not matched and isinstance(value, str) and condition.malformed_given(value):
        return "the value of the request is malformed"
    return ""
