"""Credentials of a console login (`aws login`), refreshed through the sign-in service with a DPoP proof.

The login cache is shared with the AWS CLI and its refresh token rotates, so a refresh happens under a lock, after a
second look at the file, and replaces the file in one rename.
"""

from __future__ import annotations

import os

from understudy.clock import SYSTEM_CLOCK
from understudy.credentials.exchange import (
    error_code,
    json_object,
    passes,
    read_credentials,
    refused,
    request_to,
    timestamp,
)
from understudy.credentials.files import ReplaceFile, lock_file
from understudy.errors import ConfigurationError, CredentialsError
from understudy.flow import ReadFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Unpack

    from understudy.clock import Clock
    from understudy.config import Configuration
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.exchange import Exchange
    from understudy.flow import Connections, Flow
    from understudy.http import Request, Response
    from understudy.identity import AWSCredentials

REFRESH_WINDOW = 300.0  # seconds before their end that the cached credentials are refreshed
_KEYS = ("accessKeyId", "secretAccessKey", "sessionToken", "expiresAt", "accountId")
_WHAT = "sign-in CreateOAuth2Token"
_HINT = "run 'aws login'"
_SKEW = 240.0  # seconds that the service's clock may be off before a proof is made again with its time
_DEAD = {
    "TOKEN_EXPIRED": "the login session has expired",
    "USER_CREDENTIALS_CHANGED": "the login session ended when the password was changed",
    "INSUFFICIENT_PERMISSIONS": "the user lacks the permission signin:CreateOAuth2Token",
}


def login_path(directory: str, login_session: str) -> str:
    """The cache file of a login session (the ARN that the profile's `login_session` names)."""
    from hashlib import sha256

    return os.path.join(directory, f"{sha256(login_session.encode()).hexdigest()}.json")


class LoginProvider:
    """Gives the credentials of the login cache, refreshed there when less than 5 minutes of them are left.

    `locate` gives the sign-in service's URL for the region in which the cache says the person signed in (or None).
    """

    __slots__ = ("clock", "exchange", "locate", "login_session", "path")

    name = "login"
    static_stability = True

    def __init__(
        self,
        exchange: Exchange,
        path: str,
        *,
        login_session: str,
        locate: Callable[[str | None], str],
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.exchange = exchange
        self.path = path
        self.login_session = login_session
        self.locate = locate
        self.clock = clock

    def retrieve(self) -> Flow[AWSCredentials]:
        """Credentials of the login; raises `CredentialsError`, with a hint where a person must log in again."""
        login = yield from self._load()
        if self._left(login) <= REFRESH_WINDOW:
            login = yield from self._refresh(login)
        return self._credentials(login)

    def _credentials(self, login: dict[str, Any]) -> AWSCredentials:
        return read_credentials(f"the login cache {self.path!r}", login["accessToken"], source=self.name, keys=_KEYS)

    def _load(self) -> Flow[dict[str, Any]]:
        import json

        try:
            content: bytes = yield ReadFile(self.path)
            login = json.loads(content)
        except FileNotFoundError:
            raise self._dead(f"there is no login for {self.login_session!r} at {self.path!r}") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
            raise self._dead(f"the login cache {self.path!r} cannot be read: {reason}") from None
        wanted = {"accessToken": dict, "clientId": str, "refreshToken": str, "dpopKey": str}
        given = login if isinstance(login, dict) else {}
        missing = [key for key, kind in wanted.items() if not isinstance(given.get(key), kind) or not given[key]]
        if missing:
            raise self._dead(f"the login cache {self.path!r} lacks {', '.join(missing)}")
        checked: dict[str, Any] = given
        return checked

    def _left(self, login: dict[str, Any]) -> float:
        try:
            return timestamp(login["accessToken"].get("expiresAt")).timestamp() - self.clock.time()
        except ValueError:
            return 0.0

    def _refresh(self, login: dict[str, Any]) -> Flow[dict[str, Any]]:
        """The refreshed login; the old one where the refresh fails but it is still valid."""
        try:
            return (yield from self._refresh_locked())
        except CredentialsError as error:
            if error.recoverable and self._left(login) > 0:
                return login
            raise
        except OSError as error:
            # a refresh token that rotates must not be used where its successor cannot be stored
            if self._left(login) > 0:
                return login
            raise self._dead(
                f"the login in {self.path!r} expired, and cannot be replaced there: {error.strerror}"
            ) from error

    def _refresh_locked(self) -> Flow[dict[str, Any]]:
        import json

        lock = yield from lock_file(self.path, clock=self.clock)
        try:
            login = yield from self._load()
            if self._left(login) > REFRESH_WINDOW:
                return login
            refreshed = yield from self._create_token(login)
            yield ReplaceFile(self.path, json.dumps(refreshed, indent=2).encode())
            return refreshed
        finally:
            lock.release()

    def _create_token(self, login: dict[str, Any]) -> Flow[dict[str, Any]]:
        request, response = yield from self._ask(login, self.clock.time())
        theirs = _date(response)
        if response.status in (400, 401, 403) and theirs is not None and abs(theirs - self.clock.time()) >= _SKEW:
            request, response = yield from self._ask(login, theirs)
        if response.status != 200:
            raise self._refused(request, response)
        answer = json_object(_WHAT, request, response)
        token, expires_in = answer.get("accessToken"), answer.get("expiresIn")
        if not isinstance(token, dict) or not answer.get("refreshToken") or not isinstance(expires_in, (int, float)):
            raise CredentialsError(
                f"{_WHAT} answered without accessToken, refreshToken and expiresIn", recoverable=True
            )
        made = {key: token.get(key) for key in _KEYS[:3]}
        made["expiresAt"] = _text(self.clock.time() + expires_in)
        refreshed = {**login, "accessToken": {**login["accessToken"], **made}, "refreshToken": answer["refreshToken"]}
        self._credentials(refreshed)  # nothing incomplete replaces the cached login
        return refreshed

    def _ask(self, login: dict[str, Any], now: float) -> Flow[tuple[Request, Response]]:
        import json

        from understudy.credentials.dpop import proof

        asked = {"clientId": login["clientId"], "refreshToken": login["refreshToken"], "grantType": "refresh_token"}
        url = f"{self.locate(_region(login))}/v1/token"
        headers = (
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("dpop", proof(login["dpopKey"], "POST", url, now)),
        )
        request = request_to(url, "POST", headers, json.dumps(asked).encode(), setting="sign-in endpoint")
        return request, (yield from self.exchange.ask(_WHAT, request))

    def _refused(self, request: Request, response: Response) -> CredentialsError:
        reason = _DEAD.get(_oauth_error(response))
        if reason:
            return self._dead(f"{_WHAT} refused: {reason}")
        passing = passes(response) or not 400 <= response.status < 500
        return refused(_WHAT, request, response, recoverable=passing, hint=None if passing else _HINT)

    def _dead(self, message: str) -> CredentialsError:
        return CredentialsError(message, hint=_HINT)


def _region(login: dict[str, Any]) -> str | None:
    told = login.get("signInRegion")
    return told if isinstance(told, str) and told else None


def _oauth_error(response: Response) -> str:
    """The member `error` of the body; the error type of the header says AccessDeniedException for all of them."""
    import json

    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError):
        document = None
    told = document.get("error") if isinstance(document, dict) else None
    return told if isinstance(told, str) else error_code(response) or ""


def _date(response: Response) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(response.header("date") or "").timestamp()
    except ValueError:
        return None


def _text(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Locator:
    """Where the sign-in service is: in the region of the login, else the one given, else the configured one."""

    __slots__ = ("configuration", "region")

    def __init__(self, configuration: Configuration, region: str | None) -> None:
        self.configuration = configuration
        self.region = region

    def __call__(self, signed_in: str | None) -> str:
        from understudy.credentials.services import SIGNIN, service_url

        chosen = signed_in or self.region or self.configuration.value("region")
        if not chosen and not self.configuration.endpoint(SIGNIN):
            raise ConfigurationError(
                f"there is no region to refresh the login of profile {self.configuration.profile_name!r} in: "
                f"{self.configuration.where('region')}"
            )
        return service_url(self.configuration, SIGNIN, chosen or "")


def login_provider(
    configuration: Configuration | None = None,
    connections: Connections | None = None,
    *,
    profile: str | None = None,
    region: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> LoginProvider:
    """The provider of the active profile; raises a `CredentialsError` that lets a chain go on where it has no login."""
    from understudy.config import Configuration, expand
    from understudy.credentials.connections import service_exchange

    configuration = configuration or Configuration.load(profile=profile)
    login_session = configuration.active.get("login_session")
    if not login_session:
        raise CredentialsError(f"profile {configuration.profile_name!r} has no login_session", try_next=True)

    directory = configuration.value("login_cache_directory") or "~/.aws/login/cache"
    path = login_path(expand(directory, configuration.environ), login_session)
    exchange = service_exchange(configuration, connections, clock)
    return LoginProvider(
        exchange, path, login_session=login_session, locate=_Locator(configuration, region), clock=clock
    )


def from_login_credentials(
    *,
    profile: str | None = None,
    region: str | None = None,
    configuration: Configuration | None = None,
    connections: Connections | None = None,
    **options: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of the person who ran ``aws login`` for a profile, refreshed in the cache that the AWS CLI shares.

    Refreshing needs the package `cryptography` (the extra ``login``).
    """
    from understudy.credentials.deferred import refreshing

    return refreshing(
        "login",
        login_provider,
        options,
        configuration=configuration,
        connections=connections,
        profile=profile,
        region=region,
    )
