"""Shapes: frozen values, every broken limit at once in the service's words, and no secret in sight."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.commands import (
    AssumeRoleCommand,
    AssumeRoleWithSAMLCommand,
    AssumeRoleWithWebIdentityCommand,
    GetCallerIdentityCommand,
    GetFederationTokenCommand,
    GetSessionTokenCommand,
    GetWebIdentityTokenCommand,
)
from understudy.shape import MAX_PROBLEMS, Problem, Shape, Timestamp, lower_camel, member, validation_message
from understudy.types import Credentials, PolicyDescriptorType, Tag

ROLE = "arn:aws:iam::123456789012:role/Reader"


def assume(**members: object) -> AssumeRoleCommand:
    return AssumeRoleCommand(**{"role_arn": ROLE, "role_session_name": "demo", **members})


def clauses(shape: Shape) -> list[str]:
    return [problem.clause for problem in shape.problems()]


def test_members_are_keywords_and_unknown_ones_are_named_with_the_known() -> None:
    with pytest.raises(
        TypeError, match=r"AssumeRoleCommand has no member 'rolearn'; it has role_arn, role_session_name"
    ):
        assume(rolearn="x")
    with pytest.raises(TypeError, match="GetCallerIdentityCommand has no member 'x'; it has no members"):
        GetCallerIdentityCommand(x=1)  # type: ignore[call-arg]


def test_a_shape_is_frozen_and_says_how_to_change_it() -> None:
    command = assume()
    with pytest.raises(AttributeError, match=r"use replace\(role_arn=...\)"):
        command.role_arn = "x"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot be deleted"):
        del command.role_arn
    changed = command.replace(role_session_name="other")
    assert (changed.role_session_name, command.role_session_name) == ("other", "demo")


def test_equality_and_hash_go_by_members_and_type() -> None:
    assert assume(tags={"a": "b"}) == assume(tags=[Tag(key="a", value="b")])
    assert hash(assume(tags={"a": "b"})) == hash(assume(tags={"a": "b"}))
    assert assume() != assume(duration_seconds=900)
    assert GetSessionTokenCommand() != GetCallerIdentityCommand()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_shape_survives_pickling_and_copying(protocol: int) -> None:
    command = assume(tags={"a": "b"}, policy_arns=[ROLE])
    assert pickle.loads(pickle.dumps(command, protocol)) == command
    assert copy.deepcopy(command) == command


def test_dicts_have_wire_names_out_and_either_names_in() -> None:
    command = assume(tags={"a": "b"}, transitive_tag_keys=["a"])
    plain = {
        "RoleArn": ROLE,
        "RoleSessionName": "demo",
        "Tags": [{"Key": "a", "Value": "b"}],
        "TransitiveTagKeys": ["a"],
    }
    assert command.to_dict() == plain
    assert AssumeRoleCommand.from_dict(plain) == command
    assert AssumeRoleCommand.from_dict({"role_arn": ROLE, "RoleSessionName": "demo"}) == assume()
    with pytest.raises(TypeError, match="no member 'Nope'"):
        AssumeRoleCommand.from_dict({"Nope": 1})


def test_convenient_forms_are_taken() -> None:
    command = assume(
        policy={"Version": "2012-10-17", "Statement": []}, policy_arns=[ROLE, {"arn": ROLE}], tags={"Team": "x"}
    )
    assert command.policy == '{"Version":"2012-10-17","Statement":[]}'
    assert command.policy_arns == (PolicyDescriptorType(arn=ROLE),) * 2
    assert command.tags == (Tag(key="Team", value="x"),)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"role_arn": 7}, "role_arn must be a str, not int 7"),
        ({"duration_seconds": "900"}, "duration_seconds must be an int, not str '900'"),
        ({"duration_seconds": True}, "duration_seconds must be an int, not bool True"),
        ({"transitive_tag_keys": "abc"}, "transitive_tag_keys must be a list, not str"),
        ({"transitive_tag_keys": ["a", 7]}, r"transitive_tag_keys\[1\] must be a str, not int 7"),
        ({"policy_arns": [7]}, r"policy_arns\[0\] must be a PolicyDescriptorType or a mapping, not int"),
        ({"policy": 7}, "policy must be a str of JSON or a mapping, not int 7"),
        ({"tags": [["a", "b"]]}, r"tags\[0\] must be a Tag or a mapping, not list"),
    ],
)
def test_a_wrong_type_is_named_with_its_member(members: dict[str, object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        assume(**members)


def test_a_naive_moment_is_refused() -> None:
    class Moment(Shape):
        at: datetime = member("At", Timestamp())

    with pytest.raises(TypeError, match="at must be an aware datetime"):
        Moment(at=datetime(2026, 1, 1))
    assert Moment(at=datetime(2026, 1, 1, tzinfo=UTC)).problems() == []


def test_a_good_command_has_no_problems() -> None:
    assert assume(tags={"a": ""}, duration_seconds=900, policy_arns=[], transitive_tag_keys=["a"]).problems() == []


def test_null_is_reported_as_null() -> None:
    assert clauses(AssumeRoleCommand.of({})) == [
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
    ]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"role_arn": "abc"},
            [
                "Value 'abc' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"
            ],
        ),
        (
            {"role_session_name": "a" * 65},
            [
                f"Value '{'a' * 65}' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64"
            ],
        ),
        (
            {"role_session_name": "?"},
            [
                r"Value '?' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*",
                "Value '?' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2",
            ],
        ),
        (
            {"duration_seconds": 43201},
            [
                "Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"
            ],
        ),
        (
            {"duration_seconds": 0},
            [
                "Value '0' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
            ],
        ),
        (
            {"tags": {"a#": "b"}},
            [
                r"Value 'a#' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"
            ],
        ),
        (
            {"policy_arns": [ROLE, "short"]},
            [
                "Value 'short' at 'policyArns.2.member.arn' failed to satisfy constraint: Member must have length greater than or equal to 20"
            ],
        ),
        (
            {"provided_contexts": []},
            [
                "Value '[]' at 'providedContexts' failed to satisfy constraint: Member must have length greater than or equal to 1"
            ],
        ),
        (
            {"transitive_tag_keys": ["ok", "#"]},
            [
                "Value '[ok, #]' at 'transitiveTagKeys' failed to satisfy constraint: Member must satisfy constraint: "
                "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1, "
                r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+]"
            ],
        ),
    ],
)
def test_each_broken_limit_has_the_services_clause(members: dict[str, object], expected: list[str]) -> None:
    assert clauses(assume(**members)) == expected


def test_lists_print_their_shapes_as_the_service_does() -> None:
    tags = [Tag(key=str(number), value="test") for number in range(51)]
    [clause] = clauses(assume(tags=tags))
    assert clause.startswith("Value '[Tag(key=0, value=test), Tag(key=1, value=test), ")
    assert clause.endswith("at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")


def test_every_problem_is_named_at_once_in_one_message() -> None:
    problems = AssumeRoleCommand.of({"role_arn": "abc", "duration_seconds": 1}).problems()
    assert validation_message(problems) == (
        "3 validation errors detected: Value 'abc' at 'roleArn' failed to satisfy constraint: Member must have length "
        "greater than or equal to 20; Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null; "
        "Value '1' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
    )
    assert validation_message(problems[:1]).startswith("1 validation error detected: ")


def test_the_problems_of_an_endless_list_come_to_an_end() -> None:
    command = AssumeRoleCommand.of({"policy_arns": (None,) * 1_000_000})
    assert len(command.problems()) == MAX_PROBLEMS


def test_lengths_count_code_points() -> None:
    policy = GetFederationTokenCommand(name="bob", policy='{"é":"' + "é" * 2041 + '"}')
    assert len(policy.policy) == 2049  # type: ignore[arg-type]
    assert len(clauses(policy)) == 1
    assert clauses(GetWebIdentityTokenCommand(audience=["\U0001f600" * 1000], signing_algorithm="RS256")) == []


def test_a_sensitive_value_appears_in_no_clause_type_error_or_representation() -> None:
    command = AssumeRoleWithWebIdentityCommand(
        role_arn=ROLE, role_session_name="demo", web_identity_token="hidden" * 4000
    )
    assert "hidden" not in repr(command)
    assert "web_identity_token=***" in repr(command)
    assert clauses(command) == [
        "Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000"
    ]
    with pytest.raises(TypeError) as caught:
        AssumeRoleWithSAMLCommand(role_arn=ROLE, principal_arn=ROLE, saml_assertion=b"hidden")  # type: ignore[arg-type]
    assert "hidden" not in str(caught.value)


def test_secrets_nested_in_an_output_are_redacted_too() -> None:
    credentials = Credentials(
        access_key_id="ASIAAAAAAAAAAAAAAAAA",
        secret_access_key="hidden1",
        session_token="hidden2",
        expiration=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert "hidden" not in repr(credentials)
    assert "ASIAAAAAAAAAAAAAAAAA" in repr(credentials)
    assert credentials.to_dict()["SecretAccessKey"] == "hidden1"


def test_problems_compare_by_clause_and_show_it() -> None:
    problem = Problem(("Tags", 1, "Key"), "Value null", "Member must not be null")
    assert problem == Problem(("Tags", 1, "Key"), "Value null", "Member must not be null")
    assert len({problem, Problem(("Tags", 2, "Key"), "Value null", "Member must not be null")}) == 2
    assert "tags.1.member.key" in repr(problem)


@pytest.mark.parametrize(
    ("name", "camel"), [("RoleArn", "roleArn"), ("SAMLAssertion", "sAMLAssertion"), ("arn", "arn"), ("", "")]
)
def test_wire_names_are_printed_with_a_small_first_letter(name: str, camel: str) -> None:
    assert lower_camel(name) == camel


@given(st.dictionaries(st.text(), st.text()))
def test_any_mapping_of_text_is_a_list_of_tags(tags: dict[str, str]) -> None:
    command = assume(tags=tags)
    assert {tag.key: tag.value for tag in command.tags or ()} == tags
