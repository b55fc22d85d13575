"""What every benchmark here shares: interleaved rounds, medians, ratios, the machine's description, the results file.

A benchmark is a module with a ``main`` that builds `Case` values and calls `measure`. The peers run in turn within each
round, so that a noisy minute on a shared machine hits them all. Nothing here asserts a time.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


@dataclass
class Case:
    """One contender: its name with version, and a function that runs once and returns the measured number."""

    name: str
    run: Callable[[], float]
    samples: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.samples)


def interleave(cases: Sequence[Case], rounds: int) -> None:
    """Run every case once in each round, in turn; the first round warms up and is thrown away."""
    for number in range(rounds + 1):
        for case in cases:
            sample = case.run()
            if number:
                case.samples.append(sample)


def machine() -> str:
    """One line about where this ran."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores{load}, {platform.system()}, Python {platform.python_version()}"


def report(title: str, what: str, unit: str, cases: Sequence[Case], *, more_is_better: bool) -> str:
    """The text of a result: each case's median and spread, and the ratio of the first case to each other one."""
    ours = cases[0]
    lines = [f"## {title}", "", what, "", f"{datetime.now(UTC):%Y-%m-%d}; {machine()}.", ""]
    lines += [f"| | median, {unit} | lowest | highest | Understudy against it |", "|---|---|---|---|---|"]
    for case in cases:
        ratio = ours.median / case.median if more_is_better else case.median / ours.median
        against = "" if case is ours else f"{ratio:.1f} times {'the rate' if more_is_better else 'less'}"
        lines.append(
            f"| {case.name} | {case.median:,.4g} | {min(case.samples):,.4g} | {max(case.samples):,.4g} | {against} |"
        )
    return "\n".join(lines) + "\n"


def keep(text: str) -> None:
    """Print a result, and with ``--keep`` put it in RESULTS.md in place of the last one of the same title."""
    print(text)
    if "--keep" not in sys.argv:
        return
    title = text.splitlines()[0]
    old = (
        RESULTS.read_text()
        if RESULTS.exists()
        else "# Results\n\nEach section is the last kept run of its benchmark.\n"
    )
    head, *sections = old.split("\n## ")
    sections = [section for section in sections if f"## {section}".splitlines()[0] != title]
    sections = sorted([*sections, text.removeprefix("## ")], key=lambda section: section.splitlines()[0])
    RESULTS.write_text("\n## ".join([head.rstrip("\n") + "\n", *(s.rstrip("\n") + "\n" for s in sections)]))
