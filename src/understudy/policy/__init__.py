"""policy owns the IAM policy language: documents, matching, conditions, evaluation, and decisions that say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decision import Decision, Denial, evaluate
from .document import Policy, Statement, parse_policy
from .evaluation import Ground, PolicySet, PolicyType, Verdict
from .kinds import PolicyKind
from .principals import Grant, Principal, PrincipalKind
from .problems import PolicyError, Problem
from .request import Request

if TYPE_CHECKING:
    from .accounts import Accounts, Directory, Guardrails, InvalidDirectory, Role, User
    from .chains import Edge, Graph, Node, role_chains
    from .nearest import Change, Nearest, nearest_allowed
    from .questions import Abilities, Answer, Permission, UnknownName, what_can, who_can_assume
    from .trace import ElementStep, PolicyStep, StatementStep

_ASKED_LATER = {
    **dict.fromkeys(("Accounts", "Directory", "Guardrails", "InvalidDirectory", "Role", "User"), "accounts"),
    **dict.fromkeys(("Edge", "Graph", "Node", "role_chains"), "chains"),
    **dict.fromkeys(("Change", "Nearest", "nearest_allowed"), "nearest"),
    **dict.fromkeys(
        ("Abilities", "Answer", "Permission", "UnknownName", "what_can", "who_can_assume"),
        "questions",
    ),
    **dict.fromkeys(("ElementStep", "PolicyStep", "StatementStep"), "trace"),
}
"""What only questions and explanations need is loaded when it is asked for; evaluating does without."""


def __getattr__(name: str) -> object:
    if name not in _ASKED_LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_ASKED_LATER[name]}", __name__), name)


__all__ = [
    "Abilities",
    "Accounts",
    "Answer",
    "Change",
    "Decision",
    "Denial",
    "Directory",
    "Edge",
    "ElementStep",
    "Grant",
    "Graph",
    "Ground",
    "Guardrails",
    "InvalidDirectory",
    "Nearest",
    "Node",
    "Permission",
    "Policy",
    "PolicyError",
    "PolicyKind",
    "PolicySet",
    "PolicyStep",
    "PolicyType",
    "Principal",
    "PrincipalKind",
    "Problem",
    "Request",
    "Role",
    "Statement",
    "StatementStep",
    "UnknownName",
    "User",
    "Verdict",
    "evaluate",
    "nearest_allowed",
    "parse_policy",
    "role_chains",
    "what_can",
    "who_can_assume",
]
