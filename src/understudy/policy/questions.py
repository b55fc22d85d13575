"""Questions people ask of a whole directory: who can assume a role, and what a caller can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .accounts import Directory, Role, User, role_policies
from .decision import Decision, evaluate
from .document import Policy, Statement
from .evaluation import PolicySet
from .nearest import Change, nearest_allowed
from .principals import Principal
from .request import ContextValue, Request

Context = Mapping[str, ContextValue]

_ASSUMING = "sts:AssumeRole"
_FEDERATED = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
_ASKERS = frozenset(("principal", "action", "resource", "aws:principalarn", "aws:principalaccount", "aws:userid"))
"""What makes the caller and the question, and so is never changed in search of a condition."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One caller who can assume a role. ``needs`` are the conditions that the request must still meet; empty
    means as it is.
    """

    principal: Principal
    role_arn: str
    action: str
    needs: tuple[Change, ...]
    decision: Decision

    @property
    def unconditional(self) -> bool:
        """Whether the request is allowed just as it was asked."""
        return not self.needs


class UnknownName(LookupError):
    """The directory has no such role or user; the message lists those that are like it."""


def who_can_assume(role_arn: str, directory: Directory, *, context: Context | None = None) -> tuple[Answer, ...]:
    """Every user, role, federated provider and service that can assume the role, with what each request must
    carry.

    ``context`` is what the requests carry anyway, such as ``sts:ExternalId``. The ``aws:`` keys that follow from
    the caller are added. An account or caller that the directory does not have is not listed, but for providers
    and services that the trust policy names. Raises `UnknownName`.
    """
    role = find_role(role_arn, directory)
    return tuple(_answers(role, directory, context or {}))


def _answers(role: Role, directory: Directory, context: Context) -> Iterator[Answer]:
    callers: list[User | Role] = [*directory.users(), *directory.roles()]
    for caller in callers:
        answer = can_assume(caller, role, directory, context)
        if answer is not None:
            yield answer
    for principal, action in _outsiders(role):
        policies = role_policies(None, role, directory)
        answer = _answer(principal, action, role, policies, context)
        if answer is not None:
            yield answer


def can_assume(caller: User | Role, role: Role, directory: Directory, context: Context | None = None) -> Answer | None:
    """How the user, or a session of the role, can assume a role; None when it cannot."""
    principal = caller.principal()
    if not any(each.allows and each.grant(_bare(principal, role)) for each in role.trust.statements):
        return None
    policies = role_policies(caller, role, directory, principal.account)
    return _answer(principal, _ASSUMING, role, policies, context or {})


def _bare(principal: Principal, role: Role) -> Request:
    return Request(principal, _ASSUMING, role.arn, role.account)


def _answer(principal: Principal, action: str, role: Role, policies: PolicySet, context: Context) -> Answer | None:
    request = Request(principal, action, role.arn, role.account, {**context, **known_keys(principal, role)})
    fixed = _ASKERS | {key.lower() for key in request.context}
    nearest = nearest_allowed(request, policies, fixed=fixed)
    if nearest is None:
        return None
    return Answer(principal, role.arn, action, nearest.changes, evaluate(nearest.request, policies))


def known_keys(principal: Principal, role: Role) -> dict[str, ContextValue]:
    """The condition keys that follow from the caller and from the role."""
    tags = {f"{prefix}:ResourceTag/{key}": value for key, value in role.tags.items() for prefix in ("aws", "iam")}
    return {**principal.condition_keys(), **tags}


def _outsiders(role: Role) -> Iterator[tuple[Principal, str]]:
    """The providers and services that the trust policy names, once each."""
    elements = [each.principals for each in role.trust.statements if each.allows and each.principals]
    for kind, value in dict.fromkeys(pair for element in elements for pair in element.shown):
        if kind == "Service":
            yield Principal.service(value), _ASSUMING
        elif kind == "Federated":
            yield Principal.federated(value), _FEDERATED[":saml-provider/" in value]


@dataclass(frozen=True, slots=True)
class Permission:
    """One Allow of a policy that a caller carries, as it is written; denies and boundaries may still cut it."""

    policy: str
    statement: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditional: bool


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a caller can do: the roles it can assume itself, those it can reach through them, and what its
    policies allow.
    """

    principal: Principal
    assumes: tuple[Answer, ...]
    reaches: tuple[tuple[str, ...], ...]
    permissions: tuple[Permission, ...]


def what_can(arn: str, directory: Directory, *, context: Context | None = None) -> Abilities:
    """What the user or role with the ARN can do. ``reaches`` are the shortest chains of role ARNs. Raises
    `UnknownName`.
    """
    from .chains import role_chains

    caller = find_caller(arn, directory)
    answers = (can_assume(caller, role, directory, context) for role in directory.roles())
    graph = role_chains(directory, context=context)
    return Abilities(
        caller.principal(),
        tuple(answer for answer in answers if answer is not None),
        tuple(graph.reachable(caller.arn)),
        tuple(_permissions(caller.policies)),
    )


def _permissions(policies: Iterable[Policy]) -> Iterator[Permission]:
    for policy in policies:
        for each in policy.statements:
            if each.allows:
                yield _permission(policy, each)


def _permission(policy: Policy, statement: Statement) -> Permission:
    actions, resources = statement.actions, statement.resources
    about = () if resources is None else tuple(each.text for each in resources.templates)
    return Permission(
        policy.label,
        statement.label(),
        _but(actions.values, negated=actions.negated),
        _but(about, negated=resources is not None and resources.negated),
        bool(statement.conditions),
    )


def _but(values: tuple[str, ...], *, negated: bool) -> tuple[str, ...]:
    return tuple(f"all but {value}" for value in values) if negated else values


def find_role(name: str, directory: Directory) -> Role:
    """The role of that ARN, or the only one of that name; raises `UnknownName`."""
    roles = list(directory.roles())
    return roles[_index(name, [role.arn for role in roles], "role")]


def find_caller(name: str, directory: Directory) -> User | Role:
    """The user or role of that ARN, or the only one of that name; raises `UnknownName`."""
    callers: list[User | Role] = [*directory.users(), *directory.roles()]
    return callers[_index(name, [caller.arn for caller in callers], "user or role")]


def _index(name: str, arns: Sequence[str], what: str) -> int:
    found = [index for index, arn in enumerate(arns) if name in (arn, arn.rpartition("/")[2])]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownName(f"{name!r} names {len(found)} of them, say which: {', '.join(arns[each] for each in found)}")
    from difflib import get_close_matches

    by_name = {arn.rpartition("/")[2]: arn for arn in arns}
    alike = [by_name[each] for each in get_close_matches(name.rpartition("/")[2], by_name)]
    raise UnknownName(f"the directory has no {what} {name!r}" + (f"; there is {', '.join(alike)}" if alike else ""))
