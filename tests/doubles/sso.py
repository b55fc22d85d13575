"""The two services of IAM Identity Center, on one loopback server: the portal (GetRoleCredentials) and SSO-OIDC (CreateToken)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha1
from typing import TYPE_CHECKING, Any

from tests.doubles.loopback import Answer, Asked, Loopback

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doubles.clock import FakeClock

START_URL = "https://example.awsapps.com/start"


def text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class IdentityCenter(Loopback):
    """Refresh tokens rotate: each is taken once. Access tokens are valid until `revoked`."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(self._answer)
        self.clock = clock
        self.access_tokens = {"access-0"}
        self.refresh_token = "refresh-0"
        self.issued = 0
        self.roles = {("111122223333", "Reader")}

    def cached(self, directory: Path, name: str = "corp", *, left: float = 3600, **changes: Any) -> Path:
        """Writes the cache file as `aws sso login` does; a change to None leaves the member out."""
        document = {
            "startUrl": START_URL,
            "region": "eu-west-1",
            "accessToken": "access-0",
            "expiresAt": text(self.clock.now + left),
            "clientId": "client-1",
            "clientSecret": "client-secret-1",
            "registrationExpiresAt": text(self.clock.now + 86_400 * 80),
            "refreshToken": self.refresh_token,
            "theirs": "kept",
        }
        path = directory / f"{sha1(name.encode()).hexdigest()}.json"
        path.write_text(json.dumps({k: v for k, v in (document | changes).items() if v is not None}))
        return path

    def _answer(self, asked: Asked) -> Answer:
        return self._create_token(asked) if asked.path == "/token" else self._role_credentials(asked)

    def _create_token(self, asked: Asked) -> Answer:
        given = asked.json
        if asked.method != "POST" or given["clientId"] != "client-1" or given["clientSecret"] != "client-secret-1":
            return _oidc_error("invalid_client", "InvalidClientException", 401)
        if given["grantType"] != "refresh_token" or given["refreshToken"] != self.refresh_token:
            return _oidc_error("invalid_grant", "InvalidGrantException", 400)
        self.issued += 1
        access_token, self.refresh_token = f"access-{self.issued}", f"refresh-{self.issued}"
        self.access_tokens.add(access_token)
        return Answer.of(
            {
                "accessToken": access_token,
                "expiresIn": 28_800,
                "refreshToken": self.refresh_token,
                "tokenType": "Bearer",
            }
        )

    def _role_credentials(self, asked: Asked) -> Answer:
        if asked.path != "/federation/credentials" or asked.method != "GET":
            return Answer(404)
        if asked.headers.get("x-amz-sso_bearer_token") not in self.access_tokens:
            return _portal_error("UnauthorizedException", "Session token not found or invalid", 401)
        if (asked.query.get("account_id"), asked.query.get("role_name")) not in self.roles:
            return _portal_error("ForbiddenException", "No access", 403)
        return Answer.of(
            {
                "roleCredentials": {
                    "accessKeyId": "ASIASSO",
                    "secretAccessKey": "sso-secret",
                    "sessionToken": "sso-session",
                    "expiration": int((self.clock.now + 3600) * 1000),
                }
            }
        )


def _oidc_error(error: str, kind: str, status: int) -> Answer:
    return Answer.of({"error": error, "error_description": "no"}, status, **{"x-amzn-errortype": kind})


def _portal_error(kind: str, message: str, status: int) -> Answer:
    return Answer.of({"message": message, "__type": f"com.amazonaws.switchboard.portal#{kind}"}, status)
