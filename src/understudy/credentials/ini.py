"""Credentials of a profile of the AWS files, through role chains of any length."""

from __future__ import annotations

from understudy.credentials.calling import Calling, Calls, refreshing
from understudy.credentials.mfa import code_source
from understudy.credentials.profiles import PATIENCE, pass_on, provider_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from understudy.config import Configuration
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.calling import Client
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.mfa import Mfa
    from understudy.credentials.shared import CredentialFiles
    from understudy.credentials.single_flight import Provider
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials


def from_ini(
    profile: str | None = None,
    *,
    mfa: Mfa | None = None,
    cache: CredentialFiles | None = None,
    client: Client | None = None,
    **refresh: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """The credentials of a profile: default the client's, AWS_PROFILE, AWS_DEFAULT_PROFILE or ``default``.

    In a profile a role wins over a web identity, SSO, static keys, a login and a process. Every role of a chain is
    assumed in the region of its own profile. `mfa` gives the codes for ``mfa_serial`` where the profile has no
    ``mfa_process``; `cache` shares the sets of roles with other processes. Other files: options of `client`.
    """
    calls = Calls(client)
    provider = ProfileProvider(calls, profile, mfa=mfa, cache=cache)
    options: RefreshOptions = {"load_timeout": None if provider.interactive else PATIENCE, **refresh}
    return refreshing(provider, calls, options)


class ProfileProvider(Calling):
    """Finds out at the first call what gives the profile's credentials, and asks that each time.

    Keys that stand in a file are read from it again each time, for other tools rotate them there.
    """

    __slots__ = ("_found", "cache", "mfa", "profile")

    name = "profile"

    def __init__(
        self,
        calls: Calls,
        profile: str | None = None,
        *,
        mfa: Mfa | None = None,
        cache: CredentialFiles | None = None,
    ) -> None:
        super().__init__(calls)
        self.profile = profile
        self.mfa = mfa
        self.cache = cache
        self._found: Provider[AWSCredentials] | None = None

    @property
    def interactive(self) -> bool:
        """Whether a person may be asked for a code."""
        return self.mfa is not None and code_source(self.mfa).interactive

    @property
    def static_stability(self) -> bool:
        """As what the profile names has it."""
        return self._found is not None and self._found.static_stability

    def retrieve(self) -> Flow[AWSCredentials]:
        """The profile's credentials; raises `ConfigurationError` and `CredentialsError`, and what calls raise."""
        if self._found is None:
            self._found = provider_of(self._configuration(), self.calls, mfa=self.mfa, cache=self.cache)
        return (yield from self._found.retrieve())

    def _configuration(self) -> Configuration:
        configuration = self.calls.outer.configuration
        return configuration if self.profile is None else configuration.for_profile(self.profile)

    def reject(self, access_key_id: str) -> None:
        """Pass on that a set will not do."""
        pass_on(self._found, access_key_id)

    def __getstate__(self) -> tuple[Any, ...]:
        return self.calls, self.profile, self.mfa, self.cache

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        calls, profile, mfa, cache = state
        self.__init__(calls, profile, mfa=mfa, cache=cache)  # type: ignore[misc]

    def identity(self, given: AWSCredentials) -> str:
        """Who the profile's credentials stand for, as what the profile names tells it."""
        tell = getattr(self._found, "identity", None)
        told: str = tell(given) if tell is not None else given.access_key_id
        return told

    def __repr__(self) -> str:
        return f"ProfileProvider({self.profile!r})"
