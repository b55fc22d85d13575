"""Who stands behind an access key: rules 14 and 15 of authentication, and what the caller brings into every
decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NoReturn

from understudy.errors import ExpiredToken, ServiceError
from understudy.policy import Principal
from understudy.server.sessions import Session, SessionKind, TokenMalformed, TokenUnbound
from understudy.sigv4 import signing_key

if TYPE_CHECKING:
    from understudy.directory import Account, Directory, Role, User
    from understudy.server.sessions import SessionTokens

ContextValue = str | tuple[str, ...]
_KEPT_CALLERS = 4096
_KEPT_SIGNING_KEYS = 8


@dataclass(frozen=True, eq=False)
class Caller:
    """An authenticated caller, as it stands in the directory now.

    `user` is the IAM user that calls, by a lasting key or a GetSessionToken session, or the one behind a federated
    user; `role` is the role of a role session. `session` is None for a lasting key.
    """

    principal: Principal
    account: Account
    access_key_id: str
    user: User | None = None
    role: Role | None = None
    session: Session | None = None
    organization: tuple[str, tuple[str, ...]] | None = None

    @property
    def arn(self) -> str:
        """The ARN by which the service calls the caller."""
        return self.principal.arn

    @property
    def is_root(self) -> bool:
        return self.user is None and self.role is None

    @property
    def is_chaining(self) -> bool:
        """Whether a role assumed by this caller is assumed by role chaining."""
        return self.session is not None and self.session.kind is SessionKind.ROLE

    @cached_property
    def context(self) -> Mapping[str, ContextValue]:
        """The condition keys that follow from the caller alone."""
        keys: dict[str, ContextValue] = {**self.principal.condition_keys(), "aws:PrincipalIsAWSService": "false"}
        if self.organization is not None:
            keys["aws:PrincipalOrgID"], keys["aws:PrincipalOrgPaths"] = self.organization
        if self.session is not None:
            keys.update(session_context(self.session))
        return keys


def session_context(session: Session) -> dict[str, ContextValue]:
    """Keys that only temporary credentials have."""
    keys: dict[str, ContextValue] = {"aws:TokenIssueTime": iso_8601(session.issued)}
    if session.source_identity:
        keys["aws:SourceIdentity"] = session.source_identity
    keys["aws:MultiFactorAuthPresent"] = "false" if session.mfa_at is None else "true"
    if session.kind is SessionKind.ROOT_TASK:
        keys["aws:AssumedRoot"] = "true"
    keys.update(session.facts)
    keys.update({f"sts:RequestContext/{key}": value for key, value in session.contexts.items()})
    return keys


class HeldKey:
    """An access key as authentication sees it: keys to verify with, and the caller. The secret does not leave."""

    __slots__ = ("_keys", "_secret", "identity", "revision")

    def __init__(self, identity: Caller, secret: str, revision: int) -> None:
        self.identity = identity
        self.revision = revision
        self._secret = secret
        self._keys: dict[tuple[str, str, str], bytes] = {}

    def signing_key(self, date: str, region: str, service: str) -> bytes:
        """The signing key; the last few are kept, because a client signs all day with one."""
        found = self._keys.get((date, region, service))
        if found is None:
            if len(self._keys) >= _KEPT_SIGNING_KEYS:
                self._keys.clear()
            found = self._keys[date, region, service] = signing_key(self._secret, date, region, service)
        return found

    def __repr__(self) -> str:
        return f"HeldKey({self.identity.access_key_id!r})"


class Principals:
    """Finds callers by access key and session token; what it found stands until the directory changes."""

    def __init__(self, directory: Directory, tokens: SessionTokens) -> None:
        self._directory = directory
        self._tokens = tokens
        self._kept: dict[tuple[str, str | None], HeldKey] = {}

    def find(self, access_key_id: str, session_token: str | None, now: datetime) -> HeldKey:
        """The key and its caller; raises ExpiredToken (rule 14) or InvalidClientTokenId (rules 14 and 15)."""
        name = (access_key_id, session_token or None)
        kept = self._kept.get(name)
        if kept is None or kept.revision != self._directory.revision:
            kept = self._keep(name, self._look_up(*name, now))
        session = kept.identity.session
        if session is not None:
            _check_expiry(session, now)
        return kept

    def _keep(self, name: tuple[str, str | None], key: HeldKey) -> HeldKey:
        if len(self._kept) >= _KEPT_CALLERS and name not in self._kept:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = key
        return key

    def _look_up(self, access_key_id: str, session_token: str | None, now: datetime) -> HeldKey:
        owner = self._directory.access_key(access_key_id)
        if owner is None and session_token is not None:
            return self._session_key(access_key_id, session_token, now)
        if owner is None or not owner.key.active or session_token is not None:
            _refuse_key()
        caller = self.of_user(owner.user, access_key_id) if owner.user else self._root(owner.account, access_key_id)
        if caller is None:
            _refuse_key()
        return HeldKey(caller, owner.key.secret_access_key, self._directory.revision)

    def _session_key(self, access_key_id: str, session_token: str, now: datetime) -> HeldKey:
        """Rule 14: the token opens, is this key's, and has not expired; rule 15: whoever it stands for lives."""
        try:
            issued = self._tokens.open(session_token, access_key_id)
        except TokenMalformed:
            _refuse_key("The security token included in the request is invalid")
        except TokenUnbound:
            _refuse_key()
        _check_expiry(issued.session, now)
        caller = self.of_session(issued.session)
        if caller is None:
            _refuse_key()
        return HeldKey(caller, issued.secret_access_key, self._directory.revision)

    def of_session(self, session: Session) -> Caller | None:
        """The caller behind a session; None when its role, user or account is gone, re-created or not."""
        if session.kind is SessionKind.ROLE:
            return self._role_session(session)
        if session.kind in (SessionKind.ROOT, SessionKind.ROOT_TASK):
            account = self._directory.account(session.account)
            return None if account is None else self._root(account, session.access_key_id, session)
        user = self._directory.user_by_id(session.unique_id)
        if user is None and session.kind is SessionKind.FEDERATED_USER and not session.unique_id:
            return self._federated(session, None)
        if user is None:
            return None
        if session.kind is SessionKind.FEDERATED_USER:
            return self._federated(session, user)
        return self.of_user(user, session.access_key_id, session)

    def of_user(self, user: User, access_key_id: str, session: Session | None = None) -> Caller | None:
        principal = Principal.user(user.arn, unique_id=user.unique_id, tags=user.tags)
        return self._caller(principal, access_key_id, user=user, session=session)

    def _role_session(self, session: Session) -> Caller | None:
        role = self._directory.role_by_id(session.unique_id)
        if role is None:
            return None
        principal = Principal.role_session(
            role.arn,
            session.session_name,
            unique_id=role.unique_id,
            tags=overridden(role.tags, session.tags),
        )
        return self._caller(principal, session.access_key_id, role=role, session=session)

    def _federated(self, session: Session, user: User | None) -> Caller | None:
        principal = Principal.federated_user(
            session.account,
            session.session_name,
            issuer_arn=user.arn if user else None,
            issuer_id=user.unique_id if user else None,
            partition=session.partition,
        )
        principal = replace(principal, tags=overridden(user.tags if user else {}, session.tags))
        return self._caller(principal, session.access_key_id, user=user, session=session)

    def _root(self, account: Account, access_key_id: str, session: Session | None = None) -> Caller | None:
        principal = Principal.root(account.account_id, partition=account.partition)
        return self._caller(principal, access_key_id, session=session)

    def _caller(
        self,
        principal: Principal,
        access_key_id: str,
        *,
        user: User | None = None,
        role: Role | None = None,
        session: Session | None = None,
    ) -> Caller | None:
        account = self._directory.account(principal.account or "")
        if account is None:
            return None
        place = self._organization_of(account.account_id)
        return Caller(principal, account, access_key_id, user, role, session, place)

    def _organization_of(self, account: str) -> tuple[str, tuple[str, ...]] | None:
        """``aws:PrincipalOrgID`` and ``aws:PrincipalOrgPaths`` of an account."""
        organization = self._directory.organization(account)
        if organization is None:
            return None
        home = [unit.path for unit in organization.units_above(account)[-1:]]
        path = "/".join((organization.organization_id, *home, ""))
        return organization.organization_id, (path,)


def overridden(own: Mapping[str, str], session: Mapping[str, str]) -> dict[str, str]:
    """Principal tags of a session: the role's or user's own, and session tags in place of those of the same key."""
    if not session:
        return dict(own)
    taken = {key.lower() for key in session}
    return {**{key: value for key, value in own.items() if key.lower() not in taken}, **session}


@lru_cache(maxsize=64)
def iso_8601(second: int) -> str:
    """A moment (whole seconds) as condition keys show it, in UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_expiry(session: Session, now: datetime) -> None:
    if now.timestamp() >= session.expires:
        raise ExpiredToken("The security token included in the request is expired")


def _refuse_key(message: str = "The security token included in the request is invalid.") -> NoReturn:
    raise ServiceError(message, code="InvalidClientTokenId", status=403)
