"""Questions to a directory: who can assume a role, what a caller can do, and the graph of role chains."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from understudy.policy import (
    Accounts,
    InvalidDirectory,
    PolicyError,
    UnknownName,
    role_chains,
    what_can,
    who_can_assume,
)

HERE, THERE = "111122223333", "444455556666"
PROVIDER = f"arn:aws:iam::{HERE}:oidc-provider/token.actions.githubusercontent.com"
ALLOW_STS = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}
NOTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}


def trust(principal: Any, condition: Any = None, action: str = "sts:AssumeRole") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": condition} if condition else {})}]}


DIRECTORY: dict[str, Any] = {
    "accounts": {
        HERE: {
            "managed_policies": {"sts": ALLOW_STS},
            "users": {
                "alice": {"policies": ["sts"], "unique_id": "AIDAALICE", "tags": {"team": "red"}},
                "bob": {},
                "carol": {"policies": ["arn:aws:iam::aws:policy/AdministratorAccess"], "boundary": NOTHING},
            },
            "roles": {
                "Build": {
                    "path": "/ci/",
                    "trust_policy": trust({"Service": "ec2.amazonaws.com"}),
                    "policies": [ALLOW_STS],
                },
                "Deploy": {
                    "trust_policy": {
                        "Version": "2012-10-17",
                        "Statement": [
                            *trust({"AWS": HERE}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})["Statement"],
                            *trust({"AWS": f"arn:aws:iam::{HERE}:role/ci/Build"})["Statement"],
                        ],
                    },
                    "policies": [ALLOW_STS],
                    "max_session_duration": 7200,
                },
                "CI": {
                    "trust_policy": trust(
                        {"Federated": PROVIDER},
                        {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/app:*"}},
                        "sts:AssumeRoleWithWebIdentity",
                    )
                },
            },
        },
        THERE: {
            "roles": {
                "Prod": {
                    "trust_policy": trust(
                        {"AWS": f"arn:aws:iam::{HERE}:role/Deploy"}, {"StringEquals": {"sts:ExternalId": "x1"}}
                    )
                }
            }
        },
    }
}
ACCOUNTS = Accounts.from_mapping(DIRECTORY)


def answers(role: str, **context: str) -> dict[str, list[str]]:
    found = who_can_assume(role, ACCOUNTS, context=context or None)
    return {str(each.principal).rpartition(":")[2]: [change.need for change in each.needs] for each in found}


def test_who_can_assume_names_callers_with_their_conditions() -> None:
    assert answers("Deploy") == {
        "user/alice": ["aws:MultiFactorAuthPresent is `true`"],
        "assumed-role/Build/session": [],
        "assumed-role/Deploy/session": ["aws:MultiFactorAuthPresent is `true`"],
    }


def test_who_can_assume_takes_what_requests_carry_anyway() -> None:
    carried = who_can_assume("Deploy", ACCOUNTS, context={"aws:MultiFactorAuthPresent": "true"})
    assert all(each.unconditional for each in carried)
    refused = who_can_assume("Deploy", ACCOUNTS, context={"aws:MultiFactorAuthPresent": "false"})
    assert [each.principal.role_arn for each in refused] == [f"arn:aws:iam::{HERE}:role/ci/Build"]


def test_who_can_assume_names_providers_and_services() -> None:
    assert answers("Build") == {"ec2.amazonaws.com": []}
    assert answers("CI") == {"oidc-provider/token.actions.githubusercontent.com": ["the subject is `repo:acme/app:*`"]}


def test_across_accounts_the_caller_needs_its_own_policy() -> None:
    assert answers("Prod") == {"assumed-role/Deploy/session": ["sts:ExternalId is `x1`"]}
    poor = {"accounts": {**DIRECTORY["accounts"]}}
    poor["accounts"][HERE] = {**poor["accounts"][HERE], "roles": {"Deploy": {"trust_policy": trust({"AWS": HERE})}}}
    assert who_can_assume("Prod", Accounts.from_mapping(poor)) == ()


def test_guardrails_have_their_say() -> None:
    locked = {"accounts": {**DIRECTORY["accounts"]}}
    locked["accounts"][HERE] = {**locked["accounts"][HERE], "scps": [[NOTHING]]}
    found = who_can_assume("Build", Accounts.from_mapping(locked))
    assert [str(each.principal) for each in found] == ["ec2.amazonaws.com"], "SCPs do not bind a service"
    assert who_can_assume("Deploy", Accounts.from_mapping(locked)) == ()


def test_every_answer_is_an_allowed_request() -> None:
    for role in ACCOUNTS.roles():
        for answer in who_can_assume(role.arn, ACCOUNTS):
            assert answer.decision.allowed


def test_what_can_follows_chains() -> None:
    build = f"arn:aws:iam::{HERE}:role/ci/Build"
    deploy, prod = f"arn:aws:iam::{HERE}:role/Deploy", f"arn:aws:iam::{THERE}:role/Prod"
    abilities = what_can("Build", ACCOUNTS)
    assert [each.role_arn for each in abilities.assumes] == [deploy]
    assert abilities.reaches == ((deploy,), (deploy, prod))
    (permission,) = abilities.permissions
    assert (permission.actions, permission.resources, permission.conditional) == (("sts:*",), ("*",), False)
    assert what_can("bob", ACCOUNTS).assumes == ()
    assert what_can(build, ACCOUNTS).principal.role_arn == build


def test_the_graph_as_data_dot_and_svg() -> None:
    graph = role_chains(ACCOUNTS)
    edges = {(each.source.rpartition("/")[2], each.target.rpartition("/")[2]): each.needs for each in graph.edges}
    assert edges["Build", "Deploy"] == ()
    assert edges["Deploy", "Prod"] == ("sts:ExternalId is `x1`",)
    plain = graph.to_dict()
    assert len(plain["nodes"]) == len(graph.nodes)
    assert '-> "arn:aws:iam::444455556666:role/Prod" [style=dashed, tooltip="sts:ExternalId is `x1`"];' in graph.dot()
    image = ElementTree.fromstring(graph.svg())
    names = [text.text for text in image.iter("{http://www.w3.org/2000/svg}text")]
    assert f"Prod ({THERE})" in names
    paths = [path for path in image.iter("{http://www.w3.org/2000/svg}path") if path.get("marker-end")]
    assert len(paths) == len(graph.edges)


def test_the_image_of_nothing_is_an_image() -> None:
    assert ElementTree.fromstring(role_chains(Accounts()).svg()).tag.endswith("svg")


@pytest.mark.parametrize("name", ["Deplay", f"arn:aws:iam::{HERE}:role/deploy"])
def test_an_unknown_role_is_met_with_those_like_it(name: str) -> None:
    with pytest.raises(UnknownName, match="role/Deploy"):
        who_can_assume(name, ACCOUNTS)


@pytest.mark.parametrize(
    ("mapping", "error", "said"),
    [
        ({}, InvalidDirectory, "accounts must be a mapping"),
        ({"accounts": {HERE: {"users": []}}}, None, ""),
        ({"accounts": {HERE: {"users": ["x"]}}}, InvalidDirectory, f"accounts.{HERE}.users must be a mapping"),
        ({"accounts": {HERE: {"roles": {"R": {}}}}}, InvalidDirectory, "role trust policy of 'R'"),
        ({"accounts": {HERE: {"users": {"u": {"policies": ["nope"]}}}}}, InvalidDirectory, "no managed policy 'nope'"),
        ({"accounts": {HERE: {"users": {"u": {"policies": [{"Statement": []}]}}}}}, PolicyError, "policy 'u/1'"),
    ],
)
def test_a_directory_that_is_none_is_refused(mapping: Any, error: type[Exception] | None, said: str) -> None:
    if error is None:
        assert list(Accounts.from_mapping(mapping).users()) == []
        return
    with pytest.raises(error, match=said):
        Accounts.from_mapping(mapping)
