"""Cold start: a fresh interpreter imports a library, makes a client and does one call. Wall time and peak memory.

``python -m benchmarks.cold_start [--rounds 20] [--keep]``. The peers are boto3 and aiobotocore, where installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from benchmarks.loopback import running
from benchmarks.side_by_side import Case, interleave, keep, report

UNDERSTUDY = """
import sys
from understudy import STSClient
STSClient(region="us-east-1", endpoint=sys.argv[1]).get_caller_identity()
"""
UNDERSTUDY_EXPLICIT = """
import sys
from understudy import AWSCredentials, STSClient
sts = STSClient(region="us-east-1", endpoint=sys.argv[1], credentials=AWSCredentials("AKIAEXAMPLE", "secret"))
sts.get_caller_identity()
"""
UNDERSTUDY_ASYNC = """
import asyncio, sys
from understudy import AsyncSTSClient
async def main():
    async with AsyncSTSClient(region="us-east-1", endpoint=sys.argv[1]) as sts:
        await sts.get_caller_identity()
asyncio.run(main())
"""
BOTO3 = """
import sys, boto3
boto3.client("sts", region_name="us-east-1", endpoint_url=sys.argv[1]).get_caller_identity()
"""
AIOBOTOCORE = """
import asyncio, sys
from aiobotocore.session import get_session
async def main():
    async with get_session().create_client("sts", region_name="us-east-1", endpoint_url=sys.argv[1]) as sts:
        await sts.get_caller_identity()
asyncio.run(main())
"""
NOTHING = "pass"
PROGRAMS = [
    ("Understudy", UNDERSTUDY, "understudy"),
    ("boto3", BOTO3, "boto3"),
    ("aiobotocore", AIOBOTOCORE, "aiobotocore"),
    ("Understudy, credentials in code", UNDERSTUDY_EXPLICIT, "understudy"),
    ("Understudy, async", UNDERSTUDY_ASYNC, "understudy"),
    ("the interpreter alone", NOTHING, None),
]


class Program:
    """A program run in a fresh interpreter again and again; keeps the peak memory of each run."""

    def __init__(self, code: str, url: str, environment: dict[str, str]) -> None:
        self.arguments = [sys.executable, "-c", code, url]
        self.environment = environment
        self.memory: list[float] = []

    def seconds(self) -> float:
        """Milliseconds from start to end, as a shell would see them."""
        start = time.perf_counter()
        process = subprocess.Popen(self.arguments, env=self.environment)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{self.arguments[2]} failed with status {process.returncode}")
        scale = 1024**2 if sys.platform == "darwin" else 1024
        self.memory.append(usage.ru_maxrss / scale)
        return took * 1000


def environment(directory: str) -> dict[str, str]:
    """Credentials in the environment and no files, the same for all."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(Path(__file__).parent.parent / "src"),
        "HOME": directory,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def main() -> None:
    rounds = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 20
    with running() as url, tempfile.TemporaryDirectory() as home:
        programs: dict[str, Program] = {}
        for name, code, package in PROGRAMS:
            if package is None or find_spec(package) is not None:
                shown = f"{name} ({version(package)})" if package not in (None, "understudy") else name
                programs[shown] = Program(code, url, environment(home))
        times = [Case(name, program.seconds) for name, program in programs.items()]
        interleave(times, rounds)
    memory = [Case(name, lambda: 0.0, program.memory[1:]) for name, program in programs.items()]
    what = "A fresh interpreter imports the library, makes a client and does one GetCallerIdentity over loopback HTTP."
    keep(report("Cold start: time", what, "ms", times, more_is_better=False))
    keep(report("Cold start: peak memory", what, "MB", memory, more_is_better=False))


if __name__ == "__main__":
    main()
