"""How the policies of a request come together: section 1 of the rules of IAM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from .document import Policy
from .principals import Grant, PrincipalKind
from .request import Request

Levels = Sequence[Sequence[Policy]]
"""The policies of each level of an organisation, from its root to the account."""


class Verdict(Enum):
    """The outcome of an evaluation. Only ALLOW allows; an explicit deny beats every allow."""

    ALLOW = "allow"
    IMPLICIT_DENY = "implicit deny"
    EXPLICIT_DENY = "explicit deny"


class PolicyType(Enum):
    """The part that a policy plays in an evaluation; the value is what the service calls it in a denial."""

    RCP = "resource control policy"
    SCP = "service control policy"
    ENDPOINT = "VPC endpoint policy"
    TRUST = "role trust policy"
    RESOURCE = "resource-based policy"
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"

    __hash__ = object.__hash__
    """Members are compared by identity; the inherited one is written in Python and is asked a dozen times a
    decision.
    """


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies that have a say in a request.

    ``identity`` are the caller's attached policies; ``trust`` is the trust policy of the role that is the resource,
    which must allow; ``resource`` are other resource policies, which may grant. ``boundary`` None is no boundary.
    ``session`` None is no session policy, and an empty tuple an empty one, which allows nothing. ``scps`` and
    ``rcps`` are the levels of the organisation, from its root to the account, each of which must allow; None is an
    account in no organisation. ``endpoint`` is a VPC endpoint's policy. ``caller_in_management_account`` lifts the
    SCPs, ``resource_in_management_account`` the RCPs.
    """

    identity: Sequence[Policy] = ()
    trust: Policy | None = None
    resource: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None
    scps: Levels | None = None
    rcps: Levels | None = None
    endpoint: Policy | None = None
    caller_in_management_account: bool = False
    resource_in_management_account: bool = False


class Ground(Enum):
    """The rule that settled a decision."""

    EXPLICIT_DENY = "an explicit Deny beats every Allow"
    ALWAYS_ALLOWED = "GetCallerIdentity cannot be denied"
    NEEDS_NO_PERMISSION = "GetSessionToken needs no permission, only an explicit Deny stops it"
    ROOT_ASSUMES_NO_ROLE = "roles may not be assumed by root accounts"
    GUARDRAIL = "a guardrail of the organisation or the endpoint does not allow it"
    NOT_NAMED = "no statement of the resource's policy allows this caller"
    NAMED_DIRECTLY = "the resource's policy names the caller itself or everybody, in its own account: that suffices"
    NAMED_ROLE = "the resource's policy names the role or user behind the session: no identity policy is needed"
    OWN_POLICIES = "the caller's own policies allow it"
    BOTH_ACCOUNTS = "across accounts both sides must allow, and both do"
    NO_ACCOUNT = "the caller has no policies of its own: the resource's policy decides"
    NOT_ALLOWED = "nothing allows it"


class Ruling(NamedTuple):
    """A verdict with the rule that gave it and, for a denial, the type of policy that did."""

    verdict: Verdict
    ground: Ground
    type: PolicyType | None = None


class Vote(NamedTuple):
    """What one policy, or one set of policies, says: how it grants (`Grant.NONE` for not at all), and whether it
    denies.
    """

    grant: Grant
    denies: bool


SILENT = Vote(Grant.NONE, False)
ASSUMING_ACTIONS = frozenset(("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"))


def vote(policy: Policy, request: Request) -> Vote:
    """What a policy says of a request: any Deny that applies, and the strongest Allow that does."""
    grant, denies = Grant.NONE, False
    for statement in policy.about(request.action_lower):
        named = statement.grant(request)
        if not named or not statement.applies(request):
            continue
        if not statement.allows:
            denies = True
        elif named > grant:
            grant = named
    return Vote(grant, denies) if grant or denies else SILENT


def union(policies: Iterable[Policy], request: Request) -> Vote:
    """Policies of one set: one Allow is enough, one Deny is enough."""
    grant, denies = Grant.NONE, False
    for policy in policies:
        one = vote(policy, request)
        if one is not SILENT:
            grant, denies = max(grant, one.grant), denies or one.denies
    return Vote(grant, denies) if grant or denies else SILENT


def every_level(levels: Levels, request: Request) -> Vote:
    """SCPs and RCPs: every level must allow, a Deny at any level denies."""
    votes = [union(level, request) for level in levels]
    return Vote(min((each.grant for each in votes), default=Grant.DIRECT), any(each.denies for each in votes))


Votes = dict[PolicyType, Vote]


def take_votes(request: Request, policies: PolicySet) -> Votes:
    """The vote of each type of policy that has a say, in the order in which they are heard."""
    votes: Votes = {}
    rcps, scps = binding_rcps(request, policies), binding_scps(request, policies)
    if rcps is not None:
        votes[PolicyType.RCP] = every_level(rcps, request)
    if scps is not None:
        votes[PolicyType.SCP] = every_level(scps, request)
    if policies.endpoint is not None:
        votes[PolicyType.ENDPOINT] = vote(policies.endpoint, request)
    if policies.trust is not None:
        votes[PolicyType.TRUST] = vote(policies.trust, request)
    if policies.resource:
        votes[PolicyType.RESOURCE] = union(policies.resource, request)
    votes[PolicyType.IDENTITY] = _identity(request, policies)
    if policies.boundary is not None:
        votes[PolicyType.BOUNDARY] = vote(policies.boundary, request)
    session = session_policies(request, policies)
    if session is not None:
        votes[PolicyType.SESSION] = union(session, request)
    return votes


def binding_rcps(request: Request, policies: PolicySet) -> Levels | None:
    """The RCPs that have a say: none over the management account's resources, none for service-linked roles."""
    lifted = policies.resource_in_management_account or request.principal.service_linked
    return None if lifted else policies.rcps


def binding_scps(request: Request, policies: PolicySet) -> Levels | None:
    """The SCPs that have a say: they bind callers of member accounts, but no service-linked role."""
    principal = request.principal
    lifted = policies.caller_in_management_account or principal.service_linked or not principal.signed_in
    return None if lifted else policies.scps


def session_policies(request: Request, policies: PolicySet) -> Sequence[Policy] | None:
    """The session policies, one set; a federated user without one has an empty one, and so no permissions of its
    own.
    """
    if policies.session is None and request.principal.kind is PrincipalKind.FEDERATED_USER:
        return ()
    return policies.session


def _identity(request: Request, policies: PolicySet) -> Vote:
    """The account's root needs no policy; its Deny statements, if any, still deny."""
    own = union(policies.identity, request)
    return Vote(Grant.DIRECT, own.denies) if request.principal.kind is PrincipalKind.ROOT else own


def rule(request: Request, votes: Votes) -> Ruling:
    """The verdict that follows from the votes."""
    if request.action_lower == "sts:getcalleridentity":
        return Ruling(Verdict.ALLOW, Ground.ALWAYS_ALLOWED)
    for policy_type, each in votes.items():
        if each.denies:
            return Ruling(Verdict.EXPLICIT_DENY, Ground.EXPLICIT_DENY, policy_type)
    if request.action_lower == "sts:getsessiontoken":
        return Ruling(Verdict.ALLOW, Ground.NEEDS_NO_PERMISSION)
    if request.principal.kind is PrincipalKind.ROOT and request.action_lower in ASSUMING_ACTIONS:
        return Ruling(Verdict.IMPLICIT_DENY, Ground.ROOT_ASSUMES_NO_ROLE)
    for guardrail in (PolicyType.RCP, PolicyType.SCP, PolicyType.ENDPOINT):
        if guardrail in votes and not votes[guardrail].grant:
            return Ruling(Verdict.IMPLICIT_DENY, Ground.GUARDRAIL, guardrail)
    return _rule_on_permissions(request, votes)


def _rule_on_permissions(request: Request, votes: Votes) -> Ruling:
    """The resource's policy and the caller's own: who must allow depends on who is named, and on whose account it
    is.
    """
    asked = PolicyType.TRUST if PolicyType.TRUST in votes else PolicyType.RESOURCE
    grant = votes.get(asked, SILENT).grant
    has_account = request.principal.signed_in
    own_account = has_account and request.same_account
    if not grant and (asked is PolicyType.TRUST or not own_account):
        return Ruling(Verdict.IMPLICIT_DENY, Ground.NOT_NAMED, asked)
    if not has_account:
        return Ruling(Verdict.ALLOW, Ground.NO_ACCOUNT)
    if own_account and grant is Grant.DIRECT:
        return Ruling(Verdict.ALLOW, Ground.NAMED_DIRECTLY)
    named_role = own_account and grant is Grant.ROLE
    for own in (PolicyType.BOUNDARY, PolicyType.SESSION) if named_role else _OWN:
        if own in votes and not votes[own].grant:
            return Ruling(Verdict.IMPLICIT_DENY, Ground.NOT_ALLOWED, own)
    if named_role:
        return Ruling(Verdict.ALLOW, Ground.NAMED_ROLE)
    return Ruling(Verdict.ALLOW, Ground.OWN_POLICIES if own_account else Ground.BOTH_ACCOUNTS)


_OWN = (PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SESSION)
