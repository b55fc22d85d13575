"""What is asked: who, what action, on which resource, under which conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NoReturn

from .principals import Principal

ContextValue = str | Sequence[str]


class Request:
    """One authorization request, immutable.

    In ``context`` a text is a single-valued key and a sequence a multi-valued one, even with one element; an empty
    sequence is a key that is not there. Key names are case-insensitive: two that differ only by case raise
    `ValueError`. ``resource_account`` is the account that owns the resource; None means the caller's own.
    """

    __slots__ = ("action", "action_lower", "context", "principal", "resource", "resource_account", "values")

    principal: Principal
    action: str
    resource: str
    resource_account: str | None
    context: Mapping[str, ContextValue]
    values: Mapping[str, str | tuple[str, ...]]
    action_lower: str

    def __init__(
        self,
        principal: Principal,
        action: str,
        resource: str = "*",
        resource_account: str | None = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "principal", principal)
        put(self, "action", action)
        put(self, "action_lower", action.lower())
        put(self, "resource", resource)
        put(self, "resource_account", resource_account)
        given = dict(context) if context else {}
        put(self, "context", MappingProxyType(given))
        put(self, "values", _compared(given))

    def replace(self, **changes: object) -> Request:
        """The same request with some of its five parts changed."""
        parts: dict[str, object] = {name: getattr(self, name) for name in _PARTS}
        return Request(**{**parts, **changes})  # type: ignore[arg-type]

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Request is immutable; {name!r} cannot be set, use replace()")

    def __repr__(self) -> str:
        return f"Request({self.principal!s}, {self.action!r}, {self.resource!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.principal, self.action_lower, self.resource))

    def _key(self) -> tuple[object, ...]:
        return self.principal, self.action_lower, self.resource, self.resource_account, self.values

    @property
    def same_account(self) -> bool:
        """Whether the caller's account owns the resource."""
        return self.resource_account is None or self.resource_account == self.principal.account


_PARTS = ("principal", "action", "resource", "resource_account", "context")


def _several(key: str, value: ContextValue) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or not all(isinstance(each, str) for each in value):
        raise TypeError(f"the condition key {key!r} must have a text or a sequence of texts, not {value!r}")
    return tuple(value)


def _compared(context: Mapping[str, ContextValue]) -> dict[str, str | tuple[str, ...]]:
    values = {key.lower(): value if isinstance(value, str) else _several(key, value) for key, value in context.items()}
    if len(values) != len(context):
        raise ValueError(f"condition keys are case-insensitive, two of these are the same: {sorted(context)}")
    return {key: value for key, value in values.items() if value != ()}
