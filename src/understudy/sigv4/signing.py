"""Signing, by header and by query. Nothing here keeps a request; the last derived keys are kept."""

from __future__ import annotations

import hashlib
import hmac

from understudy.errors import ConfigurationError
from understudy.http import Request
from understudy.sigv4 import canonical
from understudy.sigv4.canonical import ALGORITHM, SIGNATURE_PARAMETER, UNSIGNED_PAYLOAD, PathStyle, Stages
from understudy.sigv4.encoding import percent_encode
from understudy.sigv4.scope import TERMINATOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Final

    from understudy.identity import AWSCredentials

    Derived = tuple[bytes, hashlib._Hash, hashlib._Hash]

LONGEST_EXPIRY: Final = 604_800
_REPLACED = frozenset(("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"))
_KEPT_KEYS = 64
_keys: dict[tuple[str, str, str, str], Derived] = {}
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


def sign(
    request: Request,
    credentials: AWSCredentials,
    *,
    region: str,
    service: str,
    now: datetime,
    payload_hash: str | None = None,
    style: PathStyle = PathStyle.DEFAULT,
) -> Request:
    """A copy of the request with the signature in its ``authorization`` header.

    Every header of the request is signed but those that hops may change, so extra headers are signed by being there.
    ``x-amz-date`` and, for temporary credentials, ``x-amz-security-token`` are set. `payload_hash` is computed from the
    body unless given (`UNSIGNED_PAYLOAD`, a streaming marker, a hash known already); a given one, and any in the style
    of S3, is sent as ``x-amz-content-sha256`` too. `now` is an aware datetime. Signing again replaces the signature.
    """
    return stages_of_sign(
        request, credentials, region=region, service=service, now=now, payload_hash=payload_hash, style=style
    )[0]


def stages_of_sign(
    request: Request,
    credentials: AWSCredentials,
    *,
    region: str,
    service: str,
    now: datetime,
    payload_hash: str | None = None,
    style: PathStyle = PathStyle.DEFAULT,
) -> tuple[Request, Stages]:
    """`sign`, and what the signature was computed from."""
    timestamp = basic_format(now)
    given = payload_hash or (request.header("x-amz-content-sha256") if style is PathStyle.DEFAULT else None)
    hashed = given or canonical.payload_hash(request.body)
    headers = [pair for pair in request.headers if pair[0] not in _REPLACED]
    headers.append(("x-amz-date", timestamp))
    if credentials.session_token:
        headers.append(("x-amz-security-token", credentials.session_token))
    if given or style is PathStyle.S3:
        headers.append(("x-amz-content-sha256", hashed))
    prepared = Request(request.method, request.host, request.path, request.query, headers, request.body, request.scheme)
    values = canonical.header_values(prepared)
    signed_headers = canonical.signable(values)
    scope = f"{timestamp[:8]}/{region}/{service}/{TERMINATOR}"
    asked = canonical.assemble(prepared, values, signed_headers, hashed, style)
    stages = _signed(asked, timestamp, scope, credentials.secret_access_key, region, service)
    authorization = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(signed_headers)}, Signature={stages.signature}"
    )
    prepared.headers = (*prepared.headers, ("authorization", authorization))
    return prepared, stages


def presign(
    request: Request,
    credentials: AWSCredentials,
    *,
    region: str,
    service: str,
    now: datetime,
    expires: int = 900,
    payload_hash: str | None = None,
    style: PathStyle = PathStyle.DEFAULT,
) -> Request:
    """A copy of the request with the signature at the end of its query; `expires` is 1 to 604,800 seconds.

    The headers of the request are signed and must be sent with it. The body's hash is signed, in the style of S3
    ``UNSIGNED-PAYLOAD`` is, unless `payload_hash` is given. Raises `ConfigurationError` for another `expires`. The
    address dies with the credentials that signed it, and for GetCallerIdentity 15 minutes after `now`.
    """
    if not 1 <= expires <= LONGEST_EXPIRY:
        raise ConfigurationError(f"a presigned address can expire after 1 to {LONGEST_EXPIRY} seconds, not {expires!r}")
    timestamp = basic_format(now)
    scope = f"{timestamp[:8]}/{region}/{service}/{TERMINATOR}"
    headers = [pair for pair in request.headers if pair[0] not in _REPLACED]
    values = canonical.header_values(Request(request.method, request.host, headers=headers))
    signed_headers = canonical.signable(values)
    query = _presigned_query(request.query, credentials, scope, timestamp, expires, signed_headers)
    prepared = Request(request.method, request.host, request.path, query, headers, request.body, request.scheme)
    default = UNSIGNED_PAYLOAD if style is PathStyle.S3 else canonical.payload_hash(request.body)
    asked = canonical.assemble(prepared, values, signed_headers, payload_hash or default, style)
    stages = _signed(asked, timestamp, scope, credentials.secret_access_key, region, service)
    prepared.query = f"{query}&{SIGNATURE_PARAMETER}={stages.signature}"
    return prepared


def _presigned_query(
    query: str,
    credentials: AWSCredentials,
    scope: str,
    timestamp: str,
    expires: int,
    signed_headers: Sequence[str],
) -> str:
    added = [
        f"X-Amz-Algorithm={ALGORITHM}",
        f"X-Amz-Credential={percent_encode(f'{credentials.access_key_id}/{scope}')}",
        f"X-Amz-Date={timestamp}",
        f"X-Amz-Expires={expires}",
        f"X-Amz-SignedHeaders={percent_encode(';'.join(signed_headers))}",
    ]
    if credentials.session_token:
        added.append(f"X-Amz-Security-Token={percent_encode(credentials.session_token)}")
    return "&".join([query, *added] if query else added)


def _signed(asked: str, timestamp: str, scope: str, secret: str, region: str, service: str) -> Stages:
    text = canonical.string_to_sign(timestamp, scope, asked)
    _, inner, outer = _derived(secret, timestamp[:8], region, service)
    inner, outer = inner.copy(), outer.copy()
    inner.update(text.encode("latin-1"))
    outer.update(inner.digest())
    return Stages(asked, text, outer.hexdigest())


def signing_key(secret_access_key: str, date: str, region: str, service: str) -> bytes:
    """The key for one day (eight digits, UTC), region and service; the last few derived ones are kept in memory."""
    return _derived(secret_access_key, date, region, service)[0]


def _derived(secret: str, date: str, region: str, service: str) -> Derived:
    """The signing key, and the two hashes of an HMAC keyed with it: copying these is cheaper than keying new ones."""
    name = (secret, date, region, service)
    kept = _keys.get(name)
    if kept is None:
        key = f"AWS4{secret}".encode()
        for element in (date, region, service, TERMINATOR):
            key = hmac.digest(key, element.encode("utf-8", "surrogateescape"), "sha256")
        kept = (key, *_keyed(key))
        if len(_keys) >= _KEPT_KEYS:
            _keys.clear()
        _keys[name] = kept
    return kept


def _keyed(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """RFC 2104: the key of 32 bytes, filled up to a block of 64, begins the inner and the outer hash."""
    block = key.ljust(64, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


def basic_format(moment: datetime) -> str:
    """An aware moment in UTC as ISO 8601 basic, ``20260102T030405Z``."""
    offset = moment.utcoffset()
    if offset:
        moment = moment - offset
    return moment.isoformat()[:19].replace("-", "").replace(":", "") + "Z"
