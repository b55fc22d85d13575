"""What AssumeRole, AssumeRoleWithWebIdentity and AssumeRoleWithSAML share: the role, the checks on it, its session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from understudy import types
from understudy.errors import ServiceError
from understudy.server.durations import role_session_duration
from understudy.server.issuing import Issued, issue
from understudy.server.policies import session_policy
from understudy.server.session_tags import NO_TAGS, SessionTags
from understudy.server.sessions import Session, SessionKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from understudy.directory import Role
    from understudy.server.calls import Call
    from understudy.server.principals import ContextValue
    from understudy.server.service import Service

MOST_POLICY_ARNS = 10


class SessionPolicies(NamedTuple):
    """What narrows a session: an inline policy as JSON text, and the ARNs of managed ones."""

    inline: str | None
    arns: tuple[str, ...]


NO_POLICIES = SessionPolicies(None, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSession:
    """What is asked for, once everything about it is known."""

    role: Role
    session_name: str
    duration_seconds: int | None = None
    policies: SessionPolicies = NO_POLICIES
    tags: SessionTags = NO_TAGS
    source_identity: str | None = None
    mfa_at: int | None = None
    chained: bool = False
    facts: Mapping[str, ContextValue] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    minimum_size: int | None = None
    latest_end: int | None = None


def read_session_policies(policy: Any, policy_arns: Iterable[Any] | None) -> SessionPolicies:
    """The session policies of a request: the inline one must be a policy, and managed ones are at most ten.

    The limit is documented, its text is ours. An ARN that names no policy is taken, and grants nothing.
    """
    if policy is not None:
        session_policy(policy)
    arns = tuple(each.arn for each in policy_arns or () if each.arn is not None)
    if len(arns) > MOST_POLICY_ARNS:
        raise ServiceError(
            f"1 validation error detected: Value '[{', '.join(arns)}]' at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_POLICY_ARNS}",
            code="ValidationError",
            status=400,
        )
    return SessionPolicies(policy, arns)


def resource_tags(role: Role | None) -> dict[str, ContextValue]:
    """``aws:ResourceTag/key`` and ``iam:ResourceTag/key`` of the role that is asked for."""
    keys: dict[str, ContextValue] = {}
    for key, value in (role.tags if role is not None else {}).items():
        keys[f"aws:ResourceTag/{key}"] = keys[f"iam:ResourceTag/{key}"] = value
    return keys


def issue_role_session(service: Service, call: Call, asked: RoleSession) -> tuple[Issued, types.AssumedRoleUser]:
    """Check the duration, then seal the session of a role."""
    role = asked.role
    duration = role_session_duration(asked.duration_seconds, role, chained=asked.chained)
    issued_at = int(call.now)
    expires = issued_at + duration
    session = Session(
        kind=SessionKind.ROLE,
        access_key_id=service.tokens.new_access_key_id(role.account),
        issued=issued_at,
        expires=expires if asked.latest_end is None else min(expires, asked.latest_end),
        unique_id=role.unique_id,
        name=f"{role.path}{role.name}",
        session_name=asked.session_name,
        partition=role.partition,
        source_identity=asked.source_identity,
        tags=asked.tags.tags,
        transitive=asked.tags.transitive,
        policy=asked.policies.inline,
        policy_arns=asked.policies.arns,
        mfa_at=asked.mfa_at,
        chained=asked.chained,
        from_global_endpoint=call.endpoint.is_global,
        facts=asked.facts,
        contexts=asked.contexts,
    )
    assumed = types.AssumedRoleUser.of(
        {
            "assumed_role_id": f"{role.unique_id}:{asked.session_name}",
            "arn": f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{asked.session_name}",
        }
    )
    return issue(service.tokens, session, minimum_size=asked.minimum_size), assumed
