"""Checked by mypy --strict and pyright, never run: what the public types promise."""

from __future__ import annotations

from typing import assert_type

from understudy.commands import AssumeRoleCommand, Command
from understudy.types import AssumeRoleOutput, Output


def given(command: Command[AssumeRoleOutput]) -> AssumeRoleOutput:
    raise NotImplementedError


assert_type(given(AssumeRoleCommand(role_arn="a", role_session_name="b", tags={"k": "v"})), AssumeRoleOutput)
AssumeRoleCommand(role_arn="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
AssumeRoleCommand("a", "b")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
AssumeRoleCommand(role_arn=1, role_session_name="b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def metadata(output: Output) -> int:
    return output.metadata.attempts
