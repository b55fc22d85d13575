"""The login to HashiCorp Vault's AWS auth method: a signed GetCallerIdentity that Vault sends on to STS."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.flow import drive
from understudy.tokens.caller_identity import BODY, LIFETIME, signed_caller_identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.clock import Clock
    from understudy.identity import CredentialSource


def vault_login(
    source: CredentialSource,
    *,
    role: str,
    region: str = "us-east-1",
    server_id: str | None = None,
    endpoint: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> dict[str, str]:
    """The body for ``POST /v1/auth/aws/login``; `server_id` is signed as ``X-Vault-AWS-IAM-Server-ID``.

    Vault must trust the region's endpoint (``sts_endpoint``); `endpoint` is a host in its place.
    """
    import json

    extra = [("x-vault-aws-iam-server-id", server_id)] if server_id else []
    request = drive(signed_caller_identity(source, region, endpoint, extra, LIFETIME, clock))
    headers = {name.title(): [value] for name, value in (("host", request.host), *request.headers)}
    return {
        "role": role,
        "iam_http_request_method": "POST",
        "iam_request_url": _base64(f"https://{request.host}/"),
        "iam_request_body": _base64(BODY),
        "iam_request_headers": _base64(json.dumps(headers)),
    }


def _base64(text: str) -> str:
    from base64 import b64encode

    return b64encode(text.encode()).decode()
