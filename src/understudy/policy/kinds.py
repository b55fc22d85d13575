"""The kinds of policy, and what each kind's grammar asks for."""

from __future__ import annotations

from enum import Enum


class PolicyKind(Enum):
    """What a document is attached to, which decides its grammar and its part in an evaluation."""

    IDENTITY = "identity-based policy"
    TRUST = "role trust policy"
    SESSION = "session policy"
    BOUNDARY = "permissions boundary"
    SCP = "service control policy"
    RCP = "resource control policy"
    RESOURCE = "resource-based policy"

    @property
    def has_principal(self) -> bool:
        """Whether its statements say whom they are about."""
        return self in (PolicyKind.TRUST, PolicyKind.RESOURCE, PolicyKind.RCP)

    @property
    def checks_literals(self) -> bool:
        """STS accepts malformed literals and unknown actions in session policies, IAM's writes refuse them
        [recorded].
        """
        return self is not PolicyKind.SESSION


STS_ACTIONS = frozenset(
    (
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "DecodeAuthorizationMessage",
        "GetAccessKeyInfo",
        "GetCallerIdentity",
        "GetDelegatedAccessToken",
        "GetFederationToken",
        "GetServiceBearerToken",
        "GetSessionToken",
        "GetWebIdentityToken",
        "SetContext",
        "SetSourceIdentity",
        "TagGetWebIdentityToken",
        "TagSession",
    )
)
"""Every action of STS (Service Authorization Reference)."""

TRUST_ACTIONS = frozenset(
    (
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
        "sts:setcontext",
        "sts:*",
    )
)
"""What a trust policy may speak of, in lower case."""
