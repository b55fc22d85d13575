"""Accounts and everything in them, as frozen values.

A policy is kept as its JSON text: the text is what an account owner wrote, and compiled forms are cached by it. Nothing
here compares moments or reads files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from understudy.directory import identifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """A lasting key of a user or of an account's root."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MFADevice:
    """A virtual TOTP device: its serial number (an ARN, or a hardware serial) and its seed."""

    serial_number: str
    seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What allows an identity something: inline documents by name, attached managed policies, a boundary (ARNs)."""

    inline: Mapping[str, str] = field(default_factory=dict)
    managed: tuple[str, ...] = ()
    boundary: str | None = None


NONE = Policies()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of users; its policies (never a boundary) count as each member's."""

    account: str
    name: str
    path: str = "/"
    partition: str = "aws"
    policies: Policies = NONE
    unique_id: str = ""
    arn: str = field(init=False)

    def __post_init__(self) -> None:
        _identify(self, "group", identifiers.GROUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An IAM user. Without a `unique_id` one follows from account, path and name."""

    account: str
    name: str
    path: str = "/"
    partition: str = "aws"
    access_keys: tuple[AccessKey, ...] = ()
    mfa_devices: tuple[MFADevice, ...] = ()
    groups: tuple[str, ...] = ()
    policies: Policies = NONE
    tags: Mapping[str, str] = field(default_factory=dict)
    unique_id: str = ""
    arn: str = field(init=False)

    def __post_init__(self) -> None:
        _identify(self, "user", identifiers.USER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role: whom it trusts, for how long (seconds, 3600 to 43200), and what it may.

    `departed` are principals of the trust policy that were removed since it was written: each ARN stands for the unique
    id that it had, so that a user or role made again under it is not trusted.
    """

    account: str
    name: str
    trust_policy: str
    path: str = "/"
    partition: str = "aws"
    max_session_duration: int = 3600
    departed: Mapping[str, str] = field(default_factory=dict)
    policies: Policies = NONE
    tags: Mapping[str, str] = field(default_factory=dict)
    unique_id: str = ""
    arn: str = field(init=False)

    def __post_init__(self) -> None:
        _identify(self, "role", identifiers.ROLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPolicy:
    """A managed policy with its versions; sessions refer to it by ARN and follow its default version live."""

    arn: str
    versions: Mapping[str, str]
    default_version: str = "v1"

    @property
    def document(self) -> str:
        """The JSON text of the default version."""
        return self.versions[self.default_version]


@dataclass(frozen=True, slots=True, kw_only=True)
class OIDCProvider:
    """An OpenID Connect provider of an account.

    `url` is the issuer, with its scheme. `jwks` gives the keys without a fetch, as JSON text; `ca_bundle` is a PEM
    text for a provider with a certificate of its own making.
    """

    account: str
    url: str
    client_ids: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    jwks: str | None = None
    ca_bundle: str | None = None
    partition: str = "aws"
    tags: Mapping[str, str] = field(default_factory=dict)
    arn: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arn", f"arn:{self.partition}:iam::{self.account}:oidc-provider/{self.host_and_path}")

    @property
    def host_and_path(self) -> str:
        """The issuer without its scheme, as ARNs and condition keys name it."""
        return self.url.partition("://")[2] or self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class SAMLProvider:
    """A SAML provider of an account: its metadata document, and private keys (PEM) for encrypted assertions."""

    account: str
    name: str
    metadata: str = field(repr=False)
    private_keys: tuple[str, ...] = field(default=(), repr=False)
    partition: str = "aws"
    tags: Mapping[str, str] = field(default_factory=dict)
    arn: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arn", f"arn:{self.partition}:iam::{self.account}:saml-provider/{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket of a guarded S3: which account owns it, and its bucket policy as JSON text."""

    account: str
    name: str
    policy: str | None = None
    partition: str = "aws"

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:s3:::{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account and its root user, with the features that decide what the service answers it."""

    account_id: str
    name: str = ""
    partition: str = "aws"
    root_access_keys: tuple[AccessKey, ...] = ()
    root_mfa_devices: tuple[MFADevice, ...] = ()
    outbound_web_identity_federation: bool = False
    disabled_regions: frozenset[str] = frozenset()

    @property
    def root_arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account_id}:root"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationalUnit:
    """A unit of an organization: its place (``r-root/ou-a``), accounts, policies as JSON texts (none: full access)."""

    path: str
    accounts: tuple[str, ...] = ()
    service_control_policies: tuple[str, ...] = ()
    resource_control_policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """Accounts under one management account. `root_sessions` switches AssumeRoot on for member accounts."""

    organization_id: str
    management_account: str
    units: tuple[OrganizationalUnit, ...] = ()
    account_policies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    delegated_administrators: tuple[str, ...] = ()
    root_sessions: bool = True

    def accounts(self) -> frozenset[str]:
        """Every account in it, the management account too."""
        members = (account for unit in self.units for account in unit.accounts)
        return frozenset((self.management_account, *members, *self.account_policies))

    def units_above(self, account: str) -> tuple[OrganizationalUnit, ...]:
        """The units from the root down to the one that holds the account."""
        home = next((unit.path for unit in self.units if account in unit.accounts), None)
        if home is None:
            return ()
        above = (unit for unit in self.units if home == unit.path or home.startswith(f"{unit.path}/"))
        return tuple(sorted(above, key=lambda unit: unit.path.count("/")))


Entity = Account | User | Role | Group | ManagedPolicy | OIDCProvider | SAMLProvider | Bucket | Organization


def recreated(entity: User | Role, generation: str) -> User | Role:
    """The same user or role as it stands after deletion and re-creation: same ARN, another unique id."""
    prefix = identifiers.USER if isinstance(entity, User) else identifiers.ROLE
    name = f"{entity.path}{entity.name}"
    return replace(entity, unique_id=identifiers.derived_unique_id(prefix, entity.account, name, generation))


def _identify(entity: Any, kind: str, prefix: str) -> None:
    """Put the ARN, and the unique id where none was given; both follow from account, path and name."""
    name = f"{entity.path}{entity.name}"
    object.__setattr__(entity, "arn", f"arn:{entity.partition}:iam::{entity.account}:{kind}{name}")
    if not entity.unique_id:
        object.__setattr__(entity, "unique_id", identifiers.derived_unique_id(prefix, entity.account, name))
