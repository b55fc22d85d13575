"""`STSClient`: every operation, called in the running thread."""

from __future__ import annotations

from understudy import commands
from understudy.client.call import Caller
from understudy.client.methods import Method
from understudy.client.options import ClientOptions
from understudy.flow import drive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self, TypeVar, Unpack

    from understudy.client.options import OptionValues
    from understudy.commands import Command
    from understudy.types import Output

    OutputT = TypeVar("OutputT", bound=Output)


class STSClient:
    """AWS STS for threads: ``STSClient(region="eu-west-1").get_caller_identity()``.

    Options are those of `ClientOptions`, one by one or as one value; named ones win. Share a client between threads,
    and close it, or use it in a ``with`` block. Nothing is read or opened before the first call.
    """

    __slots__ = ("caller",)

    def __init__(self, options: ClientOptions | None = None, **changes: Unpack[OptionValues]) -> None:
        self.caller = Caller((options or ClientOptions()).replace(**changes))

    def send(self, command: Command[OutputT], *, timeout: float | None = None) -> OutputT:
        """Make a call; `timeout` is seconds for all of it: credentials, attempts and the waits between them.

        Raises `ParameterError` and `ConfigurationError` before anything is sent, `CredentialsError`, `ServiceError`
        (one class for each modelled code), `TransportError` (`CallTimeout`, `ConnectFailed`) and `ResponseError`.
        """
        return drive(self.caller.call(command, timeout=timeout))

    assume_role = Method(commands.AssumeRoleCommand)
    assume_role_with_saml = Method(commands.AssumeRoleWithSAMLCommand)
    assume_role_with_web_identity = Method(commands.AssumeRoleWithWebIdentityCommand)
    assume_root = Method(commands.AssumeRootCommand)
    decode_authorization_message = Method(commands.DecodeAuthorizationMessageCommand)
    get_access_key_info = Method(commands.GetAccessKeyInfoCommand)
    get_caller_identity = Method(commands.GetCallerIdentityCommand)
    get_delegated_access_token = Method(commands.GetDelegatedAccessTokenCommand)
    get_federation_token = Method(commands.GetFederationTokenCommand)
    get_session_token = Method(commands.GetSessionTokenCommand)
    get_web_identity_token = Method(commands.GetWebIdentityTokenCommand)

    def close(self) -> None:
        """Close the connections."""
        self.caller.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"STSClient({self.caller.options!r})"
