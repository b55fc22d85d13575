"""The policies that have a say in a request, gathered from the directory and the session, compiled once each."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from understudy.errors import MalformedPolicyDocumentException
from understudy.policy import Policy, PolicyError, PolicyKind, PolicySet, parse_policy
from understudy.server.sessions import SessionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from understudy.directory import Directory, Policies, Role
    from understudy.server.principals import Caller
    from understudy.server.sessions import Session

NOBODY = parse_policy(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}],
    },
    PolicyKind.TRUST,
    name="the role does not exist",
)
"""Stands for the trust policy of a role that does not exist: it names nobody, so that the answer is the same no."""

_NOTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "none:None", "Resource": "*"}]},
    PolicyKind.BOUNDARY,
    name="the permissions boundary does not exist",
)


_KEPT = 4096


@lru_cache(maxsize=4096)
def compiled(text: str, kind: PolicyKind, name: str | None = None) -> Policy:
    """The policy of a text of JSON; raises `understudy.policy.PolicyError`."""
    return parse_policy(text, kind, name=name)


def session_policy(text: str) -> Policy:
    """An inline session policy as a request brings it; raises MalformedPolicyDocument with the service's text."""
    try:
        return compiled(text, PolicyKind.SESSION, "session")
    except PolicyError as error:
        raise MalformedPolicyDocumentException(error.service_text) from None


class PolicySource:
    """Gathers what applies to a caller; what is compiled stands until the directory changes."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._revision = directory.revision
        self._own: dict[Caller, PolicySet] = {}
        self._on_role: dict[tuple[Caller, str], PolicySet] = {}
        self._trust: dict[str, Policy] = {}

    def of_caller(self, caller: Caller) -> PolicySet:
        """Identity policies, boundary, session policies and the organization's guardrails of a caller."""
        self._forget_old()
        found = self._own.get(caller)
        if found is None:
            found = self._own[caller] = self._gather(caller)
        return found

    def on_role(self, caller: Caller, account: str, role: Role | None) -> PolicySet:
        """Everything with a say when the caller wants a role of the account."""
        self._forget_old()
        if role is None:
            return self._with_trust(self.of_caller(caller), account, None)
        found = self._on_role.get((caller, role.arn))
        if found is None:
            if len(self._on_role) >= _KEPT:
                self._on_role.clear()
            found = self._on_role[caller, role.arn] = self._with_trust(self.of_caller(caller), account, role)
        return found

    def of_stranger(self, account: str, role: Role | None) -> PolicySet:
        """The same for a caller without an account: the role's own policies alone."""
        return self._with_trust(PolicySet(), account, role)

    def _with_trust(self, own: PolicySet, account: str, role: Role | None) -> PolicySet:
        rcps, management = self.guarding(account)
        return replace(own, trust=self._trusting(role), rcps=rcps, resource_in_management_account=management)

    def _trusting(self, role: Role | None) -> Policy:
        """The trust policy of a role, bound to the unique ids of principals that left; of no role, one that
        trusts nobody.
        """
        if role is None:
            return NOBODY
        self._forget_old()
        found = self._trust.get(role.arn)
        if found is None:
            policy = compiled(role.trust_policy, PolicyKind.TRUST, role.name)
            found = self._trust[role.arn] = policy.bound(role.departed.get) if role.departed else policy
        return found

    def guarding(self, account: str) -> tuple[Sequence[Sequence[Policy]] | None, bool]:
        """The resource control policies over an account, and whether it is its organization's management account."""
        organization = self._directory.organization(account)
        if organization is None:
            return None, False
        levels = [unit.resource_control_policies for unit in organization.units_above(account)]
        found = [[compiled(text, PolicyKind.RCP) for text in level] for level in levels if level]
        return found or None, organization.management_account == account

    def _forget_old(self) -> None:
        if self._revision != self._directory.revision or len(self._own) > _KEPT:
            self._revision = self._directory.revision
            self._own.clear()
            self._on_role.clear()
            self._trust.clear()

    def _gather(self, caller: Caller) -> PolicySet:
        attached = self._attached(caller)
        scps, management = self._service_control(caller)
        return PolicySet(
            identity=[policy for each in attached for policy in self._identity(each)],
            boundary=self._boundary(attached[0].boundary) if attached else None,
            session=None if caller.session is None else self._session(caller.session),
            scps=scps,
            caller_in_management_account=management,
        )

    def _attached(self, caller: Caller) -> list[Policies]:
        """The caller's own attachments first (only they have a boundary), then those of its groups."""
        if caller.role is not None:
            return [caller.role.policies]
        if caller.user is None:
            return []
        groups = (self._directory.group(caller.user.account, name) for name in caller.user.groups)
        return [caller.user.policies, *(group.policies for group in groups if group is not None)]

    def _identity(self, attached: Policies) -> list[Policy]:
        inline = [compiled(text, PolicyKind.IDENTITY, name) for name, text in attached.inline.items()]
        return [*inline, *self._managed(attached.managed, PolicyKind.IDENTITY)]

    def _managed(self, arns: Sequence[str], kind: PolicyKind) -> list[Policy]:
        """The default versions as they are now; an ARN that names no policy contributes nothing."""
        found = (self._directory.managed_policy(arn) for arn in arns)
        return [compiled(policy.document, kind, policy.arn) for policy in found if policy is not None]

    def _boundary(self, arn: str | None) -> Policy | None:
        """A boundary that does not exist allows nothing."""
        if arn is None:
            return None
        return next(iter(self._managed([arn], PolicyKind.BOUNDARY)), _NOTHING)

    def _session(self, session: Session) -> list[Policy] | None:
        """Inline and managed session policies form one set; without any the session is not narrowed."""
        arns = session.policy_arns
        if session.kind is SessionKind.ROOT_TASK and session.task_policy_arn:
            arns = (session.task_policy_arn,)
        if session.policy is None and not arns:
            return None
        inline = [] if session.policy is None else [compiled(session.policy, PolicyKind.SESSION, "session")]
        return [*inline, *self._managed(arns, PolicyKind.SESSION)]

    def _service_control(self, caller: Caller) -> tuple[Sequence[Sequence[Policy]] | None, bool]:
        account = caller.account.account_id
        organization = self._directory.organization(account)
        if organization is None:
            return None, False
        levels = [unit.service_control_policies for unit in organization.units_above(account)]
        levels.append(organization.account_policies.get(account, ()))
        found = [[compiled(text, PolicyKind.SCP) for text in level] for level in levels if level]
        return found or None, organization.management_account == account
