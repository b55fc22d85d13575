"""daft: ``S3Config(credentials_provider=credentials_provider(credentials))``."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from understudy.bridges.source import current
from understudy.bridges.travelling import Travelling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class credentials_provider(Travelling):
    """The set of the moment as daft's ``S3Credentials``."""

    def __call__(self) -> Any:
        from daft.io import S3Credentials

        given = current(self.source)
        return S3Credentials(given.access_key_id, given.secret_access_key, given.session_token, given.expiration)
