"""What a binding can get wrong: cancellation, interrupts, forks, event loops, the end of the interpreter."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.client.transports import loopback
from tests.client.transports.loopback import Authority, Server, always, answer

import understudy
from understudy.client.transports import PooledConnections, Proxies, TransportSettings
from understudy.client.transports.aiohttp import AiohttpTransport
from understudy.client.transports.event_loop import EventLoopTransport
from understudy.client.transports.pyreqwest import AsyncPyreqwestTransport, PyreqwestTransport
from understudy.client.transports.sockets import SocketTransport
from understudy.client.transports.urllib3 import Urllib3Transport
from understudy.http import Request

PATIENCE = 20.0
SOURCE = str(Path(understudy.__file__ or "").parent.parent)
ASYNC = pytest.mark.parametrize("make", [AsyncPyreqwestTransport, AiohttpTransport, EventLoopTransport])
SYNC = pytest.mark.parametrize(
    "name", ["pyreqwest.PyreqwestTransport", "sockets.SocketTransport", "urllib3.Urllib3Transport"]
)


def get(server: Server) -> Request:
    return Request("GET", server.host, headers=[("user-agent", "t")], scheme="http")


def start(program: str, *arguments: str, stdin: int | None = subprocess.DEVNULL) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit status and the standard output, with the standard error where there is no output."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"the process hangs: {process.communicate()}") from None
    return process.returncode, (out or err).strip()


@pytest.mark.parametrize(
    ("make", "limit"), [(AsyncPyreqwestTransport, 2.0), (AiohttpTransport, 600.0), (EventLoopTransport, 600.0)]
)
async def test_a_cancelled_task_ends_its_connection(make: Callable[[TransportSettings], Any], limit: float) -> None:
    """aiohttp does so at once; pyreqwest ends the task at once, and the connection at the time limit of the request."""
    seen, ended = threading.Event(), threading.Event()
    with Server(loopback.silent(seen, ended)) as server:
        transport = make(TransportSettings())
        task = asyncio.create_task(transport.send(get(server), limit))
        assert await asyncio.to_thread(seen.wait, PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(ended.wait, PATIENCE)
        await transport.close()


@ASYNC
async def test_a_transport_works_after_a_cancelled_call(make: Callable[[TransportSettings], Any]) -> None:
    seen = threading.Event()
    with Server(loopback.silent(seen, threading.Event())) as slow, Server(always(answer())) as server:
        transport = make(TransportSettings(pool_size=1))
        task = asyncio.create_task(transport.send(get(slow), PATIENCE))
        assert await asyncio.to_thread(seen.wait, PATIENCE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await transport.send(get(server), PATIENCE)).body == b"ok"
        await transport.close()


@ASYNC
def test_a_transport_outlives_its_event_loop(make: Callable[[TransportSettings], Any]) -> None:
    with Server(always(answer())) as server:
        transport = make(TransportSettings())

        async def call() -> bytes:
            body: bytes = (await transport.send(get(server), PATIENCE)).body
            return body

        async def last_call() -> bytes:
            try:
                return await call()
            finally:
                await transport.close()

        assert [asyncio.run(call()), asyncio.run(call()), asyncio.run(last_call())] == [b"ok"] * 3


@pytest.mark.parametrize("scheme", ["http", "https", "proxied"])
def test_uvloop_will_do(scheme: str, tmp_path: Path) -> None:
    """Its transports are no asyncio.Transport and its methods take fewer arguments."""
    uvloop = pytest.importorskip("uvloop")
    authority = Authority(tmp_path)
    tls = None if scheme == "http" else authority.context("127.0.0.1")
    with Server(loopback.tunnel) as proxy, Server(always(answer()), tls) as server:
        proxies = Proxies(https=f"http://{proxy.host}") if scheme == "proxied" else None
        settings = TransportSettings(ca_bundle=str(authority.bundle), proxies=proxies)
        request = Request("GET", server.host, scheme="http" if scheme == "http" else "https")

        async def calls() -> list[bytes]:
            transport = EventLoopTransport(settings)
            try:
                return [(await transport.send(request, PATIENCE)).body for _ in range(3)]
            finally:
                await transport.close()

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            assert runner.run(calls()) == [b"ok"] * 3
    assert server.connections == 1


@pytest.mark.parametrize("make", [PyreqwestTransport, SocketTransport, Urllib3Transport])
def test_threads_share_a_transport(make: Callable[[TransportSettings], Any]) -> None:
    with Server(always(answer())) as server:
        transport, bodies = make(TransportSettings()), []
        threads = [
            threading.Thread(target=lambda: bodies.append(transport.send(get(server), PATIENCE).body))
            for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        transport.close()
    assert bodies == [b"ok"] * 16


FORK = """
import asyncio, os, sys
from understudy.client.transports import PooledConnections
from understudy.http import Request
connections = PooledConnections()
request = Request("GET", sys.argv[1], headers=[("user-agent", "t")], scheme="http")

def threads():
    return connections.transport().send(request, 15).body

def tasks():
    return asyncio.run(connections.async_transport().send(request, 15)).body

send = {"threads": threads, "tasks": tasks}[sys.argv[2]]
assert send() == b"ok"
child = os.fork()
if child == 0:
    try:
        body = send() + send()
        connections.close()
        os._exit(0 if body == b"okok" else 1)
    except BaseException as error:
        print(repr(error), flush=True)
        os._exit(2)
assert os.waitpid(child, 0)[1] == 0
assert send() == b"ok"
print("done")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_a_forked_child_makes_calls_of_its_own(kind: str) -> None:
    with Server(always(answer())) as server:
        assert outcome(start(FORK, server.host, kind)) == (0, "done")


OPEN_AT_EXIT = """
import sys
from understudy.client.transports import TransportSettings
from understudy.client.transports.{module} import {name}
from understudy.http import Request
transport = {name}(TransportSettings())
transport.send(Request("GET", sys.argv[1], headers=[("user-agent", "t")], scheme="http"), 15)
print("done")
"""


@SYNC
def test_the_interpreter_ends_with_an_open_transport(name: str) -> None:
    module, _, kind = name.partition(".")
    with Server(always(answer())) as server:
        assert outcome(start(OPEN_AT_EXIT.format(module=module, name=kind), server.host)) == (0, "done")


PYREQWEST_IN_A_FORK = """
import os
from understudy.client.transports import PooledConnections
from understudy.client.transports.pyreqwest import PyreqwestTransport
from understudy.errors import ConfigurationError
connections = PooledConnections(make_sync=PyreqwestTransport)
connections.transport()
child = os.fork()
if child == 0:
    try:
        connections.transport()
    except ConfigurationError as error:
        os._exit(0 if "spawn" in error.hint else 1)
    os._exit(2)
print(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_pyreqwest_in_a_forked_child_is_a_clear_error() -> None:
    assert outcome(start(PYREQWEST_IN_A_FORK)) == (0, "0")


END_AFTER_LAST_CALL = """
import asyncio, os, sys
from understudy.client.transports import TransportSettings
from understudy.client.transports.{module} import {name}
from understudy.http import Request
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

async def main():
    transport = {name}(TransportSettings())
    request = Request("GET", sys.argv[1], headers=[("user-agent", "t")], scheme="http")
    await transport.send(request, 15)
    if sys.argv[2] == "closed":
        await transport.close()

asyncio.run(main())
print("done")
"""


@pytest.mark.parametrize("end", ["closed", "open"])
@pytest.mark.parametrize("name", ["event_loop.EventLoopTransport", "pyreqwest.AsyncPyreqwestTransport"])
def test_the_interpreter_ends_right_after_the_last_call_of_a_task(name: str, end: str) -> None:
    """On one processor, where a binding whose thread is still inside Python then aborts every other run."""
    module, _, kind = name.partition(".")
    with Server(always(answer())) as server:
        for _ in range(5):
            program = END_AFTER_LAST_CALL.format(module=module, name=kind)
            assert outcome(start(program, server.host, end)) == (0, "done")


SYSTEM_TRUST = """
import asyncio, sys
from understudy.client.transports import TransportSettings
from understudy.client.transports.{module} import {name}
from understudy.http import Request
transport = {name}(TransportSettings())
answer = transport.send(Request("GET", sys.argv[1], headers=[("user-agent", "t")], scheme="https"), 15)
if hasattr(answer, "__await__"):
    async def awaited():
        return await answer
    answer = asyncio.run(awaited())
print(answer.body.decode())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="SSL_CERT_FILE names the system's authorities on Linux")
@pytest.mark.parametrize(
    "name",
    [
        "aiohttp.AiohttpTransport",
        "event_loop.EventLoopTransport",
        "pyreqwest.AsyncPyreqwestTransport",
        "pyreqwest.PyreqwestTransport",
        "sockets.SocketTransport",
        "urllib3.Urllib3Transport",
    ],
)
def test_the_systems_authorities_are_trusted(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    module, _, kind = name.partition(".")
    with Server(always(answer()), authority.context("127.0.0.1")) as server:
        assert outcome(start(SYSTEM_TRUST.format(module=module, name=kind), server.host)) == (0, "ok")


BUSY_AT_EXIT = """
import sys, threading
from understudy.client.transports import TransportSettings
from understudy.client.transports.{module} import {name}
from understudy.http import Request
transport = {name}(TransportSettings())
request = Request("GET", sys.argv[1], headers=[("user-agent", "t")], scheme="http")
threading.Thread(target=transport.send, args=(request, 600), daemon=True).start()
sys.stdin.read()
print("done")
"""


@SYNC
def test_the_interpreter_ends_with_a_call_under_way_in_a_daemon_thread(name: str) -> None:
    module, _, kind = name.partition(".")
    seen = threading.Event()
    with Server(loopback.silent(seen, threading.Event())) as server:
        process = start(BUSY_AT_EXIT.format(module=module, name=kind), server.host, stdin=subprocess.PIPE)
        assert seen.wait(PATIENCE)
        assert outcome(process) == (0, "done")


INTERRUPTED = """
import signal, sys
assert sys.stdin.isatty()
# a shell that runs tests in the background has its children ignore the signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from understudy.client.transports import TransportSettings
from understudy.client.transports.{module} import {name}
from understudy.http import Request
transport = {name}(TransportSettings())
try:
    transport.send(Request("GET", sys.argv[1], headers=[("user-agent", "t")], scheme="http"), 600)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@SYNC
def test_control_c_ends_a_call(name: str) -> None:
    module, _, kind = name.partition(".")
    seen = threading.Event()
    with Server(loopback.silent(seen, threading.Event())) as server:
        terminal, other_end = os.openpty()
        process = start(INTERRUPTED.format(module=module, name=kind), server.host, stdin=other_end)
        os.close(other_end)
        assert seen.wait(PATIENCE)
        process.send_signal(signal.SIGINT)
        assert outcome(process) == (0, "interrupted")
        os.close(terminal)


def test_connections_are_made_when_first_asked_for_and_again_after_a_close() -> None:
    made: list[TransportSettings] = []

    class Counted:
        def __init__(self, settings: TransportSettings) -> None:
            made.append(settings)
            self.closed = False

        def close(self) -> None:
            self.closed = True

    settings = TransportSettings()
    connections = PooledConnections(settings, make_sync=Counted)  # type: ignore[arg-type]
    assert made == []
    first = connections.transport()
    assert connections.transport() is first
    connections.close()
    assert first.closed  # type: ignore[attr-defined]
    assert connections.transport() is not first
    assert made == [settings, settings]
