"""Sigv4 owns AWS Signature Version 4: one canonicaliser, signing by header and by query, and verification of both."""

from __future__ import annotations

from understudy.sigv4.canonical import (
    EMPTY_PAYLOAD_HASH,
    STREAMING_PAYLOAD,
    STREAMING_PAYLOAD_TRAILER,
    STREAMING_UNSIGNED_PAYLOAD_TRAILER,
    UNSIGNED_PAYLOAD,
    PathStyle,
    Stages,
    canonical_request,
    string_to_sign,
)
from understudy.sigv4.scope import CredentialScope, InvalidScope
from understudy.sigv4.signing import presign, sign, signing_key
from understudy.sigv4.verifying import SignatureClaim, Verification, verify

__all__ = [
    "EMPTY_PAYLOAD_HASH",
    "STREAMING_PAYLOAD",
    "STREAMING_PAYLOAD_TRAILER",
    "STREAMING_UNSIGNED_PAYLOAD_TRAILER",
    "UNSIGNED_PAYLOAD",
    "CredentialScope",
    "InvalidScope",
    "PathStyle",
    "SignatureClaim",
    "Stages",
    "Verification",
    "canonical_request",
    "presign",
    "sign",
    "signing_key",
    "string_to_sign",
    "verify",
]
