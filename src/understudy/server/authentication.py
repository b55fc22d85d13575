"""Authentication: who signed this request, by the rules of the service, in its order and with its texts.

The rules carry the numbers of the order in which the service is seen to apply them; rules 1 and 2 are in `dispatch`,
rules 14 and 15 belong to the `Keys` that are asked. A rule that fails raises a `ServiceError`; nothing after it is
looked at, so that the order shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

from understudy.errors import ServiceError
from understudy.sigv4.canonical import ALGORITHM, payload_hash
from understudy.sigv4.encoding import query_pairs
from understudy.sigv4.scope import TERMINATOR, CredentialScope, InvalidScope
from understudy.sigv4.signing import basic_format
from understudy.sigv4.verifying import SignatureClaim, Verification, verify

if TYPE_CHECKING:
    from understudy.http import Request

SKEW: Final = timedelta(minutes=15)
"""How far a signature's date may lie from now, either way. A presigned address is good for as long, no longer: the
service does not look at ``X-Amz-Expires``."""

GLOBAL_REGION: Final = "us-east-1"
"""The one region in which the global endpoint's signatures are scoped."""

DOES_NOT_MATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


class SigningKeySource(Protocol):
    """An access key as its keeper shows it: a key to verify with, never the secret, and whose it is."""

    @property
    def identity(self) -> Any:
        """Whatever the keeper says of the caller; the rules do not look at it."""
        ...

    def signing_key(self, date: str, region: str, service: str) -> bytes:
        """The signing key of a day (eight digits), region and service."""
        ...


class Keys(Protocol):
    """Who knows access keys and opens session tokens."""

    def find(self, access_key_id: str, session_token: str | None, now: datetime) -> SigningKeySource:
        """The key; raises the `ServiceError` of rule 14 (the token) or rule 15 (the key)."""
        ...


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A request whose signature holds: the keeper's identity, and the claim that was verified."""

    identity: Any
    claim: SignatureClaim

    @property
    def region(self) -> str:
        """The region of the credential scope."""
        return self.claim.scope.region


def authenticate(
    request: Request,
    keys: Keys,
    *,
    now: datetime,
    region: str | None,
    service: str = "sts",
) -> Authenticated:
    """Apply rules 4 to 16; raises the `ServiceError` of the first that fails.

    `region` is the one that signatures must be scoped to, `GLOBAL_REGION` on the global endpoint; None takes any, for
    one endpoint that stands for all regions. `now` is aware. Whether an operation needs a signature is the caller's to
    say.
    """
    claim = read_claim(request)
    check_signed_host(claim)
    moment = check_date(claim, now)
    check_scope(claim, moment, region, service)
    source = keys.find(claim.access_key_id, claim.session_token, now)
    check_signature(request, claim, source, service)
    return Authenticated(source.identity, claim)


def read_claim(request: Request) -> SignatureClaim:
    """Rules 4 to 7, and rule 12: which claim the request makes, in its header or in its query, never in both."""
    check_escapes(request.query)
    parameters = _first_of_each(request.query)
    authorization = request.header("authorization")
    algorithm = parameters.get("X-Amz-Algorithm")
    if authorization is not None and algorithm is not None:  # rule 5
        raise ServiceError(None, code="SignatureDoesNotMatch", status=403)
    if authorization is not None:
        return _claim_of_header(request, authorization.strip(" \t"))
    if algorithm != ALGORITHM:  # rule 5, neither; rule 7a, another algorithm
        raise ServiceError("Request is missing Authentication Token", code="MissingAuthenticationToken", status=403)
    return _claim_of_query(request, parameters)


def check_escapes(query: str) -> None:
    """Rule 4: every percent sign of a query, or of a form, begins a whole escape; raises MalformedQueryString."""
    for piece in query.split("%")[1:]:
        if len(piece) < 2:
            raise ServiceError("Incomplete trailing escape % sequence", code="MalformedQueryString")
        if not _HEXADECIMAL.issuperset(piece[:2]):
            message = f"Illegal hex character in escape % pattern: %{piece[:2]}"
            raise ServiceError(message, code="MalformedQueryString")


def _first_of_each(query: str) -> dict[str, str]:
    """Rule 7c: the first of a parameter given twice counts."""
    found: dict[str, str] = {}
    if "X-Amz-" in query or "%" in query:
        for name, value in query_pairs(query):
            found.setdefault(name, value)
    return found


def _claim_of_header(request: Request, authorization: str) -> SignatureClaim:
    algorithm, _, given = authorization.partition(" ")
    if algorithm != ALGORITHM:  # rule 6a
        _incomplete(f"Unsupported AWS 'algorithm': '{algorithm}'.")
    parameters = _authorization_parameters(given, authorization)
    timestamp = request.header("x-amz-date")
    if timestamp is None:
        timestamp = request.header("date")
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if name not in parameters
    ]
    if timestamp is None:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing or timestamp is None:  # rule 6d
        _incomplete(f"{' '.join(missing)} Authorization={ALGORITHM}")
    return _claim(
        parameters["Credential"],
        parameters["SignedHeaders"],
        parameters["Signature"],
        timestamp,
        session_token=request.header("x-amz-security-token"),
    )


def _authorization_parameters(given: str, authorization: str) -> dict[str, str]:
    """Rules 6b and 6c: pairs with an equal sign; the last of a name given twice counts."""
    parameters = {}
    for pair in given.split(","):
        pair = pair.strip(" \t")
        name, equals, value = pair.partition("=")
        if pair and not equals:
            _incomplete(
                f"'{pair}' not a valid key=value pair (missing equal-sign) in Authorization header: '{authorization}'"
            )
        parameters[name] = value
    return parameters


def _claim_of_query(request: Request, parameters: dict[str, str]) -> SignatureClaim:
    needed = ("X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    missing = [f"AWS query-string parameters must include '{name}'." for name in needed if name not in parameters]
    if missing:  # rule 7d
        _incomplete(f"{' '.join(missing)} Re-examine the query-string parameters.")
    credential, signature, signed_headers, timestamp = (parameters[name] for name in needed)
    token = parameters.get("X-Amz-Security-Token", request.header("x-amz-security-token"))
    return _claim(
        credential,
        signed_headers,
        signature,
        timestamp,
        session_token=token,
        presigned=True,
        expires=parameters.get("X-Amz-Expires"),
    )


def _claim(
    credential: str,
    signed_headers: str,
    signature: str,
    timestamp: str,
    *,
    session_token: str | None,
    presigned: bool = False,
    expires: str | None = None,
) -> SignatureClaim:
    """The claim; the credential's elements are judged later, because rules 8 to 11 come before rule 12."""
    try:
        access_key_id, scope = CredentialScope.parse_credential(credential)
    except InvalidScope:
        access_key_id, scope = credential, _UNREADABLE
    names = signed_headers.encode("utf-8", "surrogateescape").decode("latin-1").split(";")
    return SignatureClaim(
        access_key_id,
        scope,
        tuple(sorted(names)),
        signature,
        timestamp,
        session_token=session_token,
        presigned=presigned,
        expires=expires,
    )


_UNREADABLE = CredentialScope("", "", "", "")


def check_signed_host(claim: SignatureClaim) -> None:
    """Rule 8: the host is signed."""
    if "host" not in claim.signed_headers and ":authority" not in claim.signed_headers:
        _mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")


def check_date(claim: SignatureClaim, now: datetime) -> datetime:
    """Rules 9 to 11: the date is ISO 8601 basic, and within 15 minutes of now."""
    moment = read_basic_format(claim.timestamp)
    if moment is None:  # rule 9
        _incomplete(
            f"Date must be in ISO-8601 'basic format'. Got '{claim.timestamp}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        )
    now = now.replace(microsecond=0)
    earliest, latest = now - SKEW, now + SKEW
    if moment < earliest:  # rule 10
        limit = basic_format(earliest)
        _mismatch(f"Signature expired: {claim.timestamp} is now earlier than {limit} ({basic_format(now)} - 15 min.)")
    if moment > latest:  # rule 11
        limit = basic_format(latest)
        _mismatch(
            f"Signature not yet current: {claim.timestamp} is still later than {limit} ({basic_format(now)} + 15 min.)"
        )
    return moment


def read_basic_format(text: str) -> datetime | None:
    """``20260102T030405Z`` as a moment; None for anything else, a day that does not exist among it."""
    digits = text[:8] + text[9:15]
    if len(text) != 16 or text[8] != "T" or text[15] != "Z" or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def check_scope(claim: SignatureClaim, moment: datetime, region: str | None, service: str) -> None:
    """Rules 12 and 13: five elements, and each the right one; every wrong element is told at once."""
    scope = claim.scope
    if scope is _UNREADABLE:  # rule 12
        _incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{claim.access_key_id}'"
        )
    problems = []
    if not _is_region(scope.region) if region is None else scope.region != region:
        problems.append("Credential should be scoped to a valid region. ")
    if scope.service != service:
        problems.append(f"Credential should be scoped to correct service: '{service}'. ")
    if scope.terminator != TERMINATOR:
        problems.append(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{scope.terminator}'. "
        )
    if scope.date != claim.timestamp[:8]:
        problems.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{scope.date}' != '{claim.timestamp[:8]}', from '{claim.timestamp}'."
        )
    if problems:  # rule 13
        _mismatch("".join(problems))


def _is_region(text: str) -> bool:
    """Whether a text has the form of a region's name, such as ``eu-central-2``."""
    return text.isascii() and text.replace("-", "").isalnum() and text == text.lower() and len(text) <= 32


def check_signature(request: Request, claim: SignatureClaim, source: SigningKeySource, service: str) -> Verification:
    """Rule 16: the HMAC over the request as it came, its body included."""
    scope = claim.scope
    verification = verify(
        request,
        claim,
        source.signing_key(scope.date, scope.region, service),
        payload_hash=payload_hash(request.body),
    )
    if not verification.matches:
        _mismatch(DOES_NOT_MATCH)
    return verification


def _incomplete(message: str) -> NoReturn:
    raise ServiceError(message, code="IncompleteSignature", status=400)


def _mismatch(message: str) -> NoReturn:
    raise ServiceError(message, code="SignatureDoesNotMatch", status=403)
