"""The stand-in's own identity provider: tokens of GetWebIdentityToken, and the documents to verify them by.

Each account has an issuer of its own below the stand-in's address, ``<base>/outbound/<account id>``, where the
service has ``https://<id>.tokens.sts.global.api.aws``. Source of the claims: "Understanding token claims", IAM User
Guide, and a token of the service that was published (``ou_path`` is a list, ``original_session_exp`` a text).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, Any

from understudy.clock import SYSTEM_CLOCK
from understudy.errors import (
    AccessDenied,
    JWTPayloadSizeExceededException,
    OutboundWebIdentityFederationDisabledException,
    ServiceError,
    SessionDurationEscalationException,
)
from understudy.http import Request, Response

from .identity_provider import DISCOVERY, JWKS, json_response
from .signing_keys import SigningKey, encoded

if TYPE_CHECKING:
    from understudy.clock import Clock

ALGORITHMS = ("RS256", "ES384")
DEFAULT_SECONDS = 300
LONGEST_SECONDS = 3600
LARGEST_CLAIMS = 14_984
"""Bytes of the claims as compact JSON."""
NAMESPACE = "https://sts.amazonaws.com/"

UNSUPPORTED = (
    "Requested SigningAlgorithm is not supported. See the GetWebIdentityToken documentation for supported algorithms"
)
DISABLED = "OutboundWebIdentityFederation is disabled."
FEDERATED = "GetWebIdentityToken does not support federated user sessions"
ESCALATION = "Requested token expiry time must be before the original session's expiry time."
TOO_LARGE = f"The claims of the token must not exceed {LARGEST_CLAIMS} bytes"  # ours: no recording shows the text

_PATH = re.compile(r"/outbound/([0-9]{12})(/.*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSubject:
    """Whom a token speaks for: the caller, as the stand-in knows it.

    `arn` is that of the user, or of the role with its path (not of the role session). `organization` is the id of the
    organization and the paths of its units; `session_expires` None for a lasting key.
    """

    account: str
    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)
    organization: tuple[str, Sequence[str]] | None = None
    session_expires: datetime | None = None
    source_identity: str | None = None
    federated_provider: str | None = None
    is_federated_user: bool = False


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token, which is a secret, and when it expires."""

    token: str = field(repr=False)
    expiration: datetime


class TokenIssuer:
    """Signs tokens with RS256 and ES384 keys that it makes when first needed, and publishes their public halves.

    `base_url` is the address under which the stand-in is reached. A key signs for `rotate_every` seconds and stays
    published for an hour more, as long as the last token that it signed may live. `federation_enabled` of an account
    is the caller's to know.
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock = SYSTEM_CLOCK,
        rotate_every: float = 7 * 86_400.0,
        token_id: Callable[[], str] = lambda: token_hex(16),
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._rotate_every = rotate_every
        self._token_id = token_id
        self._making = Lock()
        self._keys: dict[str, list[tuple[SigningKey, float]]] = {algorithm: [] for algorithm in ALGORITHMS}

    def prepare(self) -> None:
        """Make the keys now, where there are none: about 0.1 seconds that no request has to wait for then."""
        self.jwks()

    def url(self, account: str) -> str:
        """The issuer of an account."""
        return f"{self._base_url}/outbound/{account}"

    def rotate(self, algorithm: str) -> SigningKey:
        """Sign with a new key from now on."""
        made, now = SigningKey.generate(algorithm), self._clock.time()
        kept = self._keys[algorithm]
        # The newest signed until this moment; an older one leaves once all of its tokens have expired.
        ends = [moment for _, moment in kept[1:]]
        living = [pair for pair, end in zip(kept, ends, strict=False) if end + LONGEST_SECONDS > now]
        self._keys[algorithm] = [*living, *kept[-1:], (made, now)]
        return made

    def issue(
        self,
        subject: TokenSubject,
        *,
        audience: Sequence[str],
        algorithm: str,
        now: datetime,
        region: str,
        enabled: bool,
        seconds: int | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> IssuedToken:
        """A token for these audiences, for `seconds` (60 to 3600, default 300); `tags` become its request tags.

        To be called after limits and authorisation. Raises, in this order: a federated user's session, the feature
        switched off for the account (`enabled`), an unknown algorithm, a token that would outlive the session, too
        large claims.
        """
        expiration = now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=seconds or DEFAULT_SECONDS)
        _check(subject, algorithm, expiration, enabled)
        claims = self._claims(subject, audience, expiration, now, region, tags or {})
        if len(encoded(claims)) > LARGEST_CLAIMS:
            raise JWTPayloadSizeExceededException(TOO_LARGE)
        return IssuedToken(self._signing_key(algorithm).sign(claims), expiration)

    def respond(self, request: Request) -> Response | None:
        """Answer for the discovery document or the keys of an account's issuer; None for every other path."""
        found = _PATH.fullmatch(request.path)
        if found is None or request.method not in ("GET", "HEAD"):
            return None
        account, place = found.groups()
        documents = {DISCOVERY: self._discovery(account), JWKS: self.jwks()}
        return json_response(documents[place]) if place in documents else None

    def jwks(self) -> dict[str, Any]:
        """The public halves of every key that a living token may have been signed with."""
        for algorithm in ALGORITHMS:
            self._signing_key(algorithm)
        return {"keys": [key.public_jwk() for keys in self._keys.values() for key, _ in keys]}

    def _signing_key(self, algorithm: str) -> SigningKey:
        with self._making:
            keys = self._keys[algorithm]
            if not keys or self._clock.time() - keys[-1][1] >= self._rotate_every:
                return self.rotate(algorithm)
            return keys[-1][0]

    def _discovery(self, account: str) -> dict[str, Any]:
        return {
            "issuer": self.url(account),
            "jwks_uri": f"{self.url(account)}{JWKS}",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": list(ALGORITHMS),
            "claims_supported": ["iss", "sub", "aud", "iat", "exp", "jti", NAMESPACE],
        }

    def _claims(
        self,
        subject: TokenSubject,
        audience: Sequence[str],
        expiration: datetime,
        now: datetime,
        region: str,
        tags: Mapping[str, str],
    ) -> dict[str, Any]:
        return {
            "iss": self.url(subject.account),
            "aud": audience[0] if len(audience) == 1 else list(audience),
            "sub": subject.arn,
            "iat": int(now.timestamp()),
            "exp": int(expiration.timestamp()),
            "jti": self._token_id(),
            NAMESPACE: _namespace(subject, region, tags),
        }


def _check(subject: TokenSubject, algorithm: str, expiration: datetime, enabled: bool) -> None:
    if subject.is_federated_user:
        raise AccessDenied(FEDERATED)
    if not enabled:
        raise OutboundWebIdentityFederationDisabledException(DISABLED)
    if algorithm not in ALGORITHMS:
        # Ours: the code; only the text is on record.
        raise ServiceError(UNSUPPORTED, code="ValidationError")
    if subject.session_expires is not None and expiration > subject.session_expires:
        raise SessionDurationEscalationException(ESCALATION)


def _namespace(subject: TokenSubject, region: str, tags: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "aws_account": subject.account,
        "source_region": region,
        "principal_id": subject.arn,
    }
    if subject.organization is not None:
        said["org_id"], paths = subject.organization
        said["ou_path"] = list(paths)
    if subject.session_expires is not None:
        said["original_session_exp"] = subject.session_expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    optional = {
        "source_identity": subject.source_identity,
        "federated_provider": subject.federated_provider,
        "principal_tags": dict(subject.tags),
        "request_tags": dict(tags),
    }
    return {**said, **{name: value for name, value in optional.items() if value}}
