"""GetSessionToken: temporary credentials of the calling user or root, with a second factor where one is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.commands import GetSessionTokenCommand
from understudy.server.durations import user_session_duration
from understudy.server.issuing import issue
from understudy.server.second_factor import verify_second_factor
from understudy.server.sessions import Session, SessionKind
from understudy.types import GetSessionTokenOutput

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.service import Service


def get_session_token(service: Service, call: Call, command: GetSessionTokenCommand) -> GetSessionTokenOutput:
    """Needs no permission; only an explicit Deny stops it."""
    caller = call.caller
    mfa_at = verify_second_factor(service, call, command.serial_number, command.token_code)
    service.authorizer.require(call, "sts:GetSessionToken", None)
    issued_at = int(call.now)
    user = caller.user
    session = Session(
        kind=SessionKind.ROOT if user is None else SessionKind.USER,
        access_key_id=service.tokens.new_access_key_id(caller.account.account_id),
        issued=issued_at,
        expires=issued_at + user_session_duration(command.duration_seconds, root=caller.is_root),
        unique_id="" if user is None else user.unique_id,
        name="" if user is None else f"{user.path}{user.name}",
        partition=caller.account.partition,
        mfa_at=mfa_at,
        from_global_endpoint=call.endpoint.is_global,
    )
    issued = issue(service.tokens, session, minimum_size=command.minimum_session_token_size)
    return GetSessionTokenOutput.of(issued.members())
