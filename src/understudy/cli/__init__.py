"""The command line owns the words that people type: one file for each command, loaded only when it is asked for."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "serve": "run the stand-in on a directory of accounts",
    "demo": "play the whole story against a stand-in of its own",
    "whoami": "ask the service who you are",
    "credentials": "print or write credentials for other tools",
    "run": "run a command with credentials that refresh themselves",
    "token": "make a token for EKS, RDS and others",
    "explain": "open an encoded authorization message and print the decision",
    "directory": "move a directory between files and databases",
    "keyring": "make or rotate the keys that seal session tokens",
    "policy": "evaluate and explain policies in files",
}
"""Each command and what it does; the module of the same name has ``add_parser(subparsers)``."""

EXTRAS = {"demo": "demo", "whoami": "login", "credentials": "login", "run": "login", "token": "login"}
"""The extra that brings what a command imports from elsewhere; of all others it is ``server``."""


def build_parser(commands: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with these commands; loading one of them costs its imports."""
    from understudy import __version__

    parser = argparse.ArgumentParser(prog="understudy", description="AWS STS for Python, both halves of it.")
    parser.add_argument("--version", action="version", version=f"understudy {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in commands:
        import_module(f"understudy.cli.{command}").add_parser(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused or failed, 2 asked wrongly."""
    from understudy.errors import UnderstudyError

    given = sys.argv[1:] if arguments is None else list(arguments)
    asked = next((word for word in given if not word.startswith("-")), None)
    namespace = build_parser([asked] if asked in COMMANDS else list(COMMANDS)).parse_args(given)
    try:
        return int(namespace.run(namespace) or 0)
    except UnderstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "understudy":
            raise
        extra = EXTRAS.get(namespace.command, "server")
        print(f"error: {namespace.command} needs the package {error.name!r}, which is not installed", file=sys.stderr)
        print(f"hint: pip install 'understudy[{extra}]'", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130
