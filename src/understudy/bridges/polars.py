"""polars: ``pl.scan_parquet("s3://...", credential_provider=credential_provider(credentials))``."""

from __future__ import annotations

from understudy.bridges.source import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.identity import CredentialSource


class credential_provider:
    """The set of the moment and its expiration in seconds since the epoch."""

    def __init__(self, source: CredentialSource) -> None:
        self.source = source

    def __call__(self) -> tuple[dict[str, str], int | None]:
        given = current(self.source)
        members = {"aws_access_key_id": given.access_key_id, "aws_secret_access_key": given.secret_access_key}
        if given.session_token is not None:
            members["aws_session_token"] = given.session_token
        return members, None if given.expiration is None else int(given.expiration.timestamp())
