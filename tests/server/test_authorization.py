"""Section 4: what is refused, in which words, and what ends a session."""

import json

import pytest
from tests.server.stand_in import (
    ALICE,
    ALICE_KEY,
    BOB,
    CROSS,
    NEXT,
    ROOT_KEY,
    A,
    B,
    StandIn,
    allow,
    deny,
    inline,
    policy,
    role_arn,
    trusting,
)

from understudy.directory import Account, ManagedPolicy, Organization, OrganizationalUnit, Policies, Role

ROOT_A = {"AWS": f"arn:aws:iam::{A}:root"}


def assume_text(caller, resource, action="sts:AssumeRole"):
    return f"User: {caller} is not authorized to perform: {action} on resource: {resource}"


def refused_assume(stand_in, caller, role=CROSS, **members):
    error = stand_in.refused(caller, "AssumeRole", RoleArn=role.arn, RoleSessionName="session", **members)
    assert (error.code, error.status) == ("AccessDenied", 403)
    return error.message


def role(name="Tested", account=B, trust=ROOT_A, **more):
    statement = trusting(trust, more.pop("action", "sts:*"), **more.pop("statement", {}))
    return Role(account=account, name=name, trust_policy=policy(statement), policies=inline(allow("*")), **more)


CAUSES = {
    "unknown role": (None, {}, "203.0.113.7"),
    "trust names somebody else": (role(trust={"AWS": "arn:aws:iam::111111111111:root"}), {}, "203.0.113.7"),
    "identity policy": (role(), {}, "203.0.113.7"),
    "external id missing": (
        role(statement={"Condition": {"StringEquals": {"sts:ExternalId": "x1"}}}),
        {},
        "203.0.113.7",
    ),
    "external id wrong": (
        role(statement={"Condition": {"StringEquals": {"sts:ExternalId": "x1"}}}),
        {"ExternalId": "x2"},
        "203.0.113.7",
    ),
    "mfa": (role(statement={"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}), {}, "203.0.113.7"),
    "source ip": (role(statement={"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}), {}, "203.0.113.7"),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_assume_role_is_refused_in_the_same_words_for_every_cause(cause):
    tested, members, source_ip = CAUSES[cause]
    stand_in = StandIn(*([tested] if tested else []))
    stand_in.source_ip = source_ip
    caller = ALICE
    if cause == "identity policy":
        stand_in.replace(ALICE, policies=Policies())
    error = stand_in.refused(caller, "AssumeRole", RoleArn=role_arn("Tested"), RoleSessionName="session", **members)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == assume_text(ALICE.arn, role_arn("Tested"))


@pytest.mark.parametrize(
    ("condition", "members"),
    [
        ({"StringEquals": {"sts:ExternalId": "x1"}}, {"ExternalId": "x1"}),
        ({"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}, {"RoleSessionName": "alice"}),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {}),
        ({"DateLessThan": {"aws:CurrentTime": "2026-11-22T12:00:01Z"}}, {}),
        ({"NumericEquals": {"aws:EpochTime": "1795348800"}}, {}),
        ({"Bool": {"aws:SecureTransport": "true"}}, {}),
        ({"StringLike": {"aws:UserAgent": "tests/*"}}, {}),
        ({"StringEquals": {"aws:Referer": "here"}}, {}),
        ({"ArnEquals": {"aws:PrincipalArn": ALICE.arn}}, {}),
        ({"StringEquals": {"aws:PrincipalAccount": A}}, {}),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, {}),
        ({"StringEquals": {"aws:userid": ALICE.unique_id}}, {}),
        ({"StringEquals": {"aws:PrincipalTag/team": "storage"}}, {}),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, {}),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, {}),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}}, {}),
        ({"StringEquals": {"aws:ResourceTag/kind": "reader"}}, {}),
        ({"StringEquals": {"iam:ResourceTag/kind": "reader"}}, {}),
        ({"StringEquals": {"aws:ResourceAccount": B}}, {}),
        ({"StringEquals": {"sts:SourceIdentity": "me"}}, {"SourceIdentity": "me"}),
        ({"StringEquals": {"aws:RequestTag/a": "1"}}, {"Tags.member.1.Key": "a", "Tags.member.1.Value": "1"}),
        (
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}},
            {"Tags.member.1.Key": "a", "Tags.member.1.Value": "1"},
        ),
        (
            {"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": ["a"]}},
            {"Tags.member.1.Key": "a", "Tags.member.1.Value": "1", "TransitiveTagKeys.member.1": "a"},
        ),
        (
            {"StringEquals": {"sts:RequestContext/userId": "u1"}},
            {"ProvidedContexts.member.1.ContextAssertion": '{"userId":"u1"}'},
        ),
        ({"Null": {"aws:TokenIssueTime": "true", "aws:MultiFactorAuthPresent": "true"}}, {}),
    ],
    ids=lambda value: (
        next(iter(next(iter(value.values())))) if value and isinstance(next(iter(value.values())), dict) else ""
    ),
)
def test_every_condition_key_that_a_request_supplies(condition, members):
    organization = Organization(
        organization_id="o-1", management_account=B, units=(OrganizationalUnit(path="r-1", accounts=(A,)),)
    )
    tested = role(statement={"Condition": condition}, tags={"kind": "reader"})
    stand_in = StandIn(tested, organization)
    stand_in.replace(ALICE, tags={"team": "storage"})
    stand_in.headers = (("user-agent", "tests/1"), ("referer", "here"))
    form = {"RoleArn": tested.arn, "RoleSessionName": "session", **members}
    request = stand_in.signed(stand_in.request("AssumeRole", form, scheme="https"), ALICE)
    assert stand_in.send(request).status == 200


@pytest.mark.parametrize(
    ("action", "members"),
    [
        ("sts:TagSession", {"Tags.member.1.Key": "a", "Tags.member.1.Value": "1"}),
        ("sts:SetSourceIdentity", {"SourceIdentity": "me"}),
        ("sts:SetContext", {"ProvidedContexts.member.1.ContextAssertion": '{"userId":"u1"}'}),
    ],
)
def test_what_a_request_does_besides_must_be_allowed_in_the_trust_policy(action, members):
    tested = role(action="sts:AssumeRole")
    stand_in = StandIn(tested)
    assert refused_assume(stand_in, ALICE, tested, **members) == assume_text(ALICE.arn, tested.arn, action)
    stand_in.replace(tested, trust_policy=policy(trusting(ROOT_A, ["sts:AssumeRole", action])))
    stand_in.assume(ALICE, tested, **members)


@pytest.mark.parametrize(
    ("action", "members"),
    [
        ("sts:TagSession", {"Tags.member.1.Key": "a", "Tags.member.1.Value": "1"}),
        ("sts:SetSourceIdentity", {"SourceIdentity": "me"}),
    ],
)
def test_across_accounts_the_caller_needs_it_too(action, members):
    stand_in = StandIn()
    stand_in.replace(ALICE, policies=inline(allow("sts:AssumeRole")))
    assert refused_assume(stand_in, ALICE, **members) == assume_text(ALICE.arn, CROSS.arn, action)


def test_root_may_not_assume_roles():
    assert refused_assume(StandIn(), ROOT_KEY) == "Roles may not be assumed by root accounts."


@pytest.mark.parametrize("principal", [ALICE.arn, "*"])
def test_same_account_a_trust_policy_that_names_the_user_suffices(principal):
    tested = role(account=A, trust={"AWS": principal})
    stand_in = StandIn(tested)
    stand_in.assume(BOB if principal == "*" else ALICE, tested)


def test_same_account_a_trust_policy_that_names_the_account_only_delegates():
    tested = role(account=A)
    stand_in = StandIn(tested)
    stand_in.assume(ALICE, tested)
    assert refused_assume(stand_in, BOB, tested) == assume_text(BOB.arn, tested.arn)


def test_across_accounts_both_sides_must_allow_also_with_a_star():
    tested = role(trust={"AWS": "*"})
    stand_in = StandIn(tested)
    stand_in.assume(ALICE, tested)
    assert refused_assume(stand_in, BOB, tested) == assume_text(BOB.arn, tested.arn)


def test_chaining_in_one_account_needs_only_the_role_in_the_trust_policy():
    stand_in = StandIn()
    stand_in.replace(CROSS, policies=Policies())
    session = stand_in.assume(ALICE)
    assert stand_in.assume(session, NEXT)


def test_a_session_policy_narrows_chaining():
    stand_in = StandIn()
    session = stand_in.assume(ALICE, Policy=policy(deny("sts:AssumeRole")))
    arn = f"arn:aws:sts::{B}:assumed-role/CrossAccountRole/session"
    assert refused_assume(stand_in, session, NEXT) == assume_text(arn, NEXT.arn)


def test_a_boundary_narrows_and_one_that_does_not_exist_allows_nothing():
    boundary = ManagedPolicy(arn=f"arn:aws:iam::{A}:policy/Edge", versions={"v1": policy(allow("sts:*"))})
    stand_in = StandIn(boundary)
    stand_in.replace(ALICE, policies=inline(allow("*"), boundary=boundary.arn))
    stand_in.assume(ALICE)
    stand_in.replace(boundary, versions={"v1": policy(allow("s3:*"))})
    refused_assume(stand_in, ALICE)
    stand_in.replace(ALICE, policies=inline(allow("*"), boundary=f"arn:aws:iam::{A}:policy/Nowhere"))
    refused_assume(stand_in, ALICE)


def test_service_control_policies_bind_members_and_not_the_management_account():
    unit = OrganizationalUnit(path="r-1", accounts=(A,), service_control_policies=(policy(deny("sts:AssumeRole")),))
    stand_in = StandIn(Organization(organization_id="o-1", management_account=B, units=(unit,)))
    refused_assume(stand_in, ALICE)
    stand_in.directory.put(Organization(organization_id="o-1", management_account=A, units=(unit,)))
    stand_in.assume(ALICE)


def test_resource_control_policies_bind_the_roles_account():
    guard = policy({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"})
    unit = OrganizationalUnit(path="r-1", accounts=(B,), resource_control_policies=(guard,))
    stand_in = StandIn(Organization(organization_id="o-1", management_account="111111111111", units=(unit,)))
    refused_assume(stand_in, ALICE)


def test_groups_count_as_the_users_own_policies():
    from understudy.directory import Group

    group = Group(account=A, name="assumers", policies=inline(allow("sts:AssumeRole")))
    stand_in = StandIn(group)
    refused_assume(stand_in, BOB)
    stand_in.replace(BOB, groups=("assumers",))
    stand_in.assume(BOB)


def test_a_changed_trust_policy_does_not_end_sessions():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    stand_in.replace(CROSS, trust_policy=policy(trusting({"AWS": "arn:aws:iam::111111111111:root"})))
    assert stand_in.call(session, "GetCallerIdentity")


def test_a_changed_permission_policy_applies_to_sessions_at_once():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    key = {"AccessKeyId": ALICE_KEY.access_key_id}
    assert stand_in.call(session, "GetAccessKeyInfo", **key).account == A
    stand_in.replace(CROSS, policies=Policies())
    assert stand_in.refused(session, "GetAccessKeyInfo", **key).code == "AccessDenied"


def test_revocation_by_token_issue_time():
    stand_in = StandIn()
    old = stand_in.assume(ALICE)
    revoked = deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-11-22T12:05:00Z"}})
    stand_in.replace(CROSS, policies=inline(allow("sts:*"), revoked))
    stand_in.clock.now += 600
    new = stand_in.assume(ALICE)
    key = {"AccessKeyId": ALICE_KEY.access_key_id}
    error = stand_in.refused(old, "GetAccessKeyInfo", **key)
    assert error.message.endswith("with an explicit deny in an identity-based policy")
    assert stand_in.call(new, "GetAccessKeyInfo", **key)


@pytest.mark.parametrize("again", [False, True])
def test_a_deleted_role_ends_its_sessions_and_recreation_does_not_revive_them(again):
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    stand_in.directory.remove(CROSS)
    if again:
        stand_in.directory.put(CROSS)
    error = stand_in.refused(session, "GetCallerIdentity")
    assert (error.code, error.status) == ("InvalidClientTokenId", 403)
    assert error.message == "The security token included in the request is invalid."


def test_a_deleted_user_ends_its_sessions():
    stand_in = StandIn()
    session = stand_in.call(ALICE, "GetSessionToken").credentials
    stand_in.directory.remove(ALICE)
    assert stand_in.refused(session, "GetCallerIdentity").code == "InvalidClientTokenId"


def test_a_principal_made_again_is_not_trusted():
    tested = role(trust={"AWS": ALICE.arn})
    stand_in = StandIn(tested)
    stand_in.assume(ALICE, tested)
    stand_in.directory.remove(ALICE)
    stand_in.directory.put(ALICE)
    refused_assume(stand_in, ALICE, tested)
    stand_in.directory.put(tested)
    stand_in.assume(ALICE, tested)


def test_condition_keys_of_a_role_session():
    tested = role(
        trust={"AWS": f"arn:aws:iam::{B}:root"},
        statement={
            "Condition": {
                "ArnEquals": {"aws:PrincipalArn": NEXT.arn},
                "StringEquals": {"aws:userid": f"{NEXT.unique_id}:last", "aws:PrincipalType": "AssumedRole"},
                "DateEquals": {"aws:TokenIssueTime": "2026-11-22T12:00:00Z"},
                "Null": {"aws:username": "true"},
            }
        },
    )
    stand_in = StandIn(tested)
    session = stand_in.assume(stand_in.assume(ALICE), NEXT, session="last")
    assert stand_in.assume(session, tested)


LONG = "User: {arn} is not authorized to perform: {action}"


@pytest.mark.parametrize(
    ("action", "members"),
    [
        ("GetAccessKeyInfo", {"AccessKeyId": "AKIARZPUZDIKGB2VALC4"}),
        ("DecodeAuthorizationMessage", {"EncodedMessage": "x"}),
    ],
)
def test_the_long_form_without_a_resource(action, members):
    error = StandIn().refused(BOB, action, **members)
    assert error.message == (
        f"User: {BOB.arn} is not authorized to perform: sts:{action} "
        f"because no identity-based policy allows the sts:{action} action"
    )


TOKEN = {"Audience.member.1": "a", "SigningAlgorithm": "RS256"}
SELF = f"arn:aws:sts::{A}:self"


def web_identity_text(tail):
    return f"User: {ALICE.arn} is not authorized to perform: sts:GetWebIdentityToken on resource: {SELF} {tail}"


def test_the_long_form_names_the_type_of_policy():
    edge = ManagedPolicy(arn=f"arn:aws:iam::{A}:policy/Edge", versions={"v1": policy(allow("s3:*"))})
    stand_in = StandIn(edge)
    tails = {
        "because no identity-based policy allows the sts:GetWebIdentityToken action": Policies(),
        "because no permissions boundary allows the sts:GetWebIdentityToken action": inline(
            allow("sts:*"), boundary=edge.arn
        ),
        "with an explicit deny in an identity-based policy": inline(allow("*"), deny("sts:GetWebIdentityToken")),
    }
    for tail, policies in tails.items():
        stand_in.replace(ALICE, policies=policies)
        assert stand_in.refused(ALICE, "GetWebIdentityToken", **TOKEN).message == web_identity_text(tail)


def test_the_long_form_of_an_explicit_deny_in_a_session_policy():
    stand_in = StandIn()
    session = stand_in.assume(ALICE, Policy=policy(deny("sts:GetWebIdentityToken"), allow("*")))
    error = stand_in.refused(session, "GetWebIdentityToken", **TOKEN)
    assert error.message.endswith("with an explicit deny in a session policy")


def test_get_caller_identity_cannot_be_denied():
    stand_in = StandIn()
    stand_in.replace(ALICE, policies=inline(deny("*")))
    assert stand_in.call(ALICE, "GetCallerIdentity").arn == ALICE.arn


def test_get_session_token_needs_no_permission_but_can_be_denied():
    stand_in = StandIn()
    assert stand_in.call(BOB, "GetSessionToken")
    stand_in.replace(BOB, policies=inline(deny("sts:GetSessionToken")))
    assert stand_in.refused(BOB, "GetSessionToken").code == "AccessDenied"


def test_an_unused_account_may_be_off_in_a_region():
    stand_in = StandIn()
    stand_in.directory.put(
        Account(account_id=A, root_access_keys=(ROOT_KEY,), disabled_regions=frozenset({"us-east-1"}))
    )
    error = stand_in.refused(ALICE, "GetCallerIdentity")
    assert (error.code, error.status) == ("RegionDisabledException", 403)
    assert error.message == (
        f"STS is not activated in this region for account:{A}. "
        "Your account administrator can activate STS in this region using the IAM Console."
    )


def test_managed_session_policies_are_live_references():
    narrow = ManagedPolicy(arn=f"arn:aws:iam::{B}:policy/Narrow", versions={"v1": policy(allow("sts:*"))})
    stand_in = StandIn(narrow)
    session = stand_in.assume(ALICE, **{"PolicyArns.member.1.arn": narrow.arn})
    key = {"AccessKeyId": ALICE_KEY.access_key_id}
    stand_in.call(session, "GetAccessKeyInfo", **key)
    versions = {"v1": narrow.versions["v1"], "v2": policy(allow("s3:*"))}
    stand_in.replace(narrow, versions=versions, default_version="v2")
    error = stand_in.refused(session, "GetAccessKeyInfo", **key)
    assert error.message.endswith("because no session policy allows the sts:GetAccessKeyInfo action")


def test_provided_contexts_stay_with_the_session():
    tested = role(
        trust={"AWS": f"arn:aws:iam::{B}:root"},
        statement={"Condition": {"StringEquals": {"sts:RequestContext/userId": "u1"}}},
    )
    stand_in = StandIn(tested)
    given = {"ProvidedContexts.member.1.ContextAssertion": json.dumps({"userId": "u1"})}
    assert stand_in.assume(stand_in.assume(ALICE, **given), tested)
    refused_assume(stand_in, stand_in.assume(ALICE), tested)


@pytest.mark.parametrize("assertion", ["abcd", "{}", '{"a":1}', '{"a":"1","A":"2"}', "[" * 1500])
def test_ours_a_context_assertion_that_cannot_be_read(assertion):
    error = StandIn().refused(
        ALICE,
        "AssumeRole",
        RoleArn=CROSS.arn,
        RoleSessionName="s1",
        **{"ProvidedContexts.member.1.ContextAssertion": assertion},
    )
    assert (error.code, error.status) == ("ValidationError", 400)


def test_contexts_of_a_request_take_the_place_of_the_sessions_whatever_their_case():
    stand_in = StandIn()
    session = stand_in.assume(ALICE, **{"ProvidedContexts.member.1.ContextAssertion": '{"userId":"u1"}'})
    assert stand_in.assume(session, NEXT, **{"ProvidedContexts.member.1.ContextAssertion": '{"USERID":"u2"}'})
