"""obstore: ``S3Store("bucket", credential_provider=credential_provider(credentials))``, which asks again by itself."""

from __future__ import annotations

from understudy.bridges.source import acurrent, current
from understudy.bridges.travelling import Travelling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import TypedDict

    from understudy.identity import AWSCredentials

    class ObstoreCredentials(TypedDict):
        """What obstore's S3 stores take."""

        access_key_id: str
        secret_access_key: str
        token: str | None
        expires_at: datetime | None


class credential_provider(Travelling):
    """For obstore's blocking functions."""

    def __call__(self) -> ObstoreCredentials:
        return _document(current(self.source))


class async_credential_provider(Travelling):
    """For obstore's functions that are awaited."""

    async def __call__(self) -> ObstoreCredentials:
        return _document(await acurrent(self.source))


def _document(given: AWSCredentials) -> ObstoreCredentials:
    return {
        "access_key_id": given.access_key_id,
        "secret_access_key": given.secret_access_key,
        "token": given.session_token,
        "expires_at": given.expiration,
    }
