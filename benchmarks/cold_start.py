"""Cold start: a fresh interpreter imports a library, makes a client and does one call. Wall time and peak memory.

``python -m benchmarks.cold_start [--rounds 20] [--keep]``. The peers are boto3 and aiobotocore, where installed.
"""

from __future__ import annotations

import os
import statistics
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
BOTO3 = """
import sys, boto3
boto3.client("sts", region_name="us-east-1", endpoint_url=sys.argv[1]).get_caller_identity()
"""
UNDERSTUDY_ASYNC = """
import asyncio, sys
from understudy import AsyncSTSClient
async def main():
    async with AsyncSTSClient(region="us-east-1", endpoint=sys.argv[1]) as sts:
        await sts.get_caller_identity()
asyncio.run(main())
"""
AIOBOTOCORE = """
import asyncio, sys
from aiobotocore.session import get_session
async def main():
    async with get_session().create_client("sts", region_name="us-east-1", endpoint_url=sys.argv[1]) as sts:
        await sts.get_caller_identity()
asyncio.run(main())
"""
PEAK = """
import sys
if sys.platform == "linux":
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
else:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1))
"""
"""What each program ends with: its own peak memory in KiB; what a parent is told is never below the parent's."""


class Program:
    """A program run in a fresh interpreter again and again; keeps the peak memory of each run, in MB."""

    def __init__(self, code: str, url: str, environment: dict[str, str]) -> None:
        self.arguments = [sys.executable, "-c", code + PEAK, url]
        self.environment = environment
        self.memory: list[float] = []

    def milliseconds(self) -> float:
        """From start to end, as a shell would see it."""
        start = time.perf_counter()
        done = subprocess.run(self.arguments, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        took = time.perf_counter() - start
        self.memory.append(int(done.stdout.split()[-1]) / 1024)
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


def peer(package: str, code: str, url: str, settings: dict[str, str]) -> dict[str, Program]:
    """A peer under its name and version, where it is installed."""
    return {f"{package} ({version(package)})": Program(code, url, settings)} if find_spec(package) else {}


def main() -> None:
    rounds = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 20
    with running() as url, tempfile.TemporaryDirectory() as home:
        settings = environment(home)
        alone = Program("", url, settings)
        threads = {"Understudy": Program(UNDERSTUDY, url, settings), **peer("boto3", BOTO3, url, settings)}
        ours = Program(UNDERSTUDY_ASYNC, url, settings)
        tasks = {"Understudy": ours, **peer("aiobotocore", AIOBOTOCORE, url, settings)}
        groups = {"": threads, " of the async client": tasks}
        cases = {title: [Case(name, it.milliseconds) for name, it in group.items()] for title, group in groups.items()}
        bare = Case("the interpreter alone", alone.milliseconds)
        interleave([bare, *(case for group in cases.values() for case in group)], rounds)
    what = (
        "A fresh interpreter imports the library, makes a client and does one GetCallerIdentity over loopback HTTP. "
        f"The interpreter alone takes {bare.median:.0f} ms and {statistics.median(alone.memory[1:]):.1f} MB."
    )
    for title, group in groups.items():
        memory = [Case(name, lambda: 0.0, program.memory[1:]) for name, program in group.items()]
        keep(report(f"Cold start{title}: time", what, "ms", cases[title], more_is_better=False))
        keep(report(f"Cold start{title}: peak memory", what, "MB", memory, more_is_better=False))


if __name__ == "__main__":
    main()
