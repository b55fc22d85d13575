"""An instance metadata service: sessions by PUT, both listings, and the switches that instances have."""

from __future__ import annotations

from typing import Any

from tests.doubles.loopback import Answer, Asked, Loopback

LEGACY = "/latest/meta-data/iam/security-credentials/"
EXTENDED = "/latest/meta-data/iam/security-credentials-extended/"


class InstanceMetadata(Loopback):
    """`version_1` and `extended` tell what it offers; `role` is the instance's role, None for none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(self._answer, **options)
        self.role: str | None = "web"
        self.version_1 = True
        self.version_2 = True
        self.extended = True
        self.swallow_put = False
        self.tokens: set[str] = set()
        self.ttl = 21_600
        self.expiration = "2027-01-15T14:00:00Z"
        self._issued = 0

    def paths(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def _answer(self, asked: Asked) -> Answer:
        if asked.path == "/latest/api/token":
            return self._token(asked)
        token = asked.headers.get("x-aws-ec2-metadata-token")
        if (token is None and not self.version_1) or (token is not None and token not in self.tokens):
            return Answer(401)
        return self._metadata(asked.path)

    def _token(self, asked: Asked) -> Answer:
        if self.swallow_put:
            return Answer(hold=True)
        if not self.version_2:
            return Answer(404)
        if asked.method != "PUT" or asked.headers.get("x-aws-ec2-metadata-token-ttl-seconds") != "21600":
            return Answer(400)
        if "x-forwarded-for" in asked.headers:
            return Answer(403)
        self._issued += 1
        token = f"session{self._issued}=="
        self.tokens.add(token)
        return Answer(200, token.encode(), headers={"x-aws-ec2-metadata-token-ttl-seconds": str(self.ttl)})

    def _metadata(self, path: str) -> Answer:
        listing = EXTENDED if path.startswith(EXTENDED) else LEGACY
        if self.role is None or not path.startswith(listing) or (listing == EXTENDED and not self.extended):
            return Answer(404)
        name = path.removeprefix(listing)
        if not name:
            return Answer(200, self.role.encode(), headers={"content-type": "text/plain"})
        return self._credentials(listing) if name == self.role else Answer(404)

    def _credentials(self, listing: str) -> Answer:
        document = {
            "Code": "Success",
            "LastUpdated": "2027-01-15T08:00:00Z",
            "Type": "AWS-HMAC",
            "AccessKeyId": f"ASIA{(self.role or '').upper()}",
            "SecretAccessKey": "instance-secret",
            "Token": "instance-token",
            "Expiration": self.expiration,
        }
        account = {"AccountId": "111122223333"} if listing == EXTENDED else {}
        return Answer.of(document | account, content_type="text/plain")
