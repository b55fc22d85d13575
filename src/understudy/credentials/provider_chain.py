"""Several sources asked in turn, and the default one of these chains."""

from __future__ import annotations

from understudy.credentials.calling import Calls, asks_a_person, refreshing
from understudy.credentials.mfa import code_source
from understudy.credentials.profiles import PATIENCE, pass_on
from understudy.errors import CredentialsError
from understudy.identity import AWSCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Unpack

    from understudy.client.call import Caller
    from understudy.client.options import Credentials
    from understudy.clock import Clock
    from understudy.config import Configuration
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.mfa import Mfa
    from understudy.credentials.shared import CredentialFiles
    from understudy.flow import Flow
    from understudy.identity import CredentialSource


_HINT = (
    "pass credentials=..., set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that has credentials "
    "with profile=... or AWS_PROFILE"
)


def chain(
    *sources: Credentials, expire_after: float | None = None, **refresh: Unpack[RefreshOptions]
) -> RefreshingCredentials:
    """The first of these sources that gives credentials; it is asked alone from then on.

    A source that says the next may be asked (`CredentialsError.try_next`) is passed over, any other failure ends the
    chain; where all are passed over, one error lists each with its reason. `expire_after`: seconds after which what a
    source gave counts as expired, for sources that tell no expiration or a long one.
    """
    from understudy.client.sources import as_source

    links = [Link(_name(source), source) for source in map(as_source, sources)]
    return refreshing(Chain(links, expire_after=expire_after, clock=refresh.get("clock")), None, refresh)


def from_provider_chain(
    *,
    profile: str | None = None,
    mfa: Mfa | None = None,
    cache: CredentialFiles | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """The default chain: environment, profile, web identity of the environment, container, instance metadata.

    The environment is passed over when a profile is named in code, here or among the options of `client`. `mfa` and
    `cache` are those of `from_ini`.
    """
    calls = Calls(client)
    provider = DefaultChain(calls, profile, mfa=mfa, cache=cache)
    options: RefreshOptions = {"load_timeout": None if provider.interactive else PATIENCE, **refresh}
    return refreshing(provider, calls, options)


def default_chain(*, caller: Caller | None = None) -> RefreshingCredentials:
    """The default chain for a client without credentials of its own, whose options nested calls keep."""
    calls = Calls(caller)
    return refreshing(DefaultChain(calls), calls, {"load_timeout": PATIENCE})


class Link:
    """A source of a chain under the name that the chain's error gives it; `skipped` is why it is not asked at all."""

    __slots__ = ("_make", "_source", "name", "skipped")

    def __init__(
        self,
        name: str,
        source: CredentialSource | None = None,
        make: Callable[[], CredentialSource] | None = None,
        skipped: str | None = None,
    ) -> None:
        self.name = name
        self.skipped = skipped
        self._source = source
        self._make = make

    @property
    def interactive(self) -> bool:
        """Whether the source may ask a person."""
        return asks_a_person(self._source)

    def source(self) -> CredentialSource:
        """The source, made when it is first asked; raises what making it raises."""
        if self.skipped is not None:
            raise CredentialsError(self.skipped, try_next=True)
        if self._source is None and self._make is not None:
            self._source = self._make()
        assert self._source is not None
        return self._source


class Chain:
    """Asks its links in turn, and keeps to the first that gave credentials.

    Keeping to it matters: a container agent that is away for a moment must not turn one role into another.
    """

    __slots__ = ("_chosen", "_clock", "expire_after", "links")

    name = "chain"

    def __init__(self, links: Sequence[Link], *, expire_after: float | None = None, clock: Clock | None = None) -> None:
        self.links = tuple(links)
        self.expire_after = expire_after
        self._clock = clock
        self._chosen: Link | None = None

    @property
    def interactive(self) -> bool:
        """Whether any link may ask a person."""
        return any(link.interactive for link in self.links)

    @property
    def static_stability(self) -> bool:
        """As the link that gives credentials has it."""
        return self._chosen is not None and _is_stable(self._chosen.source())

    def retrieve(self) -> Flow[AWSCredentials]:
        """The credentials of the first link that has some; raises `CredentialsError` that lists all where none has."""
        if self._chosen is not None:
            return self._shortened((yield from self._chosen.source().retrieve()))
        reasons: list[str] = []
        for link in self.links:
            try:
                given = yield from link.source().retrieve()
            except CredentialsError as error:
                if not error.try_next:
                    raise
                reasons.append(f"  - {link.name}: {error.message}")
            else:
                self._chosen = link
                return self._shortened(given)
        raise self._none(reasons)

    def _none(self, reasons: list[str]) -> CredentialsError:
        listed = "\n".join(reasons) or "  (the chain is empty)"
        return CredentialsError(f"no provider gave credentials:\n{listed}", try_next=True, hint=_HINT)

    def _shortened(self, given: AWSCredentials) -> AWSCredentials:
        if self.expire_after is None:
            return given
        from datetime import UTC, datetime

        from understudy.clock import SYSTEM_CLOCK

        end = datetime.fromtimestamp((self._clock or SYSTEM_CLOCK).time() + self.expire_after, UTC)
        return AWSCredentials(
            given.access_key_id,
            given.secret_access_key,
            given.session_token,
            expiration=end if given.expiration is None else min(end, given.expiration),
            account_id=given.account_id,
            source=given.source,
        )

    def reject(self, access_key_id: str) -> None:
        """Pass on to the chosen link that a set will not do."""
        if self._chosen is not None:
            pass_on(self._chosen.source(), access_key_id)

    def identity(self, given: AWSCredentials) -> str:
        """Who the chosen link's credentials stand for."""
        from understudy.credentials.request import identity_of

        return given.access_key_id if self._chosen is None else identity_of(self._chosen.source(), given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(link.name for link in self.links)})"

    def __getstate__(self) -> tuple[Any, ...]:
        return self.links, self.expire_after, self._clock

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.links, self.expire_after, self._clock = state
        self._chosen = None


class DefaultChain(Chain):
    """The links of the default chain, found out from a configuration when it is first asked."""

    __slots__ = ("cache", "calls", "mfa", "profile")

    @property
    def interactive(self) -> bool:
        """Whether a person may be asked for a code."""
        return self.mfa is not None and code_source(self.mfa).interactive

    def close(self) -> None:
        """Close the connections, unless they are a given client's."""
        self.calls.close()

    async def aclose(self) -> None:
        """As `close`, for tasks."""
        await self.calls.aclose()

    def __init__(
        self,
        calls: Calls,
        profile: str | None = None,
        *,
        mfa: Mfa | None = None,
        cache: CredentialFiles | None = None,
    ) -> None:
        super().__init__(())
        self.calls = calls
        self.profile = profile
        self.mfa = mfa
        self.cache = cache

    def retrieve(self) -> Flow[AWSCredentials]:
        """As `Chain.retrieve`, over the links of the configuration."""
        if not self.links:
            self.links = tuple(self._links())
        return (yield from super().retrieve())

    def _links(self) -> list[Link]:
        configuration = self._configuration()
        clock = self.calls.outer.clock
        named = configuration.profile_origin == "code"
        skipped = f"passed over, because profile {configuration.profile_name!r} is named in code" if named else None
        return [
            Link("environment", make=lambda: _environment(configuration), skipped=skipped),
            Link("profile", make=lambda: self._profile(configuration)),
            Link("web identity", make=lambda: _web_identity(configuration, self.calls)),
            Link("container", make=lambda: _container(configuration, clock)),
            Link("instance metadata", make=lambda: _instance_metadata(configuration, clock)),
        ]

    def _configuration(self) -> Configuration:
        configuration = self.calls.outer.configuration
        return configuration if self.profile is None else configuration.for_profile(self.profile)

    def _profile(self, configuration: Configuration) -> CredentialSource:
        from understudy.credentials.profiles import provider_of

        return provider_of(configuration, self.calls, mfa=self.mfa, cache=self.cache)

    def __getstate__(self) -> tuple[Any, ...]:
        return self.calls, self.profile, self.mfa, self.cache

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        calls, profile, mfa, cache = state
        self.__init__(calls, profile, mfa=mfa, cache=cache)  # type: ignore[misc]


def _environment(configuration: Configuration) -> CredentialSource:
    from understudy.credentials.environment import EnvironmentProvider

    return EnvironmentProvider(configuration.environ)


def _web_identity(configuration: Configuration, calls: Calls) -> CredentialSource:
    from understudy.credentials.web_identity import environment_provider

    return environment_provider(configuration, calls)


def _container(configuration: Configuration, clock: Clock) -> CredentialSource:
    from understudy.credentials.container import container_provider

    return container_provider(configuration.environ, clock=clock)


def _instance_metadata(configuration: Configuration, clock: Clock) -> CredentialSource:
    from understudy.credentials.imds import imds_provider

    return imds_provider(configuration, clock=clock)


def _is_stable(source: CredentialSource) -> bool:
    return bool(getattr(getattr(source, "provider", source), "static_stability", False))


def _name(source: CredentialSource) -> str:
    named = getattr(source, "name", None) or getattr(source, "source", None)
    return str(named or type(source).__name__)
