"""Flows and their two drivers: results in, errors thrown in, and a flow that is closed whatever happens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from understudy.flow import CallUser, Effect, Perform, ReadFile, Send, Sleep, drive, drive_async
from understudy.http import Request, Response

Driver = Callable[[Generator[Effect, Any, Any]], Any]


class Give(Effect):
    """Gives a value, or raises it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def run(self) -> Any:
        if isinstance(self.value, BaseException):
            raise self.value
        return self.value

    async def run_async(self) -> Any:
        await asyncio.sleep(0)
        return self.run()


def in_a_task(flow: Generator[Effect, Any, Any]) -> Any:
    return asyncio.run(drive_async(flow))


@pytest.fixture(params=[drive, in_a_task], ids=["thread", "task"])
def driver(request: pytest.FixtureRequest) -> Driver:
    chosen: Driver = request.param
    return chosen


def test_results_of_effects_come_back_into_the_flow(driver: Driver) -> None:
    def flow() -> Generator[Effect, Any, int]:
        first = yield Give(20)
        second = yield Give(22)
        return first + second

    assert driver(flow()) == 42


def test_a_flow_without_effects_returns_at_once(driver: Driver) -> None:
    def flow() -> Generator[Effect, Any, str]:
        return "done"
        yield

    assert driver(flow()) == "done"


def test_an_effects_error_is_thrown_in_where_the_flow_stands(driver: Driver) -> None:
    def flow() -> Generator[Effect, Any, str]:
        try:
            yield Give(OSError("broken"))
        except OSError as error:
            again = yield Give("again")
            return f"{error} {again}"
        return "never"

    assert driver(flow()) == "broken again"


def test_an_error_that_the_flow_does_not_catch_comes_out_of_the_driver(driver: Driver) -> None:
    seen = []

    def flow() -> Generator[Effect, Any, None]:
        try:
            yield Give(OSError("broken"))
        finally:
            seen.append("closed")

    with pytest.raises(OSError, match="broken"):
        driver(flow())
    assert seen == ["closed"]


def test_an_error_of_the_flow_itself_comes_out(driver: Driver) -> None:
    def flow() -> Generator[Effect, Any, None]:
        yield Give(1)
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        driver(flow())


def test_flows_nest(driver: Driver) -> None:
    def inner() -> Generator[Effect, Any, int]:
        return (yield Give(20)) + 1

    def outer() -> Generator[Effect, Any, int]:
        return 2 * (yield from inner())

    assert driver(outer()) == 42


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_runs_what_stands_in_finally(stop: type[BaseException]) -> None:
    seen = []

    def flow() -> Generator[Effect, Any, None]:
        try:
            yield Give(stop())
        finally:
            seen.append("closed")

    with pytest.raises(stop):
        drive(flow())
    assert seen == ["closed"]


class Watched:
    """Stands for a generator, and counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def __next__(self) -> Effect:
        return Give(OSError("broken"))

    def send(self, result: Any) -> Effect:
        raise AssertionError("there is no result")

    def throw(self, error: BaseException) -> Effect:
        raise error

    def close(self) -> None:
        self.closed += 1


def test_a_flow_is_closed_however_the_driver_is_left(driver: Driver) -> None:
    flow = Watched()
    with pytest.raises(OSError, match="broken"):
        driver(flow)  # type: ignore[arg-type]
    assert flow.closed == 1


async def test_a_cancelled_task_runs_what_stands_in_finally() -> None:
    started, seen = asyncio.Event(), []

    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    def flow() -> Generator[Effect, Any, None]:
        try:
            yield Perform(lambda: None, forever)
        finally:
            seen.append("closed")

    task = asyncio.create_task(drive_async(flow()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["closed"]


async def test_a_flow_may_clean_up_with_effects_before_the_cancellation_goes_on() -> None:
    started, seen = asyncio.Event(), []

    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    def flow() -> Generator[Effect, Any, None]:
        try:
            yield Perform(lambda: None, forever)
        except asyncio.CancelledError:
            seen.append((yield Give("cleaned")))
            raise

    task = asyncio.create_task(drive_async(flow()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cleaned"]


def test_a_function_of_the_user_is_called_in_both_worlds(driver: Driver) -> None:
    async def asynchronous(question: str) -> str:
        await asyncio.sleep(0)
        return question + "!"

    class Callable_:
        async def __call__(self, question: str) -> str:
            return question + "!"

    def flow(function: Callable[[str], Any]) -> Generator[Effect, Any, str]:
        return (yield CallUser(function, "code"))

    assert driver(flow(lambda question: question + "!")) == "code!"
    assert driver(flow(asynchronous)) == "code!"
    assert driver(flow(Callable_())) == "code!"
    assert driver(flow(lambda question: asynchronous(question))) == "code!"


async def test_a_plain_function_of_the_user_does_not_block_the_loop() -> None:
    loop, asked, answered = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def prompt() -> str:
        loop.call_soon_threadsafe(asked.set)
        assert answered.wait(10)
        return threading.current_thread().name

    def flow() -> Generator[Effect, Any, str]:
        return (yield CallUser(prompt))

    task = asyncio.create_task(drive_async(flow()))
    await asked.wait()
    answered.set()
    assert await task != threading.main_thread().name


def test_an_error_of_the_users_function_reaches_the_flow(driver: Driver) -> None:
    def fail() -> None:
        raise RuntimeError("no code")

    def flow() -> Generator[Effect, Any, str]:
        try:
            yield CallUser(fail)
        except RuntimeError as error:
            return str(error)
        return "never"

    assert driver(flow()) == "no code"


def test_perform_calls_the_function_of_its_world() -> None:
    async def asynchronous() -> str:
        return "task"

    def flow() -> Generator[Effect, Any, str]:
        return (yield Perform(lambda: "thread", asynchronous))

    assert drive(flow()) == "thread"
    assert in_a_task(flow()) == "task"


def test_a_file_is_read_up_to_a_limit(driver: Driver, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"12345")

    def flow(limit: int) -> Generator[Effect, Any, bytes]:
        return (yield ReadFile(str(path), limit))

    assert driver(flow(5)) == b"12345"
    with pytest.raises(ValueError, match="is larger than 4 bytes"):
        driver(flow(4))
    path.unlink()
    with pytest.raises(FileNotFoundError):
        driver(flow(5))


class Recorder:
    """A clock, a transport and the connections at once: remembers what it is asked."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def sleep(self, seconds: float) -> None:
        self.seen.append(("sleep", seconds))

    async def sleep_async(self, seconds: float) -> None:
        self.seen.append(("sleep_async", seconds))

    def transport(self) -> Recorder:
        return self

    def async_transport(self) -> AsyncRecorder:
        return AsyncRecorder(self.seen)

    def send(self, request: Request, timeout: float | None) -> Response:
        self.seen.append(("send", request.method, timeout))
        return Response(200)


class AsyncRecorder:
    def __init__(self, seen: list[Any]) -> None:
        self.seen = seen

    async def send(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        self.seen.append(("async send", request.method, timeout))
        return Response(200)


def test_sleep_and_send_go_to_the_clock_and_the_transport_of_their_world() -> None:
    recorder = Recorder()

    def flow() -> Generator[Effect, Any, int]:
        yield Sleep(1.5, recorder)  # type: ignore[arg-type]
        response = yield Send(Request("POST", "h"), recorder, 3.0)  # type: ignore[arg-type]
        return response.status

    assert drive(flow()) == in_a_task(flow()) == 200
    assert recorder.seen == [("sleep", 1.5), ("send", "POST", 3.0), ("sleep_async", 1.5), ("async send", "POST", 3.0)]
