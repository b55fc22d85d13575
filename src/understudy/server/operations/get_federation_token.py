"""GetFederationToken: credentials for a federated user, named and narrowed by the calling IAM user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.commands import GetFederationTokenCommand
from understudy.server.durations import user_session_duration
from understudy.server.issuing import check_plaintext, issue
from understudy.server.role_sessions import SessionPolicies, read_session_policies
from understudy.server.session_tags import SessionTags, session_tags, tag_pairs
from understudy.server.sessions import Session, SessionKind
from understudy.types import FederatedUser, GetFederationTokenOutput

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.service import Service


def get_federation_token(service: Service, call: Call, command: GetFederationTokenCommand) -> GetFederationTokenOutput:
    """The session's permissions are the user's and the session policies' together; without policies there are none."""
    policies = read_session_policies(command.policy, command.policy_arns)
    check_plaintext(policies)
    tags = session_tags(tag_pairs(command.tags), (), None)
    account = call.caller.account
    arn = f"arn:{account.partition}:sts::{account.account_id}:federated-user/{command.name}"
    context = {**call.context(), **tags.context()}
    for action in ("sts:GetFederationToken", *(["sts:TagSession"] if tags.tags else [])):
        service.authorizer.require(call, action, arn, context)
    session = _session(service, call, command, policies, tags)
    issued = issue(service.tokens, session, minimum_size=command.minimum_session_token_size)
    user = FederatedUser.of({"federated_user_id": f"{account.account_id}:{command.name}", "arn": arn})
    # PackedPolicySize is recorded as 0, not absent, unlike AssumeRole's.
    packed = issued.packed_policy_size or 0
    return GetFederationTokenOutput.of({**issued.members(), "federated_user": user, "packed_policy_size": packed})


def _session(
    service: Service,
    call: Call,
    command: GetFederationTokenCommand,
    policies: SessionPolicies,
    tags: SessionTags,
) -> Session:
    """The session of the federated user; behind it stands the calling user, or root where there is none."""
    caller, user, now = call.caller, call.caller.user, int(call.now)
    return Session(
        kind=SessionKind.FEDERATED_USER,
        access_key_id=service.tokens.new_access_key_id(caller.account.account_id),
        issued=now,
        expires=now + user_session_duration(command.duration_seconds, root=caller.is_root),
        unique_id="" if user is None else user.unique_id,
        name="" if user is None else f"{user.path}{user.name}",
        session_name=command.name,
        partition=caller.account.partition,
        tags=tags.tags,
        policy=policies.inline,
        policy_arns=policies.arns,
        from_global_endpoint=call.endpoint.is_global,
    )
