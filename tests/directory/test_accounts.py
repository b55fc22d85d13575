"""A directory as the questions of the policy package see it."""

from __future__ import annotations

from understudy.directory.accounts import accounts
from understudy.directory.yaml_file import loads
from understudy.policy import who_can_assume

DIRECTORY = """
accounts:
  "111122223333":
    managed_policies:
      sts: {document: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "sts:*", Resource: "*"}}}
      little: {document: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}}
    groups:
      people: {managed_policies: ["arn:aws:iam::111122223333:policy/sts"]}
    users:
      alice: {groups: [people]}
      bound: {groups: [people], permissions_boundary: "arn:aws:iam::111122223333:policy/little"}
      lost: {groups: [people], permissions_boundary: "arn:aws:iam::111122223333:policy/gone"}
      bob: {}
    roles:
      Target:
        trust_policy: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {AWS: "111122223333"}, Action: "sts:AssumeRole"}}
"""
ORGANIZATION = """
organization:
  id: o-example
  management_account: "999999999999"
  units:
    r-root:
      accounts: ["111122223333"]
      service_control_policies:
        - {Version: "2012-10-17", Statement: {Effect: Deny, Action: "sts:AssumeRole", Resource: "*"}}
"""


def callers(text: str) -> list[str]:
    return [str(each.principal).rpartition("/")[2] for each in who_can_assume("Target", accounts(loads(text)))]


def test_groups_and_boundaries_have_their_say() -> None:
    assert callers(DIRECTORY) == ["alice"], "a boundary that does not exist allows nothing"


def test_the_organization_has_its_say() -> None:
    assert callers(DIRECTORY + ORGANIZATION) == []
