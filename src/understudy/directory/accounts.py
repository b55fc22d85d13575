"""A directory as the questions of `understudy.policy` see it: who can assume what, and through whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.directory.models import Account, Policies, Role, User
from understudy.policy import Accounts, Guardrails, Policy, PolicyKind, parse_policy
from understudy.policy import Role as AskedRole
from understudy.policy import User as AskedUser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from understudy.directory.memory import MemoryDirectory

_NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "none:None", "Resource": "*"}]}


def accounts(directory: MemoryDirectory) -> Accounts:
    """Every user and role with its policies compiled, its groups' included, and the guardrails over each account."""
    entities = list(directory.entities())
    return Accounts(
        tuple(_user(directory, each) for each in entities if isinstance(each, User)),
        tuple(_role(directory, each) for each in entities if isinstance(each, Role)),
        {each.account_id: _guardrails(directory, each.account_id) for each in entities if isinstance(each, Account)},
    )


def _user(directory: MemoryDirectory, user: User) -> AskedUser:
    groups = (directory.group(user.account, name) for name in user.groups)
    attached = [user.policies, *(group.policies for group in groups if group is not None)]
    policies = [policy for each in attached for policy in _attached(directory, each)]
    return AskedUser(user.arn, policies, _boundary(directory, user.policies), user.unique_id, user.tags)


def _role(directory: MemoryDirectory, role: Role) -> AskedRole:
    trust = parse_policy(role.trust_policy, PolicyKind.TRUST, name=role.name)
    return AskedRole(
        role.arn,
        trust.bound(role.departed.get) if role.departed else trust,
        _attached(directory, role.policies),
        _boundary(directory, role.policies),
        role.unique_id,
        role.tags,
        role.max_session_duration,
    )


def _attached(directory: MemoryDirectory, policies: Policies) -> list[Policy]:
    inline = [parse_policy(text, PolicyKind.IDENTITY, name=name) for name, text in policies.inline.items()]
    managed = ((arn, directory.managed_policy(arn)) for arn in policies.managed)
    found = [parse_policy(each.document, PolicyKind.IDENTITY, name=arn) for arn, each in managed if each is not None]
    return [*inline, *found]


def _boundary(directory: MemoryDirectory, policies: Policies) -> Policy | None:
    """A boundary that does not exist allows nothing."""
    if policies.boundary is None:
        return None
    found = directory.managed_policy(policies.boundary)
    document = _NOTHING if found is None else found.document
    return parse_policy(document, PolicyKind.BOUNDARY, name=policies.boundary)


def _guardrails(directory: MemoryDirectory, account: str) -> Guardrails:
    """The levels from the organization's root down to the account; a level without policies has full access."""
    organization = directory.organization(account)
    if organization is None:
        return Guardrails()
    units = organization.units_above(account)
    scps = [*(unit.service_control_policies for unit in units), organization.account_policies.get(account, ())]
    rcps = [unit.resource_control_policies for unit in units]
    return Guardrails(
        _levels(scps, PolicyKind.SCP), _levels(rcps, PolicyKind.RCP), organization.management_account == account
    )


def _levels(levels: Sequence[Sequence[str]], kind: PolicyKind) -> list[list[Policy]] | None:
    found = [[parse_policy(text, kind) for text in level] for level in levels if level]
    return found or None
