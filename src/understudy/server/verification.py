"""Verification without a directory: another service checks requests and session tokens with the key ring alone.

An S3-like store or an API gateway that shares the stand-in's key ring needs no call and no database to know who signed,
with which tags, under which session policy, and until when. What it cannot know is what happened since the token was
sealed: a deleted role, a changed policy. `is_revoked` is the place for what it learns otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, NoReturn

from understudy.clock import SYSTEM_CLOCK
from understudy.errors import ExpiredToken, ServiceError
from understudy.policy import Principal
from understudy.server.authentication import authenticate
from understudy.server.principals import ContextValue, session_context
from understudy.server.sessions import Session, SessionKind, SessionTokens, TokenMalformed, TokenUnbound
from understudy.sigv4 import signing_key

if TYPE_CHECKING:
    from understudy.clock import Clock
    from understudy.http import Request
    from understudy.server.keyring import KeyRing

INVALID = "The security token included in the request is invalid"
EXPIRED = "The security token included in the request is expired"


BODY_MISMATCH = "The provided 'x-amz-content-sha256' header does not match what was computed."


class Wording(Enum):
    """In whose words a request is refused, and by whose rules it is read."""

    STS = "sts"
    """The common AWS rules, with codes such as InvalidClientTokenId and ExpiredToken."""
    S3 = "s3"
    """S3's rules for path, payload hash and presigned addresses, with codes such as InvalidToken."""


@dataclass(frozen=True, slots=True)
class VerifiedSession:
    """Who signed, as it was sealed into the session token.

    `principal` fits `understudy.policy.evaluate`; its tags are the session's own, a role's tags are not in a token.
    `policy` is the inline session policy (JSON text), `policy_arns` name managed ones: both narrow what the role may
    do, an empty pair does not. `context` holds the condition keys that follow from the session.
    """

    principal: Principal
    account: str
    access_key_id: str
    session_name: str
    tags: Mapping[str, str]
    transitive_tag_keys: tuple[str, ...]
    source_identity: str | None
    policy: str | None
    policy_arns: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    context: Mapping[str, ContextValue]

    @property
    def arn(self) -> str:
        """The ARN of the session, such as ``arn:aws:sts::123456789012:assumed-role/Reader/alice``."""
        return self.principal.arn

    @classmethod
    def of(cls, session: Session) -> VerifiedSession:
        """What an opened session says."""
        principal = _principal(session)
        return cls(
            principal=principal,
            account=session.account,
            access_key_id=session.access_key_id,
            session_name=session.session_name,
            tags=session.tags,
            transitive_tag_keys=session.transitive,
            source_identity=session.source_identity,
            policy=session.policy,
            policy_arns=session.policy_arns,
            issued_at=datetime.fromtimestamp(session.issued, UTC),
            expires_at=datetime.fromtimestamp(session.expires, UTC),
            context={**principal.condition_keys(), **session_context(session)},
        )


class _OpenedKey:
    """A session's key as authentication sees it."""

    __slots__ = ("_secret", "identity")

    def __init__(self, identity: VerifiedSession, secret: str) -> None:
        self.identity = identity
        self._secret = secret

    def signing_key(self, date: str, region: str, service: str) -> bytes:
        return signing_key(self._secret, date, region, service)


class SessionVerifier:
    """Verifies requests and opens session tokens with a key ring, and nothing else.

    It is also the `Keys` of `understudy.server.authentication`, for verifiers that want the steps one by one.
    `is_revoked` may refuse sessions that verify, by `issued_at` and `principal` for example.
    """

    def __init__(
        self,
        key_ring: KeyRing,
        *,
        clock: Clock = SYSTEM_CLOCK,
        is_revoked: Callable[[VerifiedSession], bool] | None = None,
    ) -> None:
        self._tokens = SessionTokens(key_ring)
        self._clock = clock
        self._is_revoked = is_revoked

    def verify(
        self,
        request: Request,
        *,
        service: str,
        region: str | None = None,
        wording: Wording | None = None,
        whole_body: bool = True,
    ) -> VerifiedSession:
        """Who signed this request, by header or in its query, for this service (and region, where one is given).

        Raises `ServiceError` with code, status and text of the service's; S3's for the service ``s3`` unless
        `wording` says otherwise, whose errors have their further elements in `details`. Under S3's rules a body that
        is not in the request (`whole_body` false) is left to who reads it: its hash must be the signed
        ``x-amz-content-sha256``.
        """
        words = wording or (Wording.S3 if service == "s3" else Wording.STS)
        now = datetime.fromtimestamp(self._clock.time(), UTC)
        if words is Wording.S3:
            return self._verify_s3(request, region, now, whole_body=whole_body)
        verified: VerifiedSession = authenticate(request, self, now=now, region=region, service=service).identity
        return verified

    def open(self, access_key_id: str, session_token: str) -> VerifiedSession:
        """What a session token says, without any signature: only for tokens that a trusted party has verified."""
        return self.find(access_key_id, session_token, datetime.fromtimestamp(self._clock.time(), UTC)).identity

    def find(self, access_key_id: str, session_token: str | None, now: datetime) -> _OpenedKey:
        """The key of a session; raises the errors of rules 14 and 15 (`ExpiredToken`, InvalidClientTokenId)."""
        if not session_token:
            _refuse(f"{INVALID}.")
        try:
            issued = self._tokens.open(session_token, access_key_id)
        except TokenMalformed:
            _refuse(INVALID)
        except TokenUnbound:
            _refuse(f"{INVALID}.")
        session = VerifiedSession.of(issued.session)
        if now >= session.expires_at:
            raise ExpiredToken(EXPIRED)
        if self._is_revoked is not None and self._is_revoked(session):
            _refuse(f"{INVALID}.")
        return _OpenedKey(session, issued.secret_access_key)

    def _verify_s3(self, request: Request, region: str | None, now: datetime, *, whole_body: bool) -> VerifiedSession:
        from understudy.server.guard import s3_claims
        from understudy.server.guard.faults import GuardError, denied
        from understudy.server.guard.requests import parameters_of
        from understudy.sigv4.canonical import header_values, payload_hash

        found = s3_claims.read_claim(request, parameters_of(request), header_values(request), now=now, region=region)
        if found is None:
            raise denied()
        source = s3_claims.find_key(self, found.claim, now)
        s3_claims.check_signature(request, found, source)
        if whole_body and found.payload_hash not in s3_claims.MARKERS:
            computed = payload_hash(request.body)
            if computed != found.payload_hash:
                details = [("ClientComputedContentSHA256", found.payload_hash), ("S3ComputedContentSHA256", computed)]
                raise GuardError(BODY_MISMATCH, "XAmzContentSHA256Mismatch", 400, details)
        verified: VerifiedSession = source.identity
        return verified

    def __repr__(self) -> str:
        return "SessionVerifier()"


def _refuse(message: str) -> NoReturn:
    raise ServiceError(message, code="InvalidClientTokenId", status=403)


def _principal(session: Session) -> Principal:
    account, partition = session.account, session.partition
    user = f"arn:{partition}:iam::{account}:user{session.name}"
    if session.kind is SessionKind.ROLE:
        return Principal.role_session(
            session.role_arn, session.session_name, unique_id=session.unique_id, tags=session.tags
        )
    if session.kind is SessionKind.USER:
        return Principal.user(user, unique_id=session.unique_id, tags=session.tags)
    if session.kind is SessionKind.FEDERATED_USER:
        return Principal.federated_user(
            account,
            session.session_name,
            issuer_arn=user if session.name else None,
            issuer_id=session.unique_id or None,
            partition=partition,
        )
    return Principal.root(account, partition=partition)
