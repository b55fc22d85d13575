"""DuckDB: a secret of the moment, kept up to date for a connection."""

from __future__ import annotations

from understudy.bridges.source import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from understudy.credentials.cache import RefreshingCredentials
    from understudy.identity import AWSCredentials, CredentialSource


def secret_sql(
    source: CredentialSource,
    *,
    name: str = "understudy",
    region: str | None = None,
    scope: str | None = None,
    min_ttl: float = 0.0,
    **options: str | bool,
) -> str:
    """``CREATE OR REPLACE SECRET`` for S3; further options (``endpoint``, ``use_ssl``) as DuckDB names them."""
    return _sql(current(source, min_ttl), name, {"region": region, "scope": scope, **options})


def keep_secret(
    connection: Any, source: RefreshingCredentials, *, name: str = "understudy", **options: Any
) -> Callable[[], None]:
    """Create the secret, and replace it after each refresh; gives a function that stops that.

    A connection is used from whichever thread refreshes, so each time through a cursor of its own.
    """
    connection.execute(secret_sql(source, name=name, **options))

    def replace(given: AWSCredentials) -> None:
        connection.cursor().execute(_sql(given, name, options))

    return source.on_refresh(replace)


def _sql(given: AWSCredentials, name: str, options: dict[str, Any]) -> str:
    members: dict[str, Any] = {
        "type": "s3",
        "key_id": given.access_key_id,
        "secret": given.secret_access_key,
        "session_token": given.session_token,
        **options,
    }
    quoted_name = '"' + name.replace('"', '""') + '"'
    listed = ", ".join(f"{key.upper()} {_literal(value)}" for key, value in members.items() if value is not None)
    return f"CREATE OR REPLACE SECRET {quoted_name} ({listed})"


def _literal(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value.replace("'", "''") + "'"
