"""What the stand-in asks of a directory, whatever keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        Role,
        SAMLProvider,
        User,
    )


class KeyOwner(NamedTuple):
    """A lasting key and whose it is: a user's, or the root's where `user` is None."""

    key: AccessKey
    account: Account
    user: User | None


class DeviceOwner(NamedTuple):
    """An MFA device and whose it is: a user's, or the root's where `user` is None."""

    device: MFADevice
    account: str
    user: User | None


class Directory(Protocol):
    """Look-ups, each by an index; None where nothing is found. They are called in the event loop and must not block."""

    @property
    def revision(self) -> int:
        """A number that is another one after every change; what was looked up before may be kept while it stands."""
        ...

    def account(self, account_id: str) -> Account | None: ...
    def access_key(self, access_key_id: str) -> KeyOwner | None: ...
    def user(self, arn: str) -> User | None: ...
    def user_by_id(self, unique_id: str) -> User | None: ...
    def role(self, arn: str) -> Role | None: ...
    def role_by_id(self, unique_id: str) -> Role | None: ...
    def group(self, account: str, name: str) -> Group | None: ...
    def managed_policy(self, arn: str) -> ManagedPolicy | None: ...
    def mfa_device(self, serial_number: str) -> DeviceOwner | None: ...
    def oidc_provider(self, arn: str) -> OIDCProvider | None: ...
    def oidc_providers(self, account: str) -> Sequence[OIDCProvider]: ...
    def saml_provider(self, arn: str) -> SAMLProvider | None: ...
    def bucket(self, name: str) -> Bucket | None: ...
    def organization(self, account: str) -> Organization | None:
        """The organization that the account belongs to."""
        ...


class MutableDirectory(Directory, Protocol):
    """A directory that can be changed. A user or role that was removed comes back with another unique id."""

    def put(self, entity: Entity) -> None:
        """Add it, or replace what stands under its name; `ValueError` for a key or a device that is somebody else's."""
        ...

    def remove(self, entity: Entity) -> None:
        """Take it away; nothing happens when it is not there."""
        ...
