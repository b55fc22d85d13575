"""``understudy keyring``: make keys that seal session tokens, and rotate them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "keyring", help="make or rotate the keys that seal session tokens", description=__doc__
    )
    parser.add_argument("file", metavar="FILE", help="the key ring; made with mode 0600 where there is none")
    parser.add_argument(
        "--keep", type=int, default=1, metavar="N", help="old keys that go on verifying after a rotation (default: 1)"
    )
    parser.set_defaults(run=run)


def run(namespace: Namespace) -> int:
    """Put a new issuing key first, and keep the newest of the old ones."""
    import sys

    from understudy.errors import ConfigurationError
    from understudy.server.keyring import rotate

    if namespace.keep < 0:
        raise ConfigurationError(f"--keep must be 0 or more, not {namespace.keep}")
    kept = rotate(namespace.file, keep=namespace.keep)
    print(f"{namespace.file}: a new key issues, {kept} older verify", file=sys.stderr)
    return 0
