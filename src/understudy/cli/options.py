"""The options that every command with a client shares, and the client that they describe."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from understudy.client.options import ClientOptions


def add_client_options(parser: ArgumentParser) -> None:
    """Where to call and as whom; what is left out is looked up as every AWS tool does."""
    group = parser.add_argument_group("where, and as whom")
    group.add_argument("--region", help="region of the endpoint and of the signature")
    group.add_argument("--profile", help="profile of the shared files")
    group.add_argument(
        "--endpoint", "--endpoint-url", metavar="URL", help="URL of an STS endpoint, such as the stand-in's"
    )
    group.add_argument("--timeout", type=float, metavar="SECONDS", help="give up a call after this many seconds")


def client_options(namespace: Namespace) -> ClientOptions:
    """The options that were given; raises `ConfigurationError` for values that no call could be made with."""
    from understudy.client.options import ClientOptions

    return ClientOptions(
        region=namespace.region,
        profile=namespace.profile,
        endpoint=namespace.endpoint,
        timeout=namespace.timeout,
    )
