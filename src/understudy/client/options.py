"""Every option of a client as one value. What is left out is looked up when the first call needs it."""

from __future__ import annotations

from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from logging import Logger
    from os import PathLike
    from typing import Any, Final, Literal, TypedDict, Unpack

    from understudy.client.hooks import Hooks
    from understudy.client.transports import MakeAsyncTransport, MakeTransport
    from understudy.clock import Clock
    from understudy.identity import CredentialSource

    RetryMode = Literal["standard", "adaptive"]
    Credentials = CredentialSource | Mapping[str, Any] | Callable[[], Any] | Any

    class OptionValues(TypedDict, total=False):
        """The options by name, for ``STSClient(region=...)``."""

        region: str | None
        profile: str | None
        credentials: Credentials | None
        endpoint: str | None
        ignore_configured_endpoint_urls: bool | None
        use_global_endpoint: bool | None
        use_fips_endpoint: bool | None
        use_dualstack_endpoint: bool | None
        sigv4a_signing_region_set: Iterable[str] | None
        max_attempts: int | None
        retry_mode: RetryMode | None
        connect_timeout: float
        attempt_timeout: float
        timeout: float | None
        clock_skew_correction: bool | None
        pool_size: int
        proxy: str | None
        no_proxy: str | None
        ca_bundle: str | PathLike[str] | None
        verify: bool
        transport: MakeTransport | None
        async_transport: MakeAsyncTransport | None
        logger: Logger | Literal[True] | None
        hooks: Iterable[Hooks]
        app_id: str | None
        config_file: str | PathLike[str] | None
        credentials_file: str | PathLike[str] | None
        environ: Mapping[str, str] | None
        clock: Clock | None
        random: Callable[[], float] | None


RETRY_MODES: Final = ("standard", "adaptive")


class ClientOptions:
    """The options of a client; None means: look in the environment, then in the profile, then take the default.

    Where a call goes and as whom:

    - `region`: AWS_REGION, AWS_DEFAULT_REGION, ``region``. `profile`: AWS_PROFILE, AWS_DEFAULT_PROFILE.
    - `credentials`: `AWSCredentials`, anything with ``access_key_id`` and ``secret_access_key``, a mapping of those, a
      provider, or a function (plain or async) that gives any of these. Default: the default chain.
    - `endpoint`: a URL. AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, the ``services`` section, ``endpoint_url``; these four
      are left aside with `ignore_configured_endpoint_urls` (AWS_IGNORE_CONFIGURED_ENDPOINT_URLS).
    - `use_global_endpoint`: ``sts.amazonaws.com`` for the legacy regions; AWS_STS_REGIONAL_ENDPOINTS or
      ``sts_regional_endpoints`` equal to ``legacy``. `use_fips_endpoint`, `use_dualstack_endpoint`: the variables and
      keys of the same names.
    - `sigv4a_signing_region_set`: taken for parity and kept; no endpoint of STS asks for SigV4A.

    How long and how often (seconds): `connect_timeout` 5, `attempt_timeout` 20 for one exchange, `timeout` for a whole
    call with credentials, attempts and waits (None: no limit but the attempts'). `max_attempts` (AWS_MAX_ATTEMPTS) 3,
    `retry_mode` (AWS_RETRY_MODE) ``standard`` or ``adaptive``. `clock_skew_correction` is on
    (AWS_DISABLE_CLOCK_SKEW_CORRECTION).

    The way out: `pool_size` 50 connections; `proxy`, a URL, or ``""`` for none (HTTPS_PROXY, HTTP_PROXY); `no_proxy`
    (NO_PROXY); `ca_bundle`, a PEM file (AWS_CA_BUNDLE); `verify=False` for tests against foreign certificates only;
    `transport` and `async_transport`, functions that make a transport from `TransportSettings`.

    Watching: `logger` (True for the logger ``understudy``), `hooks` (see `understudy.client.hooks`), `app_id`
    (AWS_SDK_UA_APP_ID) in the user agent. For tests and tools: `config_file`, `credentials_file`, `environ`, `clock`,
    `random` (a function giving 0 <= x < 1).
    """

    __slots__ = (
        "app_id",
        "async_transport",
        "attempt_timeout",
        "ca_bundle",
        "clock",
        "clock_skew_correction",
        "config_file",
        "connect_timeout",
        "credentials",
        "credentials_file",
        "endpoint",
        "environ",
        "hooks",
        "ignore_configured_endpoint_urls",
        "logger",
        "max_attempts",
        "no_proxy",
        "pool_size",
        "profile",
        "proxy",
        "random",
        "region",
        "retry_mode",
        "sigv4a_signing_region_set",
        "timeout",
        "transport",
        "use_dualstack_endpoint",
        "use_fips_endpoint",
        "use_global_endpoint",
        "verify",
    )

    def __init__(
        self,
        *,
        region: str | None = None,
        profile: str | None = None,
        credentials: Credentials | None = None,
        endpoint: str | None = None,
        ignore_configured_endpoint_urls: bool | None = None,
        use_global_endpoint: bool | None = None,
        use_fips_endpoint: bool | None = None,
        use_dualstack_endpoint: bool | None = None,
        sigv4a_signing_region_set: Iterable[str] | None = None,
        max_attempts: int | None = None,
        retry_mode: RetryMode | None = None,
        connect_timeout: float = 5.0,
        attempt_timeout: float = 20.0,
        timeout: float | None = None,
        clock_skew_correction: bool | None = None,
        pool_size: int = 50,
        proxy: str | None = None,
        no_proxy: str | None = None,
        ca_bundle: str | PathLike[str] | None = None,
        verify: bool = True,
        transport: MakeTransport | None = None,
        async_transport: MakeAsyncTransport | None = None,
        logger: Logger | Literal[True] | None = None,
        hooks: Iterable[Hooks] = (),
        app_id: str | None = None,
        config_file: str | PathLike[str] | None = None,
        credentials_file: str | PathLike[str] | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] | None = None,
    ) -> None:
        self.region = region
        self.profile = profile
        self.credentials = credentials
        self.endpoint = endpoint
        self.ignore_configured_endpoint_urls = ignore_configured_endpoint_urls
        self.use_global_endpoint = use_global_endpoint
        self.use_fips_endpoint = use_fips_endpoint
        self.use_dualstack_endpoint = use_dualstack_endpoint
        self.sigv4a_signing_region_set = sigv4a_signing_region_set
        self.max_attempts = max_attempts
        self.retry_mode: RetryMode | None = retry_mode
        self.connect_timeout = connect_timeout
        self.attempt_timeout = attempt_timeout
        self.timeout = timeout
        self.clock_skew_correction = clock_skew_correction
        self.pool_size = pool_size
        self.proxy = proxy
        self.no_proxy = no_proxy
        self.ca_bundle = ca_bundle
        self.verify = verify
        self.transport = transport
        self.async_transport = async_transport
        self.logger: Logger | Literal[True] | None = logger
        self.hooks = tuple(hooks)
        self.app_id = app_id
        self.config_file = config_file
        self.credentials_file = credentials_file
        self.environ = environ
        self.clock = clock
        self.random = random
        self._check()

    def _check(self) -> None:
        """Refuse what no call could be made with; raises `ConfigurationError`."""
        for name in ("connect_timeout", "attempt_timeout", "timeout", "max_attempts", "pool_size"):
            given = getattr(self, name)
            if given is not None and not given > 0:
                raise ConfigurationError(f"{name} must be more than 0, not {given!r}")
        if self.retry_mode not in (None, *RETRY_MODES):
            raise ConfigurationError(
                f"retry_mode must be {' or '.join(map(repr, RETRY_MODES))}, not {self.retry_mode!r}"
            )

    def replace(self, **changes: Unpack[OptionValues]) -> ClientOptions:
        """A copy with these options changed."""
        return ClientOptions(**{**self._values(), **changes})

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def __repr__(self) -> str:
        shown = (
            f"{name}={'***' if name in _HIDDEN else repr(value)}"
            for name, value in self._values().items()
            if value is not None and value != ()
        )
        return f"ClientOptions({', '.join(shown)})"


_HIDDEN = frozenset(("credentials", "environ", "proxy"))
