"""What refreshing credentials cost: the hot path of a `get`, and the calls to STS of a simulated day.

``python -m benchmarks.refresh`` compares with botocore; ``--peer`` also installs and runs the JavaScript SDK (needs
node and npm). ``--keep`` writes the results to RESULTS.md.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore
from botocore.credentials import RefreshableCredentials

from benchmarks.side_by_side import Case, interleave, keep, machine, report
from understudy.credentials import RefreshingCredentials
from understudy.errors import TransportError
from understudy.identity import AWSCredentials

DAY = 86_400
LOOPS = 200_000
HERE = Path(__file__).parent
JS_PACKAGES = HERE.parent / "tests" / "conformance" / "js"
START = 1_800_000_000.0


class SetClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.now += seconds


class CountingSource:
    """Issues sets of so many seconds and counts them; `down` is a function of the time that says when it fails."""

    name = "source"
    static_stability = True

    def __init__(self, clock: SetClock, lifetime: int, down: Callable[[float], bool] = lambda _: False) -> None:
        self.clock = clock
        self.lifetime = lifetime
        self.down = down
        self.calls = 0

    def retrieve(self) -> Generator[Any, Any, AWSCredentials]:
        self.calls += 1
        if self.down(self.clock.now):
            raise TransportError("down")
        ends = datetime.fromtimestamp(self.clock.now + self.lifetime, UTC)
        return AWSCredentials(f"ASIA{self.calls}", "s", "t", expiration=ends)
        yield

    def metadata(self) -> dict[str, str]:
        """As botocore asks for it."""
        self.calls += 1
        if self.down(self.clock.now):
            raise RuntimeError("down")
        ends = datetime.fromtimestamp(self.clock.now + self.lifetime, UTC)
        return {"access_key": "A", "secret_key": "s", "token": "t", "expiry_time": ends.isoformat()}


def botocores(source: CountingSource) -> RefreshableCredentials:
    """botocore's refreshing credentials over the same source and clock."""
    return RefreshableCredentials.create_from_metadata(
        source.metadata(), refresh_using=source.metadata, method="assume-role"
    )


def ours_of_a_day(lifetime: int, step: int, down: Callable[[float], bool] = lambda _: False) -> tuple[int, int]:
    """Calls to the source and errors of callers who ask every `step` seconds."""
    clock = SetClock()
    source = CountingSource(clock, lifetime, down)
    return source_calls(source, RefreshingCredentials(source, clock=clock).get, clock, step)


def botocores_of_a_day(lifetime: int, step: int, down: Callable[[float], bool] = lambda _: False) -> tuple[int, int]:
    """The same of botocore."""
    clock = SetClock()
    source = CountingSource(clock, lifetime, down)
    one = botocores(source)
    one._time_fetcher = lambda: datetime.fromtimestamp(clock.now, UTC)
    return source_calls(source, one.get_frozen_credentials, clock, step)


def source_calls(source: CountingSource, ask: Callable[[], object], clock: SetClock, step: int) -> tuple[int, int]:
    """Run the day."""
    errors = 0
    while clock.now < START + DAY:
        try:
            ask()
        except Exception:
            errors += 1
        clock.now += step
    return source.calls, errors


def javascripts_of_a_day(lifetime: int, step: int) -> int:
    """The same of the JavaScript SDK, in a directory that goes away."""
    with tempfile.TemporaryDirectory() as place:
        for name in ("package.json", "package-lock.json"):
            (Path(place) / name).write_text((JS_PACKAGES / name).read_text())
        (Path(place) / "day.mjs").write_text((HERE / "refresh_js.mjs").read_text())
        subprocess.run(["npm", "ci", "--silent", "--prefix", place], check=True, capture_output=True)
        command = ["node", str(Path(place) / "day.mjs"), str(lifetime), str(step)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def nanoseconds(ask: Callable[[], object]) -> Callable[[], float]:
    """A measurement: nanoseconds for each of many calls."""

    def run() -> float:
        begin = time.perf_counter_ns()
        for _ in range(LOOPS):
            ask()
        return (time.perf_counter_ns() - begin) / LOOPS

    return run


def hot_path(rounds: int) -> str:
    """A `get` while nothing is due, against botocore's."""

    class Twelve(CountingSource):
        def __init__(self) -> None:
            super().__init__(SetClock(), 43_200)
            self.clock.now = time.time()

    one = RefreshingCredentials(Twelve())
    theirs = botocores(Twelve())
    cases = [
        Case("Understudy, get()", nanoseconds(one.get)),
        Case(f"botocore {botocore.__version__}, get_frozen_credentials()", nanoseconds(theirs.get_frozen_credentials)),
    ]
    interleave(cases, rounds)
    what = "Credentials of 12 hours of which none are due; one thread."
    return report("Refresh: the hot path", what, "ns for each call", cases, more_is_better=False)


def day(peer: bool) -> str:
    """The calls of a day, as a table."""
    lines = [
        "## Refresh: calls to STS in a simulated day",
        "",
        "Sessions of 15 minutes, a caller every 10 seconds for 24 hours; then the same with STS down for 20 minutes.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}; {machine()}.",
        "",
        "| | calls | calls, with the outage | errors of callers, with the outage |",
        "|---|---|---|---|",
    ]

    def down(now: float) -> bool:
        return START + 40_000 <= now < START + 40_000 + timedelta(minutes=20).total_seconds()

    for name, run in (("Understudy", ours_of_a_day), (f"botocore {botocore.__version__}", botocores_of_a_day)):
        calls, _ = run(900, 10)
        in_outage, errors = run(900, 10, down)
        lines.append(f"| {name} | {calls:,} | {in_outage:,} | {errors:,} |")
    if peer:
        lines.append(f"| JavaScript SDK | {javascripts_of_a_day(900, 10):,} | not measured | not measured |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", action="store_true", help="also run the JavaScript SDK (needs node and npm)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="put the results into RESULTS.md")
    arguments = parser.parse_args()
    keep(hot_path(arguments.rounds))
    keep(day(arguments.peer))


if __name__ == "__main__":
    main()
