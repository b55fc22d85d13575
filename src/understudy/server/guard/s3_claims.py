"""Authentication as S3 does it: the claim of a request, read and judged in S3's words, then the signature itself.

The texts are those of S3's public error responses. Where two things are wrong at once the order here is: the form of
the claim, its date, its scope, the headers that had to be signed, the key and its token, the signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from understudy.errors import ServiceError
from understudy.server.authentication import SKEW, read_basic_format
from understudy.server.guard.faults import GuardError, denied, invalid_argument
from understudy.sigv4.canonical import (
    ALGORITHM,
    STREAMING_PAYLOAD,
    STREAMING_PAYLOAD_TRAILER,
    STREAMING_UNSIGNED_PAYLOAD_TRAILER,
    UNSIGNED_PAYLOAD,
    PathStyle,
)
from understudy.sigv4.scope import TERMINATOR, CredentialScope, InvalidScope
from understudy.sigv4.signing import LONGEST_EXPIRY, basic_format
from understudy.sigv4.verifying import SignatureClaim, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from understudy.http import Request
    from understudy.server.authentication import Keys, SigningKeySource

MARKERS: Final = frozenset(
    (UNSIGNED_PAYLOAD, STREAMING_UNSIGNED_PAYLOAD_TRAILER, STREAMING_PAYLOAD, STREAMING_PAYLOAD_TRAILER)
)
"""What may stand in ``x-amz-content-sha256`` in place of a hash."""

AUTH_PARAMETERS: Final = frozenset(
    (
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
    )
)
_NEEDED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
_HEXADECIMAL = frozenset("0123456789abcdef")
_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)


@dataclass(frozen=True, slots=True)
class S3Claim:
    """A claim that was read and judged, not yet verified; `payload_hash` is a hash or one of `MARKERS`."""

    claim: SignatureClaim
    payload_hash: str
    moment: datetime


def read_claim(
    request: Request,
    pairs: Sequence[tuple[str, str]],
    headers: Mapping[str, str],
    *,
    now: datetime,
    region: str | None,
) -> S3Claim | None:
    """The claim of a request, None for an anonymous one; raises `GuardError`.

    `pairs` are the decoded parameters of the query, `headers` the canonical values of the headers.
    """
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in AUTH_PARAMETERS and name != "X-Amz-Security-Token" and name in parameters:
            raise invalid_argument("A query parameter may be given only once", name, value)
        parameters[name] = value
    authorization = request.header("authorization")
    by_query = any(name in parameters for name in ("X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-Credential"))
    if authorization is not None and (by_query or "Signature" in parameters):
        _refuse_two_ways(authorization)
    if "Signature" in parameters or (authorization or "").startswith("AWS "):
        text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        raise GuardError(text, "InvalidRequest")
    if authorization is not None:
        found = _by_header(request, authorization, pairs, headers, now)
    elif by_query:
        found = _by_query(parameters, pairs, headers, now)
    else:
        return None
    _check_scope(found.claim, region)
    _check_signed(request, found.claim)
    return found


def _refuse_two_ways(authorization: str) -> NoReturn:
    raise invalid_argument(
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter "
        "or the Authorization header should be specified",
        "Authorization",
        authorization.partition(" ")[0],
    )


def _by_header(
    request: Request, authorization: str, pairs: Sequence[tuple[str, str]], headers: Mapping[str, str], now: datetime
) -> S3Claim:
    if sum(name == "authorization" for name, _ in request.headers) > 1:
        _refuse_two_ways(authorization)
    algorithm, _, given = authorization.strip().partition(" ")
    if algorithm != ALGORITHM:
        raise invalid_argument("Unsupported Authorization Type", "Authorization", algorithm)
    parts = _components(given)
    timestamp = headers.get("x-amz-date", headers.get("date", ""))
    moment = read_basic_format(timestamp)
    if moment is None:
        raise denied("AWS authentication requires a valid Date or x-amz-date header")
    if abs(now - moment) > SKEW:
        _refuse_skew(timestamp, now)
    claimed = _claim(parts["Credential"], parts["SignedHeaders"], parts["Signature"], timestamp, _malformed_header)
    claimed.session_token = _token(claimed, pairs, headers)
    return S3Claim(claimed, _payload_hash(headers), moment)


def _components(given: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in given.split(","):
        name, equals, value = piece.strip().partition("=")
        if not equals or name in parts:
            _malformed_header(f'the authorization component "{piece.strip()}" is malformed.')
        parts[name] = value
    for needed in ("Credential", "SignedHeaders", "Signature"):
        if not parts.get(needed):
            _malformed_header(
                "the authorization header requires three components: Credential, SignedHeaders, and Signature."
            )
    return parts


def _malformed_header(what: str, *details: tuple[str, str]) -> NoReturn:
    text = f"The authorization header is malformed; {what}"
    raise GuardError(text, "AuthorizationHeaderMalformed", 400, details)


def _malformed_query(what: str, *details: tuple[str, str]) -> NoReturn:
    raise GuardError(what, "AuthorizationQueryParametersError", 400, details)


def _payload_hash(headers: Mapping[str, str]) -> str:
    """The header that says how the body is signed; S3 requires it and takes a hash or one of the markers."""
    given = headers.get("x-amz-content-sha256")
    if given is None:
        raise GuardError("Missing required header for this request: x-amz-content-sha256", "InvalidRequest")
    if given not in MARKERS and not (len(given) == 64 and _HEXADECIMAL.issuperset(given)):
        raise invalid_argument(
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
            "x-amz-content-sha256",
            given,
        )
    return given


def _by_query(
    parameters: Mapping[str, str], pairs: Sequence[tuple[str, str]], headers: Mapping[str, str], now: datetime
) -> S3Claim:
    if any(name not in parameters for name in _NEEDED):
        _malformed_query(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    if parameters["X-Amz-Algorithm"] != ALGORITHM:
        _malformed_query(f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    timestamp, expires = parameters["X-Amz-Date"], parameters["X-Amz-Expires"]
    moment = read_basic_format(timestamp)
    if moment is None:
        _malformed_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    _check_expiry(moment, _seconds(expires), now)
    signed_headers = parameters["X-Amz-SignedHeaders"]
    claimed = _claim(
        parameters["X-Amz-Credential"], signed_headers, parameters["X-Amz-Signature"], timestamp, _malformed_query
    )
    claimed.presigned, claimed.expires = True, expires
    claimed.session_token = _token(claimed, pairs, headers)
    given = headers.get("x-amz-content-sha256", parameters.get("X-Amz-Content-Sha256"))
    hashed = UNSIGNED_PAYLOAD if given is None else _payload_hash({"x-amz-content-sha256": given})
    return S3Claim(claimed, hashed, moment)


def _seconds(expires: str) -> int:
    if not expires.isascii() or not expires.removeprefix("-").isdigit() or len(expires) > 12:
        _malformed_query("X-Amz-Expires should be a number")
    if expires.startswith("-"):
        _malformed_query("X-Amz-Expires must be non-negative")
    seconds = int(expires)
    if seconds > LONGEST_EXPIRY:
        _malformed_query(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            f"{LONGEST_EXPIRY} seconds"
        )
    return seconds


def _check_expiry(moment: datetime, seconds: int, now: datetime) -> None:
    """A presigned address is good from its date, with the usual skew, until it expires."""
    if moment - now > SKEW:
        raise denied("Request is not valid yet", ("ServerTime", _shown(now)))
    until = moment + timedelta(seconds=seconds)
    if now > until:
        details = (("X-Amz-Expires", str(seconds)), ("Expires", _shown(until)), ("ServerTime", _shown(now)))
        raise denied("Request has expired", *details)


def _refuse_skew(timestamp: str, now: datetime) -> NoReturn:
    raise GuardError(
        "The difference between the request time and the current time is too large.",
        "RequestTimeTooSkewed",
        403,
        [
            ("RequestTime", timestamp),
            ("ServerTime", _shown(now)),
            ("MaxAllowedSkewMilliseconds", str(int(SKEW.total_seconds() * 1000))),
        ],
    )


def _shown(moment: datetime) -> str:
    text = basic_format(moment)
    return f"{text[:4]}-{text[4:6]}-{text[6:11]}:{text[11:13]}:{text[13:]}"


def _claim(
    credential: str, signed_headers: str, signature: str, timestamp: str, refuse: Callable[[str], NoReturn]
) -> SignatureClaim:
    try:
        access_key_id, scope = CredentialScope.parse_credential(credential)
    except InvalidScope:
        refuse('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".')
    names = signed_headers.encode("utf-8", "surrogateescape").decode("latin-1").split(";")
    if scope.date != timestamp[:8]:
        refuse(f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{timestamp[:8]}".')
    if scope.terminator != TERMINATOR:
        refuse(f'incorrect terminal "{scope.terminator}". This endpoint uses "{TERMINATOR}".')
    return SignatureClaim(access_key_id, scope, tuple(sorted(names)), signature, timestamp)


def _check_scope(claim: SignatureClaim, region: str | None) -> None:
    refuse = _malformed_query if claim.presigned else _malformed_header
    if claim.scope.service != "s3":
        refuse(f'incorrect service "{claim.scope.service}". This endpoint belongs to "s3".')
    if region is not None and claim.scope.region != region:
        text = f"the region '{claim.scope.region}' is wrong; expecting '{region}'"
        refuse(text, ("Region", region))


def _check_signed(request: Request, claim: SignatureClaim) -> None:
    """The host and every ``x-amz-`` header of a request must be signed."""
    names = {name for name, _ in request.headers if name.startswith("x-amz-")} - {"x-amz-content-sha256"}
    if not claim.presigned and request.header("x-amz-content-sha256") is not None:
        names.add("x-amz-content-sha256")
    missing = sorted({"host", *names} - set(claim.signed_headers))
    if missing:
        raise denied(
            "There were headers present in the request which were not signed", ("HeadersNotSigned", ", ".join(missing))
        )


def _token(claim: SignatureClaim, pairs: Sequence[tuple[str, str]], headers: Mapping[str, str]) -> str | None:
    """A signed header beats the query; equal duplicates collapse, different ones are nobody's token [recorded]."""
    given = headers.get("x-amz-security-token") if "x-amz-security-token" in claim.signed_headers else None
    tokens = (
        given.split(",") if given is not None else [value for name, value in pairs if name == "X-Amz-Security-Token"]
    )
    if len(set(tokens)) > 1:
        raise invalid_key(claim.access_key_id)
    return tokens[0] if tokens else None


def invalid_key(access_key_id: str) -> GuardError:
    text = "The AWS Access Key Id you provided does not exist in our records."
    return GuardError(text, "InvalidAccessKeyId", 403, [("AWSAccessKeyId", access_key_id)])


def find_key(keys: Keys, claim: SignatureClaim, now: datetime) -> SigningKeySource:
    """The key of a claim; what the keeper says in STS's words is said here in S3's."""
    try:
        return keys.find(claim.access_key_id, claim.session_token, now)
    except ServiceError as error:
        raise _in_words_of_s3(error, claim) from None


def _in_words_of_s3(error: ServiceError, claim: SignatureClaim) -> ServiceError:
    token = [("Token-0", claim.session_token or "")]
    if error.code == "ExpiredToken":
        return GuardError("The provided token has expired.", "ExpiredToken", 400, token)
    if error.code != "InvalidClientTokenId":
        return error
    if claim.session_token and not error.message.endswith("."):  # a token that does not open has no period in STS
        return GuardError("The provided token is malformed or otherwise invalid.", "InvalidToken", 400, token)
    return invalid_key(claim.access_key_id)


def check_signature(request: Request, found: S3Claim, source: SigningKeySource) -> bytes:
    """The HMAC over the request, else SignatureDoesNotMatch; gives the signing key, with which chunks are verified."""
    claim = found.claim
    key = source.signing_key(claim.scope.date, claim.scope.region, "s3")
    result = verify(request, claim, key, payload_hash=found.payload_hash, style=PathStyle.S3)
    if result.matches:
        return key
    details = [
        ("AWSAccessKeyId", claim.access_key_id),
        ("StringToSign", result.stages.string_to_sign),
        ("SignatureProvided", claim.signature),
        ("StringToSignBytes", _spaced(result.stages.string_to_sign)),
        ("CanonicalRequest", result.stages.canonical_request),
        ("CanonicalRequestBytes", _spaced(result.stages.canonical_request)),
    ]
    raise GuardError(_MISMATCH, "SignatureDoesNotMatch", 403, details)


def _spaced(text: str) -> str:
    return text.encode("latin-1", "replace").hex(" ")
