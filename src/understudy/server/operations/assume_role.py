"""AssumeRole: credentials of a role for a caller whom its trust policy names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.commands import AssumeRoleCommand
from understudy.errors import AccessDenied
from understudy.server.arns import account_of_arn, check_role_arn
from understudy.server.provided_contexts import read_provided_contexts
from understudy.server.role_sessions import RoleSession, issue_role_session, read_session_policies
from understudy.server.second_factor import verify_second_factor
from understudy.server.session_tags import SessionTags, session_tags, source_identity, tag_pairs
from understudy.types import AssumeRoleOutput

if TYPE_CHECKING:
    from understudy.directory import Role
    from understudy.server.calls import Call
    from understudy.server.principals import ContextValue
    from understudy.server.provided_contexts import ProvidedContexts
    from understudy.server.service import Service


def assume_role(service: Service, call: Call, command: AssumeRoleCommand) -> AssumeRoleOutput:
    """Check what is asked, authorise it, and issue the session; the order of the checks before authorisation is
    ours.
    """
    caller, calling = call.caller, call.caller.session
    if caller.is_root:
        raise AccessDenied("Roles may not be assumed by root accounts.")
    check_role_arn(command.role_arn)
    policies = read_session_policies(command.policy, command.policy_arns)
    tags = session_tags(tag_pairs(command.tags), command.transitive_tag_keys or (), calling)
    identity = source_identity(command.source_identity, calling)
    contexts = read_provided_contexts(service, command.provided_contexts)
    mfa_at = verify_second_factor(service, call, command.serial_number, command.token_code)
    role = service.directory.role(command.role_arn)
    context = _context(call, command, role, tags, identity, contexts, mfa_at)
    _authorise(service, call, command, role, context, tags=bool(tags.tags), identity=identity, contexts=contexts)
    if role is None:
        raise AssertionError("a role that does not exist was authorised")
    issued, assumed = issue_role_session(
        service,
        call,
        RoleSession(
            role=role,
            session_name=command.role_session_name,
            duration_seconds=command.duration_seconds,
            policies=policies,
            tags=tags,
            source_identity=identity,
            mfa_at=mfa_at,
            chained=caller.is_chaining,
            contexts=contexts.values,
            minimum_size=command.minimum_session_token_size,
        ),
    )
    return AssumeRoleOutput.of(
        {
            "credentials": issued.credentials,
            "assumed_role_user": assumed,
            "packed_policy_size": issued.packed_policy_size,
            "source_identity": identity,
            "session_token_utilization": issued.utilization,
            "session_token_size": issued.token_size,
        }
    )


def _context(
    call: Call,
    command: AssumeRoleCommand,
    role: Role | None,
    tags: SessionTags,
    identity: str | None,
    contexts: ProvidedContexts,
    mfa_at: int | None,
) -> dict[str, ContextValue]:
    """Every condition key of the request: the caller's and the connection's, then those of AssumeRole itself."""
    keys = call.context()
    keys["sts:RoleSessionName"] = command.role_session_name
    if command.external_id is not None:
        keys["sts:ExternalId"] = command.external_id
    if identity is not None:
        keys["sts:SourceIdentity"] = identity
    if mfa_at is not None:
        keys["aws:MultiFactorAuthPresent"] = "true"
        keys["aws:MultiFactorAuthAge"] = str(max(0, int(call.now) - mfa_at))
    keys.update(tags.context())
    if contexts.values:
        keys = {key: value for key, value in keys.items() if not key.startswith("sts:RequestContext/")}
        keys.update(contexts.context())
    for key, value in (role.tags if role is not None else {}).items():
        keys[f"aws:ResourceTag/{key}"] = keys[f"iam:ResourceTag/{key}"] = value
    keys["aws:ResourceAccount"] = account_of_arn(command.role_arn)
    return keys


def _authorise(
    service: Service,
    call: Call,
    command: AssumeRoleCommand,
    role: Role | None,
    context: dict[str, ContextValue],
    *,
    tags: bool,
    identity: str | None,
    contexts: ProvidedContexts,
) -> None:
    """sts:AssumeRole, and what else the request does: each is allowed on its own, by trust policy and caller's
    policies.
    """
    actions = ["sts:AssumeRole"]
    actions += ["sts:TagSession"] if tags else []
    actions += ["sts:SetSourceIdentity"] if identity is not None else []
    actions += ["sts:SetContext"] if contexts.values else []
    for action in actions:
        service.authorizer.require_on_role(call, role, action, command.role_arn, context)
