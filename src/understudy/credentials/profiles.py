"""From a profile to the provider that it describes; a role's source is found the same way, down to the first keys."""

from __future__ import annotations

from understudy.credentials.calling import Calls, asks_a_person, without_none
from understudy.errors import ConfigurationError, CredentialsError
from understudy.identity import AWSCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from understudy.client.call import Caller
    from understudy.clock import Clock
    from understudy.config import Configuration, Profile
    from understudy.credentials.assume_role import AssumeRoleProvider
    from understudy.credentials.mfa import Mfa
    from understudy.credentials.shared import CredentialFiles
    from understudy.credentials.single_flight import Provider
    from understudy.credentials.web_identity import WebIdentityProvider
    from understudy.flow import Flow
    from understudy.identity import CredentialSource

    Found = Provider[AWSCredentials]
    ProviderT = TypeVar("ProviderT")

PATIENCE = 150.0
"""Seconds for what a profile names: its processes may ask a person, and what it calls has closer limits of its own."""

SOURCES = ("source_profile", "credential_source", "web_identity_token_file")
"""A role needs exactly one of them."""


def provider_of(
    configuration: Configuration,
    calls: Calls,
    *,
    mfa: Mfa | None = None,
    cache: CredentialFiles | None = None,
) -> Found:
    """What gives the credentials of the active profile.

    Raises a `CredentialsError` that lets a chain go on for a profile without credentials, `ConfigurationError` for one
    that contradicts itself, with the file, the line and the chain of profiles.
    """
    return ProfileChain(calls.outer, mfa, cache).resolve(configuration, ())


class ProfileChain:
    """What the hops of one chain share: the outer client, the source of MFA codes, the files of other processes."""

    __slots__ = ("cache", "mfa", "outer")

    def __init__(self, outer: Caller, mfa: Mfa | None, cache: CredentialFiles | None) -> None:
        self.outer = outer
        self.mfa = mfa
        self.cache = cache

    def resolve(self, configuration: Configuration, visited: tuple[str, ...]) -> Found:
        """The provider of a profile, `visited` being the profiles that led to it."""
        if visited or configuration.profile_origin is not None or configuration.has_profile(configuration.profile_name):
            profile = self._profile(configuration, visited)
        else:
            raise CredentialsError(
                f"there is no profile 'default' in {configuration.config_file} and {configuration.credentials_file}",
                try_next=True,
            )
        for ask in (self._role, self._web_identity, self._sso, self._static, self._login, self._process):
            found = ask(configuration, profile, visited)
            if found is not None:
                return found
        raise CredentialsError(
            f"profile {profile.name!r} has no credentials{_chain(visited, profile.name)}", try_next=not visited
        )

    def _profile(self, configuration: Configuration, visited: tuple[str, ...]) -> Profile:
        try:
            return configuration.profile()
        except ConfigurationError as error:
            if not visited:
                raise
            raise ConfigurationError(f"{error}{_chain(visited, configuration.profile_name)}") from None

    # -- a role, with the credentials of another profile or of the machine -------------------------------------------

    def _role(self, configuration: Configuration, profile: Profile, visited: tuple[str, ...]) -> Found | None:
        if "role_arn" not in profile or "web_identity_token_file" in profile:
            self._refuse_sources(profile, visited)
            return None
        if visited and visited[-1] == profile.name:
            # the profile names itself: this time its own keys are meant
            return None
        self._refuse_sources(profile, visited)
        source = self._source(configuration, profile, visited)
        return self._assume_role(configuration, profile, source)

    def _refuse_sources(self, profile: Profile, visited: tuple[str, ...]) -> None:
        named = [key for key in SOURCES if key in profile]
        role = "role_arn" in profile
        if (role and len(named) == 1) or (not role and "web_identity_token_file" not in named):
            return
        has = " and ".join(named) or f"none of {', '.join(SOURCES)}"
        wrong = f"has role_arn and {has}; a role needs exactly one" if role else f"has {has} and no role_arn"
        where = profile.where("role_arn" if role else named[0])
        raise ConfigurationError(f"{where}: profile {profile.name!r} {wrong}{_chain(visited, profile.name)}")

    def _source(self, configuration: Configuration, profile: Profile, visited: tuple[str, ...]) -> CredentialSource:
        from understudy.credentials.cache import RefreshingCredentials

        if "credential_source" in profile:
            provider = credential_source(profile, configuration, self.outer.clock)
        else:
            provider = self._source_profile(configuration, profile, (*visited, profile.name))
        patience = None if asks_a_person(provider) else PATIENCE
        return RefreshingCredentials(Needed(provider, profile), clock=self.outer.clock, load_timeout=patience)

    def _source_profile(self, configuration: Configuration, profile: Profile, visited: tuple[str, ...]) -> Found:
        name = profile["source_profile"]
        itself = name == profile.name
        if name in visited and not (itself and "aws_access_key_id" in profile):
            cycle = " -> ".join((*visited[visited.index(name) :], name))
            wrong = f"the profiles name each other in a circle: {cycle}"
            raise ConfigurationError(f"{profile.where('source_profile')}: {wrong}")
        return self.resolve(configuration.for_profile(name), visited)

    def _assume_role(
        self, configuration: Configuration, profile: Profile, source: CredentialSource
    ) -> AssumeRoleProvider:
        from understudy.credentials.assume_role import AssumeRoleProvider

        members = {
            "role_arn": profile["role_arn"],
            "role_session_name": profile.get("role_session_name"),
            "external_id": profile.get("external_id"),
            "serial_number": profile.get("mfa_serial"),
            "duration_seconds": number(profile, "duration_seconds"),
            "source_identity": profile.get("source_identity"),
            "tags": pairs(profile, "session_tags"),
            "transitive_tag_keys": names(profile, "transitive_session_tags"),
            "policy": profile.get("policy"),
            "policy_arns": names(profile, "policy_arns"),
        }
        mfa = self._codes(profile) if "mfa_serial" in profile else None
        calls = self._calls(configuration, profile, source)
        return _at(profile, lambda: AssumeRoleProvider(without_none(members), calls, mfa=mfa, cache=self.cache))

    def _codes(self, profile: Profile) -> Mfa | None:
        if "mfa_process" not in profile:
            return self.mfa
        from understudy.credentials.mfa import mfa_command

        return mfa_command(profile["mfa_process"])

    def _calls(self, configuration: Configuration, profile: Profile, source: CredentialSource | None) -> Calls:
        """The calls of one hop: the outer client's options and connections, and the settings of the hop's profile."""
        from understudy.client.call import Caller

        region = profile.get("region") or self.outer.resolution.region()
        changes: dict[str, Any] = {"profile": profile.name, "region": region, "credentials": source}
        caller = Caller(
            self.outer.options.replace(**changes), connections=self.outer.connections, configuration=configuration
        )
        return Calls(caller)

    def _web_identity(self, configuration: Configuration, profile: Profile, _: tuple[str, ...]) -> Found | None:
        if "web_identity_token_file" not in profile:
            return None
        from understudy.config import expand
        from understudy.credentials.token_sources import token_from_file
        from understudy.credentials.web_identity import WebIdentityProvider

        members = {
            "role_arn": profile["role_arn"],
            "role_session_name": profile.get("role_session_name"),
            "duration_seconds": number(profile, "duration_seconds"),
            "policy": profile.get("policy"),
            "policy_arns": names(profile, "policy_arns"),
        }
        path = expand(profile["web_identity_token_file"], configuration.environ)
        calls = self._calls(configuration, profile, None)

        def make() -> WebIdentityProvider:
            return WebIdentityProvider(without_none(members), token_from_file(path), calls)

        return _at(profile, make)

    # -- credentials that the profile holds or says how to get -------------------------------------------------------

    def _sso(self, configuration: Configuration, profile: Profile, _: tuple[str, ...]) -> Found | None:
        if not any(key in profile for key in ("sso_account_id", "sso_role_name", "sso_start_url")):
            return None
        from understudy.credentials.sso import sso_provider

        return sso_provider(configuration, self.outer.connections, clock=self.outer.clock)

    def _static(self, configuration: Configuration, profile: Profile, _: tuple[str, ...]) -> Found | None:
        if not any(key in profile for key in ("aws_access_key_id", "aws_secret_access_key")):
            return None
        return StaticProvider(configuration, profile.name)

    def _login(self, configuration: Configuration, profile: Profile, _: tuple[str, ...]) -> Found | None:
        if "login_session" not in profile:
            return None
        from understudy.credentials.login import login_provider

        region = self.outer.options.region
        return login_provider(configuration, self.outer.connections, region=region, clock=self.outer.clock)

    def _process(self, configuration: Configuration, profile: Profile, _: tuple[str, ...]) -> Found | None:
        if "credential_process" not in profile:
            return None
        from understudy.credentials.process import ProcessProvider

        command, account_id = profile["credential_process"], profile.get("aws_account_id")
        return ProcessProvider(command, environ=configuration.environ, account_id=account_id)


class Needed:
    """The source of a role: where it has no credentials, that is a mistake, and no reason for a chain to go on."""

    __slots__ = ("interactive", "name", "profile", "provider", "static_stability")

    def __init__(self, provider: Found, profile: Profile) -> None:
        self.provider = provider
        self.profile = profile
        self.name = provider.name
        self.interactive = asks_a_person(provider)
        self.static_stability = provider.static_stability

    def retrieve(self) -> Flow[AWSCredentials]:
        """What the source gives; raises what it raises."""
        try:
            return (yield from self.provider.retrieve())
        except CredentialsError as error:
            if not error.try_next:
                raise
            where = f"{self.profile.where('role_arn')}: the role of profile {self.profile.name!r} has no source"
            raise CredentialsError(f"{where}: {error}", recoverable=error.recoverable, hint=error.hint) from error

    def reject(self, access_key_id: str) -> None:
        """Pass on that a set will not do."""
        pass_on(self.provider, access_key_id)

    def identity(self, given: AWSCredentials) -> str:
        """As the source tells it."""
        tell = getattr(self.provider, "identity", None)
        told: str = tell(given) if tell is not None else given.access_key_id
        return told


class StaticProvider:
    """The keys that stand in a profile, read from the file each time: another tool may have rotated them."""

    __slots__ = ("_configuration", "_first", "profile")

    name = "profile"
    static_stability = False

    def __init__(self, configuration: Configuration, profile: str) -> None:
        self._configuration = configuration
        self._first = True
        self.profile = profile

    def retrieve(self) -> Flow[AWSCredentials]:
        """The keys; raises `CredentialsError` for one of the pair without the other."""
        configuration = self._configuration if self._first else self._configuration.reread()
        self._first = False
        return static_keys(configuration.profile(self.profile))
        yield


def pass_on(source: object, access_key_id: str) -> None:
    """Tell a source, where it keeps sets at all, that this one is no longer good."""
    tell = getattr(source, "invalidate", None) or getattr(source, "reject", None)
    if tell is not None:
        tell(access_key_id)


def static_keys(profile: Profile) -> AWSCredentials:
    """The keys of a profile; raises `CredentialsError`, with file and line, for half a pair."""
    key, secret = profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")
    if not key or not secret:
        there, wanting = ("aws_secret_access_key", "aws_access_key_id")[:: 1 if secret else -1]
        raise CredentialsError(
            f"{profile.where(there)}: profile {profile.name!r} has {there} and no {wanting} in the same file"
        )
    return AWSCredentials(
        key,
        secret,
        profile.get("aws_session_token") or profile.get("aws_security_token"),
        account_id=profile.get("aws_account_id"),
        source="profile",
    )


def credential_source(profile: Profile, configuration: Configuration, clock: Clock) -> Found:
    """The machine's credentials that a role's ``credential_source`` names."""
    from understudy.credentials.container import container_provider
    from understudy.credentials.environment import EnvironmentProvider
    from understudy.credentials.imds import imds_provider

    known: dict[str, Callable[[], Found]] = {
        "environment": lambda: EnvironmentProvider(configuration.environ),
        "ecscontainer": lambda: container_provider(configuration.environ, clock=clock),
        "ec2instancemetadata": lambda: imds_provider(configuration, clock=clock),
    }
    named = profile["credential_source"]
    make = known.get(named.lower())
    if make is None:
        raise ConfigurationError(
            f"{profile.where('credential_source')}: credential_source is {named!r}; it must be Environment, "
            "EcsContainer or Ec2InstanceMetadata"
        )
    return make()


def number(profile: Profile, key: str) -> int | None:
    """A whole number of seconds in a profile."""
    text = profile.get(key)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ConfigurationError(f"{profile.where(key)}: {key} is {text!r}; it must be a whole number of seconds")
    return int(text)


def names(profile: Profile, key: str) -> list[str] | None:
    """A comma list in a profile."""
    text = profile.get(key)
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def pairs(profile: Profile, key: str) -> dict[str, str] | None:
    """``k=v,k=v`` in a profile."""
    found: dict[str, str] = {}
    for part in names(profile, key) or ():
        name, equals, value = part.partition("=")
        if not equals:
            raise ConfigurationError(f"{profile.where(key)}: {key} has {part!r}; it must be 'key=value,key=value'")
        found[name.strip()] = value.strip()
    return found or None


def _at(profile: Profile, make: Callable[[], ProviderT]) -> ProviderT:
    """A provider from a profile; what its members break is told with the profile's place in the file."""
    from understudy.errors import ParameterError

    try:
        return make()
    except (ParameterError, ConfigurationError) as error:
        wrong = f"{profile.where('role_arn')}: profile {profile.name!r}: {error.message}"
        raise ConfigurationError(wrong, hint=error.hint) from error


def _chain(visited: tuple[str, ...], name: str) -> str:
    return f" (by way of {' -> '.join((*visited, name))})" if visited else ""
