"""Refusals that know why: the error says what the service says, and carries the decision for those who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.errors import AccessDenied

if TYPE_CHECKING:
    from understudy.policy import Decision


class Refused(AccessDenied):
    """AccessDenied after an evaluation. `account` is the one whose administrators may decode the decision."""

    def __init__(self, message: str, decision: Decision, account: str) -> None:
        super().__init__(message)
        self.decision = decision
        self.account = account


def short_text(arn: str, action: str, resource: str) -> str:
    """The text of AssumeRole's refusals: the same for every cause, and without a "because"."""
    return f"User: {arn} is not authorized to perform: {action} on resource: {resource}"


def long_text(arn: str, action: str, resource: str | None, decision: Decision) -> str:
    """The text of the other operations: with the type of policy that is at fault."""
    reason = decision.denial_reason()
    where = f" on resource: {resource}" if resource is not None else ""
    tail = f" {reason.text}" if reason is not None else ""
    return f"User: {arn} is not authorized to perform: {action}{where}{tail}"
