"""Entities as JSON objects, for stores: every member that makes an entity, nothing that follows from others."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import fields
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
    OrganizationalUnit,
    Policies,
    Role,
    SAMLProvider,
    User,
)

KINDS: dict[str, type[Any]] = {
    "account": Account,
    "group": Group,
    "user": User,
    "role": Role,
    "managed_policy": ManagedPolicy,
    "oidc_provider": OIDCProvider,
    "saml_provider": SAMLProvider,
    "bucket": Bucket,
    "organization": Organization,
}
"""The kinds of entities by the name that stores keep, in an order in which they can be put."""

_NAMES = {kind: name for name, kind in KINDS.items()}
_LISTED = {
    "access_keys": AccessKey,
    "root_access_keys": AccessKey,
    "mfa_devices": MFADevice,
    "root_mfa_devices": MFADevice,
    "units": OrganizationalUnit,
}


def kind_of(entity: Entity) -> str:
    """The name of an entity's kind."""
    return _NAMES[type(entity)]


def name_of(entity: Entity) -> str:
    """What an entity is known by among its kind: its ARN, its account's id or its organization's."""
    if isinstance(entity, Account):
        return entity.account_id
    return entity.organization_id if isinstance(entity, Organization) else entity.arn


def to_record(entity: Entity) -> dict[str, Any]:
    """The JSON object of an entity. It holds secrets where the entity does."""
    return _plain(entity)


def from_record(kind: str, record: Mapping[str, Any]) -> Entity:
    """The entity of a JSON object; members that this version does not know are an error, so that none gets lost."""
    members = {name: _member(name, value) for name, value in record.items()}
    made: Entity = KINDS[kind](**members)
    return made


def _plain(value: Any) -> dict[str, Any]:
    return {each.name: _json(getattr(value, each.name)) for each in fields(value) if each.init}


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {key: _json(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    return _plain(value) if hasattr(value, "__dataclass_fields__") else value


def _member(name: str, value: Any) -> Any:
    if name == "seed":
        return b64decode(value)
    if name == "disabled_regions":
        return frozenset(value)
    if name == "policies":
        return Policies(**{key: _member(key, each) for key, each in value.items()})
    if name in _LISTED:
        return tuple(_LISTED[name](**{key: _member(key, each) for key, each in item.items()}) for item in value)
    if name == "account_policies":
        return {key: tuple(each) for key, each in value.items()}
    return tuple(value) if isinstance(value, list) else value
