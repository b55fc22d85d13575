"""A directory in memory, indexed by everything that the stand-in looks up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from understudy.directory.checking import check_entity
from understudy.directory.managed import AWS_MANAGED
from understudy.directory.models import (
    Account,
    Bucket,
    Entity,
    Group,
    ManagedPolicy,
    OIDCProvider,
    Organization,
    Role,
    SAMLProvider,
    User,
    recreated,
)
from understudy.directory.protocol import DeviceOwner, KeyOwner


class MemoryDirectory:
    """Accounts and what is in them, in dictionaries. Built from entities, changed by `put` and `remove`.

    `retired` are unique ids of users and roles that were removed, none of which comes back.
    """

    def __init__(self, entities: Iterable[Entity] = (), *, retired: Iterable[str] = ()) -> None:
        self.revision = 0
        self._accounts: dict[str, Account] = {}
        self._users: dict[str, User] = {}
        self._roles: dict[str, Role] = {}
        self._groups: dict[tuple[str, str], Group] = {}
        self._managed: dict[str, ManagedPolicy] = dict(AWS_MANAGED)
        self._oidc: dict[str, OIDCProvider] = {}
        self._oidc_by_account: dict[str, list[OIDCProvider]] = defaultdict(list)
        self._saml: dict[str, SAMLProvider] = {}
        self._buckets: dict[str, Bucket] = {}
        self._organizations: dict[str, Organization] = {}
        self._by_id: dict[str, User | Role] = {}
        self._keys: dict[str, KeyOwner] = {}
        self._devices: dict[str, DeviceOwner] = {}
        self._retired: set[str] = set(retired)
        for entity in sorted(entities, key=lambda entity: not isinstance(entity, Account)):
            self.put(entity)

    def account(self, account_id: str) -> Account | None:
        return self._accounts.get(account_id)

    def access_key(self, access_key_id: str) -> KeyOwner | None:
        return self._keys.get(access_key_id)

    def user(self, arn: str) -> User | None:
        return self._users.get(arn)

    def user_by_id(self, unique_id: str) -> User | None:
        found = self._by_id.get(unique_id)
        return found if isinstance(found, User) else None

    def role(self, arn: str) -> Role | None:
        return self._roles.get(arn)

    def role_by_id(self, unique_id: str) -> Role | None:
        found = self._by_id.get(unique_id)
        return found if isinstance(found, Role) else None

    def group(self, account: str, name: str) -> Group | None:
        return self._groups.get((account, name))

    def managed_policy(self, arn: str) -> ManagedPolicy | None:
        return self._managed.get(arn)

    def mfa_device(self, serial_number: str) -> DeviceOwner | None:
        return self._devices.get(serial_number)

    def oidc_provider(self, arn: str) -> OIDCProvider | None:
        return self._oidc.get(arn)

    def oidc_providers(self, account: str) -> Sequence[OIDCProvider]:
        return self._oidc_by_account.get(account, ())

    def saml_provider(self, arn: str) -> SAMLProvider | None:
        return self._saml.get(arn)

    def bucket(self, name: str) -> Bucket | None:
        return self._buckets.get(name)

    def organization(self, account: str) -> Organization | None:
        return self._organizations.get(account)

    def entities(self) -> Iterator[Entity]:
        """Everything that was put in, accounts first."""
        yield from self._accounts.values()
        yield from self._groups.values()
        yield from self._users.values()
        yield from self._roles.values()
        yield from (policy for policy in self._managed.values() if AWS_MANAGED.get(policy.arn) is not policy)
        yield from self._oidc.values()
        yield from self._saml.values()
        yield from self._buckets.values()
        yield from {id(found): found for found in self._organizations.values()}.values()

    @property
    def retired(self) -> frozenset[str]:
        """The unique ids that were removed."""
        return frozenset(self._retired)

    def put(self, entity: Entity) -> None:
        """Add it, or replace what stands under its name.

        Raises ValueError for an access key, a device or a unique id that is somebody else's, for an account that does
        not exist, and for a document that is not a policy. A user or role that was removed comes back with another
        unique id, as the service does it.
        """
        check_entity(entity)
        _HANDLERS[type(entity)][0](self, entity)
        self.revision += 1

    def remove(self, entity: Entity) -> None:
        """Take away what stands under the entity's name; nothing happens when it is not there."""
        _HANDLERS[type(entity)][1](self, entity)
        self.revision += 1

    def _put_account(self, account: Account) -> None:
        keys = [KeyOwner(key, account, None) for key in account.root_access_keys]
        devices = [DeviceOwner(device, account.account_id, None) for device in account.root_mfa_devices]
        self._refuse_taken(keys, devices)
        self._remove_account(account)
        for key_id, owner in list(self._keys.items()):
            if owner.account.account_id == account.account_id:
                self._keys[key_id] = owner._replace(account=account)
        self._accounts[account.account_id] = account
        self._index(keys, devices)

    def _remove_account(self, account: Account) -> None:
        old = self._accounts.pop(account.account_id, None)
        if old is not None:
            _drop(self._keys, [key.access_key_id for key in old.root_access_keys])
            _drop(self._devices, [device.serial_number for device in old.root_mfa_devices])

    def _put_user(self, user: User) -> None:
        account = self._account_of(user)
        user = self._with_living_id(user)
        keys = [KeyOwner(key, account, user) for key in user.access_keys]
        devices = [DeviceOwner(device, user.account, user) for device in user.mfa_devices]
        self._refuse_taken(keys, devices)
        self._remove_user_entries(user)
        self._users[user.arn] = self._by_id[user.unique_id] = user
        self._index(keys, devices)

    def _remove_user(self, user: User) -> None:
        old = self._remove_user_entries(user)
        if old is not None:
            self._depart(old)

    def _remove_user_entries(self, user: User) -> User | None:
        old = self._users.pop(user.arn, None)
        if old is not None:
            _drop(self._keys, [key.access_key_id for key in old.access_keys])
            _drop(self._devices, [device.serial_number for device in old.mfa_devices])
            self._by_id.pop(old.unique_id, None)
        return old

    def _put_role(self, role: Role) -> None:
        self._account_of(role)
        old = self._roles.get(role.arn)
        role = self._with_living_id(role)
        if old is not None:
            self._by_id.pop(old.unique_id, None)
        self._roles[role.arn] = self._by_id[role.unique_id] = role

    def _remove_role(self, role: Role) -> None:
        old = self._roles.pop(role.arn, None)
        if old is not None:
            self._by_id.pop(old.unique_id, None)
            self._depart(old)

    def _depart(self, gone: User | Role) -> None:
        """Its unique id never comes back, and trust policies that name its ARN go on meaning that id."""
        self._retired.add(gone.unique_id)
        for role in list(self._roles.values()):
            if gone.arn not in role.departed and f'"{gone.arn}"' in role.trust_policy:
                self._put_role(replace(role, departed={**role.departed, gone.arn: gone.unique_id}))

    def _with_living_id(self, entity: Any) -> Any:
        holder = self._by_id.get(entity.unique_id)
        if holder is not None and holder.arn != entity.arn:
            raise ValueError(f"the unique id {entity.unique_id!r} of {entity.arn} is already that of {holder.arn}")
        generation = 0
        while entity.unique_id in self._retired:
            generation += 1
            entity = recreated(entity, str(generation))
        return entity

    def _account_of(self, entity: User | Role) -> Account:
        account = self._accounts.get(entity.account)
        if account is None:
            raise ValueError(
                f"{entity.arn} is in account {entity.account!r}, which is not in the directory; put it first"
            )
        return account

    def _refuse_taken(self, keys: list[KeyOwner], devices: list[DeviceOwner]) -> None:
        for owner in keys:
            holder = self._keys.get(owner.key.access_key_id)
            if holder is not None and not _same_owner(holder, owner):
                raise ValueError(
                    f"the access key {owner.key.access_key_id!r} has another owner already; give each its own"
                )
        for device in devices:
            serial = device.device.serial_number
            if serial in self._devices and _owner_arn(self._devices[serial]) != _owner_arn(device):
                raise ValueError(f"the MFA device {serial!r} has another owner already; give each its own")

    def _index(self, keys: list[KeyOwner], devices: list[DeviceOwner]) -> None:
        self._keys.update({owner.key.access_key_id: owner for owner in keys})
        self._devices.update({owner.device.serial_number: owner for owner in devices})

    def _put_group(self, group: Group) -> None:
        self._groups[group.account, group.name] = group

    def _remove_group(self, group: Group) -> None:
        self._groups.pop((group.account, group.name), None)

    def _put_managed(self, policy: ManagedPolicy) -> None:
        self._managed[policy.arn] = policy

    def _remove_managed(self, policy: ManagedPolicy) -> None:
        self._managed.pop(policy.arn, None)

    def _put_oidc(self, provider: OIDCProvider) -> None:
        self._remove_oidc(provider)
        self._oidc[provider.arn] = provider
        self._oidc_by_account[provider.account].append(provider)

    def _remove_oidc(self, provider: OIDCProvider) -> None:
        old = self._oidc.pop(provider.arn, None)
        if old is not None:
            self._oidc_by_account[old.account].remove(old)

    def _put_saml(self, provider: SAMLProvider) -> None:
        self._saml[provider.arn] = provider

    def _remove_saml(self, provider: SAMLProvider) -> None:
        self._saml.pop(provider.arn, None)

    def _put_bucket(self, bucket: Bucket) -> None:
        """Names of buckets are one space for all accounts."""
        holder = self._buckets.get(bucket.name)
        if holder is not None and holder.account != bucket.account:
            raise ValueError(f"the bucket {bucket.name!r} is already that of account {holder.account}")
        self._buckets[bucket.name] = bucket

    def _remove_bucket(self, bucket: Bucket) -> None:
        self._buckets.pop(bucket.name, None)

    def _put_organization(self, organization: Organization) -> None:
        self._remove_organization(organization)
        self._organizations.update(dict.fromkeys(organization.accounts(), organization))

    def _remove_organization(self, organization: Organization) -> None:
        held = [
            account
            for account, found in self._organizations.items()
            if found.organization_id == organization.organization_id
        ]
        _drop(self._organizations, held)


_Handler = Callable[[MemoryDirectory, Any], None]
_HANDLERS: dict[type, tuple[_Handler, _Handler]] = {
    Account: (MemoryDirectory._put_account, MemoryDirectory._remove_account),
    User: (MemoryDirectory._put_user, MemoryDirectory._remove_user),
    Role: (MemoryDirectory._put_role, MemoryDirectory._remove_role),
    Group: (MemoryDirectory._put_group, MemoryDirectory._remove_group),
    ManagedPolicy: (MemoryDirectory._put_managed, MemoryDirectory._remove_managed),
    OIDCProvider: (MemoryDirectory._put_oidc, MemoryDirectory._remove_oidc),
    SAMLProvider: (MemoryDirectory._put_saml, MemoryDirectory._remove_saml),
    Bucket: (MemoryDirectory._put_bucket, MemoryDirectory._remove_bucket),
    Organization: (MemoryDirectory._put_organization, MemoryDirectory._remove_organization),
}


def _drop(index: dict[str, Any], names: list[str]) -> None:
    for name in names:
        index.pop(name, None)


def _same_owner(one: KeyOwner, other: KeyOwner) -> bool:
    return one.account.account_id == other.account.account_id and _arn(one.user) == _arn(other.user)


def _owner_arn(owner: DeviceOwner) -> str:
    return _arn(owner.user) or owner.account


def _arn(user: User | None) -> str | None:
    return None if user is None else user.arn
