"""aiobotocore, and s3fs over it: ``s3fs.S3FileSystem(session=session(credentials))``."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from understudy.bridges.botocore import METHOD, BotocoreCredentials, frozen, renew_when_expired
from understudy.bridges.source import acurrent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.bridges.botocore import Frozen
    from understudy.identity import CredentialSource


class AioCredentials(BotocoreCredentials):
    """As botocore's, with a frozen set that is awaited."""

    async def get_frozen_credentials(self) -> Frozen:  # type: ignore[override]
        """The set of the moment."""
        return frozen(await acurrent(self.source))

    async def get_account_id(self) -> str | None:
        """The account of the set of the moment, for endpoints that name it."""
        return (await acurrent(self.source)).account_id


class AioCredentialProvider:
    """The one link of a credential resolver."""

    METHOD = METHOD
    CANONICAL_NAME = METHOD

    def __init__(self, credentials: AioCredentials) -> None:
        self.credentials = credentials

    async def load(self) -> AioCredentials:
        return self.credentials


def session(source: CredentialSource, session: Any = None) -> Any:
    """An aiobotocore session (the one given, or a new one) whose clients use these credentials."""
    from aiobotocore.credentials import AioCredentialResolver
    from aiobotocore.session import AioSession

    made = session or AioSession()
    resolver = AioCredentialResolver([AioCredentialProvider(AioCredentials(source))])
    made.register_component("credential_provider", resolver)
    renew_when_expired(made, source)
    return made
