"""icechunk: ``s3_storage(..., get_credentials=get_credentials(credentials))``."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from understudy.bridges.source import current
from understudy.bridges.travelling import Travelling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class get_credentials(Travelling):
    """The set of the moment as icechunk's ``S3StaticCredentials``, with its expiration."""

    def __call__(self) -> Any:
        from icechunk import S3StaticCredentials

        given = current(self.source)
        return S3StaticCredentials(given.access_key_id, given.secret_access_key, given.session_token, given.expiration)
