"""What web identity and SAML callers share: they have no account, so that the role's trust policy alone decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from understudy.server.arns import account_of_arn, check_role_arn
from understudy.server.issuing import Issued, check_plaintext
from understudy.server.regions import check_region_enabled
from understudy.server.role_sessions import (
    RoleSession,
    SessionPolicies,
    issue_role_session,
    read_session_policies,
    resource_tags,
)
from understudy.server.session_tags import NO_TAGS, SessionTags

if TYPE_CHECKING:
    from understudy.directory import Role
    from understudy.policy import Principal
    from understudy.server.calls import Call
    from understudy.server.principals import ContextValue
    from understudy.server.service import Service
    from understudy.types import AssumedRoleUser


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedRequest:
    """What a verified token or assertion asks for. `context` decides, `facts` stay with the session.

    `latest_end` (epoch seconds) is where the session ends at the latest, whatever its duration.
    """

    action: str
    role_arn: str
    principal: Principal
    session_name: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    facts: Mapping[str, ContextValue] = field(default_factory=dict)
    tags: SessionTags = NO_TAGS
    source_identity: str | None = None
    latest_end: int | None = None


def check_federated(service: Service, call: Call, command: Any) -> SessionPolicies:
    """What can be checked before the token is looked at; gives the session policies."""
    check_role_arn(command.role_arn)
    policies = read_session_policies(command.policy, command.policy_arns)
    check_plaintext(policies)
    check_region_enabled(call.region, service.directory.account(account_of_arn(command.role_arn)))
    return policies


def federated_session(
    service: Service, call: Call, command: Any, policies: SessionPolicies, asked: FederatedRequest
) -> tuple[Issued, AssumedRoleUser]:
    """Authorise, then issue the role session; durations, sizes and policies are the command's."""
    session = RoleSession(
        role=authorise_federated(service, call, asked),
        session_name=asked.session_name,
        duration_seconds=command.duration_seconds,
        policies=policies,
        tags=asked.tags,
        source_identity=asked.source_identity,
        facts=asked.facts,
        minimum_size=command.minimum_session_token_size,
        latest_end=asked.latest_end,
    )
    return issue_role_session(service, call, session)


def authorise_federated(service: Service, call: Call, asked: FederatedRequest) -> Role:
    """The role; raises AccessDenied, with the same words for an unknown role and for one that does not trust the
    caller.
    """
    role = service.directory.role(asked.role_arn)
    context = _context(call, asked, role)
    for action in _actions(asked):
        service.authorizer.require_federated(asked.principal, role, action, asked.role_arn, context)
    if role is None:
        raise AssertionError("a role that does not exist was authorised")
    return role


def _actions(asked: FederatedRequest) -> list[str]:
    """Setting tags and a source identity are actions of their own, each to be allowed."""
    actions = [asked.action]
    actions += ["sts:TagSession"] if asked.tags.tags else []
    actions += ["sts:SetSourceIdentity"] if asked.source_identity is not None else []
    return actions


def _context(call: Call, asked: FederatedRequest, role: Role | None) -> dict[str, ContextValue]:
    keys: dict[str, ContextValue] = {
        **call.context(),
        **asked.principal.condition_keys(),
        **asked.context,
        **asked.tags.context(),
        "sts:RoleSessionName": asked.session_name,
    }
    if asked.source_identity is not None:
        keys["sts:SourceIdentity"] = asked.source_identity
    keys.update(resource_tags(role))
    return keys
