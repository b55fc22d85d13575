"""Fuzz a stand-in for a while: ``PYTHONPATH=src python -m tests.fuzz --seconds 600``. Exit status 1 if it went wrong."""

from __future__ import annotations

import argparse
import secrets
import sys

from tests.fuzz.playing import play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long to play (default: 600)")
    parser.add_argument("--seed", type=int, default=None, help="plays the same requests again")
    given = parser.parse_args()
    seed = secrets.randbelow(2**32) if given.seed is None else given.seed
    found = play(given.seconds, seed)
    print(f"seed {seed}: {found.played} requests, {len(found.wrong)} of them went wrong")
    for data, problem in found.wrong:
        print(f"--- {problem}\n{data[:2000]!r}", file=sys.stderr)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
