"""Credentials of an ECS task or an EKS pod, found through the environment that their agents set."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.credentials.exchange import Exchange
from understudy.credentials.http import (
    ATTEMPTS,
    FULL_URI,
    RELATIVE_URI,
    TIMEOUT,
    TOKEN,
    TOKEN_FILE,
    HttpProvider,
    endpoint_connections,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from understudy.clock import Clock
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.deferred import RefreshOptions
    from understudy.flow import Connections


def container_provider(
    environ: Mapping[str, str] | None = None,
    connections: Connections | None = None,
    *,
    timeout: float = TIMEOUT,
    attempts: int = ATTEMPTS,
    clock: Clock = SYSTEM_CLOCK,
) -> HttpProvider:
    """The provider of this environment; raises a `CredentialsError` that lets a chain go on where it names none."""
    import os

    environment = os.environ if environ is None else environ
    relative_uri, full_uri = environment.get(RELATIVE_URI), environment.get(FULL_URI)
    chosen = connections or endpoint_connections(relative_uri, full_uri)
    return HttpProvider(
        Exchange(chosen, timeout=timeout, attempts=attempts, clock=clock),
        relative_uri=relative_uri,
        full_uri=full_uri,
        authorization_token=environment.get(TOKEN),
        authorization_token_file=environment.get(TOKEN_FILE) or None,
        name="container",
    )


def from_container_metadata(
    *,
    timeout: float = TIMEOUT,
    attempts: int = ATTEMPTS,
    environ: Mapping[str, str] | None = None,
    connections: Connections | None = None,
    **options: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of the task or pod; `timeout` is seconds for each of `attempts`."""
    from understudy.credentials.deferred import refreshing

    return refreshing(
        "container",
        container_provider,
        options,
        environ=environ,
        connections=connections,
        timeout=timeout,
        attempts=attempts,
    )
