"""The SSO access token that `aws sso login` left in the cache, refreshed through SSO-OIDC where that is possible.

The file is shared with the AWS CLI and other SDKs, and the refresh token rotates. So the refresh happens under a lock,
after a second look at the file, and the new token replaces the file in one rename: nobody's refresh token is lost.
"""

from __future__ import annotations

import os

from understudy.clock import SYSTEM_CLOCK
from understudy.credentials.exchange import error_code, json_object, passes, refused, request_to, timestamp
from understudy.credentials.files import ReplaceFile, lock_file
from understudy.errors import CredentialsError
from understudy.flow import ReadFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.clock import Clock
    from understudy.credentials.exchange import Exchange
    from understudy.flow import Flow

REFRESH_WINDOW = 900.0  # seconds before its end that a token is refreshed
ATTEMPT_INTERVAL = 60.0  # seconds between two attempts to refresh a token that is still valid
_FOR_REFRESH = ("refreshToken", "clientId", "clientSecret", "registrationExpiresAt")
_WHAT = "SSO-OIDC CreateToken"


def token_path(directory: str, name: str) -> str:
    """The cache file of a session (by its name) or, in the legacy form, of a start URL."""
    from hashlib import sha1

    return os.path.join(directory, f"{sha1(name.encode(), usedforsecurity=False).hexdigest()}.json")


class SSOTokenCache:
    """The token of one SSO session, or of one start URL. Without an `exchange` it is only read, never refreshed."""

    __slots__ = ("_next_attempt", "clock", "exchange", "login_hint", "path", "region", "start_url", "url")

    def __init__(
        self,
        path: str,
        *,
        start_url: str,
        region: str,
        url: str = "",
        exchange: Exchange | None = None,
        login_hint: str = "run 'aws sso login'",
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.path = path
        self.start_url = start_url
        self.region = region
        self.url = url
        self.exchange = exchange
        self.login_hint = login_hint
        self.clock = clock
        self._next_attempt = 0.0

    def access_token(self) -> Flow[str]:
        """A token that is still valid; raises a `CredentialsError`, not recoverable when a person must log in."""
        token = yield from self._load()
        if self.exchange is not None and self._due(token):
            token = yield from self._refresh(self.exchange, token)
        if self._left(token) <= 0:
            raise self._dead(f"the SSO token in {self.path!r} expired at {token['expiresAt']}")
        text: str = token["accessToken"]
        return text

    def _load(self) -> Flow[dict[str, Any]]:
        import json

        try:
            content: bytes = yield ReadFile(self.path)
            token = json.loads(content)
        except FileNotFoundError:
            raise self._dead(f"there is no SSO token for {self.start_url!r} at {self.path!r}") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
            raise self._dead(f"the SSO token file {self.path!r} cannot be read: {reason}") from None
        self._check(token)
        checked: dict[str, Any] = token
        return checked

    def _check(self, token: object) -> None:
        wanted = ("accessToken", "expiresAt")
        if not isinstance(token, dict) or not all(isinstance(token.get(key), str) and token[key] for key in wanted):
            raise self._dead(f"the SSO token file {self.path!r} holds no accessToken and expiresAt")
        try:
            timestamp(token["expiresAt"])
        except ValueError as error:
            raise self._dead(
                f"the SSO token file {self.path!r} has an expiresAt that cannot be read: {error}"
            ) from None

    def _left(self, token: dict[str, Any]) -> float:
        return timestamp(token["expiresAt"]).timestamp() - self.clock.time()

    def _due(self, token: dict[str, Any]) -> bool:
        if self._left(token) >= REFRESH_WINDOW:
            return False
        return self._left(token) <= 0 or self.clock.monotonic() >= self._next_attempt

    def _refresh(self, exchange: Exchange, token: dict[str, Any]) -> Flow[dict[str, Any]]:
        """The refreshed token; the old one where it cannot be refreshed but is still valid."""
        self._next_attempt = self.clock.monotonic() + ATTEMPT_INTERVAL
        if self._registration_is_over(token):
            return token
        try:
            return (yield from self._refresh_locked(exchange))
        except CredentialsError:
            if self._left(token) > 0:
                return token
            raise
        except OSError as error:
            # a refresh token that rotates must not be used where its successor cannot be stored
            if self._left(token) > 0:
                return token
            raise CredentialsError(
                f"the SSO token in {self.path!r} expired, and cannot be replaced there: {error.strerror}",
                hint=self.login_hint,
            ) from error

    def _registration_is_over(self, token: dict[str, Any]) -> bool:
        if not all(isinstance(token.get(key), str) and token[key] for key in _FOR_REFRESH):
            return True
        try:
            return timestamp(token["registrationExpiresAt"]).timestamp() <= self.clock.time()
        except ValueError:
            return True

    def _refresh_locked(self, exchange: Exchange) -> Flow[dict[str, Any]]:
        import json

        lock = yield from lock_file(self.path, clock=self.clock)
        try:
            current = yield from self._load()
            if self._left(current) >= REFRESH_WINDOW or self._registration_is_over(current):
                return current
            refreshed = yield from self._create_token(exchange, current)
            yield ReplaceFile(self.path, json.dumps(refreshed).encode())
            return refreshed
        finally:
            lock.release()

    def _create_token(self, exchange: Exchange, token: dict[str, Any]) -> Flow[dict[str, Any]]:
        import json

        asked = {key: token[key] for key in ("clientId", "clientSecret", "refreshToken")} | {
            "grantType": "refresh_token"
        }
        headers = (("content-type", "application/json"), ("accept", "application/json"))
        request = request_to(
            f"{self.url}/token", "POST", headers, json.dumps(asked).encode(), setting="SSO-OIDC endpoint"
        )
        response = yield from exchange.ask(_WHAT, request)
        if response.status != 200:
            passing = passes(response) or error_code(response) == "InternalServerException"
            raise refused(_WHAT, request, response, recoverable=passing, hint=None if passing else self.login_hint)
        answer = json_object(_WHAT, request, response)
        access_token, expires_in = answer.get("accessToken"), answer.get("expiresIn")
        if not isinstance(access_token, str) or not access_token or not isinstance(expires_in, (int, float)):
            raise CredentialsError(f"{_WHAT} answered without accessToken and expiresIn", recoverable=True)
        kept = {**token, "startUrl": self.start_url, "region": self.region, "accessToken": access_token}
        kept["expiresAt"] = _text(self.clock.time() + expires_in)
        if isinstance(answer.get("refreshToken"), str):
            kept["refreshToken"] = answer["refreshToken"]
        return kept

    def _dead(self, message: str) -> CredentialsError:
        return CredentialsError(message, hint=self.login_hint)


def _text(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
