"""Section 2: what the limits of the model sound like on the wire."""

import pytest
from tests.server.stand_in import ALICE, CROSS, StandIn

from understudy import patterns


def refused(stand_in=None, action="AssumeRole", **members):
    usual = {"RoleArn": CROSS.arn, "RoleSessionName": "session"} if action == "AssumeRole" else {}
    wanted = {name: value for name, value in {**usual, **members}.items() if value is not None}
    error = (stand_in or StandIn()).refused(ALICE, action, **wanted)
    assert error.status == 400
    return error


def clauses(error):
    assert error.code == "ValidationError"
    count, _, rest = error.message.partition(" detected: ")
    found = rest.split("; ")
    assert count == f"{len(found)} validation error{'s' if len(found) > 1 else ''}"
    return set(found)


def test_null():
    assert clauses(refused(RoleArn=None)) == {
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"
    }


def test_every_broken_limit_is_told_at_once():
    found = clauses(refused(RoleArn=None, RoleSessionName="a", DurationSeconds=1))
    assert found == {
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        "Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2",
        "Value '1' at 'durationSeconds' failed to satisfy constraint: "
        "Member must have value greater than or equal to 900",
    }


@pytest.mark.parametrize(
    ("member", "value", "constraint"),
    [
        ("RoleArn", "a" * 19, "Member must have length greater than or equal to 20"),
        ("RoleArn", "a" * 2049, "Member must have length less than or equal to 2048"),
        ("RoleSessionName", "a" * 65, "Member must have length less than or equal to 64"),
        ("RoleSessionName", "a b", r"Member must satisfy regular expression pattern: [\w+=,.@-]*"),
        ("DurationSeconds", "43201", "Member must have value less than or equal to 43200"),
        ("DurationSeconds", "899", "Member must have value greater than or equal to 900"),
        ("ExternalId", "a", "Member must have length greater than or equal to 2"),
        ("ExternalId", "a" * 1225, "Member must have length less than or equal to 1224"),
        ("ExternalId", "a b", r"Member must satisfy regular expression pattern: [\w+=,.@:\/-]*"),
        ("SerialNumber", "a" * 8, "Member must have length greater than or equal to 9"),
        ("SerialNumber", "a" * 257, "Member must have length less than or equal to 256"),
        ("SerialNumber", "a a a a a", r"Member must satisfy regular expression pattern: [\w+=/:,.@-]*"),
        ("TokenCode", "12345", "Member must have length greater than or equal to 6"),
        ("TokenCode", "1234567", "Member must have length less than or equal to 6"),
        ("TokenCode", "12345a", r"Member must satisfy regular expression pattern: [\d]*"),
        ("SourceIdentity", "a", "Member must have length greater than or equal to 2"),
        ("SourceIdentity", "a" * 65, "Member must have length less than or equal to 64"),
        ("SourceIdentity", "aws:me", r"Member must satisfy regular expression pattern: [\w+=,.@-]*"),
        ("Policy", "", "Member must have length greater than or equal to 1"),
        ("Policy", "Ā", f"Member must satisfy regular expression pattern: {patterns.POLICY.text}"),
        ("MinimumSessionTokenSize", "4097", "Member must have value less than or equal to 4096"),
        ("MinimumSessionTokenSize", "-1", "Member must have value greater than or equal to 0"),
    ],
)
def test_one_limit_of_assume_role(member, value, constraint):
    shown = member[0].lower() + member[1:]
    found = clauses(refused(**{member: value}))
    assert f"Value '{value}' at '{shown}' failed to satisfy constraint: {constraint}" in found


def test_lengths_count_code_points_and_a_supplementary_character_fails_every_pattern():
    arn = "arn:aws:iam::987654321098:role/\U0001d4d0"
    (clause,) = clauses(refused(RoleArn=arn))
    assert clause.endswith(f"Member must satisfy regular expression pattern: {patterns.ARN.text}")


def test_both_failing_clauses_are_printed():
    found = clauses(refused(RoleSessionName="!"))
    assert {clause.partition("constraint: ")[2] for clause in found} == {
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
        "Member must have length greater than or equal to 2",
    }


def test_a_nested_member_is_named_by_its_path():
    error = refused(**{"Tags.member.1.Key": "a" * 129, "Tags.member.1.Value": "v"})
    assert "at 'tags.1.member.key'" in error.message


def test_fifty_one_tags():
    tags = {}
    for index in range(1, 52):
        tags |= {f"Tags.member.{index}.Key": f"k{index}", f"Tags.member.{index}.Value": ""}
    error = refused(**tags)
    assert "Value '[Tag(key=k1, value=), " in error.message
    assert "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50" in error.message


def test_a_bad_list_element_prints_the_constraints_of_elements():
    error = refused(**{"TransitiveTagKeys.member.1": "a" * 129})
    assert "at 'transitiveTagKeys' failed to satisfy constraint: Member must satisfy constraint: [" in error.message


def test_six_provided_contexts():
    contexts = {f"ProvidedContexts.member.{index}.ContextAssertion": "abcd" for index in range(1, 7)}
    error = refused(**contexts)
    assert (
        "at 'providedContexts' failed to satisfy constraint: Member must have length less than or equal to 5"
        in error.message
    )


def test_a_role_arn_of_the_right_length_that_is_no_arn():
    error = refused(RoleArn="a" * 20)
    assert (error.code, error.message) == ("ValidationError", f"{'a' * 20} is invalid")


def test_the_longest_source_identity_is_a_setting():
    stand_in = StandIn(source_identity_max=256)
    given = stand_in.call(ALICE, "AssumeRole", RoleArn=CROSS.arn, RoleSessionName="s1", SourceIdentity="a" * 256)
    assert given.source_identity == "a" * 256
    (clause,) = clauses(refused(stand_in, SourceIdentity="a" * 257))
    assert clause.endswith("Member must have length less than or equal to 256")


@pytest.mark.parametrize("value", [" 900", "900 ", "900.0", "9e2", "abc", "2147483648", "-2147483649", "0x384"])
def test_an_integer_that_cannot_be_read_has_no_message(value):
    error = refused(DurationSeconds=value)
    assert (error.code, error.message) == ("MalformedInput", "")


def test_an_empty_integer():
    error = refused(DurationSeconds="")
    assert (error.code, error.message) == ("MalformedInput", "missing value for decimal type")


@pytest.mark.parametrize("value", ["900", "0900", "+900"])
def test_integers_as_java_reads_them(value):
    assert StandIn().assume(ALICE, DurationSeconds=value)


def test_policy_that_is_no_json():
    error = refused(Policy="{")
    assert (error.code, error.message) == ("MalformedPolicyDocument", "This policy contains invalid Json")


def test_session_policies_may_hold_unknown_actions_and_malformed_literals():
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"nosuch:Thing","Resource":"*",'
        '"Condition":{"IpAddress":{"aws:SourceIp":"not an address"}}}]}'
    )
    assert StandIn().assume(ALICE, Policy=policy)


@pytest.mark.parametrize(
    ("action", "members", "part"),
    [
        ("GetAccessKeyInfo", {"AccessKeyId": "AKIA"}, "at 'accessKeyId' failed"),
        ("GetAccessKeyInfo", {"AccessKeyId": "A" * 15 + "-"}, r"pattern: [\w]*"),
        ("DecodeAuthorizationMessage", {}, "Value null at 'encodedMessage'"),
        ("DecodeAuthorizationMessage", {"EncodedMessage": "a" * 10_241}, "less than or equal to 10240"),
        ("GetFederationToken", {"Name": "a" * 33}, "at 'name' failed"),
        ("GetFederationToken", {"Name": "bob", "DurationSeconds": "129601"}, "less than or equal to 129600"),
        ("GetFederationToken", {"Name": "bob", "Policy": "a" * 2049}, "less than or equal to 2048"),
        ("GetSessionToken", {"DurationSeconds": "129601"}, "less than or equal to 129600"),
        ("GetSessionToken", {"DurationSeconds": "899"}, "greater than or equal to 900"),
        ("AssumeRoot", {"TargetPrincipal": "1"}, "at 'targetPrincipal' failed"),
        (
            "AssumeRoot",
            {"TargetPrincipal": "1" * 12, "DurationSeconds": "901"},
            "Member must have value less than or equal to 900",
        ),
        ("GetWebIdentityToken", {"SigningAlgorithm": "RS256"}, "Value null at 'audience'"),
        ("GetWebIdentityToken", {"Audience.member.1": "a", "SigningAlgorithm": "RS2567"}, "at 'signingAlgorithm'"),
        (
            "GetWebIdentityToken",
            {"Audience.member.1": "a", "SigningAlgorithm": "RS256", "DurationSeconds": "59"},
            "greater than or equal to 60",
        ),
        (
            "GetWebIdentityToken",
            {"Audience.member.1": "a", "SigningAlgorithm": "RS256", "DurationSeconds": "3601"},
            "less than or equal to 3600",
        ),
        ("GetDelegatedAccessToken", {}, "Value null at 'tradeInToken'"),
    ],
)
def test_limits_of_the_other_operations(action, members, part):
    error = refused(action=action, **members)
    assert error.code == "ValidationError"
    assert part in error.message


def test_a_sensitive_value_is_not_repeated():
    stand_in = StandIn()
    request = stand_in.request(
        "AssumeRoleWithWebIdentity",
        {"RoleArn": CROSS.arn, "RoleSessionName": "s1", "WebIdentityToken": "x" * 20_001},
    )
    response = stand_in.send(request)
    assert response.status == 400
    assert b"xxxxx" not in response.body
