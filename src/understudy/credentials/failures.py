"""Which failures of a source are waited out, and which are raised at once."""

from __future__ import annotations

from understudy.errors import ConfigurationError, CredentialsError, ParameterError, ServiceError

NON_RECOVERABLE = frozenset(
    {
        "AccessDenied",
        "IDPRejectedClaim",
        "InvalidIdentityToken",
        "MalformedPolicyDocument",
        "PackedPolicyTooLarge",
        "RegionDisabledException",
    }
)
"""Codes that trying again does not cure. ExpiredToken is not among them: the source may renew what it signs with."""


def is_recoverable(error: Exception) -> bool:
    """Whether to go on serving what is cached and leave the source alone for a while.

    Recoverable: network, 5xx, throttling, time-outs, expired answers, and whatever a user's function raises that this
    package does not know. Not recoverable: the codes above, a `CredentialsError` that does not say it is recoverable
    (an expired SSO token, a dead login), a wrong configuration, a command that breaks limits.
    """
    if isinstance(error, ServiceError):
        return error.code not in NON_RECOVERABLE
    if isinstance(error, CredentialsError):
        return error.recoverable
    return not isinstance(error, (ConfigurationError, ParameterError))


def again(error: Exception) -> Exception:
    """The same error for another caller: a copy, because a traceback belongs to one thread, with the first as cause."""
    try:
        copied = type(error).__new__(type(error), *error.args)
        copied.args = error.args
        copied.__dict__.update(error.__dict__)
    except Exception:
        return error
    copied.__cause__ = error
    return copied
