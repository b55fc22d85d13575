"""The output of a ``credential_process``, which every AWS SDK and the CLI can read."""

from __future__ import annotations

from understudy.bridges.source import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.identity import AWSCredentials, CredentialSource


def credential_process(source: CredentialSource, *, min_ttl: float = 0.0) -> str:
    """Version 1 of the JSON document, of credentials that live at least `min_ttl` seconds more."""
    import json

    return json.dumps(document(current(source, min_ttl)))


def document(given: AWSCredentials) -> dict[str, int | str]:
    """The document's members; those that the credentials lack are left out."""
    from understudy.wire.scalars import format_timestamp

    members: dict[str, int | str | None] = {
        "Version": 1,
        "AccessKeyId": given.access_key_id,
        "SecretAccessKey": given.secret_access_key,
        "SessionToken": given.session_token,
        "Expiration": format_timestamp(given.expiration) if given.expiration else None,
        "AccountId": given.account_id,
    }
    return {name: value for name, value in members.items() if value is not None}
