"""Sections 5, 7 and 11: the operations besides AssumeRole, and what each kind of credentials may call."""

import json
from base64 import urlsafe_b64decode

import pytest
from tests.server.stand_in import (
    ALICE,
    ALICE_KEY,
    BOB,
    CROSS,
    ROOT_KEY,
    SEED,
    SERIAL,
    START,
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
from understudy.server.mfa import totp
from understudy.server.trade_in import TradeIn

TASKS = "arn:aws:iam::aws:policy/root-task/"
AUDIT = {"TaskPolicyArn.arn": f"{TASKS}IAMAuditRootUserCredentials"}
C = "111111111111"


def seconds(credentials):
    return (credentials.expiration - START).total_seconds()


# GetSessionToken and GetFederationToken


@pytest.mark.parametrize("action", ["GetSessionToken", "GetFederationToken"])
def test_section_5_user_sessions_default_to_twelve_hours_and_last_thirty_six_at_most(action):
    named = {"Name": "guest"} if action == "GetFederationToken" else {}
    assert seconds(StandIn().call(ALICE, action, **named).credentials) == 43_200
    assert seconds(StandIn().call(ALICE, action, DurationSeconds=129_600, **named).credentials) == 129_600
    assert seconds(StandIn().call(ALICE, action, DurationSeconds=900, **named).credentials) == 900


@pytest.mark.parametrize("action", ["GetSessionToken", "GetFederationToken"])
def test_section_5_roots_sessions_are_cut_to_an_hour(action):
    named = {"Name": "guest"} if action == "GetFederationToken" else {}
    assert seconds(StandIn().call(ROOT_KEY, action, DurationSeconds=129_600, **named).credentials) == 3600


def test_get_federation_token_names_the_federated_user():
    output = StandIn().call(ALICE, "GetFederationToken", Name="guest")
    assert output.federated_user.federated_user_id == f"{A}:guest"
    assert output.federated_user.arn == f"arn:aws:sts::{A}:federated-user/guest"


def test_section_1_get_federation_tokens_packed_policy_size_is_zero_and_not_absent():
    assert StandIn().call(ALICE, "GetFederationToken", Name="guest").packed_policy_size == 0


def test_get_federation_token_needs_permission():
    error = StandIn().refused(BOB, "GetFederationToken", Name="guest")
    assert error.code == "AccessDenied"
    assert "sts:GetFederationToken on resource: arn:aws:sts::123456789012:federated-user/guest" in error.message


def test_get_federation_token_with_tags_needs_tag_session():
    stand_in = StandIn()
    stand_in.replace(ALICE, policies=inline(allow("sts:GetFederationToken")))
    tag = {"Tags.member.1.Key": "a", "Tags.member.1.Value": "1"}
    assert "sts:TagSession" in stand_in.refused(ALICE, "GetFederationToken", Name="guest", **tag).message
    stand_in.replace(ALICE, policies=inline(allow(["sts:GetFederationToken", "sts:TagSession"])))
    assert stand_in.call(ALICE, "GetFederationToken", Name="guest", **tag).packed_policy_size >= 1


def test_section_6_inline_and_managed_plaintext_are_at_most_2048_together():
    arns = {"PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/" + "a" * 1500}
    error = StandIn().refused(ALICE, "GetFederationToken", Name="guest", Policy=policy(allow("b" * 700 + ":*")), **arns)
    assert (error.code, error.status) == ("PackedPolicyTooLarge", 400)


# What each kind of credentials may call


def sessions(stand_in):
    return {
        "role": stand_in.assume(ALICE),
        "user": stand_in.call(ALICE, "GetSessionToken").credentials,
        "federated": stand_in.call(ALICE, "GetFederationToken", Name="guest", Policy=policy(allow("*"))).credentials,
    }


KEY_INFO = {"AccessKeyId": "AKIARZPUZDIKGB2VALC4"}
WEB = {"Audience.member.1": "a", "SigningAlgorithm": "ES384"}


@pytest.mark.parametrize("kind", ["role", "user", "federated"])
def test_section_4_get_session_token_with_session_credentials(kind):
    stand_in = StandIn()
    error = stand_in.refused(sessions(stand_in)[kind], "GetSessionToken")
    assert (error.code, error.status, error.message) == (
        "AccessDenied",
        403,
        "Cannot call GetSessionToken with session credentials",
    )


@pytest.mark.parametrize("kind", ["role", "user", "federated"])
def test_section_4_get_federation_token_with_session_credentials(kind):
    stand_in = StandIn()
    error = stand_in.refused(sessions(stand_in)[kind], "GetFederationToken", Name="guest")
    assert error.message == "Cannot call GetFederationToken with session credentials"


@pytest.mark.parametrize("kind", ["user", "federated"])
@pytest.mark.parametrize(
    ("action", "members"),
    [
        ("GetAccessKeyInfo", KEY_INFO),
        ("DecodeAuthorizationMessage", {"EncodedMessage": "x"}),
        ("AssumeRoot", {"TargetPrincipal": B, **AUDIT}),
        ("GetDelegatedAccessToken", {"TradeInToken": "x"}),
    ],
)
def test_section_11_user_and_federated_sessions_may_call_little(kind, action, members):
    stand_in = StandIn()
    assert stand_in.refused(sessions(stand_in)[kind], action, **members).code == "AccessDenied"


def test_section_11_user_sessions_may_assume_roles_and_federated_ones_not():
    stand_in = StandIn()
    given = sessions(stand_in)
    assert stand_in.assume(given["user"])
    error = stand_in.refused(given["federated"], "AssumeRole", RoleArn=CROSS.arn, RoleSessionName="s1")
    assert error.code == "AccessDenied"


def test_section_11_federated_users_get_no_web_identity_token():
    stand_in = StandIn()
    error = stand_in.refused(sessions(stand_in)["federated"], "GetWebIdentityToken", **WEB)
    assert error.message == "GetWebIdentityToken does not support federated user sessions"


# GetAccessKeyInfo


@pytest.mark.parametrize(
    ("key_id", "account"),
    [("ASIAQNZGKIQY56JQ7WML", "029608264753"), ("ASIAY34FZKBOKMUTVV7A", "609629065308"), ("AKIARZPUZDIKGB2VALC4", A)],
)
def test_section_7_get_access_key_info_of_any_well_formed_key(key_id, account):
    assert StandIn().call(ALICE, "GetAccessKeyInfo", AccessKeyId=key_id).account == account


def test_ours_get_access_key_info_of_an_old_key_that_is_not_known():
    error = StandIn().refused(ALICE, "GetAccessKeyInfo", AccessKeyId="AKIAIOSFODNN7EXAMPLE")
    assert (error.code, error.message) == ("ValidationError", "AKIAIOSFODNN7EXAMPLE is invalid")


# DecodeAuthorizationMessage


def denied_message(stand_in):
    request = stand_in.request("AssumeRole", {"RoleArn": CROSS.arn, "RoleSessionName": "s1"})
    return stand_in.send(stand_in.signed(request, BOB)).header("x-understudy-authorization-message")


def test_section_11_decode_authorization_message():
    stand_in = StandIn()
    message = denied_message(stand_in)
    decoded = json.loads(stand_in.call(ALICE, "DecodeAuthorizationMessage", EncodedMessage=message).decoded_message)
    assert decoded["allowed"] is False
    assert decoded["explicitDeny"] is False
    assert decoded["context"]["principal"] == {"id": BOB.unique_id, "arn": BOB.arn}
    assert decoded["context"]["action"] == "sts:AssumeRole"
    assert decoded["context"]["resource"] == CROSS.arn
    assert {"matchedStatements", "failures"} <= set(decoded)
    conditions = {
        each["key"]: each["values"]["items"][0]["value"] for each in decoded["context"]["conditions"]["items"]
    }
    assert conditions["aws:SourceIp"] == "203.0.113.7"


def test_section_11_a_message_is_sealed_for_its_account():
    stand_in = StandIn()
    message = denied_message(stand_in)
    error = stand_in.refused(stand_in.assume(ALICE), "DecodeAuthorizationMessage", EncodedMessage=message)
    assert (error.code, error.status) == ("InvalidAuthorizationMessageException", 400)


@pytest.mark.parametrize(
    "change", [lambda text: "x", lambda text: text[:-4], lambda text: "é" + text[1:], lambda text: text + "%"]
)
def test_section_11_a_bad_message(change):
    stand_in = StandIn()
    error = stand_in.refused(ALICE, "DecodeAuthorizationMessage", EncodedMessage=change(denied_message(stand_in)))
    assert (error.code, error.status) == ("InvalidAuthorizationMessageException", 400)


def test_a_message_is_url_safe_and_short_enough_to_be_decoded():
    stand_in = StandIn()
    many = [allow("s3:*", f"arn:aws:s3:::bucket-{number * 7919:x}/*", Sid=f"S{number}") for number in range(800)]
    stand_in.replace(BOB, policies=inline(*many, deny("sts:AssumeRole")))
    message = denied_message(stand_in)
    assert len(message) <= 10_240
    assert urlsafe_b64decode(message + "=" * (-len(message) % 4))
    assert stand_in.call(ALICE, "DecodeAuthorizationMessage", EncodedMessage=message).decoded_message


def test_denials_need_not_be_explained():
    assert denied_message(StandIn(explain_denials=False)) is None


def test_the_log_carries_the_message():
    stand_in = StandIn()
    message = denied_message(stand_in)
    assert stand_in.log[-1]["authorization_message"] == message


# AssumeRoot


def with_organization(**changes):
    unit = OrganizationalUnit(path="r-1", accounts=(B,))
    organization = Organization(**{"organization_id": "o-1", "management_account": A, "units": (unit,), **changes})
    return StandIn(Account(account_id=C), organization)


@pytest.mark.parametrize("target", [B, f"arn:aws:iam::{B}:root"])
def test_section_11_assume_root(target):
    stand_in = with_organization()
    output = stand_in.call(ALICE, "AssumeRoot", TargetPrincipal=target, **AUDIT)
    assert seconds(output.credentials) == 900
    assert stand_in.call(output.credentials, "GetCallerIdentity").arn == f"arn:aws:iam::{B}:root"


def test_section_5_assume_root_for_no_time_at_all():
    output = with_organization().call(ALICE, "AssumeRoot", TargetPrincipal=B, DurationSeconds=0, **AUDIT)
    assert seconds(output.credentials) == 0


@pytest.mark.parametrize(
    "task",
    [
        "IAMAuditRootUserCredentials",
        "IAMCreateRootUserPassword",
        "IAMDeleteRootUserCredentials",
        "S3UnlockBucketPolicy",
        "SQSUnlockQueuePolicy",
    ],
)
def test_section_11_the_five_task_policies(task):
    stand_in = with_organization()
    assert stand_in.call(ALICE, "AssumeRoot", TargetPrincipal=B, **{"TaskPolicyArn.arn": TASKS + task}).credentials


@pytest.mark.parametrize("arn", [TASKS + "Other", "arn:aws:iam::aws:policy/AdministratorAccess"])
def test_section_11_any_other_task_policy(arn):
    error = with_organization().refused(ALICE, "AssumeRoot", TargetPrincipal=B, **{"TaskPolicyArn.arn": arn})
    assert (error.status, error.message) == (400, "Request must contain valid AWS managed task policy ARN")


@pytest.mark.parametrize("target", ["222222222222", f"arn:aws:iam::{B}:user/alice", "not an account"])
def test_section_11_an_invalid_target(target):
    error = with_organization().refused(ALICE, "AssumeRoot", TargetPrincipal=target, **AUDIT)
    assert (error.status, error.message) == (400, "Request must contain a valid target principal")


@pytest.mark.parametrize(
    "stand_in",
    [
        StandIn(),
        with_organization(root_sessions=False),
        with_organization(management_account=C, units=(OrganizationalUnit(path="r-1", accounts=(A, B)),)),
    ],
    ids=["no organization", "not switched on", "a member"],
)
def test_assume_root_is_for_those_who_administer_the_target(stand_in):
    assert stand_in.refused(ALICE, "AssumeRoot", TargetPrincipal=B, **AUDIT).code == "AccessDenied"


def test_assume_root_of_the_management_account_and_of_strangers_is_refused():
    stand_in = with_organization()
    assert stand_in.refused(ALICE, "AssumeRoot", TargetPrincipal=A, **AUDIT).code == "AccessDenied"
    assert stand_in.refused(ALICE, "AssumeRoot", TargetPrincipal=C, **AUDIT).code == "AccessDenied"


def test_a_delegated_administrator_may_assume_root():
    unit = OrganizationalUnit(path="r-1", accounts=(A, B))
    stand_in = with_organization(management_account=C, units=(unit,), delegated_administrators=(A,))
    assert stand_in.call(ALICE, "AssumeRoot", TargetPrincipal=B, **AUDIT).credentials


def test_the_task_policy_is_a_condition_key():
    stand_in = with_organization()
    only = {"ArnEquals": {"sts:TaskPolicyArn": f"{TASKS}S3UnlockBucketPolicy"}}
    stand_in.replace(ALICE, policies=inline(allow("sts:AssumeRoot", Condition=only)))
    assert stand_in.refused(ALICE, "AssumeRoot", TargetPrincipal=B, **AUDIT).code == "AccessDenied"
    task = {"TaskPolicyArn.arn": f"{TASKS}S3UnlockBucketPolicy"}
    assert stand_in.call(ALICE, "AssumeRoot", TargetPrincipal=B, **task).credentials


def test_a_root_task_may_do_its_task_only():
    stand_in = with_organization()
    session = stand_in.call(ALICE, "AssumeRoot", TargetPrincipal=B, **AUDIT).credentials
    assert stand_in.refused(session, "GetAccessKeyInfo", **KEY_INFO).code == "AccessDenied"
    assert stand_in.refused(session, "GetSessionToken").code == "AccessDenied"
    error = stand_in.refused(session, "AssumeRole", RoleArn=CROSS.arn, RoleSessionName="s1")
    assert error.message == "Roles may not be assumed by root accounts."


# GetDelegatedAccessToken


def test_section_11_a_trade_in_token_of_a_role():
    stand_in = StandIn()
    granted = TradeIn(CROSS.arn, int(stand_in.clock.now) + 60, 1800, policy(allow("sts:*")))
    token = stand_in.service.trade_ins.seal(granted)
    output = stand_in.call(ALICE, "GetDelegatedAccessToken", TradeInToken=token)
    assert output.assumed_principal == f"arn:aws:sts::{B}:assumed-role/CrossAccountRole/delegated"
    assert seconds(output.credentials) == 1800
    assert output.packed_policy_size >= 1
    assert stand_in.call(output.credentials, "GetCallerIdentity").arn == output.assumed_principal


def test_section_11_a_trade_in_token_of_a_user():
    stand_in = StandIn()
    token = stand_in.service.trade_ins.seal(TradeIn(BOB.arn, int(stand_in.clock.now) + 60))
    output = stand_in.call(ALICE, "GetDelegatedAccessToken", TradeInToken=token)
    assert output.assumed_principal == BOB.arn
    assert stand_in.call(output.credentials, "GetCallerIdentity").user_id == BOB.unique_id


def test_an_expired_trade_in_token():
    stand_in = StandIn()
    token = stand_in.service.trade_ins.seal(TradeIn(BOB.arn, int(stand_in.clock.now)))
    error = stand_in.refused(ALICE, "GetDelegatedAccessToken", TradeInToken=token)
    assert (error.code, error.status) == ("ExpiredTradeInTokenException", 400)


def test_ours_a_trade_in_token_that_is_none_or_names_nobody():
    stand_in = StandIn()
    gone = stand_in.service.trade_ins.seal(TradeIn(role_arn("Nobody"), int(stand_in.clock.now) + 60))
    for token in ("x", gone, stand_in.assume(ALICE).session_token, denied_message(stand_in)):
        error = stand_in.refused(ALICE, "GetDelegatedAccessToken", TradeInToken=token)
        assert (error.code, error.status) == ("ValidationError", 400)


def test_get_delegated_access_token_needs_permission():
    assert StandIn().refused(BOB, "GetDelegatedAccessToken", TradeInToken="x").code == "AccessDenied"


# GetWebIdentityToken


def outbound(**more):
    account = Account(account_id=A, root_access_keys=(ROOT_KEY,), outbound_web_identity_federation=True)
    stand_in = StandIn(**more)
    stand_in.directory.put(account)
    return stand_in


def claims(token):
    body = token.split(".")[1]
    return json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_section_11_get_web_identity_token():
    output = outbound().call(ALICE, "GetWebIdentityToken", **WEB)
    said = claims(output.web_identity_token)
    assert (said["sub"], said["aud"]) == (ALICE.arn, "a")
    assert said["exp"] - said["iat"] == 300
    assert "https://sts.amazonaws.com/" in said


def test_section_11_its_subject_is_the_role_with_its_path():
    pathed = Role(
        account=A,
        name="Pathed",
        path="/team/",
        trust_policy=policy(trusting({"AWS": ALICE.arn})),
        policies=inline(allow("*")),
    )
    stand_in = outbound()
    stand_in.directory.put(pathed)
    output = stand_in.call(stand_in.assume(ALICE, pathed), "GetWebIdentityToken", **WEB)
    assert claims(output.web_identity_token)["sub"] == pathed.arn


def test_section_11_the_order_is_validation_authorization_feature_flag():
    stand_in = StandIn()
    assert stand_in.refused(BOB, "GetWebIdentityToken", SigningAlgorithm="ES384").code == "ValidationError"
    assert stand_in.refused(BOB, "GetWebIdentityToken", **WEB).code == "AccessDenied"
    error = stand_in.refused(ALICE, "GetWebIdentityToken", **WEB)
    assert (error.code, error.status, error.message) == (
        "OutboundWebIdentityFederationDisabledException",
        403,
        "OutboundWebIdentityFederation is disabled.",
    )


def test_section_11_an_unknown_algorithm():
    error = outbound().refused(ALICE, "GetWebIdentityToken", **{**WEB, "SigningAlgorithm": "HS256"})
    assert error.message == (
        "Requested SigningAlgorithm is not supported. "
        "See the GetWebIdentityToken documentation for supported algorithms"
    )


def test_section_5_not_past_the_callers_session():
    own = Role(account=A, name="Own", trust_policy=policy(trusting({"AWS": ALICE.arn})), policies=inline(allow("*")))
    stand_in = outbound()
    stand_in.directory.put(own)
    session = stand_in.assume(ALICE, own, DurationSeconds=900)
    error = stand_in.refused(session, "GetWebIdentityToken", DurationSeconds=901, **WEB)
    assert (error.code, error.status, error.message) == (
        "SessionDurationEscalationException",
        403,
        "Requested token expiry time must be before the original session's expiry time.",
    )


def test_section_11_claims_that_are_too_large():
    tags = {}
    for number in range(1, 51):
        tags |= {f"Tags.member.{number}.Key": f"{number}" + "k" * 120, f"Tags.member.{number}.Value": "v" * 256}
    assert outbound().refused(ALICE, "GetWebIdentityToken", **WEB, **tags).code == "JWTPayloadSizeExceededException"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"sts:SigningAlgorithm": "ES384"}},
        {"NumericLessThanEquals": {"sts:DurationSeconds": "300"}},
        {"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": ["a"]}},
    ],
)
def test_condition_keys_of_get_web_identity_token(condition):
    stand_in = outbound()
    stand_in.replace(ALICE, policies=inline(allow("sts:GetWebIdentityToken", Condition=condition)))
    assert stand_in.call(ALICE, "GetWebIdentityToken", **WEB)
    other = {"Audience.member.1": "b", "SigningAlgorithm": "RS256", "DurationSeconds": "301"}
    assert stand_in.refused(ALICE, "GetWebIdentityToken", **other).code == "AccessDenied"


def test_tags_need_tag_get_web_identity_token():
    stand_in = outbound()
    stand_in.replace(ALICE, policies=inline(allow("sts:GetWebIdentityToken")))
    tag = {"Tags.member.1.Key": "a", "Tags.member.1.Value": "1"}
    assert "sts:TagGetWebIdentityToken" in stand_in.refused(ALICE, "GetWebIdentityToken", **WEB, **tag).message


def test_the_issuer_is_served():
    stand_in = outbound(issuer="https://stand-in.example")
    from understudy.http import Request

    response = stand_in.send(Request("GET", "x", f"/outbound/{A}/.well-known/openid-configuration"))
    document = json.loads(response.body)
    assert document["issuer"] == f"https://stand-in.example/outbound/{A}"
    token = stand_in.call(ALICE, "GetWebIdentityToken", **WEB).web_identity_token
    assert claims(token)["iss"] == document["issuer"]


# MFA and managed policies reach the operations


def test_get_session_token_with_mfa_carries_it_into_role_sessions():
    needs = Role(
        account=A,
        name="Needs",
        trust_policy=policy(trusting({"AWS": ALICE.arn}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    )
    stand_in = StandIn(needs)
    code = {"SerialNumber": SERIAL, "TokenCode": totp(SEED, stand_in.clock.now)}
    session = stand_in.call(ALICE, "GetSessionToken", **code).credentials
    assert stand_in.assume(session, needs)


def test_aws_managed_policies_are_known():
    stand_in = StandIn()
    stand_in.replace(BOB, policies=Policies(managed=("arn:aws:iam::aws:policy/AdministratorAccess",)))
    assert stand_in.assume(BOB)
    own = ManagedPolicy(arn=f"arn:aws:iam::{A}:policy/Own", versions={"v1": policy(allow("sts:*"))})
    stand_in.directory.put(own)
    stand_in.replace(BOB, policies=Policies(managed=(own.arn,)))
    assert stand_in.assume(BOB)
    assert stand_in.call(BOB, "GetAccessKeyInfo", AccessKeyId=ALICE_KEY.access_key_id)
