"""Whatever a user may pass as credentials, made into a `CredentialSource`."""

from __future__ import annotations

from understudy.errors import ConfigurationError, CredentialsError
from understudy.flow import CallUser
from understudy.identity import AWSCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from understudy.flow import Flow
    from understudy.identity import CredentialSource

_NAMES = (
    ("access_key_id", "AccessKeyId", "aws_access_key_id", "access_key"),
    ("secret_access_key", "SecretAccessKey", "aws_secret_access_key", "secret_key"),
    ("session_token", "SessionToken", "aws_session_token", "token"),
    ("expiration", "Expiration"),
    ("account_id", "AccountId", "aws_account_id"),
)


def as_source(given: Any) -> CredentialSource:
    """A source for a provider, a value, a mapping or a function; raises `ConfigurationError` for anything else."""
    if hasattr(given, "retrieve"):
        source: CredentialSource = given
        return source
    if hasattr(given, "get_frozen_credentials"):
        return FunctionSource(given.get_frozen_credentials)
    if hasattr(given, "access_key_id") or hasattr(given, "keys"):
        return as_credentials(given)
    if callable(given):
        return FunctionSource(given)
    raise ConfigurationError(
        f"credentials cannot be a {type(given).__name__}; give AWSCredentials, a mapping with 'access_key_id' and "
        "'secret_access_key', a provider, or a function that gives any of these"
    )


class FunctionSource:
    """Credentials from a function of the user's, plain or async, which is called for each attempt."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function

    def retrieve(self) -> Flow[AWSCredentials]:
        given = yield CallUser(self.function)
        if hasattr(given, "retrieve") and not isinstance(given, AWSCredentials):
            found: AWSCredentials = yield from given.retrieve()
            return found
        return as_credentials(given)


def as_credentials(given: Any) -> AWSCredentials:
    """Credentials from an object or a mapping, by any of their usual names; the error never shows a value."""
    if isinstance(given, AWSCredentials):
        return given
    key, secret, session_token, expiration, account_id = (_first(given, names) for names in _NAMES)
    if not key or not secret:
        raise CredentialsError(
            f"the {type(given).__name__} given as credentials has no access_key_id or no secret_access_key"
        )
    return AWSCredentials(
        key, secret, session_token or None, expiration=expiration, account_id=account_id, source="explicit"
    )


def _first(given: Any, names: tuple[str, ...]) -> Any:
    if hasattr(given, "keys"):
        return next((given[name] for name in names if name in given), None)
    return next((getattr(given, name) for name in names if hasattr(given, name)), None)
