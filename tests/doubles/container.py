"""A container credentials endpoint that checks its authorization token and gives a new key each time."""

from __future__ import annotations

from typing import Any

from tests.doubles.loopback import Answer, Asked, Loopback

DOCUMENT: dict[str, Any] = {
    "AccessKeyId": "ASIACONTAINER1",
    "SecretAccessKey": "secret-1",
    "Token": "token-1",
    "Expiration": "2027-01-15T14:00:00Z",
    "AccountId": "111122223333",
    "RoleArn": "arn:aws:iam::111122223333:role/task",
}


class ContainerEndpoint(Loopback):
    """`token` is the authorization it wants, None for none."""

    def __init__(self) -> None:
        super().__init__(self._credentials)
        self.token: str | None = None
        self.given = 0

    def _credentials(self, asked: Asked) -> Answer:
        if self.token is not None and asked.headers.get("authorization") != self.token:
            return Answer.of({"code": "InvalidToken", "message": "the authorization token is not valid"}, 401)
        self.given += 1
        return Answer.of({**DOCUMENT, "AccessKeyId": f"ASIACONTAINER{self.given}"})
