"""``understudy explain``: open an encoded authorization message and print the decision."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "explain", help="open an encoded authorization message and print the decision", description=__doc__
    )
    parser.add_argument("message", metavar="MESSAGE", help="the encoded message, or - to read it from standard input")
    parser.add_argument("--keyring", required=True, metavar="FILE", help="the key ring of the stand-in that sealed it")
    parser.add_argument("--json", action="store_true", help="print what DecodeAuthorizationMessage would give")
    parser.set_defaults(run=run)


def run(namespace: Namespace) -> int:
    """Print the decision for people, or as JSON."""
    from json import dumps

    from understudy.errors import ConfigurationError
    from understudy.server.keyring import KeyRing
    from understudy.server.messages import AuthorizationMessages, MessageUnreadable

    text = sys.stdin.read() if namespace.message == "-" else namespace.message
    try:
        opened = AuthorizationMessages(KeyRing.load(namespace.keyring)).open(text.strip())
    except MessageUnreadable:
        hint = "pass the whole message, and the key ring that the stand-in was started with"
        raise ConfigurationError("the message cannot be opened with this key ring", hint=hint) from None
    print(opened.explanation if opened.explanation and not namespace.json else dumps(opened.message, indent=2))
    return 0
