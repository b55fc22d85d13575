"""Understudy owns both halves of AWS STS for Python: the client, and a stand-in that really verifies."""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.arn import (
        Arn,
        InvalidArn,
    )
    from understudy.client.aio import (
        AsyncSTSClient,
    )
    from understudy.client.call import (
        Caller,
    )
    from understudy.client.hooks import (
        Call,
        Hooks,
    )
    from understudy.client.options import (
        ClientOptions,
    )
    from understudy.client.sync import (
        STSClient,
    )
    from understudy.commands import (
        AssumeRoleCommand,
        AssumeRoleWithSAMLCommand,
        AssumeRoleWithWebIdentityCommand,
        AssumeRootCommand,
        DecodeAuthorizationMessageCommand,
        GetAccessKeyInfoCommand,
        GetCallerIdentityCommand,
        GetDelegatedAccessTokenCommand,
        GetFederationTokenCommand,
        GetSessionTokenCommand,
        GetWebIdentityTokenCommand,
    )
    from understudy.errors import (
        AccessDenied,
        CallTimeout,
        ConfigurationError,
        ConnectFailed,
        CredentialsError,
        ExpiredToken,
        ExpiredTokenException,
        ExpiredTradeInTokenException,
        IDPCommunicationErrorException,
        IDPRejectedClaimException,
        InvalidAuthorizationMessageException,
        InvalidIdentityTokenException,
        JWTPayloadSizeExceededException,
        MalformedPolicyDocumentException,
        OutboundWebIdentityFederationDisabledException,
        PackedPolicyTooLargeException,
        ParameterError,
        RegionDisabledException,
        ResponseError,
        ServiceError,
        SessionDurationEscalationException,
        TransportError,
        UnderstudyError,
    )
    from understudy.identity import (
        AWSCredentials,
    )
    from understudy.types import (
        AssumedRoleUser,
        AssumeRoleOutput,
        AssumeRoleWithSAMLOutput,
        AssumeRoleWithWebIdentityOutput,
        AssumeRootOutput,
        Credentials,
        DecodeAuthorizationMessageOutput,
        FederatedUser,
        GetAccessKeyInfoOutput,
        GetCallerIdentityOutput,
        GetDelegatedAccessTokenOutput,
        GetFederationTokenOutput,
        GetSessionTokenOutput,
        GetWebIdentityTokenOutput,
        Output,
        PolicyDescriptorType,
        ProvidedContext,
        ResponseMetadata,
        Tag,
    )

_HOMES = {
    "understudy.arn": (
        "Arn",
        "InvalidArn",
    ),
    "understudy.client.aio": ("AsyncSTSClient",),
    "understudy.client.call": ("Caller",),
    "understudy.client.hooks": (
        "Call",
        "Hooks",
    ),
    "understudy.client.options": ("ClientOptions",),
    "understudy.client.sync": ("STSClient",),
    "understudy.commands": (
        "AssumeRoleCommand",
        "AssumeRoleWithSAMLCommand",
        "AssumeRoleWithWebIdentityCommand",
        "AssumeRootCommand",
        "DecodeAuthorizationMessageCommand",
        "GetAccessKeyInfoCommand",
        "GetCallerIdentityCommand",
        "GetDelegatedAccessTokenCommand",
        "GetFederationTokenCommand",
        "GetSessionTokenCommand",
        "GetWebIdentityTokenCommand",
    ),
    "understudy.errors": (
        "AccessDenied",
        "CallTimeout",
        "ConfigurationError",
        "ConnectFailed",
        "CredentialsError",
        "ExpiredToken",
        "ExpiredTokenException",
        "ExpiredTradeInTokenException",
        "IDPCommunicationErrorException",
        "IDPRejectedClaimException",
        "InvalidAuthorizationMessageException",
        "InvalidIdentityTokenException",
        "JWTPayloadSizeExceededException",
        "MalformedPolicyDocumentException",
        "OutboundWebIdentityFederationDisabledException",
        "PackedPolicyTooLargeException",
        "ParameterError",
        "RegionDisabledException",
        "ResponseError",
        "ServiceError",
        "SessionDurationEscalationException",
        "TransportError",
        "UnderstudyError",
    ),
    "understudy.identity": ("AWSCredentials",),
    "understudy.types": (
        "AssumeRoleOutput",
        "AssumeRoleWithSAMLOutput",
        "AssumeRoleWithWebIdentityOutput",
        "AssumeRootOutput",
        "AssumedRoleUser",
        "Credentials",
        "DecodeAuthorizationMessageOutput",
        "FederatedUser",
        "GetAccessKeyInfoOutput",
        "GetCallerIdentityOutput",
        "GetDelegatedAccessTokenOutput",
        "GetFederationTokenOutput",
        "GetSessionTokenOutput",
        "GetWebIdentityTokenOutput",
        "Output",
        "PolicyDescriptorType",
        "ProvidedContext",
        "ResponseMetadata",
        "Tag",
    ),
}
"""Where each public name lives; its module is imported when the name is first used, so an import costs nothing else."""

__all__ = [
    "AWSCredentials",
    "AccessDenied",
    "Arn",
    "AssumeRoleCommand",
    "AssumeRoleOutput",
    "AssumeRoleWithSAMLCommand",
    "AssumeRoleWithSAMLOutput",
    "AssumeRoleWithWebIdentityCommand",
    "AssumeRoleWithWebIdentityOutput",
    "AssumeRootCommand",
    "AssumeRootOutput",
    "AssumedRoleUser",
    "AsyncSTSClient",
    "Call",
    "CallTimeout",
    "Caller",
    "ClientOptions",
    "ConfigurationError",
    "ConnectFailed",
    "Credentials",
    "CredentialsError",
    "DecodeAuthorizationMessageCommand",
    "DecodeAuthorizationMessageOutput",
    "ExpiredToken",
    "ExpiredTokenException",
    "ExpiredTradeInTokenException",
    "FederatedUser",
    "GetAccessKeyInfoCommand",
    "GetAccessKeyInfoOutput",
    "GetCallerIdentityCommand",
    "GetCallerIdentityOutput",
    "GetDelegatedAccessTokenCommand",
    "GetDelegatedAccessTokenOutput",
    "GetFederationTokenCommand",
    "GetFederationTokenOutput",
    "GetSessionTokenCommand",
    "GetSessionTokenOutput",
    "GetWebIdentityTokenCommand",
    "GetWebIdentityTokenOutput",
    "Hooks",
    "IDPCommunicationErrorException",
    "IDPRejectedClaimException",
    "InvalidArn",
    "InvalidAuthorizationMessageException",
    "InvalidIdentityTokenException",
    "JWTPayloadSizeExceededException",
    "MalformedPolicyDocumentException",
    "OutboundWebIdentityFederationDisabledException",
    "Output",
    "PackedPolicyTooLargeException",
    "ParameterError",
    "PolicyDescriptorType",
    "ProvidedContext",
    "RegionDisabledException",
    "ResponseError",
    "ResponseMetadata",
    "STSClient",
    "ServiceError",
    "SessionDurationEscalationException",
    "Tag",
    "TransportError",
    "UnderstudyError",
]


def __getattr__(name: str) -> object:
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'understudy' has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
