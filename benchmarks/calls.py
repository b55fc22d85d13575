"""Calls: GetCallerIdentity as often as it goes, one after the other, from 64 threads, and from 64 tasks.

``python -m benchmarks.calls [--rounds 10] [--keep]``. The server is trivial and runs in a process of its own, so that
the client is what is measured. The peers are whatever of boto3 and aiobotocore is installed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from benchmarks.loopback import running
from benchmarks.side_by_side import Case, interleave, keep, report
from understudy import AsyncSTSClient, AWSCredentials, STSClient

AT_ONCE = 64
CREDENTIALS = AWSCredentials("AKIAEXAMPLE", "secret")


def sequential(call: Callable[[], Any], count: int) -> Callable[[], float]:
    """Calls a second, one after the other."""

    def run() -> float:
        start = time.perf_counter()
        for _ in range(count):
            call()
        return count / (time.perf_counter() - start)

    return run


def processor_time(call: Callable[[], Any], count: int) -> Callable[[], float]:
    """Microseconds of this process's processor time for each call: what a busy machine disturbs least."""

    def run() -> float:
        start = time.process_time()
        for _ in range(count):
            call()
        return (time.process_time() - start) / count * 1e6

    return run


def threaded(call: Callable[[], Any], count: int) -> Callable[[], float]:
    """Calls a second from many threads."""

    def share() -> None:
        for _ in range(count // AT_ONCE):
            call()

    def run() -> float:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            start = time.perf_counter()
            for future in [pool.submit(share) for _ in range(AT_ONCE)]:
                future.result()
            return count / (time.perf_counter() - start)

    return run


def tasks(client: Callable[[], Any], count: int) -> Callable[[], float]:
    """Calls a second from many tasks of one event loop."""

    async def share(sts: Any) -> None:
        for _ in range(count // AT_ONCE):
            await sts.get_caller_identity()

    async def run() -> float:
        async with client() as sts:
            await sts.get_caller_identity()
            start = time.perf_counter()
            await asyncio.gather(*(share(sts) for _ in range(AT_ONCE)))
            return count / (time.perf_counter() - start)

    return lambda: asyncio.run(run())


def boto3_client(url: str) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "sts",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(max_pool_connections=AT_ONCE),
    )


def aiobotocore_client(url: str) -> Any:
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session

    return get_session().create_client(
        "sts",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
        config=AioConfig(max_pool_connections=AT_ONCE),
    )


def main() -> None:
    rounds = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 10
    with running() as url:
        options: dict[str, Any] = {
            "region": "us-east-1",
            "endpoint": url,
            "credentials": CREDENTIALS,
            "pool_size": AT_ONCE,
        }
        ours = STSClient(**options).get_caller_identity
        alone = [Case("Understudy", sequential(ours, 500))]
        busy = [Case("Understudy", processor_time(ours, 500))]
        together = [Case("Understudy", threaded(ours, 64 * 20))]
        asynchronous = [Case("Understudy", tasks(lambda: AsyncSTSClient(**options), 64 * 20))]
        if find_spec("boto3"):
            theirs = boto3_client(url).get_caller_identity
            name = f"boto3 ({version('boto3')})"
            alone.append(Case(name, sequential(theirs, 200)))
            busy.append(Case(name, processor_time(theirs, 200)))
            together.append(Case(name, threaded(theirs, 64 * 5)))
        if find_spec("aiobotocore"):
            name = f"aiobotocore ({version('aiobotocore')})"
            asynchronous.append(Case(name, tasks(lambda: aiobotocore_client(url), 64 * 5)))
        interleave([*alone, *busy, *together, *asynchronous], rounds)
    what = "GetCallerIdentity over loopback HTTP on kept connections, signature and parsing included."
    keep(report("Calls: one after the other", what, "calls a second", alone, more_is_better=True))
    keep(report("Calls: the client's processor time", what, "us a call", busy, more_is_better=False))
    keep(report(f"Calls: from {AT_ONCE} threads", what, "calls a second", together, more_is_better=True))
    keep(report(f"Calls: from {AT_ONCE} tasks", what, "calls a second", asynchronous, more_is_better=True))


if __name__ == "__main__":
    main()
