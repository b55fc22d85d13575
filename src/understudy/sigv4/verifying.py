"""Verification: the signature that a request claims against the one that its bytes and a signing key give.

The verifier is handed a signing key, never a secret. It judges the HMAC and nothing else; dates, scopes and tokens are
judged by whoever reads the claim, each service in its own order and words.
"""

from __future__ import annotations

import hmac

from understudy.sigv4.canonical import PathStyle, Stages, canonical_request, string_to_sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.http import Request
    from understudy.sigv4.scope import CredentialScope


class SignatureClaim:
    """What a request says about its own signature.

    `timestamp` is the text of ``X-Amz-Date``, `signed_headers` are sorted, `expires` is the text of ``X-Amz-Expires``,
    None for a signature in the header.
    """

    __slots__ = (
        "access_key_id",
        "expires",
        "presigned",
        "scope",
        "session_token",
        "signature",
        "signed_headers",
        "timestamp",
    )

    def __init__(
        self,
        access_key_id: str,
        scope: CredentialScope,
        signed_headers: tuple[str, ...],
        signature: str,
        timestamp: str,
        *,
        session_token: str | None = None,
        presigned: bool = False,
        expires: str | None = None,
    ) -> None:
        self.access_key_id = access_key_id
        self.scope = scope
        self.signed_headers = signed_headers
        self.signature = signature
        self.timestamp = timestamp
        self.session_token = session_token
        self.presigned = presigned
        self.expires = expires

    def __repr__(self) -> str:
        how = "presigned" if self.presigned else "by header"
        return f"SignatureClaim({self.access_key_id!r}, {str(self.scope)!r}, {how})"


class Verification:
    """Whether the signatures are equal, and the stages of the one that was expected."""

    __slots__ = ("matches", "stages")

    def __init__(self, matches: bool, stages: Stages) -> None:
        self.matches = matches
        self.stages = stages

    def __bool__(self) -> bool:
        return self.matches


def verify(
    request: Request,
    claim: SignatureClaim,
    signing_key: bytes,
    *,
    payload_hash: str,
    style: PathStyle = PathStyle.DEFAULT,
) -> Verification:
    """Compute the signature anew and compare in constant time.

    `payload_hash` is what the canonical request ends with: the hash of the body as received, or the marker that the
    service accepts in its place. A claimed header that the request lacks counts as empty.
    """
    asked = canonical_request(request, claim.signed_headers, payload_hash, style)
    text = string_to_sign(claim.timestamp, str(claim.scope), asked)
    expected = hmac.digest(signing_key, text.encode("latin-1", "backslashreplace"), "sha256").hex()
    claimed = claim.signature.encode("utf-8", "backslashreplace")
    return Verification(hmac.compare_digest(expected.encode(), claimed), Stages(asked, text, expected))
