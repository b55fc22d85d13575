"""The people and roles that questions are asked about: a plain directory, and a loader for one in a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .document import Policy, parse_policy
from .evaluation import PolicySet
from .kinds import PolicyKind
from .principals import Principal


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user with everything that is attached to it, its groups' policies included."""

    arn: str
    policies: Sequence[Policy] = ()
    boundary: Policy | None = None
    unique_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    def principal(self) -> Principal:
        """The user as a caller."""
        return Principal.user(self.arn, unique_id=self.unique_id, tags=self.tags)


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role with its trust policy and everything that is attached to it; the duration is in seconds."""

    arn: str
    trust: Policy
    policies: Sequence[Policy] = ()
    boundary: Policy | None = None
    unique_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    max_session_duration: int = 3600

    def principal(self) -> Principal:
        """A session of the role as a caller; it stands for every session, so its name is ``session``."""
        return Principal.role_session(self.arn, "session", unique_id=self.unique_id, tags=self.tags)

    @property
    def account(self) -> str:
        """The account that owns it, twelve digits."""
        return self.arn.split(":")[4]


@dataclass(frozen=True, slots=True)
class Guardrails:
    """What an organisation lays over an account: its SCPs and RCPs by level; None without an organisation."""

    scps: Sequence[Sequence[Policy]] | None = None
    rcps: Sequence[Sequence[Policy]] | None = None
    management_account: bool = False


class Directory(Protocol):
    """What the questions need to know."""

    def users(self) -> Iterable[User]: ...
    def roles(self) -> Iterable[Role]: ...
    def guardrails(self, account: str) -> Guardrails: ...


class InvalidDirectory(ValueError):
    """The mapping is no directory; the message names the place and what belongs there."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """A directory in memory."""

    all_users: Sequence[User] = ()
    all_roles: Sequence[Role] = ()
    by_account: Mapping[str, Guardrails] = field(default_factory=dict, hash=False)

    def users(self) -> Iterable[User]:
        """Every user of every account."""
        return self.all_users

    def roles(self) -> Iterable[Role]:
        """Every role of every account."""
        return self.all_roles

    def guardrails(self, account: str) -> Guardrails:
        """The organisation's policies over an account; none for an account that has none."""
        return self.by_account.get(account, Guardrails())

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> Accounts:
        """Read ``accounts: {id: {users: {name: ...}, roles: {name: ...}}}``.

        A user has ``path``, ``policies``, ``managed_policies``, ``permissions_boundary`` (or ``boundary``),
        ``unique_id``, ``tags``; a role also ``trust_policy`` and ``max_session_duration``. A policy is a
        document, JSON text, or the ARN or name of one in ``managed_policies`` of the account. An account may have
        ``scps`` and ``rcps``, lists of levels, and ``management_account: true``. Raises `InvalidDirectory`, and
        `PolicyError` for a malformed document.
        """
        accounts = _mapping(mapping.get("accounts"), "accounts")
        read = [
            _Account(str(number), _mapping(given or {}, f"accounts.{number}")) for number, given in accounts.items()
        ]
        return cls(
            tuple(user for account in read for user in account.users()),
            tuple(role for account in read for role in account.roles()),
            {account.number: account.guardrails() for account in read},
        )


class _Account:
    """One account of the mapping."""

    def __init__(self, number: str, members: Mapping[str, object]) -> None:
        self.number, self.members = number, members
        self.partition = str(members.get("partition", "aws"))
        self.managed = _mapping(members.get("managed_policies") or {}, f"accounts.{number}.managed_policies")

    def users(self) -> Iterable[User]:
        for name, user in self._each("users"):
            arn = self._arn("user", name, user)
            yield User(arn, self._policies(name, user), self._boundary(name, user), *_marks(user))

    def roles(self) -> Iterable[Role]:
        for name, role in self._each("roles"):
            yield Role(
                self._arn("role", name, role),
                self._policy(role.get("trust_policy"), PolicyKind.TRUST, name),
                self._policies(name, role),
                self._boundary(name, role),
                *_marks(role),
                max_session_duration=int(str(role.get("max_session_duration", 3600))),
            )

    def guardrails(self) -> Guardrails:
        return Guardrails(
            self._levels("scps", PolicyKind.SCP),
            self._levels("rcps", PolicyKind.RCP),
            bool(self.members.get("management_account")),
        )

    def _each(self, plural: str) -> Iterable[tuple[str, Mapping[str, object]]]:
        place = f"accounts.{self.number}.{plural}"
        for name, value in _mapping(self.members.get(plural) or {}, place).items():
            yield str(name), _mapping(value or {}, f"{place}.{name}")

    def _arn(self, kind: str, name: str, entity: Mapping[str, object]) -> str:
        return f"arn:{self.partition}:iam::{self.number}:{kind}{entity.get('path', '/')}{name}"

    def _policies(self, name: str, entity: Mapping[str, object]) -> tuple[Policy, ...]:
        given = entity.get("policies") or ()
        attached = [
            self._policy(each, PolicyKind.IDENTITY, str(each)) for each in _list(entity.get("managed_policies", []))
        ]
        named = given.items() if isinstance(given, Mapping) and "Statement" not in given else enumerate(_list(given), 1)
        own = [self._policy(each, PolicyKind.IDENTITY, _label(name, label, each)) for label, each in named]
        return (*own, *attached)

    def _boundary(self, name: str, entity: Mapping[str, object]) -> Policy | None:
        given = entity.get("permissions_boundary", entity.get("boundary"))
        return None if given is None else self._policy(given, PolicyKind.BOUNDARY, f"{name} boundary")

    def _levels(self, plural: str, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...] | None:
        levels = self.members.get(plural)
        if levels is None:
            return None
        return tuple(
            tuple(self._policy(each, kind, f"{kind.name} {number}.{at}") for at, each in enumerate(_list(level), 1))
            for number, level in enumerate(_list(levels), 1)
        )

    def _policy(self, given: object, kind: PolicyKind, name: str) -> Policy:
        if isinstance(given, str) and not given.lstrip().startswith("{"):
            given = self._managed(given)
        if isinstance(given, Mapping) and "document" in given:
            given = given["document"]
        if isinstance(given, str | Mapping):
            return parse_policy(given, kind, name=name)
        raise InvalidDirectory(f"{kind.value} of {name!r} in account {self.number} must be a document, not {given!r}")

    def _managed(self, name: str) -> object:
        found = self.managed.get(name, self.managed.get(name.rpartition("/")[2]))
        if found is None and name.endswith(":aws:policy/AdministratorAccess"):
            return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
        if found is None:
            raise InvalidDirectory(f"account {self.number} has no managed policy {name!r}; add it to managed_policies")
        return found


def _label(owner: str, label: object, given: object) -> str:
    if isinstance(given, Mapping) and "name" in given:
        return f"{owner}/{given['name']}"
    if isinstance(given, str) and not given.lstrip().startswith("{"):
        return given.rpartition("/")[2]
    return f"{owner}/{label}"


def _marks(entity: Mapping[str, object]) -> tuple[str | None, dict[str, str]]:
    unique_id, tags = entity.get("unique_id"), _mapping(entity.get("tags") or {}, "tags")
    return None if unique_id is None else str(unique_id), {str(key): str(value) for key, value in tags.items()}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _mapping(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidDirectory(f"{place} must be a mapping, not {value!r}")
    return value


def role_policies(
    caller: User | Role | None, role: Role, directory: Directory, account: str | None = None
) -> PolicySet:
    """The policies that have a say when a caller assumes a role; None is a caller without policies of its own."""
    own = directory.guardrails(account) if account else Guardrails()
    theirs = directory.guardrails(role.account)
    return PolicySet(
        identity=caller.policies if caller else (),
        boundary=caller.boundary if caller else None,
        trust=role.trust,
        scps=own.scps,
        rcps=theirs.rcps,
        caller_in_management_account=own.management_account,
        resource_in_management_account=theirs.management_account,
    )
