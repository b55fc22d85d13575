"""AssumeRoleWithWebIdentity: credentials of a role for an OpenID Connect token that its account's provider
vouches for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from understudy.commands import AssumeRoleWithWebIdentityCommand
from understudy.errors import InvalidIdentityTokenException
from understudy.policy import Principal
from understudy.server.arns import account_of_arn
from understudy.server.federated import FederatedRequest, check_federated, federated_session
from understudy.server.oidc import WebIdentity, verify_web_identity
from understudy.server.session_tags import session_tags
from understudy.types import AssumeRoleWithWebIdentityOutput

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.service import Service

ACTION = "sts:AssumeRoleWithWebIdentity"
LOGIN_WITH_AMAZON = "www.amazon.com"
NOT_AMAZON = "Provided Token is not a Login With Amazon token"
NOT_THIRD_PARTY = "Unknown error validating third-party token"


async def assume_role_with_web_identity(
    service: Service, call: Call, command: AssumeRoleWithWebIdentityCommand
) -> AssumeRoleWithWebIdentityOutput:
    """Verify the token, then ask the role's trust policy; an unknown role is refused with the same words."""
    policies = check_federated(service, call, command)
    _refuse_access_tokens(command.provider_id)
    identity = await verify_web_identity(
        command.web_identity_token,
        providers=service.directory.oidc_providers(account_of_arn(command.role_arn)),
        keys=service.provider_keys,
        now=datetime.fromtimestamp(call.now, UTC),
    )
    issued, assumed = federated_session(service, call, command, policies, _asked(command, identity))
    return AssumeRoleWithWebIdentityOutput.of(
        {
            **issued.members(),
            "assumed_role_user": assumed,
            "subject_from_web_identity_token": identity.subject,
            "provider": identity.provider_arn,
            "audience": identity.audience,
            "source_identity": identity.source_identity,
        }
    )


def _asked(command: AssumeRoleWithWebIdentityCommand, identity: WebIdentity) -> FederatedRequest:
    provider = {"aws:FederatedProvider": identity.provider_arn}
    return FederatedRequest(
        action=ACTION,
        role_arn=command.role_arn,
        principal=Principal.federated(identity.provider_arn, subject=identity.subject),
        session_name=command.role_session_name,
        context={**identity.condition_context(command.role_arn), **provider},
        facts={**identity.session_context, **provider},
        tags=session_tags(identity.tags.items(), identity.transitive_tag_keys, None),
        source_identity=identity.source_identity,
    )


def _refuse_access_tokens(provider_id: str | None) -> None:
    """ProviderId is for OAuth 2.0 access tokens of two old providers, which the stand-in has no way to verify."""
    if provider_id == LOGIN_WITH_AMAZON:
        raise InvalidIdentityTokenException(NOT_AMAZON)
    if provider_id is not None:
        raise InvalidIdentityTokenException(NOT_THIRD_PARTY)
