"""The policies and tags of an entity, checked before a directory takes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from understudy.directory.models import Entity, Group, ManagedPolicy, Organization, Role, User
from understudy.policy import PolicyKind, parse_policy


def check_entity(entity: Entity) -> None:
    """Raise ValueError for the first document that is not a policy of its kind, and for tags that differ by case."""
    for name, text, kind in _documents(entity):
        _check(text, kind, name)
    tags = getattr(entity, "tags", {})
    if len({key.lower() for key in tags}) != len(tags):
        raise ValueError(f"two tag keys of {sorted(tags)} differ only by case; the service does not tell them apart")


@lru_cache(maxsize=4096)
def _check(text: str, kind: PolicyKind, name: str) -> None:
    parse_policy(text, kind, name=name)


def _documents(entity: Entity) -> Iterator[tuple[str, str, PolicyKind]]:
    if isinstance(entity, Role):
        yield entity.name, entity.trust_policy, PolicyKind.TRUST
    if isinstance(entity, User | Role | Group):
        yield from ((name, text, PolicyKind.IDENTITY) for name, text in entity.policies.inline.items())
    if isinstance(entity, ManagedPolicy):
        yield from ((entity.arn, text, PolicyKind.IDENTITY) for text in entity.versions.values())
    if isinstance(entity, Organization):
        yield from _guardrails(entity)


def _guardrails(organization: Organization) -> Iterator[tuple[str, str, PolicyKind]]:
    for unit in organization.units:
        yield from ((unit.path, text, PolicyKind.SCP) for text in unit.service_control_policies)
        yield from ((unit.path, text, PolicyKind.RCP) for text in unit.resource_control_policies)
    for account, texts in organization.account_policies.items():
        yield from ((account, text, PolicyKind.SCP) for text in texts)
