"""A directory written as the YAML file that `yaml_file` reads.

What a file cannot say is left out: unique ids of users and roles that were removed, and which of them a trust policy
still means.
"""

from __future__ import annotations

import json
from base64 import b32encode
from collections.abc import Iterable, Mapping
from typing import Any

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
    Policies,
    Role,
    SAMLProvider,
    User,
)

_PLURAL: dict[type[Any], str] = {
    User: "users",
    Group: "groups",
    Role: "roles",
    OIDCProvider: "oidc_providers",
    SAMLProvider: "saml_providers",
    Bucket: "buckets",
}


def dumps(entities: Iterable[Entity]) -> str:
    """The text of a file. It holds secret access keys, MFA seeds and private keys."""
    import yaml

    root: dict[str, Any] = {"accounts": {}}
    for entity in sorted(entities, key=lambda entity: not isinstance(entity, Account)):
        _place(root, entity)
    return str(yaml.safe_dump(root, sort_keys=False, allow_unicode=True, width=120))


def _place(root: dict[str, Any], entity: Entity) -> None:
    if isinstance(entity, Account):
        root["accounts"][entity.account_id] = _account(entity)
    elif isinstance(entity, Organization):
        root["organization"] = _organization(entity)
    elif isinstance(entity, ManagedPolicy):
        account, name = entity.arn.split(":")[4], entity.arn.partition(":policy/")[2]
        place = root if account == "aws" else root["accounts"][account]
        place.setdefault("aws_managed_policies" if account == "aws" else "managed_policies", {})[name] = {
            "versions": {version: _policy(text) for version, text in entity.versions.items()},
            "default_version": entity.default_version,
        }
    else:
        name = entity.url if isinstance(entity, OIDCProvider) else entity.name
        place = root["accounts"][entity.account].setdefault(_PLURAL[type(entity)], {})
        place[name] = _WRITERS[type(entity)](entity)


def _account(account: Account) -> dict[str, Any]:
    root = _kept(access_keys=_access_keys(account.root_access_keys), mfa_devices=_mfa_devices(account.root_mfa_devices))
    return _kept(
        name=account.name,
        partition=account.partition if account.partition != "aws" else None,
        root=root,
        outbound_web_identity_federation=account.outbound_web_identity_federation,
        disabled_regions=sorted(account.disabled_regions),
    )


def _user(user: User) -> dict[str, Any]:
    return _kept(
        path=_path(user.path),
        unique_id=_own_id(user),
        access_keys=_access_keys(user.access_keys),
        mfa_devices=_mfa_devices(user.mfa_devices),
        groups=list(user.groups),
        tags=dict(user.tags),
        **_policies(user.policies),
    )


def _group(group: Group) -> dict[str, Any]:
    return _kept(path=_path(group.path), **_policies(group.policies))


def _role(role: Role) -> dict[str, Any]:
    return _kept(
        path=_path(role.path),
        unique_id=_own_id(role),
        trust_policy=_policy(role.trust_policy),
        max_session_duration=role.max_session_duration if role.max_session_duration != 3600 else None,
        tags=dict(role.tags),
        **_policies(role.policies),
    )


def _oidc_provider(provider: OIDCProvider) -> dict[str, Any]:
    return _kept(
        client_ids=list(provider.client_ids),
        thumbprints=list(provider.thumbprints),
        jwks=provider.jwks,
        ca_bundle=provider.ca_bundle,
        tags=dict(provider.tags),
    )


def _saml_provider(provider: SAMLProvider) -> dict[str, Any]:
    return _kept(metadata=provider.metadata, private_keys=list(provider.private_keys), tags=dict(provider.tags))


def _bucket(bucket: Bucket) -> dict[str, Any]:
    return {} if bucket.policy is None else {"policy": _policy(bucket.policy)}


_WRITERS: dict[type[Any], Any] = {
    User: _user,
    Group: _group,
    Role: _role,
    OIDCProvider: _oidc_provider,
    SAMLProvider: _saml_provider,
    Bucket: _bucket,
}


def _organization(organization: Organization) -> dict[str, Any]:
    units = {
        unit.path: _kept(
            accounts=list(unit.accounts),
            service_control_policies=[_policy(text) for text in unit.service_control_policies],
            resource_control_policies=[_policy(text) for text in unit.resource_control_policies],
        )
        for unit in organization.units
    }
    policies = {account: [_policy(text) for text in texts] for account, texts in organization.account_policies.items()}
    return {
        "id": organization.organization_id,
        "management_account": organization.management_account,
        **_kept(
            units=units,
            account_policies=policies,
            delegated_administrators=list(organization.delegated_administrators),
        ),
        "root_sessions": organization.root_sessions,
    }


def _access_keys(keys: Iterable[AccessKey]) -> list[dict[str, Any]]:
    return [
        {"id": key.access_key_id, "secret": key.secret_access_key, **({} if key.active else {"active": False})}
        for key in keys
    ]


def _mfa_devices(devices: Iterable[MFADevice]) -> list[dict[str, Any]]:
    return [
        {"serial_number": device.serial_number, "seed": b32encode(device.seed).decode("ascii")} for device in devices
    ]


def _policies(policies: Policies) -> dict[str, Any]:
    return {
        "policies": {name: _policy(text) for name, text in policies.inline.items()},
        "managed_policies": list(policies.managed),
        "permissions_boundary": policies.boundary,
    }


def _policy(text: str) -> Any:
    """A mapping where reading it gives the very text again, else the text."""
    value = json.loads(text)
    exact = json.dumps(value, separators=(",", ":")) == text and _survives(value)
    return value if exact and isinstance(value, Mapping) else text


def _survives(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_survives(each) for each in value.values())
    if isinstance(value, list):
        return all(_survives(each) for each in value)
    return isinstance(value, str | bool) or (isinstance(value, int) and value >= 0)


def _own_id(entity: User | Role) -> str | None:
    """The unique id where it does not follow from the name."""
    plain: User | Role
    if isinstance(entity, User):
        plain = User(account=entity.account, name=entity.name, path=entity.path)
    else:
        plain = Role(account=entity.account, name=entity.name, path=entity.path, trust_policy="")
    return entity.unique_id if entity.unique_id != plain.unique_id else None


def _path(path: str) -> str | None:
    return path if path != "/" else None


def _kept(**members: Any) -> dict[str, Any]:
    """The members that say something."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {}, False)}
