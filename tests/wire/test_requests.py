"""Requests: the names of lists, the rules for duplicates and indices, and what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from understudy import commands
from understudy.commands import AssumeRoleCommand, Command, GetCallerIdentityCommand, GetWebIdentityTokenCommand
from understudy.errors import ParameterError, ServiceError
from understudy.types import PolicyDescriptorType, Tag
from understudy.wire import requests

ROLE = "arn:aws:iam::123456789012:role/Reader"


def read(action: str, *pieces: str) -> Any:
    return requests.parse("&".join([f"Action={action}", "Version=2011-06-15", *pieces])).command


def refused(*pieces: str) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        read("AssumeRole", *pieces)
    return caught.value


def test_a_form_starts_with_action_and_version_and_keeps_the_order_of_the_model() -> None:
    command = AssumeRoleCommand(tags={"Team": "a b"}, role_session_name="demo", role_arn=ROLE, policy_arns=[ROLE])
    assert requests.serialize(command) == (
        b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FReader"
        b"&RoleSessionName=demo&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FReader"
        b"&Tags.member.1.Key=Team&Tags.member.1.Value=a%20b"
    )


def test_lists_of_text_are_counted_from_one() -> None:
    command = GetWebIdentityTokenCommand(audience=["a", "b"], signing_algorithm="RS256")
    assert b"&Audience.member.1=a&Audience.member.2=b&" in requests.serialize(command)


def test_an_empty_list_is_an_empty_value_and_comes_back_as_one() -> None:
    command = AssumeRoleCommand(role_arn=ROLE, role_session_name="demo", policy_arns=[])
    assert requests.serialize(command).endswith(b"&PolicyArns=")
    assert requests.parse(requests.serialize(command)).command == command


def test_the_members_with_odd_wire_names_have_them() -> None:
    command = commands.AssumeRoleWithSAMLCommand(role_arn=ROLE, principal_arn=ROLE, saml_assertion="PHNhbWw+")
    assert b"&SAMLAssertion=PHNhbWw%2B" in requests.serialize(command)


def test_the_first_value_of_a_duplicate_scalar_counts_action_and_version_too() -> None:
    parsed = requests.parse(
        "Action=GetAccessKeyInfo&Action=Nonsense&Version=2011-06-15&Version=1&AccessKeyId=first&AccessKeyId=second"
    )
    assert (parsed.action, parsed.version) == ("GetAccessKeyInfo", "2011-06-15")
    assert parsed.command.to_dict() == {"AccessKeyId": "first"}


def test_the_last_value_of_a_duplicate_list_element_counts() -> None:
    command = read("AssumeRole", "TransitiveTagKeys.member.1=a", "TransitiveTagKeys.member.01=b", "Tags.member.1.Key=a")
    assert command.transitive_tag_keys == ("b",)
    assert read("AssumeRole", "Tags.member.1.Key=a", "Tags.member.1.Key=b").tags == (Tag.of({"key": "b"}),)


def test_unknown_members_are_ignored_at_every_depth() -> None:
    command = read("GetCallerIdentity", "Nope=1", "Nope.member.1=2")
    assert command == GetCallerIdentityCommand()
    command = read(
        "AssumeRole", "RoleArn.x=1", "PolicyArns.x=1", "PolicyArns=x", "TaskPolicyArn.arn=1", "Tags.member=1"
    )
    assert command.to_dict() == {}


def test_a_nested_member_outside_a_list_is_read() -> None:
    command = read("AssumeRoot", "TaskPolicyArn.arn=abc", "TaskPolicyArn.arn=def")
    assert command.task_policy_arn == PolicyDescriptorType(arn="abc")


def test_gaps_are_kept_as_null_and_break_the_limits() -> None:
    command = read("AssumeRole", f"RoleArn={ROLE}", "RoleSessionName=demo", "PolicyArns.member.3.arn=" + ROLE)
    assert command.policy_arns == (None, None, PolicyDescriptorType(arn=ROLE))
    assert [problem.clause for problem in command.problems()] == [
        "Value null at 'policyArns.1.member' failed to satisfy constraint: Member must not be null",
        "Value null at 'policyArns.2.member' failed to satisfy constraint: Member must not be null",
    ]


def test_each_index_may_reach_ten_beyond_the_list_as_it_stands() -> None:
    command = read("AssumeRole", "TransitiveTagKeys.member.10=a", "TransitiveTagKeys.member.20=b")
    assert len(command.transitive_tag_keys) == 20
    assert not refused("TransitiveTagKeys.member.11=a").has_message
    assert refused("TransitiveTagKeys.member.20=b", "TransitiveTagKeys.member.10=a").code == "MalformedInput"


@pytest.mark.parametrize("index", ["0", "-1", "x", "", " 1", "99999999999", "1 "])
def test_an_index_that_is_none_is_malformed_input_without_a_message(index: str) -> None:
    error = refused(f"TransitiveTagKeys.member.{index}=a")
    assert (error.code, error.status) == ("MalformedInput", 400)
    assert not error.has_message


def test_integers_are_javas() -> None:
    assert read("GetSessionToken", "DurationSeconds=%2B0900").duration_seconds == 900
    assert not refused("DurationSeconds=900.0").has_message
    assert refused("DurationSeconds=").message == "missing value for decimal type"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("Action=X&Version=2011-06-15", "Could not find operation X for version 2011-06-15"),
        ("Action=AssumeRole", "Could not find operation AssumeRole for version NO_VERSION_SPECIFIED"),
        ("Action=AssumeRole&Version=2011-06-16", "Could not find operation AssumeRole for version 2011-06-16"),
        ("Action=assumeRole&Version=2011-06-15", "Could not find operation assumeRole for version 2011-06-15"),
    ],
)
def test_an_unknown_operation_or_version_is_an_invalid_action(form: str, message: str) -> None:
    parsed = requests.parse(form)
    with pytest.raises(ServiceError) as caught:
        parsed.shape
    assert (caught.value.code, caught.value.status, caught.value.message) == ("InvalidAction", 400, message)


def test_a_form_without_an_action_is_left_to_the_caller() -> None:
    assert requests.parse(b"").action is None
    assert requests.parse(b"Version=2011-06-15").version == "2011-06-15"


def test_a_parsed_request_shows_no_values() -> None:
    parsed = requests.parse("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&WebIdentityToken=topsecret")
    assert "topsecret" not in repr(parsed)
    assert "topsecret" not in repr(parsed.command)


def test_half_a_surrogate_pair_is_refused_by_member_and_place_but_not_shown() -> None:
    command = commands.AssumeRoleWithWebIdentityCommand(
        role_arn=ROLE, role_session_name="demo", web_identity_token="se\ud800cret"
    )
    with pytest.raises(
        ParameterError, match=r"WebIdentityToken of AssumeRoleWithWebIdentity .* at character 3"
    ) as caught:
        requests.serialize(command)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("kind", commands.COMMANDS, ids=lambda kind: kind.operation.name)
def test_an_empty_form_of_every_operation_is_read(kind: type[Command[Any]]) -> None:
    assert requests.parse(f"Action={kind.operation.name}&Version=2011-06-15").command == kind.of({})
