"""Checked by mypy --strict and pyright, never run: what the public types promise."""

from __future__ import annotations

from typing import assert_type

from understudy import (
    AssumeRoleCommand,
    AssumeRoleOutput,
    AsyncSTSClient,
    AWSCredentials,
    ClientOptions,
    GetCallerIdentityCommand,
    GetCallerIdentityOutput,
    GetSessionTokenOutput,
    STSClient,
)
from understudy.commands import Command
from understudy.types import Output


def given(command: Command[AssumeRoleOutput]) -> AssumeRoleOutput:
    raise NotImplementedError


assert_type(given(AssumeRoleCommand(role_arn="a", role_session_name="b", tags={"k": "v"})), AssumeRoleOutput)
AssumeRoleCommand(role_arn="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
AssumeRoleCommand("a", "b")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
AssumeRoleCommand(role_arn=1, role_session_name="b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def metadata(output: Output) -> int:
    return output.metadata.attempts


# the clients: a command's type parameter is the type of what `send` gives, at once or awaited


def calls(sts: STSClient) -> None:
    assert_type(sts.send(AssumeRoleCommand(role_arn="a", role_session_name="b")), AssumeRoleOutput)
    assert_type(sts.send(GetCallerIdentityCommand(), timeout=1.5), GetCallerIdentityOutput)
    assert_type(sts.assume_role(role_arn="a", role_session_name="b", tags={"k": "v"}), AssumeRoleOutput)
    assert_type(sts.get_caller_identity().account, str)
    sts.assume_role(role_arn="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sts.assume_role(role_arn=1, role_session_name="b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sts.get_caller_identity(account="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sts.send("GetCallerIdentity")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def awaited_calls(sts: AsyncSTSClient) -> None:
    assert_type(await sts.send(AssumeRoleCommand(role_arn="a", role_session_name="b")), AssumeRoleOutput)
    assert_type(await sts.get_session_token(duration_seconds=900), GetSessionTokenOutput)
    sts.send(GetCallerIdentityCommand()).account  # type: ignore[attr-defined]  # pyright: ignore


def options() -> None:
    STSClient(region="eu-west-1", credentials=AWSCredentials("AKIA", "s"), timeout=3)
    STSClient(ClientOptions(retry_mode="adaptive"), max_attempts=5)
    STSClient(regoin="eu-west-1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ClientOptions(retry_mode="persistent")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(ClientOptions().replace(region="eu-west-1"), ClientOptions)
    with STSClient() as sts:
        assert_type(sts, STSClient)
