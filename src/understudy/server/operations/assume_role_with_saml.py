"""AssumeRoleWithSAML: credentials of a role for an assertion that a SAML provider of its account has signed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from understudy.commands import AssumeRoleWithSAMLCommand
from understudy.policy import Principal
from understudy.server.arns import account_of_arn, check_role_arn
from understudy.server.durations import ROLE_DEFAULT
from understudy.server.federated import FederatedRequest, authorise_federated
from understudy.server.issuing import check_plaintext
from understudy.server.regions import check_region_enabled
from understudy.server.role_sessions import RoleSession, issue_role_session, read_session_policies
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
    check_role_arn(command.role_arn)
    policies = read_session_policies(command.policy, command.policy_arns)
    check_plaintext(policies)
    check_region_enabled(call.region, service.directory.account(account_of_arn(command.role_arn)))
    identity = await _verified(service, call, command)
    asked = identity.session
    tags = session_tags(asked.tags.items(), asked.transitive_tag_keys, None)
    role = authorise_federated(
        service,
        call,
        FederatedRequest(
            action=ACTION,
            role_arn=command.role_arn,
            principal=Principal.federated(identity.provider_arn, subject=identity.subject),
            session_name=asked.session_name,
            context={**identity.context, "aws:FederatedProvider": identity.provider_arn},
            tags=tags,
            source_identity=asked.source_identity,
        ),
    )
    requested = ROLE_DEFAULT if command.duration_seconds is None else command.duration_seconds
    issued, assumed = issue_role_session(
        service,
        call,
        RoleSession(
            role=role,
            session_name=asked.session_name,
            duration_seconds=requested,
            latest_end=int(call.now) + identity.duration(requested, datetime.fromtimestamp(int(call.now), UTC)),
            policies=policies,
            tags=tags,
            source_identity=asked.source_identity,
            facts={**identity.session_context, "aws:FederatedProvider": identity.provider_arn},
            minimum_size=command.minimum_session_token_size,
        ),
    )
    return AssumeRoleWithSAMLOutput.of(
        {
            "credentials": issued.credentials,
            "assumed_role_user": assumed,
            "packed_policy_size": issued.packed_policy_size,
            "subject": identity.subject,
            "subject_type": identity.subject_type,
            "issuer": identity.issuer,
            "audience": identity.audience,
            "name_qualifier": identity.name_qualifier,
            "source_identity": asked.source_identity,
            "session_token_utilization": issued.utilization,
            "session_token_size": issued.token_size,
        }
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
