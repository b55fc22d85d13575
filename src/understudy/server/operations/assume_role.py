"""AssumeRole: credentials of a role for a caller whom its trust policy names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from understudy.commands import AssumeRoleCommand
from understudy.errors import AccessDenied
from understudy.server.arns import account_of_arn, check_role_arn
from understudy.server.provided_contexts import ProvidedContexts, read_provided_contexts
from understudy.server.role_sessions import RoleSession, issue_role_session, read_session_policies, resource_tags
from understudy.server.second_factor import verify_second_factor
from understudy.server.session_tags import SessionTags, session_tags, source_identity, tag_pairs
from understudy.types import AssumeRoleOutput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from understudy.directory import Role
    from understudy.server.calls import Call
    from understudy.server.principals import ContextValue
    from understudy.server.service import Service


class _Asked(NamedTuple):
    """What a request brings besides the role, once it is read and what the calling session passes on is added."""

    tags: SessionTags
    source_identity: str | None
    contexts: ProvidedContexts
    mfa_at: int | None

    def actions(self) -> Iterator[str]:
        """sts:AssumeRole, and what else the request does: each is allowed on its own."""
        yield "sts:AssumeRole"
        if self.tags.tags:
            yield "sts:TagSession"
        if self.source_identity is not None:
            yield "sts:SetSourceIdentity"
        if self.contexts.values:
            yield "sts:SetContext"


def assume_role(service: Service, call: Call, command: AssumeRoleCommand) -> AssumeRoleOutput:
    """Check what is asked, authorise it, and issue the session.

    The order of the checks before authorisation is ours.
    """
    if call.caller.is_root:
        raise AccessDenied("Roles may not be assumed by root accounts.")
    check_role_arn(command.role_arn)
    policies = read_session_policies(command.policy, command.policy_arns)
    asked = _read(service, call, command)
    role = _authorised(service, call, command, asked)
    session = RoleSession(
        role=role,
        session_name=command.role_session_name,
        duration_seconds=command.duration_seconds,
        policies=policies,
        tags=asked.tags,
        source_identity=asked.source_identity,
        mfa_at=asked.mfa_at,
        chained=call.caller.is_chaining,
        contexts=asked.contexts.values,
        minimum_size=command.minimum_session_token_size,
    )
    issued, assumed = issue_role_session(service, call, session)
    return AssumeRoleOutput.of(
        {**issued.members(), "assumed_role_user": assumed, "source_identity": asked.source_identity}
    )


def _read(service: Service, call: Call, command: AssumeRoleCommand) -> _Asked:
    calling = call.caller.session
    return _Asked(
        session_tags(tag_pairs(command.tags), command.transitive_tag_keys or (), calling),
        source_identity(command.source_identity, calling),
        read_provided_contexts(command.provided_contexts),
        verify_second_factor(service, call, command.serial_number, command.token_code),
    )


def _authorised(service: Service, call: Call, command: AssumeRoleCommand, asked: _Asked) -> Role:
    """The role; one that does not exist is refused like one that does not trust the caller."""
    role = service.directory.role(command.role_arn)
    context = _context(call, command, role, asked)
    for action in asked.actions():
        service.authorizer.require_on_role(call, role, action, command.role_arn, context)
    if role is None:
        raise AssertionError("a role that does not exist was authorised")
    return role


def _context(call: Call, command: AssumeRoleCommand, role: Role | None, asked: _Asked) -> dict[str, ContextValue]:
    """Every condition key of the request: the caller's and the connection's, then those of AssumeRole itself."""
    keys = call.context()
    keys["sts:RoleSessionName"] = command.role_session_name
    keys["aws:ResourceAccount"] = account_of_arn(command.role_arn)
    if command.external_id is not None:
        keys["sts:ExternalId"] = command.external_id
    if asked.source_identity is not None:
        keys["sts:SourceIdentity"] = asked.source_identity
    if asked.mfa_at is not None:
        keys["aws:MultiFactorAuthPresent"] = "true"
        keys["aws:MultiFactorAuthAge"] = str(max(0, int(call.now) - asked.mfa_at))
    keys.update(asked.tags.context())
    if asked.contexts.values:
        keys = {key: value for key, value in keys.items() if not key.startswith("sts:RequestContext/")}
        keys.update(asked.contexts.context())
    keys.update(resource_tags(role))
    return keys
