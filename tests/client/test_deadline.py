"""Time limits: the whole call, credentials and waits included, and every nested exchange."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.client.scripted import ALICE, FakeClock, Script, client, failure, identity, options

from understudy import AsyncSTSClient, AWSCredentials, errors
from understudy.flow import Perform, Send, Sleep
from understudy.http import Request, Response

if TYPE_CHECKING:
    from understudy.flow import Flow


def test_an_attempt_gets_its_own_limit_without_a_limit_for_the_call() -> None:
    script = Script(identity())
    client(script, attempt_timeout=7).get_caller_identity()
    assert script.timeouts == [7]


def test_an_attempt_gets_what_is_left_of_the_call() -> None:
    clock = FakeClock()

    def slow(request: Request, timeout: float | None) -> Response:
        clock.now += 3
        return failure(503, "Busy")

    script = Script(slow, slow, identity())
    client(script, clock, attempt_timeout=7, random=lambda: 0.0).send(_command(), timeout=10)
    assert script.timeouts == [7, 7, 4]


def test_the_option_is_the_default_of_every_call_and_the_argument_wins() -> None:
    script = Script(identity())
    caller = client(script, timeout=2)
    caller.get_caller_identity()
    caller.send(_command(), timeout=1)
    assert script.timeouts == [2, 1]


def test_a_wait_that_would_pass_the_limit_is_not_begun_and_the_failure_is_the_error() -> None:
    script, clock = Script(failure(503, "Busy")), FakeClock()
    with pytest.raises(errors.ServiceError, match="Busy"):
        client(script, clock, random=lambda: 1.0).send(_command(), timeout=0.04)
    assert clock.slept == []
    assert len(script.requests) == 1


class Slow:
    """A source that talks to somebody, waits, and takes its time."""

    def __init__(self, clock: FakeClock, script: Script, seconds: float) -> None:
        self.clock, self.script, self.seconds = clock, script, seconds
        self.closed = False

    def retrieve(self) -> Flow[AWSCredentials]:
        try:
            connections: Any = self.script
            yield Send(Request("GET", "metadata", scheme="http"), connections, 60)
            yield Sleep(self.seconds, self.clock)
        finally:
            self.closed = True
        return ALICE


class Metadata(Script):
    def transport(self, _settings: object = None) -> Any:
        return super().transport(None)


def test_credentials_are_under_the_limit_of_the_call() -> None:
    clock, metadata, script = FakeClock(), Metadata(Response(200)), Script(identity())
    source = Slow(clock, metadata, 100)
    with pytest.raises(errors.CallTimeout, match="longer than 5 s"):
        client(script, clock, credentials=source).send(_command(), timeout=5)
    assert metadata.timeouts == [5]
    assert clock.slept == [5]
    assert source.closed
    assert script.requests == []


async def test_the_limit_holds_for_tasks_too() -> None:
    clock, script = FakeClock(), Script(identity())
    async with AsyncSTSClient(options(script, clock, timeout=3)) as sts:
        await sts.get_caller_identity()
    assert script.timeouts == [3]


async def test_a_task_does_not_wait_for_a_function_of_the_users_beyond_the_limit() -> None:
    async def never() -> AWSCredentials:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async with AsyncSTSClient(options(Script(identity()), credentials=never)) as sts:
        with pytest.raises(errors.CallTimeout, match=r"longer than 0\.05 s"):
            await sts.send(_command(), timeout=0.05)


async def test_a_cancelled_task_closes_the_flow_of_its_credentials() -> None:
    entered = asyncio.Event()

    class Hanging:
        closed = False

        def retrieve(self) -> Flow[AWSCredentials]:
            async def hang() -> None:
                entered.set()
                await asyncio.Event().wait()

            try:
                yield Perform(lambda: None, hang)
            finally:
                self.closed = True
            return ALICE

    source = Hanging()
    async with AsyncSTSClient(options(Script(identity()), credentials=source, timeout=60)) as sts:
        task = asyncio.create_task(sts.get_caller_identity())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert source.closed


def _command() -> Any:
    from understudy import GetCallerIdentityCommand

    return GetCallerIdentityCommand()
