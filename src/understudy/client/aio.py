"""`AsyncSTSClient`: every operation, called in the running task."""

from __future__ import annotations

from understudy import commands
from understudy.client.call import Caller
from understudy.client.methods import AsyncMethod
from understudy.client.options import ClientOptions
from understudy.errors import CallTimeout
from understudy.flow import drive_async

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self, TypeVar, Unpack

    from understudy.client.options import OptionValues
    from understudy.commands import Command
    from understudy.types import Output

    OutputT = TypeVar("OutputT", bound=Output)


class AsyncSTSClient:
    """AWS STS for tasks: ``await AsyncSTSClient(region="eu-west-1").get_caller_identity()``.

    Options are those of `ClientOptions`, one by one or as one value; named ones win. Share a client between tasks, and
    close it, or use it in an ``async with`` block. A cancelled task cancels its call, on the network too.
    """

    __slots__ = ("caller",)

    def __init__(self, options: ClientOptions | None = None, **changes: Unpack[OptionValues]) -> None:
        self.caller = Caller((options or ClientOptions()).replace(**changes))

    async def send(self, command: Command[OutputT], *, timeout: float | None = None) -> OutputT:  # noqa: ASYNC109
        """Make a call; `timeout` is seconds for all of it: credentials, attempts and the waits between them.

        Raises `ParameterError` and `ConfigurationError` before anything is sent, `CredentialsError`, `ServiceError`
        (one class for each modelled code), `TransportError` (`CallTimeout`, `ConnectFailed`) and `ResponseError`.
        """
        seconds = self.caller.options.timeout if timeout is None else timeout
        if seconds is None:
            return await drive_async(self.caller.call(command))
        return await self._send_within(command, seconds)

    async def _send_within(self, command: Command[OutputT], seconds: float) -> OutputT:
        """The flow bounds what it sends and sleeps; the task's own time-out bounds what it awaits beside that."""
        import asyncio

        try:
            async with asyncio.timeout(seconds):
                return await drive_async(self.caller.call(command, timeout=seconds))
        except CallTimeout:
            raise
        except TimeoutError:
            raise CallTimeout(f"the call took longer than {seconds:g} s", hint="raise timeout") from None

    assume_role = AsyncMethod(commands.AssumeRoleCommand)
    assume_role_with_saml = AsyncMethod(commands.AssumeRoleWithSAMLCommand)
    assume_role_with_web_identity = AsyncMethod(commands.AssumeRoleWithWebIdentityCommand)
    assume_root = AsyncMethod(commands.AssumeRootCommand)
    decode_authorization_message = AsyncMethod(commands.DecodeAuthorizationMessageCommand)
    get_access_key_info = AsyncMethod(commands.GetAccessKeyInfoCommand)
    get_caller_identity = AsyncMethod(commands.GetCallerIdentityCommand)
    get_delegated_access_token = AsyncMethod(commands.GetDelegatedAccessTokenCommand)
    get_federation_token = AsyncMethod(commands.GetFederationTokenCommand)
    get_session_token = AsyncMethod(commands.GetSessionTokenCommand)
    get_web_identity_token = AsyncMethod(commands.GetWebIdentityTokenCommand)

    async def close(self) -> None:
        """Close the connections."""
        await self.caller.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncSTSClient({self.caller.options!r})"
