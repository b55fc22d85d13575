"""Sections 5 and 6: durations, tags, source identity, packed size, token size; role chaining."""

import pytest
from tests.server.stand_in import ALICE, CROSS, NEXT, START, B, StandIn, allow, policy, trusting

from understudy.directory import Role
from understudy.server.keyring import KeyRing


def refused(stand_in, caller, role=CROSS, **members):
    error = stand_in.refused(caller, "AssumeRole", RoleArn=role.arn, RoleSessionName="session", **members)
    return error.code, error.status, error.message


def tags(*transitive, **given):
    members = {f"TransitiveTagKeys.member.{index}": key for index, key in enumerate(transitive, 1)}
    for index, (key, value) in enumerate(given.items(), 1):
        members |= {f"Tags.member.{index}.Key": key, f"Tags.member.{index}.Value": value}
    return members


SHORT = Role(account=B, name="Short", trust_policy=CROSS.trust_policy, max_session_duration=3600)
SHORT_NEXT = Role(account=B, name="ShortNext", trust_policy=NEXT.trust_policy, max_session_duration=3600)


def test_section_5_the_default_is_an_hour_and_expiration_is_issue_time_plus_duration():
    assert (StandIn().assume(ALICE).expiration - START).total_seconds() == 3600


@pytest.mark.parametrize("seconds", [900, 43_200])
def test_section_5_the_bounds_of_assume_role(seconds):
    assert (StandIn().assume(ALICE, DurationSeconds=seconds).expiration - START).total_seconds() == seconds


def test_section_5_the_roles_own_maximum():
    assert refused(StandIn(SHORT), ALICE, SHORT, DurationSeconds=3601) == (
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


def test_section_5_chaining_is_capped_at_an_hour():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    assert stand_in.assume(session, NEXT, DurationSeconds=3600)
    assert refused(stand_in, session, NEXT, DurationSeconds=3601) == (
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )


def test_section_5_the_order_of_the_checks():
    stand_in = StandIn(SHORT_NEXT)
    session = stand_in.assume(ALICE)
    assert "43200" in refused(stand_in, session, SHORT_NEXT, DurationSeconds=43_201)[2]
    assert "MaxSessionDuration" in refused(stand_in, session, SHORT_NEXT, DurationSeconds=3601)[2]


def test_section_5_a_user_session_is_no_chaining():
    stand_in = StandIn()
    session = stand_in.call(ALICE, "GetSessionToken").credentials
    assert stand_in.assume(session, DurationSeconds=43_200)


def test_section_3_an_expired_session():
    stand_in = StandIn()
    session = stand_in.assume(ALICE, DurationSeconds=900)
    stand_in.clock.now += 899
    assert stand_in.call(session, "GetCallerIdentity")
    stand_in.clock.now += 1
    error = stand_in.refused(session, "GetCallerIdentity")
    assert (error.code, error.status) == ("ExpiredToken", 403)
    assert error.message == "The security token included in the request is expired"


def test_section_6_duplicate_tag_keys_whatever_their_case():
    assert refused(StandIn(), ALICE, **tags(a="1", A="2")) == (
        "InvalidParameterValue",
        400,
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )


def test_section_6_a_transitive_key_must_be_a_tag():
    assert refused(StandIn(), ALICE, **tags("b", a="1")) == (
        "InvalidParameterValue",
        400,
        "The specified transitive tag key must be included in the requested tags.",
    )


def test_section_6_transitive_tags_follow_the_chain_and_others_do_not():
    last = Role(
        account=B,
        name="Last",
        trust_policy=policy(
            trusting(
                {"AWS": NEXT.arn},
                Condition={"StringEquals": {"aws:PrincipalTag/a": "1"}, "Null": {"aws:PrincipalTag/b": "true"}},
            )
        ),
    )
    stand_in = StandIn(last)
    session = stand_in.assume(stand_in.assume(ALICE, **tags("a", a="1", b="2")), NEXT)
    assert stand_in.assume(session, last)
    other = stand_in.assume(stand_in.assume(ALICE, **tags(a="1")), NEXT)
    assert refused(stand_in, other, last)[0] == "AccessDenied"


@pytest.mark.parametrize("more", [tags(a="2"), tags("a", a="1"), tags("A", A="1")])
def test_section_6_transitive_tags_cannot_be_overridden(more):
    stand_in = StandIn()
    session = stand_in.assume(ALICE, **tags("a", a="1"))
    assert refused(stand_in, session, NEXT, **more) == (
        "InvalidParameterValue",
        400,
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
        "from the calling session.",
    )


def test_section_6_inherited_tags_need_tag_session_in_the_trust_policy_too():
    bare = Role(account=B, name="Bare", trust_policy=policy(trusting({"AWS": CROSS.arn}, "sts:AssumeRole")))
    stand_in = StandIn(bare)
    stand_in.assume(stand_in.assume(ALICE), bare)
    code, _, message = refused(stand_in, stand_in.assume(ALICE, **tags("a", a="1")), bare)
    assert code == "AccessDenied"
    assert "sts:TagSession" in message


def test_section_6_reserved_prefix():
    assert refused(StandIn(), ALICE, **tags(**{"aws:a": "1"}))[:2] == ("InvalidParameterValue", 400)


def test_session_tags_override_the_roles_own_whatever_the_case():
    checked = Role(
        account=B,
        name="Checked",
        trust_policy=policy(
            trusting({"AWS": CROSS.arn}, Condition={"StringEquals": {"aws:PrincipalTag/team": "session"}})
        ),
    )
    stand_in = StandIn(checked)
    stand_in.replace(CROSS, tags={"Team": "role"})
    assert stand_in.assume(stand_in.assume(ALICE, **tags(team="session")), checked)
    assert refused(stand_in, stand_in.assume(ALICE), checked)[0] == "AccessDenied"


def assume(stand_in, caller, role=CROSS, **members):
    return stand_in.call(caller, "AssumeRole", RoleArn=role.arn, RoleSessionName="session", **members)


def test_section_6_source_identity_is_inherited_and_may_be_repeated():
    stand_in = StandIn()
    first = assume(stand_in, ALICE, SourceIdentity="alice")
    assert first.source_identity == "alice"
    assert assume(stand_in, first.credentials, NEXT).source_identity == "alice"
    assert assume(stand_in, first.credentials, NEXT, SourceIdentity="alice").source_identity == "alice"


def test_section_6_source_identity_does_not_change():
    stand_in = StandIn()
    first = assume(stand_in, ALICE, SourceIdentity="alice").credentials
    assert refused(stand_in, first, NEXT, SourceIdentity="bob") == (
        "ValidationError",
        400,
        "The source identity is already set for this assume role session",
    )


def test_section_6_inheriting_needs_set_source_identity_in_the_targets_trust_policy():
    bare = Role(account=B, name="Bare", trust_policy=policy(trusting({"AWS": CROSS.arn}, "sts:AssumeRole")))
    stand_in = StandIn(bare)
    session = assume(stand_in, ALICE, SourceIdentity="alice").credentials
    assert "sts:SetSourceIdentity" in refused(stand_in, session, bare)[2]


def test_source_identity_is_a_condition_key_of_the_session():
    checked = Role(
        account=B,
        name="Checked",
        trust_policy=policy(trusting({"AWS": CROSS.arn}, Condition={"StringEquals": {"aws:SourceIdentity": "alice"}})),
    )
    stand_in = StandIn(checked)
    assert assume(stand_in, assume(stand_in, ALICE, SourceIdentity="alice").credentials, checked)


def test_section_1_packed_policy_size_is_absent_without_policy_and_tags():
    output = assume(StandIn(), ALICE)
    assert output.packed_policy_size is None
    assert output.session_token_size == len(output.credentials.session_token)
    assert output.session_token_utilization == -(-output.session_token_size * 100 // 4096)


@pytest.mark.parametrize(
    "members",
    [
        tags(a="1"),
        {"Policy": policy(allow("s3:*"))},
        {"PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    ],
)
def test_packed_policy_size_with_policy_or_tags(members):
    assert 1 <= assume(StandIn(), ALICE, **members).packed_policy_size <= 100


def test_section_6_a_policy_that_does_not_fit_the_token():
    actions = [f"service{number * 7919 % 9973}:Action{number * 104_729 % 99_991}" for number in range(900)]
    code, status, message = refused(StandIn(), ALICE, Policy=policy(allow(actions)))
    assert (code, status) == ("PackedPolicyTooLarge", 400)
    assert message.startswith("Packed policy consumes ")
    assert message.endswith("% of allotted space, please use smaller policy.")
    assert int(message.split()[3].rstrip("%")) > 100


def test_section_6_tags_that_do_not_fit_the_token():
    many = tags(**{f"key{number:03}": f"{number * 7919:x}" * 40 for number in range(1, 50)})
    code, _, message = refused(StandIn(), ALICE, **many)
    assert code == "PackedPolicyTooLarge"
    assert message.startswith("Packed size of session tags consumes ")
    assert message.endswith("% of allotted space.")


@pytest.mark.parametrize("size", [0, 1, 100, 500, 1023, 1024, 4096])
def test_minimum_session_token_size(size):
    output = assume(StandIn(), ALICE, MinimumSessionTokenSize=size)
    assert max(size, 100) <= output.session_token_size <= 4096
    stand_in = StandIn()
    assert stand_in.call(assume(stand_in, ALICE, MinimumSessionTokenSize=size).credentials, "GetCallerIdentity")


def test_assume_role_takes_session_policies_longer_than_2048():
    long = policy(allow("s3:GetObject", [f"arn:aws:s3:::bucket/{number}" for number in range(120)]))
    assert len(long) > 2048
    assert assume(StandIn(), ALICE, Policy=long)


def test_eleven_policy_arns():
    arns = {f"PolicyArns.member.{number}.arn": f"arn:aws:iam::aws:policy/P{number}" for number in range(1, 12)}
    code, status, message = refused(StandIn(), ALICE, **arns)
    assert (code, status) == ("ValidationError", 400)
    assert "at 'policyArns'" in message


def test_a_role_with_a_path_has_a_session_arn_without_it():
    stand_in = StandIn()
    output = assume(stand_in, assume(stand_in, ALICE).credentials, NEXT)
    assert NEXT.path == "/chain/"
    assert output.assumed_role_user.arn == f"arn:aws:sts::{B}:assumed-role/NextRole/session"
    assert output.assumed_role_user.assumed_role_id == f"{NEXT.unique_id}:session"


def test_a_role_of_another_path_is_another_role():
    arn = NEXT.arn.replace("/chain/", "/")
    stand_in = StandIn()
    error = stand_in.refused(stand_in.assume(ALICE), "AssumeRole", RoleArn=arn, RoleSessionName="s1")
    assert error.code == "AccessDenied"


def test_the_session_token_needs_no_database():
    one, other = StandIn(), StandIn()
    assert other.call(one.assume(ALICE), "GetCallerIdentity").account == B


def test_a_token_of_another_key_ring_is_not_good():
    other = StandIn().assume(ALICE)
    error = StandIn(key_ring=KeyRing.random()).refused(other, "GetCallerIdentity")
    assert (error.code, error.message) == (
        "InvalidClientTokenId",
        "The security token included in the request is invalid",
    )
