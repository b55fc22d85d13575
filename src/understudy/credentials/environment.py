"""Credentials in the variables of the environment."""

from __future__ import annotations

import os

from understudy.credentials.cache import RefreshingCredentials
from understudy.errors import CredentialsError
from understudy.identity import AWSCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Unpack

    from understudy.credentials.deferred import RefreshOptions
    from understudy.flow import Flow

KEY = "AWS_ACCESS_KEY_ID"
SECRET = "AWS_SECRET_ACCESS_KEY"  # noqa: S105  (the name of a variable)


def from_env(*, environ: Mapping[str, str] | None = None, **refresh: Unpack[RefreshOptions]) -> RefreshingCredentials:
    """AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION, AWS_ACCOUNT_ID.

    They are read again at each refresh. One of the pair without the other is an error, never a foreign half.
    """
    return RefreshingCredentials(EnvironmentProvider(environ), **refresh)


class EnvironmentProvider:
    """Reads the variables each time it is asked."""

    __slots__ = ("_environ",)

    name = "environment"
    static_stability = False

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = None if environ is os.environ else environ

    def retrieve(self) -> Flow[AWSCredentials]:
        """The credentials of the environment; raises `CredentialsError`."""
        return self._read(os.environ if self._environ is None else self._environ)
        yield

    def _read(self, environ: Mapping[str, str]) -> AWSCredentials:
        key, secret = (environ.get(name, "").strip() for name in (KEY, SECRET))
        if not key and not secret:
            raise CredentialsError(f"{KEY} is not set", try_next=True)
        if not key or not secret:
            there, wanting = (SECRET, KEY) if not key else (KEY, SECRET)
            raise CredentialsError(f"{there} is set and {wanting} is not", hint="set both or neither")
        token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN") or ""
        return AWSCredentials(
            key,
            secret,
            token.strip() or None,
            expiration=_expiration(environ.get("AWS_CREDENTIAL_EXPIRATION")),
            account_id=environ.get("AWS_ACCOUNT_ID") or None,
            source=self.name,
        )

    def __repr__(self) -> str:
        return "EnvironmentProvider()"


def _expiration(text: str | None) -> datetime | None:
    if not text:
        return None
    from understudy.wire.scalars import parse_timestamp

    try:
        return parse_timestamp(text.strip())
    except ValueError:
        raise CredentialsError(
            f"AWS_CREDENTIAL_EXPIRATION is {text!r}; it must be a time like '2026-11-22T09:30:00Z'"
        ) from None
