"""The directory owns who exists: accounts, users, roles, keys, devices, providers, policies, wherever they are kept."""

from __future__ import annotations

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
from understudy.directory.nodes import DirectoryError
from understudy.directory.protocol import DeviceOwner, Directory, KeyOwner, MutableDirectory

__all__ = [
    "AccessKey",
    "Account",
    "Bucket",
    "DeviceOwner",
    "Directory",
    "DirectoryError",
    "Entity",
    "Group",
    "KeyOwner",
    "MFADevice",
    "ManagedPolicy",
    "MemoryDirectory",
    "MutableDirectory",
    "OIDCProvider",
    "Organization",
    "OrganizationalUnit",
    "Policies",
    "Role",
    "SAMLProvider",
    "User",
]
