"""The options that every command with a client shares, and what they describe: a client, and credentials."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from understudy.client.options import ClientOptions
    from understudy.credentials import RefreshingCredentials


def add_client_options(parser: ArgumentParser) -> None:
    """Where to call and as whom; what is left out is looked up as every AWS tool does."""
    group = parser.add_argument_group("where, and as whom")
    group.add_argument("--region", help="region of the endpoint and of the signature")
    group.add_argument("--profile", help="profile of the shared files")
    group.add_argument(
        "--endpoint", "--endpoint-url", metavar="URL", help="URL of an STS endpoint, such as the stand-in's"
    )
    group.add_argument("--timeout", type=float, metavar="SECONDS", help="give up a call after this many seconds")


def add_role_options(parser: ArgumentParser) -> None:
    """The role to assume, if any."""
    group = parser.add_argument_group("the role to assume")
    group.add_argument(
        "--role-arn",
        action="append",
        default=[],
        metavar="ARN",
        help="assume this role; given again, the next role is assumed with the session of the one before",
    )
    group.add_argument("--role-session-name", metavar="NAME", help="name of the session (default: one of ours)")
    group.add_argument("--duration-seconds", type=int, metavar="N", help="length of the last role's session (3600)")
    group.add_argument("--external-id", metavar="ID", help="what the last role's trust policy asks for")
    group.add_argument(
        "--mfa-serial", metavar="ARN", help="MFA device of the first role's caller; its code is asked for"
    )


def client_options(namespace: Namespace) -> ClientOptions:
    """The options that were given; raises `ConfigurationError` for values that no call could be made with."""
    from understudy.client.options import ClientOptions

    return ClientOptions(
        region=namespace.region,
        profile=namespace.profile,
        endpoint=namespace.endpoint,
        timeout=namespace.timeout,
    )


def credentials(namespace: Namespace) -> RefreshingCredentials:
    """The credentials that the options describe: found as by every AWS tool, then through the roles in their order."""
    from understudy import STSClient, from_provider_chain

    client = STSClient(client_options(namespace))
    found = from_provider_chain(client=client)
    for position, role_arn in enumerate(namespace.role_arn):
        found = _assumed(namespace, client, found, position, role_arn)
    return found


def _assumed(
    namespace: Namespace, client: object, source: RefreshingCredentials, position: int, role_arn: str
) -> RefreshingCredentials:
    """One role of the chain: MFA belongs to the first, duration and external id to the last."""
    from understudy import from_temporary_credentials
    from understudy.credentials import prompt

    last = position == len(namespace.role_arn) - 1
    serial_number = namespace.mfa_serial if position == 0 else None
    return from_temporary_credentials(
        role_arn=role_arn,
        role_session_name=namespace.role_session_name,
        duration_seconds=namespace.duration_seconds if last else None,
        external_id=namespace.external_id if last else None,
        serial_number=serial_number,
        mfa=prompt if serial_number else None,
        source=source,
        client=client,  # type: ignore[arg-type]
    )
