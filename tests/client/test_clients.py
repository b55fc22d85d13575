"""Both clients: one method for each operation, the same call as `send`, and the same results in threads and tasks."""

from __future__ import annotations

import inspect
import threading
from typing import Any

import pytest
from tests.client.scripted import Script, failure, identity, options

from understudy import AsyncSTSClient, STSClient, errors
from understudy.commands import COMMANDS, GetCallerIdentityCommand
from understudy.http import Response


def method_name(operation: str) -> str:
    """``AssumeRoleWithSAML`` is ``assume_role_with_saml``."""
    text = operation.replace("SAML", "Saml")
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in text).lstrip("_")


@pytest.mark.parametrize("client", [STSClient, AsyncSTSClient])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.operation.name)
def test_every_operation_has_a_method_with_the_commands_text(client: Any, command: Any) -> None:
    method = getattr(client(region="eu-west-1"), method_name(command.operation.name))
    assert method.__doc__ == command.__doc__
    assert method.__name__ == method_name(command.operation.name)


def test_a_method_takes_the_members_of_its_command_and_refuses_others() -> None:
    with pytest.raises(TypeError, match="AssumeRoleCommand has no member 'roel_arn'"):
        STSClient(region="eu-west-1").assume_role(roel_arn="x")  # type: ignore[call-arg]


async def test_threads_and_tasks_send_the_same_and_get_the_same() -> None:
    first, second = Script(failure(500, "Oops"), identity()), Script(failure(500, "Oops"), identity())
    with STSClient(options(first)) as sync:
        ours = sync.send(GetCallerIdentityCommand())
    async with AsyncSTSClient(options(second)) as tasks:
        theirs = await tasks.send(GetCallerIdentityCommand())
    assert ours == theirs
    assert repr(ours.metadata) == repr(theirs.metadata)
    assert [request.body for request in first.requests] == [request.body for request in second.requests]


async def test_the_async_method_gives_a_coroutine() -> None:
    async with AsyncSTSClient(options(Script(identity()))) as sts:
        call = sts.get_caller_identity()
        assert inspect.iscoroutine(call)
        assert (await call).account == "123456789012"


async def test_an_async_call_that_fails_raises_the_same_errors() -> None:
    async with AsyncSTSClient(options(Script(Response(200, (), b"hello")))) as sts:
        with pytest.raises(errors.ResponseError):
            await sts.get_caller_identity()


def test_a_client_shows_its_options_and_no_secret() -> None:
    shown = repr(STSClient(region="eu-west-1", credentials={"AccessKeyId": "A", "SecretAccessKey": "hidden"}))
    assert "eu-west-1" in shown
    assert "hidden" not in shown


def test_threads_that_make_the_first_call_together_share_everything() -> None:
    barrier, seen = threading.Barrier(8), []
    sts = STSClient(options(Script(identity())))

    def call() -> None:
        barrier.wait(20)
        sts.get_caller_identity()
        caller = sts.caller
        seen.append((id(caller.settings), id(caller.connections), id(caller.connections.transport())))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_missing_credentials_are_one_error_that_names_every_place_and_the_way_out() -> None:
    script = Script(identity())
    environ = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    with pytest.raises(errors.CredentialsError) as caught:
        STSClient(options(script, credentials=None, environ=environ)).get_caller_identity()
    for place in ("AWS_ACCESS_KEY_ID", "/nonexistent/credentials", "AWS_WEB_IDENTITY_TOKEN_FILE", "instance metadata"):
        assert place in str(caught.value)
    assert "AWS_PROFILE" in (caught.value.hint or "")
    assert script.requests == []
