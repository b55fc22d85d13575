"""Who calls, and the Principal element that names callers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from understudy.arn import Arn


class PrincipalKind(Enum):
    """What kind of caller makes the request."""

    USER = "user"
    ROLE_SESSION = "role session"
    FEDERATED_USER = "federated user"
    ROOT = "account root"
    SERVICE = "service"
    FEDERATED = "federated identity"
    ANONYMOUS = "anonymous"


class Grant(IntEnum):
    """How far an Allow in a resource policy goes by itself, in the caller's own account ("Policy evaluation logic",
    IAM guide).

    DELEGATED names the account: the caller's own policies must allow too. ROLE names the role behind a session, or
    the user behind a federated user: boundary and session policies still limit. DIRECT names the caller itself, or
    everybody.
    """

    NONE = 0
    DELEGATED = 1
    ROLE = 2
    DIRECT = 3


_CALLING_ACCOUNT = frozenset(
    {PrincipalKind.USER, PrincipalKind.ROLE_SESSION, PrincipalKind.FEDERATED_USER, PrincipalKind.ROOT}
)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. Use the constructors `user`, `role_session`, `federated_user`, `root`, `service`, `federated`,
    `anonymous`.

    ``unique_id`` is the ``AIDA...`` id of a user or the ``AROA...`` id of a session's role; ``role_arn`` is the
    role's ARN with its path; ``issuer_arn`` and ``issuer_id`` are the IAM user behind a federated user; ``provider``
    is what a ``Federated`` principal element names; ``tags`` are the principal's tags.
    """

    kind: PrincipalKind
    arn: str = ""
    account: str | None = None
    unique_id: str | None = None
    session_name: str | None = None
    role_arn: str | None = None
    issuer_arn: str | None = None
    issuer_id: str | None = None
    provider: str | None = None
    service_name: str | None = None
    canonical_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    direct_forms: tuple[str, ...] = field(init=False, repr=False, compare=False)
    role_forms: tuple[str, ...] = field(init=False, repr=False, compare=False)
    signed_in: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        direct, behind = self._forms()
        object.__setattr__(self, "direct_forms", tuple(form for form in direct if form))
        object.__setattr__(self, "role_forms", tuple(form for form in behind if form))
        object.__setattr__(self, "signed_in", self.kind in _CALLING_ACCOUNT)

    def _forms(self) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
        """What an AWS principal element may call this caller, and what it may call the role or user behind it."""
        if self.kind is PrincipalKind.ROLE_SESSION:
            return (self.arn,), (self.role_arn, self.unique_id)
        if self.kind is PrincipalKind.FEDERATED_USER:
            return (self.arn,), (self.issuer_arn, self.issuer_id)
        return (self.arn, self.unique_id), ()

    @classmethod
    def user(cls, arn: str, *, unique_id: str | None = None, tags: Mapping[str, str] | None = None) -> Principal:
        """An IAM user, by its ARN with path; raises `understudy.arn.InvalidArn`."""
        return cls(PrincipalKind.USER, arn, Arn.parse(arn).account, unique_id, tags=tags or {})

    @classmethod
    def role_session(
        cls,
        role_arn: str,
        session_name: str,
        *,
        unique_id: str | None = None,
        provider: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Principal:
        """A session of the role (its ARN with path); the session's ARN has no path. Raises
        `understudy.arn.InvalidArn`.
        """
        role = Arn.parse(role_arn)
        return cls(
            PrincipalKind.ROLE_SESSION,
            f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{session_name}",
            role.account,
            unique_id,
            session_name,
            role_arn,
            provider=provider,
            tags=tags or {},
        )

    @classmethod
    def federated_user(
        cls,
        account: str,
        name: str,
        *,
        issuer_arn: str | None = None,
        issuer_id: str | None = None,
        partition: str = "aws",
    ) -> Principal:
        """A session of GetFederationToken; ``issuer_arn`` is the IAM user who asked for it."""
        return cls(
            PrincipalKind.FEDERATED_USER,
            f"arn:{partition}:sts::{account}:federated-user/{name}",
            account,
            session_name=name,
            issuer_arn=issuer_arn,
            issuer_id=issuer_id,
        )

    @classmethod
    def root(cls, account: str, *, partition: str = "aws") -> Principal:
        """The account's root user."""
        return cls(PrincipalKind.ROOT, f"arn:{partition}:iam::{account}:root", account)

    @classmethod
    def service(cls, name: str) -> Principal:
        """An AWS service, such as ``ec2.amazonaws.com``, calling for itself."""
        return cls(PrincipalKind.SERVICE, service_name=name)

    @classmethod
    def federated(cls, provider: str, *, subject: str | None = None) -> Principal:
        """A web identity or SAML caller: ``provider`` is the provider's ARN, or a built-in name like
        ``accounts.google.com``.
        """
        return cls(PrincipalKind.FEDERATED, provider=provider, session_name=subject)

    @classmethod
    def anonymous(cls) -> Principal:
        """A caller without credentials."""
        return cls(PrincipalKind.ANONYMOUS)

    @property
    def service_linked(self) -> bool:
        """Whether this is a session of a service-linked role, which neither SCPs nor RCPs bind."""
        return self.role_arn is not None and ":role/aws-service-role/" in self.role_arn

    @property
    def userid(self) -> str | None:
        """``aws:userid``: AIDA id, ``AROA...:session``, ``account:name`` of a federated user, the account of its
        root.
        """
        match self.kind:
            case PrincipalKind.ROLE_SESSION:
                return f"{self.unique_id}:{self.session_name}" if self.unique_id else None
            case PrincipalKind.FEDERATED_USER:
                return f"{self.account}:{self.session_name}"
            case PrincipalKind.ROOT:
                return self.account
            case PrincipalKind.FEDERATED:
                return self.provider
        return self.unique_id

    def condition_keys(self) -> dict[str, str]:
        """The ``aws:`` keys that follow from who the caller is; merge them into a request's context where they are
        wanted.

        ``aws:PrincipalArn`` is the role's ARN with path for a role session, and absent for a federated identity.
        """
        keys = {
            "aws:PrincipalArn": self.role_arn or self.arn or None,
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalType": _TYPES.get(self.kind),
            "aws:userid": self.userid,
            "aws:username": self.arn.rpartition("/")[2] if self.kind is PrincipalKind.USER else None,
            "aws:PrincipalServiceName": self.service_name,
            **{f"aws:PrincipalTag/{key}": value for key, value in self.tags.items()},
        }
        return {key: value for key, value in keys.items() if value is not None}

    def __str__(self) -> str:
        return self.arn or self.service_name or self.provider or "anonymous"


_TYPES = {
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE_SESSION: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.ROOT: "Account",
    PrincipalKind.FEDERATED: "User",
    PrincipalKind.ANONYMOUS: "Anonymous",
}


def account_of(value: str) -> str | None:
    """The account that an AWS principal value delegates to: twelve digits, or the ARN of the account's root."""
    if len(value) == 12 and value.isascii() and value.isdigit():
        return value
    parts = value.split(":")
    if len(parts) == 6 and parts[0] == "arn" and parts[2] == "iam" and parts[5] == "root":
        return parts[4]
    return None


class PrincipalElement:
    """A compiled Principal element. There are no partial wildcards: a value names one thing, or ``*`` names all.

    ``{"AWS": "*"}`` names every AWS caller and the anonymous one; only a bare ``"*"`` also names web identity, SAML and
    service callers [recorded].
    """

    __slots__ = ("accounts", "any_aws", "everyone", "named", "others", "shown")

    def __init__(self, values: Sequence[tuple[str, str]], ids: Mapping[str, str] | None = None) -> None:
        """``values`` are (type, value) pairs, type ``*`` for the bare star; ``ids`` turns an ARN into its unique id."""
        aws = [value for kind, value in values if kind == "AWS"]
        self.everyone = any(kind == "*" for kind, _ in values)
        self.any_aws = self.everyone or "*" in aws
        self.accounts = frozenset(account for account in map(account_of, aws) if account)
        self.named = frozenset((ids or {}).get(value, value) for value in aws if value != "*")
        self.others = frozenset(pair for pair in values if pair[0] not in ("AWS", "*"))
        self.shown = tuple(values)

    def grant(self, caller: Principal) -> Grant:
        """How the element names the caller, by the strongest form that fits; `Grant.NONE` when it doesn't."""
        if self.everyone or (self.others and self._names_other(caller)):
            return Grant.DIRECT
        if caller.signed_in:
            return self._grant_signed_in(caller)
        return Grant.DIRECT if self.any_aws and caller.kind is PrincipalKind.ANONYMOUS else Grant.NONE

    def _grant_signed_in(self, caller: Principal) -> Grant:
        named = self.named
        if self.any_aws or not named.isdisjoint(caller.direct_forms):
            return Grant.DIRECT
        if not named.isdisjoint(caller.role_forms):
            return Grant.ROLE
        if caller.account in self.accounts:
            return Grant.DIRECT if caller.kind is PrincipalKind.ROOT else Grant.DELEGATED
        return Grant.NONE

    def _names_other(self, caller: Principal) -> bool:
        forms = (
            ("Service", caller.service_name),
            ("Federated", caller.provider),
            ("CanonicalUser", caller.canonical_id),
        )
        return any(form in self.others for form in forms)

    def excepts(self, caller: Principal) -> bool:
        """Whether a Deny with this as its NotPrincipal spares the caller.

        It must list every form of the caller: the account (or its root), the role and the session; a user and its
        account ("NotPrincipal with Deny", IAM guide).
        """
        if self.everyone or self._names_other(caller):
            return True
        if self.any_aws:
            return caller.signed_in or caller.kind is PrincipalKind.ANONYMOUS
        return caller.signed_in and not self.missing_forms(caller)

    def missing_forms(self, caller: Principal) -> list[str]:
        """The forms of the caller that a NotPrincipal would still have to list."""
        missing = [] if caller.account in self.accounts else [f"account {caller.account}"]
        if caller.kind is not PrincipalKind.ROOT and self.named.isdisjoint(caller.direct_forms):
            missing.append(caller.arn)
        if caller.role_forms and self.named.isdisjoint(caller.role_forms):
            missing.append(caller.role_forms[0])
        return missing

    def bound(self, ids: Callable[[str], str | None]) -> PrincipalElement:
        """The element with each user's and role's ARN tied to the unique id that the ARN has now.

        The service stores the id: when the user or role is deleted and made again under the same ARN, it no longer
        matches.
        """
        arns = [value for kind, value in self.shown if kind == "AWS" and value != "*" and account_of(value) is None]
        found = {arn: unique_id for arn in arns if (unique_id := ids(arn)) is not None}
        return PrincipalElement(self.shown, found)
