"""pyiceberg: properties of the moment for a catalog and its FileIO."""

from __future__ import annotations

from understudy.bridges.source import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.identity import CredentialSource


def properties(source: CredentialSource, *, region: str | None = None, min_ttl: float = 0.0) -> dict[str, str]:
    """``client.*`` for the catalogs and the FileIO alike: ``load_catalog("x", **properties(credentials))``.

    They are static: `min_ttl` (seconds) makes sure that they outlive the work.
    """
    given = current(source, min_ttl)
    members = {
        "client.access-key-id": given.access_key_id,
        "client.secret-access-key": given.secret_access_key,
        "client.session-token": given.session_token,
        "client.region": region,
    }
    return {key: value for key, value in members.items() if value}
