"""Credentials of a role for a SAML assertion, which is fetched anew at each refresh."""

from __future__ import annotations

from understudy.commands import AssumeRoleWithSAMLCommand
from understudy.credentials.calling import Calling, Calls, checked, issued, refreshing, without_none
from understudy.credentials.web_identity import fetched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from understudy.commands import Policy, PolicyArns
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.web_identity import Token
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials


def from_saml(
    *,
    role_arn: str,
    principal_arn: str,
    saml_assertion: Token,
    policy_arns: PolicyArns | None = None,
    policy: Policy | None = None,
    duration_seconds: int | None = None,
    minimum_session_token_size: int | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of a role for an assertion (AssumeRoleWithSAML); the call needs no credentials.

    `saml_assertion` is base64 text, or better a function (plain or async) that gets a new one at each refresh, because
    an assertion is good for five minutes. `principal_arn` is the SAML provider's. `duration_seconds` is 900 to 43200.
    """
    members = without_none(
        {
            "role_arn": role_arn,
            "principal_arn": principal_arn,
            "policy_arns": policy_arns,
            "policy": policy,
            "duration_seconds": duration_seconds,
            "minimum_session_token_size": minimum_session_token_size,
        }
    )
    provider = SAMLProvider(members, saml_assertion, Calls(client))
    return refreshing(provider, provider.calls, refresh)


class SAMLProvider(Calling):
    """Fetches an assertion and calls AssumeRoleWithSAML each time it is asked."""

    __slots__ = ("assertion", "members")

    name = "saml"
    static_stability = True

    def __init__(self, members: dict[str, Any], assertion: Token, calls: Calls) -> None:
        self.members = members
        self.assertion = assertion
        super().__init__(calls)
        checked(AssumeRoleWithSAMLCommand(**members, saml_assertion="checked-later"))

    def retrieve(self) -> Flow[AWSCredentials]:
        """The role's credentials; raises what the assertion's source or the service raised."""
        assertion = yield from fetched(self.assertion, "saml_assertion")
        command = AssumeRoleWithSAMLCommand(**self.members, saml_assertion=assertion)
        output = yield from self.calls.caller.call(command)
        return issued(output.credentials, self.name, output.assumed_role_user.arn)

    def __repr__(self) -> str:
        return f"SAMLProvider({self.members['role_arn']!r})"
