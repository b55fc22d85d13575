"""polars: ``pl.scan_parquet("s3://...", credential_provider=credential_provider(credentials))``."""

from __future__ import annotations

from understudy.bridges.source import current, told_expiration
from understudy.bridges.travelling import Travelling

_ASK_AGAIN = 60.0  # seconds after which polars asks for another set, where this one has expired


class credential_provider(Travelling):
    """The set of the moment and its expiration in seconds since the epoch."""

    def __call__(self) -> tuple[dict[str, str], int | None]:
        import time

        given = current(self.source)
        expiration = told_expiration(given, time.time(), _ASK_AGAIN)
        members = {"aws_access_key_id": given.access_key_id, "aws_secret_access_key": given.secret_access_key}
        if given.session_token is not None:
            members["aws_session_token"] = given.session_token
        return members, None if expiration is None else int(expiration.timestamp())
