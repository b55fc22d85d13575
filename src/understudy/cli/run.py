"""``understudy run -- COMMAND``: run a command with credentials that refresh themselves, for as long as it runs.

The command finds them as in a container, through a local endpoint with a token of its own, so any AWS SDK works.
"""

from __future__ import annotations

from understudy.cli.options import add_client_options, add_role_options, credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

HIDDEN = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
"""Variables that an SDK would look at before the endpoint."""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "run", help="run a command with credentials that refresh themselves", description=__doc__
    )
    add_client_options(parser)
    add_role_options(parser)
    parser.add_argument("words", nargs="+", metavar="COMMAND", help="the command and its arguments, after --")
    parser.set_defaults(run=run)


def run(namespace: Namespace) -> int:
    """Run the command to its end and give its exit status. The first credentials are fetched before it starts."""
    import os
    import subprocess

    from understudy.bridges.endpoint import CredentialsEndpoint
    from understudy.errors import ConfigurationError

    found = credentials(namespace)
    found.get()
    kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    # profiles of the files come before the endpoint in the chain of some SDKs
    files = {"AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_CONFIG_FILE": os.devnull}
    region = {"AWS_REGION": namespace.region, "AWS_DEFAULT_REGION": namespace.region} if namespace.region else {}
    with CredentialsEndpoint(found) as endpoint:
        try:
            return subprocess.call(namespace.words, env={**kept, **files, **region, **endpoint.environ})
        except OSError as error:
            raise ConfigurationError(f"cannot run {namespace.words[0]!r}: {error.strerror}") from None
