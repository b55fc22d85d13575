"""Credentials of an ECS task or an EKS pod, found through the environment that their agents set."""

from __future__ import annotations

from understudy.credentials.http import HttpProvider

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from understudy.credentials.exchange import Exchange

RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105  (the name of a variable)
TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105


def container_provider(environ: Mapping[str, str], exchange: Exchange) -> HttpProvider:
    """The provider of this environment; raises a `CredentialsError` that lets a chain go on where it names none."""
    return HttpProvider(
        exchange,
        relative_uri=environ.get(RELATIVE_URI),
        full_uri=environ.get(FULL_URI),
        authorization_token=environ.get(TOKEN),
        authorization_token_file=environ.get(TOKEN_FILE) or None,
        name="container",
    )
