"""deltalake: storage options of the moment, or of a local endpoint through which it refreshes by itself."""

from __future__ import annotations

from understudy.bridges.source import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.bridges.endpoint import CredentialsEndpoint
    from understudy.identity import CredentialSource


def storage_options(source: CredentialSource, *, min_ttl: float = 0.0) -> dict[str, str]:
    """Static options, from credentials that live at least `min_ttl` seconds more; take new ones for each table."""
    given = current(source, min_ttl)
    options = {"AWS_ACCESS_KEY_ID": given.access_key_id, "AWS_SECRET_ACCESS_KEY": given.secret_access_key}
    return options | ({"AWS_SESSION_TOKEN": given.session_token} if given.session_token else {})


def endpoint_options(endpoint: CredentialsEndpoint) -> dict[str, str]:
    """Options with which deltalake asks a local endpoint, again and again; the token travels in a file."""
    return {
        "aws_container_credentials_full_uri": endpoint.url,
        "aws_container_authorization_token_file": endpoint.token_file,
    }
