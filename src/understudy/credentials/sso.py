"""Credentials of a permission set of IAM Identity Center (SSO), for the person who has logged in."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.credentials.exchange import error_code, json_object, passes, read_credentials, refused, request_to
from understudy.errors import ConfigurationError, CredentialsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from understudy.clock import Clock
    from understudy.config import Configuration
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.exchange import Exchange
    from understudy.credentials.sso_token import SSOTokenCache
    from understudy.flow import Connections, Flow
    from understudy.identity import AWSCredentials

_WHAT = "SSO GetRoleCredentials"
_KEYS = ("accessKeyId", "secretAccessKey", "sessionToken", "expiration", "accountId")
_PROFILE_KEYS = ("sso_account_id", "sso_role_name")
_SESSION_KEYS = ("sso_region", "sso_start_url")


class SSOProvider:
    """Exchanges the cached SSO token for the credentials of one role in one account."""

    __slots__ = ("_signed_as", "account_id", "exchange", "role_name", "token", "url")

    name = "sso"
    static_stability = True

    def __init__(self, exchange: Exchange, token: SSOTokenCache, *, url: str, account_id: str, role_name: str) -> None:
        self.exchange = exchange
        self.token = token
        self.url = url
        self.account_id = account_id
        self.role_name = role_name
        self._signed_as: str | None = None

    def retrieve(self) -> Flow[AWSCredentials]:
        """The role's credentials; raises `CredentialsError`, with a hint where a person must log in again."""
        from urllib.parse import urlencode

        access_token = yield from self.token.access_token()
        self._signed_as = self._digest(access_token)
        query = urlencode({"role_name": self.role_name, "account_id": self.account_id})
        headers = (("accept", "application/json"), ("x-amz-sso_bearer_token", access_token))
        request = request_to(f"{self.url}/federation/credentials?{query}", headers=headers, setting="SSO endpoint")
        response = yield from self.exchange.ask(_WHAT, request)
        what = f"{_WHAT} for role {self.role_name!r} in account {self.account_id}"
        if response.status != 200:
            dead = response.status == 401 or error_code(response) == "UnauthorizedException"
            hint = self.token.login_hint if dead else None
            # 400, 401, 403 and 404 are decisions; a redirect or a stray page may be the network's
            decided = 400 <= response.status < 500 and not passes(response)
            raise refused(what, request, response, recoverable=not decided, hint=hint)
        document = json_object(what, request, response).get("roleCredentials")
        if not isinstance(document, dict):
            raise CredentialsError(f"{what} answered without roleCredentials", recoverable=True)
        return read_credentials(what, document, source=self.name, keys=_KEYS, account_id=self.account_id)

    def _digest(self, access_token: str) -> str:
        from hashlib import sha256

        return sha256("\0".join((self.url, self.account_id, self.role_name, access_token)).encode()).hexdigest()

    def identity(self, given: AWSCredentials) -> str:
        """Who the credentials stand for: the role, and the login of the person, the same in every process."""
        return given.access_key_id if self._signed_as is None else self._signed_as


class SSOSettings:
    """What a profile says about SSO; `session` is None in the legacy form, where the profile holds the start URL."""

    __slots__ = ("account_id", "region", "role_name", "session", "start_url")

    def __init__(
        self, *, account_id: str, role_name: str, region: str, start_url: str, session: str | None = None
    ) -> None:
        self.account_id = account_id
        self.role_name = role_name
        self.region = region
        self.start_url = start_url
        self.session = session


def sso_settings(configuration: Configuration, given: Mapping[str, str | None]) -> SSOSettings:
    """The SSO settings of the active profile under those given in code (keys as in a profile).

    Raises a `CredentialsError` that lets a chain go on where there are none, `ConfigurationError` where some are
    missing or the session says other than the profile.
    """
    profile = configuration.active
    keys = (*_PROFILE_KEYS, *_SESSION_KEYS, "sso_session")
    chosen = {key: value for key in keys if (value := given.get(key) or profile.get(key))}
    if not any(key in chosen for key in _PROFILE_KEYS):
        raise CredentialsError(
            f"profile {configuration.profile_name!r} has no sso_account_id and sso_role_name", try_next=True
        )
    session = chosen.get("sso_session")
    if session:
        _merge_session(configuration, chosen, session)
    missing = [key for key in (*_PROFILE_KEYS, *_SESSION_KEYS) if key not in chosen]
    if missing:
        looked = f"it and from [sso-session {session}]" if session else "it"
        raise ConfigurationError(
            f"profile {configuration.profile_name!r} uses SSO, but {', '.join(missing)} is missing from {looked}"
        )
    return SSOSettings(
        account_id=chosen["sso_account_id"],
        role_name=chosen["sso_role_name"],
        region=chosen["sso_region"],
        start_url=chosen["sso_start_url"],
        session=session,
    )


def _merge_session(configuration: Configuration, chosen: dict[str, str], name: str) -> None:
    section = configuration.sso_session(name)
    for key in _SESSION_KEYS:
        value = section.get(key)
        if value and chosen.setdefault(key, value) != value:
            raise ConfigurationError(
                f"{key} is {chosen[key]!r} in profile {configuration.profile_name!r}, but {value!r} in "
                f"[sso-session {name}]; remove it from the profile"
            )


def sso_provider(
    configuration: Configuration | None = None,
    connections: Connections | None = None,
    *,
    profile: str | None = None,
    given: Mapping[str, str | None] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> SSOProvider:
    """The provider of the active profile, under what code gives (keys as in a profile); raises as `sso_settings`."""
    from understudy.config import Configuration, expand
    from understudy.credentials.connections import service_exchange
    from understudy.credentials.services import SSO, SSO_OIDC, service_url
    from understudy.credentials.sso_token import SSOTokenCache, token_path

    configuration = configuration or Configuration.load(profile=profile)
    settings = sso_settings(configuration, given or {})
    exchange = service_exchange(configuration, connections, clock)
    login = f"--sso-session {settings.session}" if settings.session else f"--profile {configuration.profile_name}"
    token = SSOTokenCache(
        token_path(expand("~/.aws/sso/cache", configuration.environ), settings.session or settings.start_url),
        start_url=settings.start_url,
        region=settings.region,
        url=service_url(configuration, SSO_OIDC, settings.region),
        exchange=exchange if settings.session else None,  # the legacy form has no registration to refresh with
        login_hint=f"run 'aws sso login {login}'",
        clock=clock,
    )
    url = service_url(configuration, SSO, settings.region)
    return SSOProvider(exchange, token, url=url, account_id=settings.account_id, role_name=settings.role_name)


def from_sso(
    *,
    profile: str | None = None,
    sso_session: str | None = None,
    sso_start_url: str | None = None,
    sso_region: str | None = None,
    sso_account_id: str | None = None,
    sso_role_name: str | None = None,
    configuration: Configuration | None = None,
    connections: Connections | None = None,
    **options: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of a permission set, from the token that ``aws sso login`` cached; what is left out is the profile's.

    With an `sso_session` the cached token is refreshed when less than 15 minutes of it are left; in the legacy form (a
    start URL) it is used to its end.
    """
    from understudy.credentials.deferred import refreshing

    given = {
        "sso_session": sso_session,
        "sso_start_url": sso_start_url,
        "sso_region": sso_region,
        "sso_account_id": sso_account_id,
        "sso_role_name": sso_role_name,
    }
    return refreshing(
        "sso",
        sso_provider,
        options,
        configuration=configuration,
        connections=connections,
        profile=profile,
        given=given,
    )
