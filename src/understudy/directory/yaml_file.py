"""A directory written by hand in one YAML file."""

from __future__ import annotations

from base64 import b32decode
from collections.abc import Iterator
from dataclasses import replace
from json import dumps
from os import PathLike
from pathlib import Path

from understudy.directory import identifiers
from understudy.directory.memory import MemoryDirectory
from understudy.directory.models import (
    AccessKey,
    Account,
    Bucket,
    Entity,
    Group,
    ManagedPolicy,
    MFADevice,
    OIDCProvider,
    Organization,
    OrganizationalUnit,
    Policies,
    Role,
    SAMLProvider,
    User,
)
from understudy.directory.nodes import DirectoryError, Source, compose
from understudy.policy import PolicyError, PolicyKind, parse_policy

_POLICY_MEMBERS = ("policies", "managed_policies", "permissions_boundary")
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-")
_SHORTEST_SEED = 10

SAMPLE = Path(__file__).with_name("sample.yaml")
"""The accounts of the documentation's examples; every secret in them is public."""


def load(path: str | PathLike[str]) -> MemoryDirectory:
    """The directory of a YAML file; raises `DirectoryError` that names file, line, value and fix.

    Files that it names (SAML metadata, key sets, certificates) are read beside it.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise DirectoryError(f"cannot read the directory {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DirectoryError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from None
    return loads(text, str(path))


def loads(text: str, file: str = "<directory>") -> MemoryDirectory:
    """The directory of a YAML text; `file` is what complaints call it."""
    directory = MemoryDirectory()
    for source, entity in _entities(compose(text, file)):
        try:
            directory.put(entity)
        except ValueError as error:
            source.refuse(str(error))
    return directory


def _entities(root: Source) -> Iterator[tuple[Source, Entity]]:
    members = root.members("accounts", "organization", "aws_managed_policies")
    if "accounts" not in members:
        root.refuse("there are no accounts; add 'accounts:' with at least one twelve-digit account id")
    for account_id, source in members["accounts"].pairs():
        yield from _account(account_id, source)
    for source, policy in _managed_policies("aws", members.get("aws_managed_policies")):
        yield source, policy
    if "organization" in members:
        yield members["organization"], _organization(members["organization"])


_ACCOUNT = (
    "name", "partition", "root", "users", "groups", "roles", "managed_policies", "oidc_providers", "saml_providers",
    "buckets", "outbound_web_identity_federation", "disabled_regions",
)  # fmt: skip


def _account(account_id: str, source: Source) -> Iterator[tuple[Source, Entity]]:
    if len(account_id) != 12 or not account_id.isascii() or not account_id.isdigit():
        source.refuse(
            f"{account_id!r} is not an account id; it must be twelve digits in quotes, such as '123456789012'"
        )
    members = source.members(*_ACCOUNT)
    account = _account_itself(account_id, members)
    yield source, account
    yield from _managed_policies(account_id, members.get("managed_policies"), account.partition)
    for name, each in _named(members.get("groups")):
        yield each, replace(_group(account_id, name, each), partition=account.partition)
    for name, each in _named(members.get("users")):
        yield each, replace(_user(account_id, name, each), partition=account.partition)
    for name, each in _named(members.get("roles")):
        yield each, replace(_role(account_id, name, each), partition=account.partition)
    for url, each in _pairs(members.get("oidc_providers")):
        yield each, replace(_oidc_provider(account_id, url, each), partition=account.partition)
    for name, each in _named(members.get("saml_providers")):
        yield each, replace(_saml_provider(account_id, name, each), partition=account.partition)
    for name, each in _pairs(members.get("buckets")):
        yield each, replace(_bucket(account_id, name, each), partition=account.partition)


def _account_itself(account_id: str, members: dict[str, Source]) -> Account:
    root = members["root"].members("access_keys", "mfa_devices") if "root" in members else {}
    federation = members.get("outbound_web_identity_federation")
    return Account(
        account_id=account_id,
        name=_text(members, "name"),
        partition=_text(members, "partition", "aws"),
        root_access_keys=_access_keys(account_id, "root", root.get("access_keys")),
        root_mfa_devices=_devices(root.get("mfa_devices")),
        outbound_web_identity_federation=federation is not None and federation.truth(),
        disabled_regions=frozenset(_texts(members, "disabled_regions")),
    )


def _group(account_id: str, name: str, source: Source) -> Group:
    members = source.members("path", "policies", "managed_policies")
    return Group(account=account_id, name=name, path=_path(members), policies=_policies(members))


def _user(account_id: str, name: str, source: Source) -> User:
    members = source.members("path", "unique_id", "access_keys", "mfa_devices", "groups", "tags", *_POLICY_MEMBERS)
    return User(
        account=account_id,
        name=name,
        path=_path(members),
        access_keys=_access_keys(account_id, f"user/{name}", members.get("access_keys")),
        mfa_devices=_devices(members.get("mfa_devices")),
        groups=_texts(members, "groups"),
        policies=_policies(members),
        tags=_tags(members),
        unique_id=_unique_id(members, identifiers.USER),
    )


def _role(account_id: str, name: str, source: Source) -> Role:
    members = source.members("path", "unique_id", "trust_policy", "max_session_duration", "tags", *_POLICY_MEMBERS)
    if "trust_policy" not in members:
        source.refuse(f"the role {name!r} trusts nobody; give it a 'trust_policy:'")
    duration = members.get("max_session_duration")
    return Role(
        account=account_id,
        name=name,
        path=_path(members),
        trust_policy=_policy(members["trust_policy"], PolicyKind.TRUST),
        max_session_duration=3600 if duration is None else duration.integer(3600, 43200),
        policies=_policies(members),
        tags=_tags(members),
        unique_id=_unique_id(members, identifiers.ROLE),
    )


def _oidc_provider(account_id: str, url: str, source: Source) -> OIDCProvider:
    members = source.members("client_ids", "thumbprints", "jwks", "jwks_file", "ca_bundle", "ca_bundle_file", "tags")
    if not url.startswith(("https://", "http://")):
        source.refuse(f"{url!r} is not the address of an issuer; it must start with 'https://'")
    jwks = members.get("jwks")
    return OIDCProvider(
        account=account_id,
        url=url,
        client_ids=_texts(members, "client_ids"),
        thumbprints=_texts(members, "thumbprints"),
        jwks=_beside(members.get("jwks_file")) if jwks is None else _json(jwks),
        ca_bundle=_text(members, "ca_bundle") or _beside(members.get("ca_bundle_file")),
        tags=_tags(members),
    )


def _saml_provider(account_id: str, name: str, source: Source) -> SAMLProvider:
    members = source.members("metadata", "metadata_file", "private_keys", "private_key_files", "tags")
    metadata = _text(members, "metadata") or _beside(members.get("metadata_file"))
    if not metadata:
        source.refuse(f"the SAML provider {name!r} needs 'metadata:' or 'metadata_file:'")
    files = members["private_key_files"].items() if "private_key_files" in members else []
    keys = (*_texts(members, "private_keys"), *(key for each in files if (key := _beside(each))))
    return SAMLProvider(account=account_id, name=name, metadata=metadata, private_keys=keys, tags=_tags(members))


def _bucket(account_id: str, name: str, source: Source) -> Bucket:
    members = source.members("policy")
    policy = members.get("policy")
    return Bucket(
        account=account_id, name=name, policy=None if policy is None else _policy(policy, PolicyKind.RESOURCE)
    )


def _organization(source: Source) -> Organization:
    members = source.members(
        "id", "management_account", "units", "account_policies", "delegated_administrators", "root_sessions"
    )
    for needed in ("id", "management_account"):
        if needed not in members:
            source.refuse(f"the organization needs {needed!r}")
    units = tuple(_unit(path, each) for path, each in _pairs(members.get("units")))
    policies = {account: _documents(each, PolicyKind.SCP) for account, each in _pairs(members.get("account_policies"))}
    return Organization(
        organization_id=members["id"].text(),
        management_account=members["management_account"].text(),
        units=units,
        account_policies=policies,
        delegated_administrators=_texts(members, "delegated_administrators"),
        root_sessions=members["root_sessions"].truth() if "root_sessions" in members else True,
    )


def _unit(path: str, source: Source) -> OrganizationalUnit:
    members = source.members("accounts", "service_control_policies", "resource_control_policies")
    scps, rcps = members.get("service_control_policies"), members.get("resource_control_policies")
    return OrganizationalUnit(
        path=path,
        accounts=_texts(members, "accounts"),
        service_control_policies=() if scps is None else _documents(scps, PolicyKind.SCP),
        resource_control_policies=() if rcps is None else _documents(rcps, PolicyKind.RCP),
    )


def _managed_policies(
    account: str, source: Source | None, partition: str = "aws"
) -> Iterator[tuple[Source, ManagedPolicy]]:
    for name, each in _pairs(source):
        members = each.members("document", "versions", "default_version")
        versions = {key: _policy(value, PolicyKind.IDENTITY) for key, value in _pairs(members.get("versions"))}
        if "document" in members:
            versions = {"v1": _policy(members["document"], PolicyKind.IDENTITY), **versions}
        default = _text(members, "default_version") or (max(versions, key=_version_number) if versions else "")
        if default not in versions:
            each.refuse(f"the managed policy {name!r} has no version {default!r}; give it 'document:' or 'versions:'")
        arn = f"arn:{partition}:iam::{account}:policy/{name.lstrip('/')}"
        yield each, ManagedPolicy(arn=arn, versions=versions, default_version=default)


def _version_number(version: str) -> int:
    return int(version[1:]) if version[1:].isdigit() else 0


def _access_keys(account: str, owner: str, source: Source | None) -> tuple[AccessKey, ...]:
    if source is None:
        return ()
    return tuple(_access_key(account, owner, index, each) for index, each in enumerate(source.items()))


def _access_key(account: str, owner: str, index: int, source: Source) -> AccessKey:
    members = source.members("id", "secret", "active")
    key_id = _text(members, "id") or identifiers.derived_access_key_id(account, owner, index)
    if not 16 <= len(key_id) <= 128 or not key_id.isascii() or not key_id.replace("_", "").isalnum():
        members["id"].refuse(f"{key_id!r} is not an access key id; it must be 16 to 128 letters, digits or underscores")
    if key_id.startswith(identifiers.TEMPORARY):
        members["id"].refuse(f"{key_id!r} is a temporary key's id; a lasting one starts with {identifiers.LASTING!r}")
    carried = identifiers.account_of_key(key_id)
    if carried not in (None, account):
        members["id"].refuse(
            f"{key_id!r} carries account {carried}, not {account}", hint="leave 'id' out to get a fitting one"
        )
    secret = _text(members, "secret") or identifiers.derived_secret(key_id)
    return AccessKey(
        access_key_id=key_id,
        secret_access_key=secret,
        active=members["active"].truth() if "active" in members else True,
    )


def _devices(source: Source | None) -> tuple[MFADevice, ...]:
    return () if source is None else tuple(_device(each) for each in source.items())


def _device(source: Source) -> MFADevice:
    members = source.members("serial_number", "seed")
    for needed in ("serial_number", "seed"):
        if needed not in members:
            source.refuse(f"the MFA device needs {needed!r}")
    return MFADevice(serial_number=members["serial_number"].text(), seed=_seed(members["seed"]))


def _seed(source: Source) -> bytes:
    text = source.text().replace(" ", "").upper().rstrip("=")
    try:
        seed = b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        source.refuse("the seed is not base32; use the letters A to Z and the digits 2 to 7")
    if len(seed) < _SHORTEST_SEED:
        source.refuse(f"the seed has {len(seed)} bytes; it needs at least {_SHORTEST_SEED}")
    return seed


def _policies(members: dict[str, Source]) -> Policies:
    inline = {name: _policy(each, PolicyKind.IDENTITY) for name, each in _pairs(members.get("policies"))}
    boundary = _text(members, "permissions_boundary") or None
    return Policies(inline=inline, managed=_texts(members, "managed_policies"), boundary=boundary)


def _documents(source: Source, kind: PolicyKind) -> tuple[str, ...]:
    return tuple(_policy(each, kind) for each in source.items())


def _policy(source: Source, kind: PolicyKind) -> str:
    """A policy as JSON text, from a mapping or from a text of JSON, checked in the grammar of its kind."""
    text = source.text() if source.node.id == "scalar" else dumps(source.plain(), separators=(",", ":"))
    try:
        parse_policy(text if source.node.id == "scalar" else source.plain(), kind)
    except PolicyError as error:
        problems = "; ".join(f"{each.json_path}: {each.text}" for each in error.problems)
        source.refuse(f"this is not a policy of this kind: {problems}")
    return text


def _unique_id(members: dict[str, Source], prefix: str) -> str:
    value = _text(members, "unique_id")
    if value and (not value.startswith(prefix) or not 16 <= len(value) <= 128 or not value.isalnum()):
        members["unique_id"].refuse(f"{value!r} is not a unique id of this kind; it must start with {prefix!r}")
    return value


def _path(members: dict[str, Source]) -> str:
    path = _text(members, "path", "/")
    if not path.startswith("/") or not path.endswith("/"):
        members["path"].refuse(f"the path {path!r} must start and end with a slash")
    return path


def _tags(members: dict[str, Source]) -> dict[str, str]:
    if "tags" not in members:
        return {}
    tags = members["tags"].strings()
    if len({key.lower() for key in tags}) != len(tags):
        members["tags"].refuse("two tag keys differ only by case; the service does not tell them apart")
    return tags


def _named(source: Source | None) -> Iterator[tuple[str, Source]]:
    """Pairs whose keys are names of users, groups, roles or providers."""
    for name, each in _pairs(source):
        if not 1 <= len(name) <= 128 or not _NAME_CHARACTERS.issuperset(name):
            each.refuse(f"{name!r} is not a name; it must be 1 to 128 letters, digits and characters of '_+=,.@-'")
        yield name, each


def _pairs(source: Source | None) -> Iterator[tuple[str, Source]]:
    return iter(()) if source is None else source.pairs()


def _text(members: dict[str, Source], name: str, default: str = "") -> str:
    return members[name].text() if name in members else default


def _texts(members: dict[str, Source], name: str) -> tuple[str, ...]:
    return members[name].texts() if name in members else ()


def _json(source: Source) -> str:
    return source.text() if source.node.id == "scalar" else dumps(source.plain())


def _beside(source: Source | None) -> str | None:
    """The text of a file that is named relative to the directory's own."""
    if source is None:
        return None
    path = Path(source.file).parent / source.text()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        source.refuse(f"cannot read {str(path)!r}: {error}")
