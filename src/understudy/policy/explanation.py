"""A decision in words, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .nearest import nearest_allowed
from .trace import ElementStep, PolicyStep, StatementStep

if TYPE_CHECKING:
    from .decision import Decision

_MOST_VALUES = 4
_TRIED = 40
"""Requests tried in search of what would be allowed; a denial is explained often, and must stay cheap."""
_PERSON = frozenset(("principal", "action"))
"""Who asks for what is not changed in search of what would be allowed; for that, ask `nearest_allowed` itself."""


def explain(decision: Decision, width: int) -> str:
    """The verdict and its ground first, then each policy with the statements that are about the action."""
    return "\n".join(_wrapped(_lines(decision), width))


Line = tuple[int, str, str]
"""Columns of indent, a label, the text; what does not fit in a line continues under the text."""


def _wrapped(lines: Iterable[Line], width: int) -> Iterator[str]:
    for indent, label, text in lines:
        first = " " * indent + label
        yield from textwrap.wrap(
            text,
            width,
            initial_indent=first,
            subsequent_indent=" " * min(len(first), width // 2),
            break_on_hyphens=False,
        ) or [first.rstrip()]


def _lines(decision: Decision) -> Iterator[Line]:
    request = decision.request
    yield 0, f"{decision.verdict.value}: ", f"{request.action} on {request.resource}"
    yield 2, "by      ", f"{request.principal} ({request.principal.kind.value})"
    yield 2, "because ", _because(decision)
    nearest = None if decision.allowed else nearest_allowed(request, decision.policies, fixed=_PERSON, most=_TRIED)
    if nearest is not None:
        yield 2, "nearest ", str(nearest)
    for policy in decision.steps:
        yield 0, "", ""
        yield from _policy_lines(policy)


def _because(decision: Decision) -> str:
    """The service's words for a denial, where a policy is at fault; else the rule that settled it."""
    reason = decision.denial_reason()
    if reason is None:
        return decision.ground.value
    return reason.text.removeprefix("because ") if not reason.explicit else f"of {reason.text.removeprefix('with ')}"


def _policy_lines(policy: PolicyStep) -> Iterator[Line]:
    says = "denies" if policy.denies else "allows" if policy.allows else "does not allow"
    yield 2, f"{policy.label}: ", says
    concerned = [each for each in policy.statements if each.about_action]
    for statement in concerned:
        yield from _statement_lines(statement)
    others = len(policy.statements) - len(concerned)
    if others:
        yield (
            4,
            "",
            f"{others} {'other ' if concerned else ''}statement{'s are' if others > 1 else ' is'} about other actions",
        )


def _statement_lines(statement: StatementStep) -> Iterator[Line]:
    yield 4, "", f"{statement.label}, {statement.effect}: {'applies' if statement.matched else 'does not apply'}"
    for element in statement.elements:
        yield from _element_lines(element)


def _element_lines(element: ElementStep) -> Iterator[Line]:
    name = f"{element.operator} {element.key}" if element.key is not None else element.element
    note = f" ({element.note})" if element.note else ""
    yield 6, "ok  " if element.matched else "NO  ", f"{name}{note}"
    yield 10, "wanted: ", _values(element.wanted)
    yield 10, "given:  ", _values(element.given)


def _values(values: tuple[str, ...]) -> str:
    shown = ", ".join(values[:_MOST_VALUES]) if values else "nothing"
    more = len(values) - _MOST_VALUES
    return f"{shown} and {more} more" if more > 0 else shown
