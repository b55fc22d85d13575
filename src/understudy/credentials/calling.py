"""How providers call STS: through the client that they were given, or one of their own, signed by their source."""

from __future__ import annotations

from understudy.credentials.cache import RefreshingCredentials
from understudy.errors import ConfigurationError, ParameterError
from understudy.identity import AWSCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias, TypeVar

    from understudy import types
    from understudy.client.aio import AsyncSTSClient
    from understudy.client.call import Caller
    from understudy.client.options import ClientOptions
    from understudy.client.sync import STSClient
    from understudy.clock import Clock
    from understudy.commands import Command
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.single_flight import Provider
    from understudy.identity import CredentialSource

    CommandT = TypeVar("CommandT", bound=Command[Any])
    Client: TypeAlias = STSClient | AsyncSTSClient | Caller | ClientOptions


class Calls:
    """The outer client and the credentials that sign, made into one caller when the first call needs it.

    A nested call keeps the outer client's proxies, CA bundle, endpoint, retries, time limits, region and connections.
    A pickle carries the options of a client, not its connections.
    """

    __slots__ = ("_caller", "_outer", "_owns", "_source", "options")

    def __init__(self, client: Client | None = None, source: Any = None) -> None:
        from understudy.client.call import Caller
        from understudy.client.options import ClientOptions

        outer = getattr(client, "caller", client)
        if outer is not None and not isinstance(outer, (Caller, ClientOptions)):
            raise ConfigurationError(
                f"client cannot be a {type(client).__name__}; give an STSClient, an AsyncSTSClient or ClientOptions"
            )
        self._outer: Caller | None = outer if isinstance(outer, Caller) else None
        self._owns = self._outer is None
        self.options: ClientOptions | None = outer.options if isinstance(outer, Caller) else outer
        self._source = source
        self._caller: Caller | None = None

    @property
    def outer(self) -> Caller:
        """The caller that was given, or one of its own."""
        if self._outer is None:
            from understudy.client.call import Caller

            self._outer = Caller(self.options)
        return self._outer

    @property
    def caller(self) -> Caller:
        """The caller whose calls the source signs: the given source, else the client's credentials."""
        if self._caller is None:
            self._caller = self.outer if self._source is None else self.outer.derive(credentials=self._source)
        return self._caller

    @property
    def source(self) -> CredentialSource:
        """As whom calls are signed."""
        return self.caller.credentials

    @property
    def interactive(self) -> bool:
        """Whether the source may ask a person: then nobody hurries it, here no more than there."""
        given = self._source if self._source is not None or self.options is None else self.options.credentials
        return asks_a_person(given)

    def close(self) -> None:
        """Close the connections, unless they are a given client's."""
        if self._owns and self._outer is not None:
            self._outer.close()

    async def aclose(self) -> None:
        """As `close`, for tasks."""
        if self._owns and self._outer is not None:
            await self._outer.aclose()

    def __getstate__(self) -> tuple[ClientOptions | None, Any]:
        return self.options, self._source

    def __setstate__(self, state: tuple[ClientOptions | None, Any]) -> None:
        self.options, self._source = state
        self._outer = self._caller = None
        self._owns = True


class Calling:
    """A provider that makes calls."""

    __slots__ = ("calls",)

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    @property
    def interactive(self) -> bool:
        """Whether a person may be asked."""
        return self.calls.interactive

    def close(self) -> None:
        """Close the connections, unless they are a given client's."""
        self.calls.close()

    async def aclose(self) -> None:
        """As `close`, for tasks."""
        await self.calls.aclose()


def asks_a_person(source: object) -> bool:
    """Whether a source, or the provider behind its cache, may ask a person."""
    return bool(getattr(getattr(source, "provider", source), "interactive", False))


def refreshing(
    provider: Provider[AWSCredentials], calls: Calls | None, options: RefreshOptions
) -> RefreshingCredentials:
    """The cache over a provider, with the clock of the client where it has one."""
    clock = calls.options.clock if calls is not None and calls.options is not None else None
    if clock is not None:
        options = {"clock": clock, **options}
    return RefreshingCredentials(provider, **options)


def checked(command: CommandT) -> CommandT:
    """The command; raises `ParameterError` for broken limits when a provider is made, and not in mid-flight."""
    problems = command.problems()
    if problems:
        raise ParameterError.of(command.operation.name, problems)
    return command


def issued(given: types.Credentials, source: str, arn: str | None = None) -> AWSCredentials:
    """The credentials of an output; the account is that of the session's ARN."""
    parts = arn.split(":") if arn else []
    return AWSCredentials(
        given.access_key_id,
        given.secret_access_key,
        given.session_token,
        expiration=given.expiration,
        account_id=parts[4] if len(parts) > 4 and parts[4] else None,
        source=source,
    )


def without_none(members: dict[str, Any]) -> dict[str, Any]:
    """The members that were given."""
    return {name: value for name, value in members.items() if value is not None}


def session_name(clock: Clock) -> str:
    """The role session name of those who chose none; CloudTrail shows it."""
    return f"understudy-{int(clock.time())}"
