"""``understudy credentials``: the credentials of the moment, in the forms that other tools read."""

from __future__ import annotations

from understudy.cli.options import add_client_options, add_role_options, credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

FORMATS = ("process", "env", "env-no-export", "fish", "powershell", "windows-cmd")


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "credentials", help="print or write credentials for other tools", description=__doc__
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="process",
        help="process: JSON for credential_process (default); the others: lines that set the variables",
    )
    parser.add_argument(
        "--write-profile", metavar="NAME", help="write them into the shared credentials file instead of printing them"
    )
    parser.add_argument(
        "--min-ttl", type=float, default=0.0, metavar="SECONDS", help="they must live at least this much longer"
    )
    add_client_options(parser)
    add_role_options(parser)
    parser.set_defaults(run=run)


def run(namespace: Namespace) -> int:
    """Print or write; secrets go to standard output, which is what was asked for, and nowhere else."""
    from understudy.bridges.environment import export
    from understudy.bridges.shared_file import write_profile

    found = credentials(namespace)
    if namespace.write_profile:
        import sys

        path = write_profile(found, namespace.write_profile, min_ttl=namespace.min_ttl)
        print(f"wrote profile {namespace.write_profile!r} to {path}", file=sys.stderr)
        return 0
    print(export(found, namespace.format, min_ttl=namespace.min_ttl).rstrip("\n"))
    return 0
