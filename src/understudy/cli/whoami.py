"""``understudy whoami``: who the service says you are."""

from __future__ import annotations

from understudy.cli.options import add_client_options, client_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser("whoami", help="ask the service who you are", description=__doc__)
    add_client_options(parser)
    parser.set_defaults(run=run)


def run(namespace: Namespace) -> int:
    """Print GetCallerIdentity's answer as JSON."""
    from json import dumps

    from understudy import STSClient

    with STSClient(client_options(namespace)) as sts:
        print(dumps(sts.get_caller_identity().to_dict(), indent=2))
    return 0
