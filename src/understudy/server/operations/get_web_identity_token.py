"""GetWebIdentityToken: a signed JSON Web Token that names the caller to a service outside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from understudy.commands import GetWebIdentityTokenCommand
from understudy.server.issuer import DEFAULT_SECONDS, TokenSubject
from understudy.server.session_tags import session_tags, tag_pairs
from understudy.types import GetWebIdentityTokenOutput

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.principals import Caller
    from understudy.server.service import Service


def get_web_identity_token(
    service: Service, call: Call, command: GetWebIdentityTokenCommand
) -> GetWebIdentityTokenOutput:
    """Validation, then authorisation, then the account's switch, in this order as recorded."""
    account = call.caller.account
    tags = session_tags(tag_pairs(command.tags), (), None)
    resource = f"arn:{account.partition}:sts::{account.account_id}:self"
    context = {
        **call.context(),
        **tags.context(),
        "sts:IdentityTokenAudience": tuple(command.audience),
        "sts:SigningAlgorithm": command.signing_algorithm,
        "sts:DurationSeconds": str(command.duration_seconds or DEFAULT_SECONDS),
    }
    service.authorizer.require(call, "sts:GetWebIdentityToken", resource, context)
    if tags.tags:
        service.authorizer.require(call, "sts:TagGetWebIdentityToken", resource, context)
    issued = service.issuer.issue(
        _subject(call.caller),
        audience=command.audience,
        algorithm=command.signing_algorithm,
        now=datetime.fromtimestamp(call.now, UTC),
        region=call.region,
        enabled=account.outbound_web_identity_federation,
        seconds=command.duration_seconds,
        tags=tags.tags,
    )
    return GetWebIdentityTokenOutput.of({"web_identity_token": issued.token, "expiration": issued.expiration})


def _subject(caller: Caller) -> TokenSubject:
    session = caller.session
    provider = session.facts.get("aws:FederatedProvider") if session is not None else None
    return TokenSubject(
        account=caller.account.account_id,
        arn=caller.principal.role_arn or caller.arn,
        tags=caller.principal.tags,
        organization=caller.organization,
        session_expires=None if session is None else datetime.fromtimestamp(session.expires, UTC),
        source_identity=None if session is None else session.source_identity,
        federated_provider=provider if isinstance(provider, str) else None,
    )
