"""The form in which DecodeAuthorizationMessage shows a decision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .trace import ElementStep, StatementStep

if TYPE_CHECKING:
    from .decision import Decision


def authorization_message(decision: Decision) -> dict[str, Any]:
    """``allowed``, ``explicitDeny``, ``matchedStatements``, ``failures`` and ``context``, with lists as ``{"items":
    [...]}``.
    """
    from .evaluation import Verdict

    request = decision.request
    principal = {"id": request.principal.userid or "", "arn": request.principal.arn}
    conditions = ({"key": key, "values": _values(_each(value))} for key, value in request.context.items())
    return {
        "allowed": decision.allowed,
        "explicitDeny": decision.verdict is Verdict.EXPLICIT_DENY,
        "matchedStatements": _items(_statement(each) for _, each in decision.matched_statements),
        "failures": _items(()),
        "context": {
            "principal": principal,
            "action": request.action,
            "resource": request.resource,
            "conditions": _items(conditions),
        },
    }


def _items(values: Iterable[Any]) -> dict[str, list[Any]]:
    return {"items": list(values)}


def _values(values: Iterable[str]) -> dict[str, list[Any]]:
    return _items({"value": value} for value in values)


def _each(value: Any) -> Iterable[str]:
    return (value,) if isinstance(value, str) else value


def _statement(step: StatementStep) -> dict[str, Any]:
    conditions = ({"key": each.key, "values": _values(each.wanted)} for each in step.elements if each.key is not None)
    return {
        "statementId": step.sid or "",
        "effect": step.effect.upper(),
        "principals": _values(_wanted(step.elements, "Principal", "NotPrincipal")),
        "principalGroups": _items(()),
        "actions": _values(_wanted(step.elements, "Action", "NotAction")),
        "resources": _values(_wanted(step.elements, "Resource", "NotResource")),
        "conditions": _items(conditions),
    }


def _wanted(elements: Iterable[ElementStep], *names: str) -> Iterable[str]:
    return (value for each in elements if each.element in names for value in each.wanted)
