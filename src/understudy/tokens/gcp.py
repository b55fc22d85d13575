"""The subject token of Google Cloud's workload identity federation with AWS."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.flow import drive
from understudy.tokens.caller_identity import LIFETIME, signed_caller_identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.clock import Clock
    from understudy.identity import CredentialSource


def gcp_subject_token(
    source: CredentialSource, *, audience: str, region: str, endpoint: str | None = None, clock: Clock = SYSTEM_CLOCK
) -> str:
    """The URL-encoded JSON for ``subject_token`` of Google's token exchange.

    `audience` is ``//iam.googleapis.com/projects/.../providers/...``; it is signed as ``x-goog-cloud-target-resource``.
    """
    import json
    from urllib.parse import quote

    extra = [("x-goog-cloud-target-resource", audience)]
    request = drive(signed_caller_identity(source, region, endpoint, extra, LIFETIME, clock, in_query=True))
    pairs = sorted((("host", request.host), *request.headers))
    headers = [{"key": "Authorization" if name == "authorization" else name, "value": value} for name, value in pairs]
    document = {"url": request.url, "method": "POST", "headers": headers}
    return quote(json.dumps(document, separators=(",", ":")), safe="")
