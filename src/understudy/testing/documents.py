"""Policies as tests write them: a statement, some statements, a document, JSON text or a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from understudy.policy import PolicyKind, parse_policy

PolicyLike = str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]


def document(policy: PolicyLike, kind: PolicyKind) -> str:
    """The policy as JSON text; raises `understudy.policy.PolicyError` where it is none of its kind."""
    if isinstance(policy, Path):
        text = policy.read_text(encoding="utf-8")
    elif isinstance(policy, str):
        text = policy
    elif isinstance(policy, Mapping) and "Statement" in policy:
        text = json.dumps(policy)
    else:
        statements = [dict(policy)] if isinstance(policy, Mapping) else [dict(each) for each in policy]
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    parse_policy(text, kind)
    return text
