"""Credentials that a command prints, by the protocol of ``credential_process``, version 1."""

from __future__ import annotations

from understudy.credentials.calling import Calls, refreshing
from understudy.errors import CredentialsError
from understudy.flow import CallUser
from understudy.identity import AWSCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any, Unpack

    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.flow import Flow

TIMEOUT = 60.0


def from_process(
    command: str | Sequence[str] | None = None,
    *,
    profile: str | None = None,
    timeout: float = TIMEOUT,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """What a command prints, run again before that expires; default: ``credential_process`` of a profile.

    A string is split as a shell would, but no shell runs it. `timeout` is in seconds. What it gives is never served
    past its expiration.
    """
    calls = Calls(client)
    configuration = calls.outer.configuration
    if command is None:
        command = (configuration if profile is None else configuration.for_profile(profile)).profile().require(KEY)
    options: RefreshOptions = {"load_timeout": timeout + 5.0, **refresh}
    return refreshing(ProcessProvider(command, timeout, environ=configuration.environ), calls, options)


KEY = "credential_process"


class ProcessProvider:
    """Runs the command each time it is asked."""

    __slots__ = ("_environ", "account_id", "command", "timeout")

    name = "process"
    static_stability = False

    def __init__(
        self,
        command: str | Sequence[str],
        timeout: float = TIMEOUT,
        *,
        environ: Mapping[str, str] | None = None,
        account_id: str | None = None,
    ) -> None:
        import os

        self.command = command
        self.timeout = timeout
        self.account_id = account_id
        self._environ = None if environ is os.environ else environ

    def retrieve(self) -> Flow[AWSCredentials]:
        """The credentials that the command prints; raises `CredentialsError`."""
        from understudy.credentials.processes import run

        output: str = yield CallUser(run, KEY, self.command, self.timeout, None, self._environ)
        return self._credentials(_document(output))

    def _credentials(self, document: dict[str, Any]) -> AWSCredentials:
        wanting = [name for name in ("AccessKeyId", "SecretAccessKey") if not _text(document.get(name))]
        if wanting:
            raise CredentialsError(f"{KEY} printed no {' and no '.join(wanting)}")
        return AWSCredentials(
            document["AccessKeyId"],
            document["SecretAccessKey"],
            _text(document.get("SessionToken")),
            expiration=_expiration(document.get("Expiration")),
            account_id=_text(document.get("AccountId")) or self.account_id,
            source=self.name,
        )

    def __repr__(self) -> str:
        return "ProcessProvider()"


def _document(output: str) -> dict[str, Any]:
    import json

    try:
        document = json.loads(output)
    except ValueError:
        raise CredentialsError(f"{KEY} printed {len(output)} characters that are not JSON") from None
    if not isinstance(document, dict):
        raise CredentialsError(f"{KEY} printed a JSON {type(document).__name__} in the place of an object")
    version = document.get("Version")
    if version != 1:
        raise CredentialsError(f"{KEY} printed Version {version!r}; version 1 is the one there is")
    return document


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _expiration(value: object) -> datetime | None:
    if value is None:
        return None
    from understudy.wire.scalars import parse_timestamp

    try:
        return parse_timestamp(str(value))
    except ValueError:
        raise CredentialsError(f"{KEY} printed the Expiration {value!r}, which is no time") from None
