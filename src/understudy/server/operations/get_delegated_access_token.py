"""GetDelegatedAccessToken: credentials for a trade-in token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.commands import GetDelegatedAccessTokenCommand
from understudy.errors import ExpiredTradeInTokenException, ServiceError
from understudy.server.issuing import issue
from understudy.server.regions import check_region_enabled
from understudy.server.sessions import Session, SessionKind
from understudy.server.trade_in import TradeIn, TradeInUnreadable
from understudy.types import GetDelegatedAccessTokenOutput

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.service import Service

EXPIRED = "The trade-in token is expired"
INVALID = "The trade-in token is invalid"
"""Ours, both: of the first only the code is known, of the second not even that."""


def get_delegated_access_token(
    service: Service, call: Call, command: GetDelegatedAccessTokenCommand
) -> GetDelegatedAccessTokenOutput:
    """The caller needs sts:GetDelegatedAccessToken; whom the credentials stand for is the token's to say."""
    service.authorizer.require(call, "sts:GetDelegatedAccessToken", None)
    try:
        granted = service.trade_ins.open(command.trade_in_token)
    except TradeInUnreadable:
        raise _invalid() from None
    if call.now >= granted.expires:
        raise ExpiredTradeInTokenException(EXPIRED)
    session = _session(service, call, granted)
    if session is None:
        raise _invalid()
    check_region_enabled(call.region, service.directory.account(session.account))
    caller = service.principals.of_session(session)
    issued = issue(service.tokens, session)
    return GetDelegatedAccessTokenOutput.of(
        {
            **issued.members(),
            "assumed_principal": None if caller is None else caller.arn,
        }
    )


def _session(service: Service, call: Call, granted: TradeIn) -> Session | None:
    role = service.directory.role(granted.principal_arn)
    principal = role or service.directory.user(granted.principal_arn)
    if principal is None:
        return None
    return Session(
        kind=SessionKind.USER if role is None else SessionKind.ROLE,
        access_key_id=service.tokens.new_access_key_id(principal.account),
        issued=int(call.now),
        expires=int(call.now) + granted.duration_seconds,
        unique_id=principal.unique_id,
        name=f"{principal.path}{principal.name}",
        session_name="" if role is None else granted.session_name,
        partition=principal.partition,
        policy=granted.policy,
        policy_arns=granted.policy_arns,
        from_global_endpoint=call.endpoint.is_global,
    )


def _invalid() -> ServiceError:
    return ServiceError(INVALID, code="ValidationError", status=400)
