"""AssumeRoleWithSAML: credentials of a role for an assertion that a SAML provider of its account has signed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from understudy.commands import AssumeRoleWithSAMLCommand
from understudy.policy import Principal
from understudy.server.arns import account_of_arn
from understudy.server.durations import ROLE_DEFAULT
from understudy.server.federated import FederatedRequest, check_federated, federated_session
from understudy.server.session_tags import session_tags
from understudy.types import AssumeRoleWithSAMLOutput

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.saml import SAMLIdentity
    from understudy.server.service import Service

ACTION = "sts:AssumeRoleWithSAML"


async def assume_role_with_saml(
    service: Service, call: Call, command: AssumeRoleWithSAMLCommand
) -> AssumeRoleWithSAMLOutput:
    """Verify the assertion, then ask the role's trust policy; name, tags and source identity are the assertion's."""
    policies = check_federated(service, call, command)
    identity = await _verified(service, call, command)
    issued, assumed = federated_session(service, call, command, policies, _asked(call, command, identity))
    return AssumeRoleWithSAMLOutput.of(
        {
            **issued.members(),
            "assumed_role_user": assumed,
            "subject": identity.subject,
            "subject_type": identity.subject_type,
            "issuer": identity.issuer,
            "audience": identity.audience,
            "name_qualifier": identity.name_qualifier,
            "source_identity": identity.session.source_identity,
        }
    )


def _asked(call: Call, command: AssumeRoleWithSAMLCommand, identity: SAMLIdentity) -> FederatedRequest:
    """The attribute SessionDuration and SessionNotOnOrAfter shorten a session, below 900 seconds too."""
    provider = {"aws:FederatedProvider": identity.provider_arn}
    now = int(call.now)
    requested = ROLE_DEFAULT if command.duration_seconds is None else command.duration_seconds
    return FederatedRequest(
        action=ACTION,
        role_arn=command.role_arn,
        principal=Principal.federated(identity.provider_arn, subject=identity.subject),
        session_name=identity.session.session_name,
        context={**identity.context, **provider},
        facts={**identity.session_context, **provider},
        tags=session_tags(identity.session.tags.items(), identity.session.transitive_tag_keys, None),
        source_identity=identity.session.source_identity,
        latest_end=now + identity.duration(requested, datetime.fromtimestamp(now, UTC)),
    )


async def _verified(service: Service, call: Call, command: AssumeRoleWithSAMLCommand) -> SAMLIdentity:
    """The provider must be of the role's own account. XML is read only by those who need it, so it is loaded late."""
    from understudy.server.saml import provider_missing, verify_saml_response

    provider = service.directory.saml_provider(command.principal_arn)
    if provider is None or provider.account != account_of_arn(command.role_arn):
        raise provider_missing(call.request_id)
    return await verify_saml_response(
        command.saml_assertion,
        provider=provider,
        role_arn=command.role_arn,
        now=datetime.fromtimestamp(call.now, UTC),
        request_id=call.request_id,
    )
