"""What web identity and SAML callers share: they have no account, so that the role's trust policy alone decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from understudy.server.session_tags import NO_TAGS, SessionTags

if TYPE_CHECKING:
    from understudy.directory import Role
    from understudy.policy import Principal
    from understudy.server.calls import Call
    from understudy.server.principals import ContextValue
    from understudy.server.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedRequest:
    """What a verified token or assertion asks for."""

    action: str
    role_arn: str
    principal: Principal
    session_name: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    tags: SessionTags = NO_TAGS
    source_identity: str | None = None


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
    for key, value in (role.tags if role is not None else {}).items():
        keys[f"aws:ResourceTag/{key}"] = keys[f"iam:ResourceTag/{key}"] = value
    return keys
