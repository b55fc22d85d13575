"""How fast policies are evaluated, and how far the npm package @cloud-copilot/iam-simulate agrees.

``python -m benchmarks.policy`` measures this package alone. ``--peer`` also installs the peer (AGPL; it is run as
a program of its own, from a temporary directory, and nothing of it is kept) and compares speed and verdicts on
generated requests.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE
from typing import Any

from benchmarks.side_by_side import Case, interleave, keep, report
from understudy.policy import (
    Decision,
    Ground,
    PolicyKind,
    PolicySet,
    PolicyType,
    Principal,
    Request,
    evaluate,
    parse_policy,
)

Question = tuple[Request, PolicySet, dict[str, Any]]

PEER = "@cloud-copilot/iam-simulate@0.1.173"
OWNER, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{OWNER}:role/Deploy"
PROVIDER = f"arn:aws:iam::{OWNER}:oidc-provider/token.actions.githubusercontent.com"
GITHUB = "token.actions.githubusercontent.com"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def typical_trust() -> Question:
    """A CI role's trust policy: audience by StringEquals, subject by StringLike, and a second statement for people."""
    context = {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": "repo:acme/app:ref:refs/heads/main"}
    trust = document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"},
                "StringLike": {f"{GITHUB}:sub": "repo:acme/app:*"},
            },
        },
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OWNER}:root"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        },
    )
    request = Request(Principal.federated(PROVIDER), "sts:AssumeRoleWithWebIdentity", ROLE, OWNER, context)
    policies = PolicySet(trust=parse_policy(trust, PolicyKind.TRUST))
    return request, policies, simulation(request, PROVIDER, resource=trust)


def ten_policies() -> Question:
    """Ten attached policies of 2 KB; every statement is about the action, and only the last one allows."""
    documents = [_two_kilobytes(number) for number in range(10)]
    documents[-1]["Statement"][-1]["Resource"] = "arn:aws:s3:::wanted/*"
    context = {"aws:PrincipalTag/team": "red", "aws:SourceIp": "192.0.2.7", "aws:PrincipalOrgID": "o-example"}
    alice = Principal.user(f"arn:aws:iam::{OWNER}:user/alice")
    request = Request(alice, "s3:GetObject", "arn:aws:s3:::wanted/some/key", OWNER, context)
    policies = PolicySet(identity=[parse_policy(each, PolicyKind.IDENTITY) for each in documents])
    return request, policies, simulation(request, alice.arn, identity=documents)


def _two_kilobytes(number: int) -> dict[str, Any]:
    made = document()
    while len(json.dumps(made)) < 2048 - 240:
        index = len(made["Statement"])
        bucket = f"arn:aws:s3:::team-{number}-bucket-{index}"
        made["Statement"].append(
            {
                "Sid": f"Team{number}Bucket{index}",
                "Effect": "Allow",
                "Action": ["s3:Get*", "s3:PutObject", "s3:ListBucket"],
                "Resource": [bucket, f"{bucket}/*"],
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example"}},
            }
        )
    return made


def simulation(
    request: Request, principal: str, *, resource: Any = None, identity: Any = (), **more: Any
) -> dict[str, Any]:
    """The same question in the peer's form."""
    return {
        "request": {
            "principal": principal,
            "action": request.action,
            "resource": {"resource": request.resource, "accountId": request.resource_account},
            "contextVariables": {
                key: value if isinstance(value, str) else list(value) for key, value in request.context.items()
            },
        },
        "identityPolicies": [{"name": f"p{index}", "policy": each} for index, each in enumerate(identity)],
        "resourcePolicy": resource,
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        **more,
    }


def rate(run: Callable[[], object], seconds: float) -> float:
    """Runs per second of one thread."""
    for _ in range(200):
        run()
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        for _ in range(100):
            run()
        count += 100
    return count / spent


class Generated:
    """Random questions about assuming a role or reading an object, from few names, so that they meet."""

    callers = (
        Principal.user(f"arn:aws:iam::{OWNER}:user/alice"),
        Principal.role_session(f"arn:aws:iam::{OWNER}:role/Build", "run-1"),
        Principal.user(f"arn:aws:iam::{OTHER}:user/zoe"),
        Principal.role_session(f"arn:aws:iam::{OTHER}:role/Ops", "shift"),
    )
    principals = (
        {"AWS": "*"},
        {"AWS": OWNER},
        {"AWS": f"arn:aws:iam::{OTHER}:root"},
        {"AWS": f"arn:aws:iam::{OWNER}:user/alice"},
        {"AWS": [f"arn:aws:iam::{OWNER}:role/Build", f"arn:aws:iam::{OTHER}:role/Ops"]},
        {"AWS": f"arn:aws:sts::{OWNER}:assumed-role/Build/run-1"},
        {"AWS": f"arn:aws:iam::{OTHER}:user/zoe"},
    )
    blocks = (
        {"StringEquals": {"aws:PrincipalTag/team": "red"}},
        {"StringNotEquals": {"aws:PrincipalTag/team": ["red", "blue"]}},
        {"StringLike": {"aws:PrincipalTag/team": "r*"}},
        {"StringEqualsIgnoreCase": {"aws:PrincipalTag/team": "RED"}},
        {"StringEqualsIfExists": {"aws:PrincipalTag/team": "red"}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"StringEquals": {"aws:TagKeys": "a"}},
        {"Null": {"aws:PrincipalTag/team": "false"}},
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"NotIpAddress": {"aws:SourceIp": "192.0.2.7/24"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWNER}:*/*"}},
        {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OWNER}:user/alice"}},
    )

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def question(self) -> Question:
        pick, chance = self.random.choice, self.random.random
        caller, assuming = pick(self.callers), chance() < 0.5
        action, target = ("sts:AssumeRole", ROLE) if assuming else ("s3:GetObject", "arn:aws:s3:::bucket/a/b")
        request = Request(caller, action, target, OWNER, self.context(caller))
        identity = [self.document() for _ in range(pick((0, 1, 1, 2)))]
        resource = self.document(assuming=assuming, about_caller=True) if assuming or chance() < 0.6 else None
        boundary = self.document() if chance() < 0.3 else None
        session = self.document() if caller.role_arn and chance() < 0.3 else None
        kind = PolicyKind.TRUST if assuming else PolicyKind.RESOURCE
        compiled = None if resource is None else parse_policy(resource, kind)
        policies = PolicySet(
            identity=[parse_policy(each, PolicyKind.IDENTITY) for each in identity],
            trust=compiled if assuming else None,
            resource=(compiled,) if compiled is not None and not assuming else (),
            boundary=None if boundary is None else parse_policy(boundary, PolicyKind.BOUNDARY),
            session=None if session is None else [parse_policy(session, PolicyKind.SESSION)],
        )
        more: dict[str, Any] = {} if session is None else {"sessionPolicy": session}
        if boundary is not None:
            more["permissionBoundaryPolicies"] = [{"name": "boundary", "policy": boundary}]
        return request, policies, simulation(request, caller.arn, resource=resource, identity=identity, **more)

    def context(self, caller: Principal) -> dict[str, Any]:
        pick = self.random.choice
        optional = {
            "aws:PrincipalTag/team": pick(("red", "Red", "green", "")),
            "aws:TagKeys": pick((["a"], ["a", "c"], ["c"])),
            "aws:MultiFactorAuthPresent": pick(("true", "false")),
            "aws:MultiFactorAuthAge": pick(("10", "9999")),
        }
        always = {
            "aws:PrincipalArn": caller.role_arn or caller.arn,
            "aws:SourceIp": pick(("192.0.2.1", "198.51.100.1")),
            "aws:SecureTransport": pick(("true", "false")),
            "aws:CurrentTime": "2026-11-22T00:00:00Z",
        }
        return {**always, **{key: value for key, value in optional.items() if self.random.random() < 0.6}}

    def document(self, *, assuming: bool = False, about_caller: bool = False) -> dict[str, Any]:
        return document(*(self.statement(assuming, about_caller) for _ in range(self.random.choice((1, 2)))))

    def statement(self, assuming: bool, about_caller: bool) -> dict[str, Any]:
        pick, chance = self.random.choice, self.random.random
        made: dict[str, Any] = {"Effect": "Deny" if chance() < 0.1 else "Allow"}
        made["Action"] = (
            "sts:AssumeRole" if assuming else pick(("*", "s3:Get*", "sts:*", ["sts:AssumeRole", "s3:GetObject"]))
        )
        if not assuming:
            made["Resource"] = pick(("*", ROLE, "arn:aws:s3:::bucket/*", "arn:aws:iam::*:role/*"))
        if about_caller:
            made["Principal"] = pick(self.principals)
        if chance() < 0.5:
            made["Condition"] = pick(self.blocks)
        return made


VERDICTS = {"Allowed": "allow", "ImplicitlyDenied": "implicit deny", "ExplicitlyDenied": "explicit deny"}


class Peer:
    """The npm package as a running program; it lives in a directory that goes away with it."""

    def __init__(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        program = Path(self.place.name) / "peer.mjs"
        program.write_text(Path(__file__).with_name("policy_iam_simulate.mjs").read_text())
        install = ["npm", "install", "--silent", "--no-save", "--prefix", self.place.name, PEER]
        subprocess.run(install, check=True, capture_output=True)
        self.program = subprocess.Popen(["node", str(program)], stdin=PIPE, stdout=PIPE, text=True)

    def ask(self, question: dict[str, Any]) -> Any:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps(question) + "\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def close(self) -> None:
        self.program.terminate()
        self.program.wait()
        self.place.cleanup()


def known_difference(decision: Decision, theirs: str) -> str | None:
    """Why the two may differ; None for a disagreement that nobody has explained yet."""
    session_silent = decision.policies.session is not None and not any(
        step.allows for step in decision.steps if step.type is PolicyType.SESSION
    )
    if decision.ground is Ground.NAMED_DIRECTLY and session_silent and theirs == "implicit deny":
        return (
            "a resource policy that names the session itself is not limited by its session policy (IAM guide, "
            "single-account evaluation: 'granted directly to the session'); the peer lets the session policy limit it"
        )
    return None


def agreement(peer: Peer, count: int, seed: int) -> str:
    """A line for each way in which verdicts on generated requests compare; an unexplained one is printed whole."""
    generated, counted = Generated(seed), Counter[str]()
    for _ in range(count):
        request, policies, asked = generated.question()
        answer = peer.ask({"ask": asked})
        theirs, decision = VERDICTS.get(answer, answer), evaluate(request, policies)
        if decision.verdict.value == theirs:
            counted["agree"] += 1
            continue
        reason = known_difference(decision, theirs)
        counted[reason or "unexplained"] += 1
        if reason is None:
            print(f"--- ours {decision.verdict.value}, theirs {theirs}\n{json.dumps(asked)}\n{decision.why()}")
    lines = [f"- {number} of {count}: {reason}" for reason, number in counted.most_common()]
    return "\n".join([f"Verdicts on {count} generated requests (seed {seed}):", "", *lines, ""])


def contenders(question: Question, documents: PolicySet, peer: Peer | None, seconds: float) -> list[Case]:
    request, policies, asked = question

    def anew() -> object:
        return evaluate(request, _parsed_anew(documents))

    cases = [
        Case("Understudy, documents compiled once", lambda: rate(lambda: evaluate(request, policies), seconds)),
        Case("Understudy, documents parsed each time", lambda: rate(anew, seconds)),
    ]
    if peer is not None:
        cases.append(Case(f"{PEER}, runSimulation", lambda: float(peer.ask({"time": asked, "seconds": seconds}))))
    return cases


def _parsed_anew(policies: PolicySet) -> PolicySet:
    trust = policies.trust
    return PolicySet(
        identity=[parse_policy(each.document, each.kind) for each in policies.identity],
        trust=None if trust is None else parse_policy(trust.document, trust.kind),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", action="store_true", help="also run @cloud-copilot/iam-simulate (needs node and npm)")
    parser.add_argument("--requests", type=int, default=3000, help="how many generated requests to compare")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="put the results into RESULTS.md")
    arguments = parser.parse_args()
    peer = Peer() if arguments.peer else None
    try:
        for name, question in {
            "a typical trust policy": typical_trust(),
            "ten policies of 2 KB": ten_policies(),
        }.items():
            cases = contenders(question, question[1], peer, arguments.seconds)
            interleave(cases, arguments.rounds)
            what = "Evaluations in one thread. The peer's one entry reads and checks its documents every time."
            keep(report(f"Policy: {name}", what, "evaluations/s", cases, more_is_better=True))
        if peer is not None:
            keep(f"## Policy: agreement with {PEER}\n\n{agreement(peer, arguments.requests, arguments.seed)}")
    finally:
        if peer is not None:
            peer.close()


if __name__ == "__main__":
    main()
