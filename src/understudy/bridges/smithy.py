"""smithy-python's clients (``aws-sdk-*``): an identity resolver for their configuration."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from understudy.bridges.source import acurrent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.identity import CredentialSource


class IdentityResolver:
    """Give it as ``aws_credentials_identity_resolver`` of a client's configuration."""

    def __init__(self, source: CredentialSource) -> None:
        self.source = source

    async def get_identity(self, *, properties: Any = None) -> Any:
        """The set of the moment, as an `AWSCredentialsIdentity`."""
        from smithy_aws_core.identity import AWSCredentialsIdentity

        given = await acurrent(self.source)
        return AWSCredentialsIdentity(
            access_key_id=given.access_key_id,
            secret_access_key=given.secret_access_key,
            session_token=given.session_token,
            expiration=given.expiration,
            account_id=given.account_id,
        )

    async def invalidate(self) -> None:
        """Count the cached set as expired."""
        invalidate = getattr(self.source, "invalidate", None)
        if invalidate is not None:
            invalidate()
