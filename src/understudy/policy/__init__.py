"""policy owns the IAM policy language: documents, matching, conditions, evaluation, and decisions that say why."""

from __future__ import annotations

from .decision import Decision, Denial, evaluate
from .document import Policy, Statement, parse_policy
from .evaluation import Ground, PolicySet, PolicyType, Verdict
from .kinds import PolicyKind
from .principals import Grant, Principal, PrincipalKind
from .problems import PolicyError, Problem
from .request import Request
from .trace import ElementStep, PolicyStep, StatementStep

__all__ = [
    "Decision",
    "Denial",
    "ElementStep",
    "Grant",
    "Ground",
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
    "Statement",
    "StatementStep",
    "Verdict",
    "evaluate",
    "parse_policy",
]
