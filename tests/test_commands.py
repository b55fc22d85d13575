"""Commands: what an operation says of itself. The limits are compared with botocore's model in conformance/."""

from __future__ import annotations

import pytest

from understudy import commands, types
from understudy.commands import BY_NAME, COMMANDS, AssumeRoleCommand, GetSessionTokenCommand


def test_every_operation_has_one_command_named_after_it() -> None:
    assert len(COMMANDS) == len(BY_NAME) == 11
    for command in COMMANDS:
        name = command.operation.name
        assert BY_NAME[name] is command
        assert command.__name__ == f"{name}Command"
        assert command.operation.output is getattr(types, f"{name}Output")
        assert getattr(commands, f"{name}Command") is command


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.operation.name)
def test_every_command_has_a_text_that_says_what_it_gives(command: type) -> None:
    assert command.__doc__
    assert len(command.__doc__) > 20


def test_members_that_are_not_given_are_none() -> None:
    command = AssumeRoleCommand(role_arn="a", role_session_name="b")
    given = {member.name for member in command.members if getattr(command, member.name) is not None}
    assert given == {"role_arn", "role_session_name"}


def test_two_operations_go_unsigned() -> None:
    unsigned = [command.operation.name for command in COMMANDS if not command.operation.signed]
    assert unsigned == ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]


def test_an_operation_shows_its_name() -> None:
    assert repr(AssumeRoleCommand.operation) == "Operation('AssumeRole')"


def test_commands_work_as_their_own_type_at_run_time() -> None:
    assert commands.Command[types.AssumeRoleOutput] is commands.Command
    assert isinstance(AssumeRoleCommand(role_arn="a", role_session_name="b"), commands.Command)


def test_an_mfa_code_is_not_in_a_representation_though_the_model_calls_it_no_secret():
    command = GetSessionTokenCommand(serial_number="arn:aws:iam::123456789012:mfa/alice", token_code="271828")
    assert "271828" not in repr(command)
    assert command.token_code == "271828"
