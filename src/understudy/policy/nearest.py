"""The smallest change of a request that would be allowed."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, islice, product
from typing import NamedTuple

from .candidates import Value, breaking, example, refit, satisfying
from .conditions import Condition
from .decision import Decision, evaluate
from .document import Policy, Statement
from .evaluation import Ground, PolicySet, PolicyType, Verdict, session_policies
from .principals import Principal, account_of
from .request import Request
from .wording import avoided, difference, needed, quoted, told

_MOST_EVALUATIONS = 200
_MOST_MOVES = 16
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Change:
    """One change: ``what`` is a condition key, ``resource``, ``action`` or ``principal``; None is its absence.

    ``wanted`` is what the policy says, ``text`` says it all in a sentence, ``need`` only what is needed. ``cost``
    ranks changes: a mere difference of case is the smallest, another caller the greatest.
    """

    what: str
    before: Value
    after: Value
    wanted: tuple[str, ...]
    text: str
    need: str
    cost: int


@dataclass(frozen=True, slots=True)
class Nearest:
    """The changed request, which is allowed, and the changes that lead to it."""

    request: Request
    changes: tuple[Change, ...]

    @property
    def cost(self) -> int:
        """What all changes cost together."""
        return sum(change.cost for change in self.changes)

    def __str__(self) -> str:
        return "; ".join(change.text for change in self.changes)


def nearest_allowed(
    request: Request, policies: PolicySet, *, fixed: frozenset[str] = frozenset(), most: int = _MOST_EVALUATIONS
) -> Nearest | None:
    """The cheapest changes found that make the request allowed; none for an allowed one; None when none were
    found.

    ``fixed`` are what may not be changed: ``principal``, ``action``, ``resource``, or condition keys in lower
    case. At most ``most`` requests are tried, cheapest first, so the answer is small but not proven to be the
    smallest.
    """
    order = count()
    queue: list[tuple[int, int, Request, tuple[Change, ...]]] = [(0, next(order), request, ())]
    seen: set[tuple[object, ...]] = set()
    while queue and most > 0:
        cost, _, current, changes = heapq.heappop(queue)
        decision = evaluate(current, policies)
        most -= 1
        if decision.allowed:
            return Nearest(current, changes)
        for after, steps in _moves(decision, fixed | {change.what.lower() for change in changes}):
            key = (after.principal, after.action, after.resource, tuple(sorted(after.values.items())))
            if key not in seen:
                seen.add(key)
                total = cost + sum(step.cost for step in steps)
                heapq.heappush(queue, (total, next(order), after, (*changes, *steps)))
    return None


Move = tuple[Request, tuple[Change, ...]]


def _moves(decision: Decision, fixed: frozenset[str]) -> Iterator[Move]:
    """Each way to get past the policies that deny: make one Allow of theirs apply, or one Deny not apply."""
    request, policies = decision.request, decision.policies
    reason = decision.denial_reason()
    if reason is None:
        return
    for policy in _policies_of(reason.type, request, policies):
        for statement in policy.statements:
            if decision.verdict is Verdict.EXPLICIT_DENY and not statement.allows:
                yield from _breaking_moves(statement, request, fixed)
            elif decision.verdict is Verdict.IMPLICIT_DENY and statement.allows:
                yield from _allowing_moves(statement, request, fixed)
    if decision.ground is Ground.NOT_ALLOWED and policies.trust is not None:
        yield from _by_stronger_trust(policies.trust, request, fixed)


def _by_stronger_trust(trust: Policy, request: Request, fixed: frozenset[str]) -> Iterator[Move]:
    for statement in trust.statements:
        if statement.allows:
            yield from _allowing_moves(statement, request, fixed)


def _policies_of(policy_type: PolicyType, request: Request, policies: PolicySet) -> list[Policy]:
    levels = {PolicyType.RCP: policies.rcps, PolicyType.SCP: policies.scps}
    if policy_type in levels:
        return [policy for level in levels[policy_type] or () for policy in level]
    flat = {
        PolicyType.ENDPOINT: (policies.endpoint,),
        PolicyType.TRUST: (policies.trust,),
        PolicyType.RESOURCE: policies.resource,
        PolicyType.IDENTITY: policies.identity,
        PolicyType.BOUNDARY: (policies.boundary,),
        PolicyType.SESSION: session_policies(request, policies) or (),
    }
    return [policy for policy in flat[policy_type] if policy is not None]


def _allowing_moves(statement: Statement, request: Request, fixed: frozenset[str]) -> Iterator[Move]:
    """The ways to make a statement apply; nothing when one of its elements cannot be made to match."""
    for asked in islice(_asked_otherwise(statement, request), _MOST_MOVES):
        for move in islice(_conditions_met(statement.conditions, asked), _MOST_MOVES):
            if move[1] and not any(step.what.lower() in fixed for step in move[1]):
                yield move


def _asked_otherwise(statement: Statement, request: Request) -> Iterator[Move]:
    """Caller, action and resource that the statement is about, changed only where they do not match."""
    callers = [None] if statement.grant(request) else _principal_changes(statement, request)
    actions = [None] if statement.actions.match(request.action_lower) else _action_changes(statement, request)
    about = statement.resources is None or statement.resources.match(request)
    for steps in product(callers, actions, [None] if about else _resource_changes(statement, request)):
        changed = request
        for step in steps:
            changed = step.apply(changed) if step is not None else changed
        yield changed, tuple(step.change for step in steps if step is not None)


def _conditions_met(conditions: tuple[Condition, ...], move: Move) -> Iterator[Move]:
    """One condition after the other, because a value that satisfies the first may satisfy the next."""
    request, steps = move
    failing = next((each for each in conditions if not each.holds(request.values)), None)
    if failing is None:
        yield move
    elif len(steps) < _DEEPEST:
        for value in satisfying(failing, request.values):
            step = _context_change(failing, request, value)
            yield from _conditions_met(conditions, (step.apply(request), (*steps, step.change)))


def _breaking_moves(statement: Statement, request: Request, fixed: frozenset[str]) -> Iterator[Move]:
    """The ways to make one condition of a Deny fail; a Deny without conditions leaves none."""
    if (
        not statement.actions.match(request.action_lower)
        or not statement.grant(request)
        or not statement.applies(request)
    ):
        return
    for condition in statement.conditions:
        for value in breaking(condition, request.values):
            step = _context_change(condition, request, value, avoiding=True)
            if condition.wanted not in fixed:
                yield step.apply(request), (step.change,)


class _Step(NamedTuple):
    """A change with the parts of the request that it replaces."""

    change: Change
    parts: Mapping[str, object]

    def apply(self, request: Request) -> Request:
        return request.replace(**self.parts)


def _principal_changes(statement: Statement, request: Request) -> list[_Step]:
    element = statement.principals
    callers = [] if element is None else [_named(kind, value, request) for kind, value in element.shown]
    shown = () if element is None else tuple(value for _, value in element.shown)
    text = f"the caller is `{request.principal}`, the policy names {quoted(shown)}"
    need = f"the caller is {quoted(shown)}"
    change = Change("principal", str(request.principal), None, shown, text, need, 8)
    return [_Step(replace(change, after=str(each)), {"principal": each}) for each in callers if each is not None]


def _named(kind: str, value: str, request: Request) -> Principal | None:
    """A caller that the Principal value names; for an account, one like the present caller but there."""
    if kind == "Service":
        return Principal.service(value)
    if kind == "Federated":
        return Principal.federated(value)
    if kind != "AWS" or not value.startswith("arn:") or account_of(value):
        return None
    if ":role/" in value:
        return Principal.role_session(value, request.principal.session_name or "session")
    return Principal.user(value) if ":user/" in value else None


def _action_changes(statement: Statement, request: Request) -> list[_Step]:
    if statement.actions.negated:
        return []
    text = f"the action is `{request.action}`, the policy allows {quoted(statement.actions.values)}"
    need = f"the action is {quoted(statement.actions.values)}"
    change = Change("action", request.action, None, statement.actions.values, text, need, 6)
    literal = [value for value in statement.actions.values if "*" not in value and "?" not in value]
    return [_Step(replace(change, after=value), {"action": value}) for value in literal]


def _resource_changes(statement: Statement, request: Request) -> list[_Step]:
    resources = statement.resources
    if resources is None or resources.negated:
        return []
    steps = []
    for template in resources.templates:
        tokens = template.expand(request.values)
        if tokens is None:
            continue
        recased = refit(tokens, request.resource)
        value, cost = (recased, 1) if recased is not None else (example(tokens), 5)
        wanted = template.shown(request.values)
        why = difference(request.resource, wanted, like=True)
        text = f"the resource is `{request.resource}`, the policy wants `{wanted}`{why}"
        need = f"the resource is `{wanted}`"
        change = Change("resource", request.resource, value, (wanted,), text, need, cost)
        steps.append(_Step(change, {"resource": value}))
    return steps


def _context_change(condition: Condition, request: Request, value: Value, *, avoiding: bool = False) -> _Step:
    before = request.values.get(condition.wanted)
    wanted = tuple(template.shown(request.values) for template in condition.templates)
    context = {key: given for key, given in request.context.items() if key.lower() != condition.wanted}
    if value is not None:
        context[condition.key] = value
    text = avoided(condition, before, wanted) if avoiding else told(condition, before, wanted)
    need = text if avoiding else needed(condition, wanted)
    change = Change(condition.key, before, value, wanted, text, need, _cost(before, value))
    return _Step(change, {"context": context})


def _cost(before: Value, after: Value) -> int:
    """A difference of case is the smallest; a value for a key that is there is nearer than a key more or less."""
    if isinstance(before, str) and isinstance(after, str):
        return 1 if before.lower() == after.lower() else 2
    return 4 if after is None else 3
