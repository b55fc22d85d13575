"""Reads the policy cases: who the callers are, and what the short names of documents stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.policy import Policy, PolicyKind, PolicySet, Principal, Request, parse_policy

OWNER = "111122223333"
ROLE = f"arn:aws:iam::{OWNER}:role/Target"
PROVIDER = f"arn:aws:iam::{OWNER}:oidc-provider/idp.example.com"

ALICE = Principal.user(f"arn:aws:iam::{OWNER}:user/team/alice", unique_id="AIDAALICEALICEALICE12")
BUILD = Principal.role_session(f"arn:aws:iam::{OWNER}:role/ci/Build", "run-1", unique_id="AROABUILDBUILDBUILD12")
FED = Principal.federated_user(OWNER, "fay", issuer_arn=ALICE.arn, issuer_id=ALICE.unique_id)
ZOE = Principal.user("arn:aws:iam::444455556666:user/zoe", unique_id="AIDAZOEZOEZOEZOEZOE12")
OPS = Principal.role_session("arn:aws:iam::444455556666:role/Ops", "shift", unique_id="AROAOPSOPSOPSOPSOPS12")
LINKED = Principal.role_session(
    "arn:aws:iam::444455556666:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", "ecs"
)
CALLERS = {
    "alice": ALICE,
    "build": BUILD,
    "fed": FED,
    "root": Principal.root(OWNER),
    "web": Principal.federated(PROVIDER),
    "ec2": Principal.service("ec2.amazonaws.com"),
    "nobody": Principal.anonymous(),
    "zoe": ZOE,
    "ops": OPS,
    "linked": LINKED,
}


def _statement(effect: str, action: Any, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, **more}]}


def _naming(principal: Any) -> dict[str, Any]:
    return _statement("Allow", "*", Principal=principal, Resource="*")


def _trusting(principal: Any, action: Any = "sts:AssumeRole") -> dict[str, Any]:
    return _statement("Allow", action, Principal=principal)


DOCUMENTS = {
    "names_alice": _naming({"AWS": ALICE.arn}),
    "names_build": _naming({"AWS": BUILD.role_arn}),
    "names_build_id": _naming({"AWS": BUILD.unique_id}),
    "names_session": _naming({"AWS": BUILD.arn}),
    "names_fed": _naming({"AWS": FED.arn}),
    "names_zoe": _naming({"AWS": ZOE.arn}),
    "everybody": _naming("*"),
    "trust_alice": _trusting({"AWS": ALICE.arn}),
    "trust_build": _trusting({"AWS": BUILD.role_arn}),
    "trust_session": _trusting({"AWS": BUILD.arn}),
    "trust_zoe": _trusting({"AWS": ZOE.arn}),
    "trust_ops": _trusting({"AWS": OPS.role_arn}),
    "trust_account": _trusting({"AWS": f"arn:aws:iam::{OWNER}:root"}),
    "trust_digits": _trusting({"AWS": OWNER}),
    "trust_star": _trusting({"AWS": "*"}, ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"]),
    "trust_web": _trusting({"Federated": PROVIDER}, "sts:AssumeRoleWithWebIdentity"),
    "trust_ec2": _trusting({"Service": "ec2.amazonaws.com"}),
    "trust_tagging": _trusting({"AWS": [ALICE.arn, ZOE.arn]}, ["sts:TagSession", "sts:SetSourceIdentity"]),
    "trust_deny": {
        "Version": "2012-10-17",
        "Statement": [
            *_trusting({"AWS": ALICE.arn})["Statement"],
            {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:*"},
        ],
    },
}
ANYBODY = {PolicyKind.RESOURCE: {"Principal": "*"}, PolicyKind.RCP: {"Principal": "*"}}


def policy(given: Any, kind: PolicyKind) -> Policy:
    """The document behind a short name, a list of statements, or a whole document."""
    whom = ANYBODY.get(kind, {})
    short = {
        "all": _statement("Allow", "*", Resource="*", **whom),
        "none": _statement("Allow", "other:Thing", Resource="*", **whom),
        "deny": _statement("Deny", "*", Resource="*", **whom),
        **DOCUMENTS,
    }
    document = short[given] if isinstance(given, str) else given
    if isinstance(document, list):
        document = {"Version": "2012-10-17", "Statement": document}
    return parse_policy(document, kind, name=given if isinstance(given, str) else None)


def policies(case: dict[str, Any]) -> PolicySet:
    """Everything of a case that has a say."""

    def each(values: list[Any], kind: PolicyKind) -> tuple[Policy, ...]:
        return tuple(policy(value, kind) for value in values)

    def one(name: str, kind: PolicyKind) -> Policy | None:
        return policy(case[name], kind) if name in case else None

    def levels(name: str, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...] | None:
        return tuple(each(level, kind) for level in case[name]) if name in case else None

    return PolicySet(
        identity=each(case.get("identity", []), PolicyKind.IDENTITY),
        trust=one("trust", PolicyKind.TRUST),
        resource=each(case.get("resource", []), PolicyKind.RESOURCE),
        boundary=one("boundary", PolicyKind.BOUNDARY),
        session=each(case["session"], PolicyKind.SESSION) if "session" in case else None,
        scps=levels("scps", PolicyKind.SCP),
        rcps=levels("rcps", PolicyKind.RCP),
        endpoint=one("endpoint", PolicyKind.RESOURCE),
        caller_in_management_account=case.get("caller_in_management_account", False),
        resource_in_management_account=case.get("resource_in_management_account", False),
    )


def request(case: dict[str, Any]) -> Request:
    """The request of a case."""
    return Request(
        CALLERS[case.get("caller", "alice")],
        case.get("action", "s3:GetObject"),
        ROLE if "trust" in case else "arn:aws:s3:::bucket/key",
        case.get("resource_account", OWNER),
        case.get("context"),
    )


def load(name: str) -> list[Any]:
    """The cases of a file as pytest parameters, each called by its rule and its own name or place."""
    rules = yaml.safe_load((Path(__file__).parent / "cases" / name).read_text())
    return [
        pytest.param(case, id=f"{rule['rule']} [{case.get('name', index)}]")
        for rule in rules
        for index, case in enumerate(rule["cases"], 1)
    ]
