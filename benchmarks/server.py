"""The stand-in against moto's server: the same signed requests, one process each, over loopback.

Understudy verifies every signature, evaluates every policy and seals every session; moto's server checks nothing.
Run with ``python -m benchmarks.server [--keep]``.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from socket import create_connection, socket
from urllib.parse import urlencode

import uvloop

from benchmarks.side_by_side import Case, interleave, keep, report
from understudy import __version__ as understudy_version
from understudy.http import Request
from understudy.identity import AWSCredentials
from understudy.sigv4 import sign

ALICE = AWSCredentials("AKIARZPUZDIKAEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ROLE = "arn:aws:iam::987654321098:role/CrossAccountRole"
FORMS = {
    "GetCallerIdentity": {"Action": "GetCallerIdentity", "Version": "2011-06-15"},
    "AssumeRole": {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": ROLE, "RoleSessionName": "my-session"},
}
CONNECTIONS = 16
SECONDS = 2.0
ROUNDS = 5


@dataclass
class Server:
    """A server process: where it listens, and every latency (seconds) that was measured, by operation."""

    name: str
    process: subprocess.Popen[str]
    port: int
    latencies: dict[str, list[float]] = field(default_factory=dict)
    costs: dict[str, list[float]] = field(default_factory=dict)

    def load(self, operation: str) -> float:
        """Requests a second with `CONNECTIONS` in flight for `SECONDS`."""
        request = signed(operation, self.port)
        before = self.processor_time()
        taken = uvloop.run(drive(self.port, request, SECONDS))
        self.costs.setdefault(operation, []).append((self.processor_time() - before) / len(taken) * 1_000_000)
        self.latencies.setdefault(operation, []).extend(taken)
        return len(taken) / SECONDS

    def processor_time(self) -> float:
        """Seconds of processor time that the process has had (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory(self) -> float:
        """Peak resident memory in MiB (Linux)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def percentile(self, operation: str, share: int) -> float:
        """Milliseconds."""
        return statistics.quantiles(self.latencies[operation], n=100)[share - 1] * 1000


def signed(operation: str, port: int) -> bytes:
    """The bytes of a signed request, good for fifteen minutes."""
    host = f"127.0.0.1:{port}"
    headers = (("content-type", "application/x-www-form-urlencoded; charset=utf-8"), ("host", host))
    body = urlencode(FORMS[operation]).encode()
    request = Request("POST", host, "/", "", headers, body, "http")
    request = sign(request, ALICE, region="us-east-1", service="sts", now=datetime.now(UTC))
    lines = [f"{name}: {value}" for name, value in (*request.headers, ("content-length", str(len(body))))]
    return "\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode() + body


class Connection(asyncio.Protocol):
    """Sends the request again as soon as it was answered; connects anew where the server hangs up, as moto's does."""

    def __init__(self, port: int, request: bytes, ends: float, taken: list[float]) -> None:
        self.port, self.request, self.ends, self.taken = port, request, ends, taken
        self.done = asyncio.get_running_loop().create_future()
        self.answer = b""
        self.needed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        self.answer, self.needed = b"", 0
        self.began = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.answer += data
        if not self.needed and b"\r\n\r\n" in self.answer:
            head = self.answer.partition(b"\r\n\r\n")[0]
            assert b" 200 " in head.partition(b"\r\n")[0], self.answer
            self.needed = len(head) + 4 + int(re.search(rb"(?i)content-length: *(\d+)", head)[1])
            self.closing = b"connection: close" in head.lower()
        if self.needed and len(self.answer) >= self.needed:
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        self.taken.append(now - self.began)
        if now >= self.ends:
            self.transport.close()
            self.done.set_result(None)
        elif not self.closing:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result("again")


async def drive(port: int, request: bytes, seconds: float) -> list[float]:
    """The latencies of `CONNECTIONS` connections that are never idle for so many seconds."""
    taken: list[float] = []
    ends = time.perf_counter() + seconds

    async def connection() -> None:
        loop = asyncio.get_running_loop()
        again = "again"
        while again and time.perf_counter() < ends:
            _, made = await loop.create_connection(lambda: Connection(port, request, ends, taken), "127.0.0.1", port)
            again = await made.done

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return taken


@contextmanager
def serving(name: str, *command: str) -> Iterator[Server]:
    """A server in a process of its own, until the block ends."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *(part.format(port=port) for part in command)],
            stdout=output,
            stderr=output,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        try:
            wait_for(port, process)
            yield Server(name, process, port)
        finally:
            process.terminate()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Until the port takes connections."""
    for _ in range(300):
        assert process.poll() is None, "the server has ended"
        try:
            create_connection(("127.0.0.1", port), 0.1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")


def details(servers: list[Server], operation: str) -> str:
    """Latency and memory of each server."""
    lines = [
        "",
        "| | p50, ms | p99, ms | processor time a request, us | peak memory so far, MiB |",
        "|---|---|---|---|---|",
    ]
    for server in servers:
        p50, p99 = server.percentile(operation, 50), server.percentile(operation, 99)
        cost = statistics.median(server.costs[operation])
        lines.append(f"| {server.name} | {p50:.2f} | {p99:.2f} | {cost:.0f} | {server.peak_memory():.0f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    ours = serving(f"Understudy {understudy_version}", "understudy", "serve", "--quiet", "--port", "{port}")
    moto = serving(f"moto {version('moto')}", "moto.server", "-H", "127.0.0.1", "-p", "{port}")
    with ours as understudy, moto as peer:
        for operation in FORMS:
            cases = [Case(server.name, lambda s=server, o=operation: s.load(o)) for server in (understudy, peer)]
            interleave(cases, ROUNDS)
            what = (
                f"One process each, {CONNECTIONS} connections that are never idle, the same signed request for "
                f"{SECONDS:g} seconds a round, {ROUNDS} rounds. The load comes from one process on the same machine."
            )
            text = report(f"Server: {operation}", what, "requests a second", cases, more_is_better=True)
            keep(text + details([understudy, peer], operation))


if __name__ == "__main__":
    main()
