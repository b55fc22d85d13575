"""Who may do what to a bucket: owners, roots, strangers, organizations, and callers without a name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.directory import (
    Account,
    Bucket,
    MemoryDirectory,
    Organization,
    OrganizationalUnit,
    Policies,
    User,
)
from understudy.policy import Principal
from understudy.server.guard.authorization import Authorizer
from understudy.server.guard.faults import GuardError
from understudy.server.guard.s3_actions import Permission
from understudy.server.guard.targets import Target
from understudy.server.principals import Caller

A, B = "123456789012", "987654321098"
GET = Permission("s3:GetObject", Target("bucket", "public/a"))


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(
    effect: str, principal: Any, resource: str = "arn:aws:s3:::bucket/public/*", **more: Any
) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": resource, **more}


def directory(bucket_policy: str | None = None, *units: OrganizationalUnit) -> MemoryDirectory:
    entities: list[Any] = [Account(account_id=A), Account(account_id=B)]
    entities.append(Bucket(account=B, name="bucket", policy=bucket_policy))
    if units:
        entities.append(Organization(organization_id="o-1", management_account="111111111111", units=units))
    return MemoryDirectory(entities)


def user(account: str, *statements: dict[str, Any]) -> Caller:
    policies = Policies(inline={"own": policy(*statements)}) if statements else Policies()
    found = User(account=account, name="u", policies=policies)
    return Caller(Principal.user(found.arn, unique_id=found.unique_id), Account(account_id=account), "AKID", user=found)


def root(account: str) -> Caller:
    return Caller(Principal.root(account), Account(account_id=account), "AKID")


def allowed(found: MemoryDirectory, caller: Caller | None, permission: Permission = GET, **context: str) -> bool:
    return Authorizer(found).decide_s3(caller, permission, context).allowed


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
EVERYBODY = policy(statement("Allow", "*"))


def test_without_a_bucket_policy_only_the_owners_account_may_come_in() -> None:
    assert allowed(directory(), user(B, READ))
    assert not allowed(directory(), user(B))
    assert not allowed(directory(), user(A, READ))


def test_the_root_of_the_owner_may_and_that_of_another_may_not() -> None:
    assert allowed(directory(), root(B))
    assert not allowed(directory(), root(A))


def test_across_accounts_both_sides_must_allow() -> None:
    shared = directory(policy(statement("Allow", {"AWS": f"arn:aws:iam::{A}:root"})))
    assert allowed(shared, user(A, READ))
    assert not allowed(shared, user(A))


def test_a_caller_without_a_name_may_what_everybody_may() -> None:
    assert allowed(directory(EVERYBODY), None)
    assert not allowed(directory(EVERYBODY), None, Permission("s3:GetObject", Target("bucket", "private")))
    assert not allowed(directory(), None)
    only_root = policy(statement("Allow", {"AWS": f"arn:aws:iam::{A}:root"}))
    assert not allowed(directory(only_root), None)


def test_a_deny_of_the_bucket_beats_its_owner() -> None:
    assert not allowed(directory(policy(statement("Deny", "*"))), user(B, READ))


def test_conditions_see_the_request() -> None:
    found = directory(policy(statement("Allow", "*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})))
    assert allowed(found, None, **{"aws:SourceIp": "192.0.2.7"})
    assert not allowed(found, None, **{"aws:SourceIp": "198.51.100.7"})


def test_conditions_see_whose_the_resource_is() -> None:
    unit = OrganizationalUnit(path="r-1/ou-1", accounts=(B,))
    own = {**READ, "Condition": {"StringEquals": {"aws:ResourceAccount": B, "aws:ResourceOrgID": "o-1"}}}
    assert allowed(directory(None, unit), user(B, own))
    assert not allowed(directory(), user(B, own))


def test_a_resource_control_policy_binds_strangers_too() -> None:
    guard = policy(
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        statement("Deny", "*", "*", Condition={"StringNotEqualsIfExists": {"aws:PrincipalAccount": B}}),
    )
    unit = OrganizationalUnit(path="r-1", accounts=(B,), resource_control_policies=(guard,))
    found = directory(policy(statement("Allow", {"AWS": f"arn:aws:iam::{A}:root"})), unit)
    assert allowed(found, user(B, READ), **{"aws:PrincipalAccount": B})
    assert not allowed(found, user(A, READ), **{"aws:PrincipalAccount": A})


def test_a_bucket_nobody_owns_does_not_exist() -> None:
    with pytest.raises(GuardError) as caught:
        allowed(directory(), root(B), Permission("s3:GetObject", Target("nowhere", "a")))
    assert (caught.value.status, caught.value.code) == (404, "NoSuchBucket")
    with pytest.raises(GuardError) as caught:
        allowed(directory(), None, Permission("s3:CreateBucket", Target("nowhere")))
    assert caught.value.code == "NoSuchBucket"


def test_a_refusal_carries_its_decision() -> None:
    with pytest.raises(GuardError) as caught:
        Authorizer(directory()).require_s3(user(A, READ), [GET], {})
    assert (caught.value.status, caught.value.code, caught.value.message) == (403, "AccessDenied", "Access Denied")
    assert caught.value.decision is not None
    assert "s3:GetObject" in caught.value.decision.why()


def test_every_permission_is_needed() -> None:
    both = [GET, Permission("s3:PutObject", Target("bucket", "public/b"))]
    with pytest.raises(GuardError, match="s3:PutObject"):
        Authorizer(directory()).require_s3(user(B, READ), both, {})
