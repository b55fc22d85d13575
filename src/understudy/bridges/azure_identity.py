"""azure-identity: a token that STS signed as the assertion of an application, in place of a secret."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def credential(tenant_id: str, client_id: str, token: Callable[[], str], **options: Any) -> Any:
    """A ``ClientAssertionCredential``; `token` is a `TokenSource` or ``token_function(web_identity_tokens(...))``."""
    from azure.identity import ClientAssertionCredential

    return ClientAssertionCredential(tenant_id, client_id, token, **options)


def async_credential(tenant_id: str, client_id: str, token: Callable[[], str], **options: Any) -> Any:
    """As `credential`, for tasks; azure-identity calls the function without awaiting."""
    from azure.identity.aio import ClientAssertionCredential

    return ClientAssertionCredential(tenant_id, client_id, token, **options)
