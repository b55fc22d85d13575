"""awscrt: a credentials provider for the clients of the Common Runtime (S3, MQTT)."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from understudy.bridges.source import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.identity import CredentialSource


def credentials_provider(source: CredentialSource) -> Any:
    """An ``AwsCredentialsProvider`` that asks for the set of the moment each time, from awscrt's own threads."""
    from awscrt.auth import AwsCredentials, AwsCredentialsProvider

    def get() -> Any:
        given = current(source)
        return AwsCredentials(given.access_key_id, given.secret_access_key, given.session_token, given.expiration)

    return AwsCredentialsProvider.new_delegate(get)
