"""`Caller`: the options of a client, looked up once, and the flow of its calls.

One stands behind each client. Providers that call STS themselves derive theirs from it, so that a nested call keeps the
outer one's proxies, time limits and connections.
"""

from __future__ import annotations

from _thread import RLock
from datetime import UTC, datetime

from understudy import __version__
from understudy.client import attempts
from understudy.client.deadline import within
from understudy.client.hooks import LoggingHooks, Steps
from understudy.client.options import ClientOptions
from understudy.client.resolution import Resolution
from understudy.client.retries import RateLimiter, RetryQuota
from understudy.client.skew import ClockSkew
from understudy.client.sources import as_source
from understudy.client.transports import PooledConnections
from understudy.client.user_agent import user_agent
from understudy.clock import SYSTEM_CLOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar, Unpack

    from understudy.client.endpoints import Endpoint
    from understudy.client.options import OptionValues
    from understudy.clock import Clock
    from understudy.commands import Command
    from understudy.config import Configuration
    from understudy.flow import Flow
    from understudy.identity import CredentialSource
    from understudy.types import Output

    OutputT = TypeVar("OutputT", bound=Output)

FORM_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
_CONNECTION_OPTIONS = frozenset(
    ("async_transport", "ca_bundle", "connect_timeout", "no_proxy", "pool_size", "proxy", "transport", "verify")
)
_CONFIGURATION_OPTIONS = frozenset(("config_file", "credentials_file", "environ", "profile"))


class Settings:
    """Everything that one client's calls need, found out at the first of them and kept."""

    __slots__ = (
        "_caller",
        "attempt_timeout",
        "clock",
        "connections",
        "endpoint",
        "headers",
        "limiter",
        "max_attempts",
        "quota",
        "random",
        "skew",
        "steps",
    )

    def __init__(self, caller: Caller) -> None:
        options, resolution = caller.options, caller.resolution
        retry_mode = resolution.retry_mode()
        self._caller = caller
        self.clock = caller.clock
        self.endpoint = resolution.endpoint()
        self.connections = caller.connections
        self.attempt_timeout = options.attempt_timeout
        self.max_attempts = resolution.max_attempts()
        self.quota = RetryQuota()
        self.limiter = RateLimiter(self.clock.monotonic()) if retry_mode == "adaptive" else None
        self.random = options.random or _random
        self.skew = ClockSkew(enabled=resolution.corrects_clock_skew())
        self.steps = Steps(_hooks(options))
        agent = user_agent(__version__, retry_mode, resolution.app_id())
        self.headers = (("content-type", FORM_TYPE), ("user-agent", agent))

    def credentials(self) -> CredentialSource:
        return self._caller.credentials

    def region(self) -> str:
        return self.endpoint.signing_region or self._caller.region

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time() + self.skew.offset, UTC)


class Caller:
    """Makes calls for one set of options; safe for threads and tasks. What is looked up is kept for its life."""

    __slots__ = (
        "_connections",
        "_lock",
        "_owns_connections",
        "_settings",
        "_source",
        "clock",
        "options",
        "resolution",
    )

    def __init__(
        self,
        options: ClientOptions | None = None,
        *,
        connections: PooledConnections | None = None,
        configuration: Configuration | None = None,
    ) -> None:
        self.options = options or ClientOptions()
        self.clock: Clock = self.options.clock or SYSTEM_CLOCK
        self.resolution = Resolution(self.options, configuration)
        self._connections = connections
        self._owns_connections = connections is None
        self._lock = RLock()
        self._settings: Settings | None = None
        self._source: CredentialSource | None = None

    def call(self, command: Command[OutputT], *, timeout: float | None = None) -> Flow[OutputT]:
        """The flow of one call; `timeout` is seconds for all of it and wins over the option.

        Raises `ParameterError` and `ConfigurationError` before anything is sent, `CredentialsError`, `ServiceError`,
        `TransportError` (`CallTimeout` when the time is over) and `ResponseError`.
        """
        seconds = self.options.timeout if timeout is None else timeout
        if seconds is None:
            return attempts.call(self.settings, command)
        deadline = self.clock.monotonic() + seconds
        return within(attempts.call(self.settings, command, deadline), deadline, seconds, self.clock)

    @property
    def settings(self) -> Settings:
        """The settings of all calls; raises `ConfigurationError` for a missing region or a broken value."""
        if self._settings is None:
            with self._lock:
                if self._settings is None:
                    self._settings = Settings(self)
        return self._settings

    @property
    def configuration(self) -> Configuration:
        """The environment and files behind the options."""
        return self.resolution.configuration

    @property
    def endpoint(self) -> Endpoint:
        """Where calls go."""
        return self.settings.endpoint

    @property
    def region(self) -> str:
        """The region that signatures name; raises `ConfigurationError` where there is none."""
        found = self.endpoint.signing_region
        if found is None:
            raise self.resolution.missing_region()
        return found

    @property
    def connections(self) -> PooledConnections:
        """The transports, shared with every caller that derives from this one."""
        if self._connections is None:
            with self._lock:
                if self._connections is None:
                    self._connections = self._connect()
        return self._connections

    def _connect(self) -> PooledConnections:
        return PooledConnections(
            self.resolution.transport_settings(),
            make_sync=self.options.transport,
            make_async=self.options.async_transport,
        )

    @property
    def credentials(self) -> CredentialSource:
        """As whom calls are signed: the option, or the default chain of the configuration."""
        if self._source is None:
            with self._lock:
                if self._source is None:
                    given = self.options.credentials
                    self._source = self._default_credentials() if given is None else as_source(given)
        return self._source

    def _default_credentials(self) -> CredentialSource:
        # the one import upwards: the chain makes calls of its own, and a client with explicit credentials needs none
        from understudy.credentials import default_chain

        source: CredentialSource = default_chain(caller=self)
        return source

    def now(self) -> datetime:
        """The service's time, as far as its answers have told it."""
        return self.settings.now()

    def derive(self, **changes: Unpack[OptionValues]) -> Caller:
        """A caller with some options changed that shares configuration and connections where it can."""
        own_connections = _CONNECTION_OPTIONS & changes.keys()
        own_configuration = _CONFIGURATION_OPTIONS & changes.keys()
        return Caller(
            self.options.replace(**changes),
            connections=None if own_connections else self.connections,
            configuration=None if own_configuration else self.configuration,
        )

    def close(self) -> None:
        """Close the connections of threads, unless they belong to the caller that this one derives from."""
        if self._owns_connections and self._connections is not None:
            self._connections.close()

    async def aclose(self) -> None:
        """Close all connections, unless they belong to the caller that this one derives from."""
        if self._owns_connections and self._connections is not None:
            await self._connections.aclose()


def _hooks(options: ClientOptions) -> list[object]:
    hooks: list[object] = list(options.hooks)
    if options.logger is not None:
        from logging import getLogger

        hooks.append(LoggingHooks(getLogger("understudy") if options.logger is True else options.logger))
    return hooks


def _random() -> float:
    from random import random

    return random()  # noqa: S311
