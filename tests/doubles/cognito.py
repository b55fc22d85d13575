"""Cognito Identity, the two unsigned calls of it."""

from __future__ import annotations

from tests.doubles.loopback import Answer, Asked, Loopback

POOL = "eu-west-1:11111111-2222-3333-4444-555555555555"


class CognitoIdentity(Loopback):
    """Each GetId without logins gives a new identity; `logins` are the tokens it takes, by provider."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.logins: dict[str, str] = {}
        self.identities: set[str] = set()
        self.expiration: float = 1_800_003_600.5

    def operations(self) -> list[str]:
        return [asked.headers["x-amz-target"].rpartition(".")[2] for asked in self.asked]

    def _answer(self, asked: Asked) -> Answer:
        target = asked.headers.get("x-amz-target", "")
        plain = "authorization" not in asked.headers and asked.method == "POST" and asked.path == "/"
        if not plain or asked.headers.get("content-type") != "application/x-amz-json-1.1":
            return _error("SerializationException", "")
        given = asked.json
        if any(self.logins.get(name) != token for name, token in given.get("Logins", {}).items()):
            return _error("NotAuthorizedException", "Invalid login token. Token expired: 1 >= 0")
        if target == "AWSCognitoIdentityService.GetId":
            return self._get_id(given)
        if target == "AWSCognitoIdentityService.GetCredentialsForIdentity":
            return self._get_credentials(given)
        return _error("UnknownOperationException", "")

    def _get_id(self, given: dict[str, str]) -> Answer:
        if given["IdentityPoolId"] != POOL:
            return _error("ResourceNotFoundException", "IdentityPool not found.")
        identity = f"eu-west-1:00000000-0000-0000-0000-{len(self.identities):012}"
        self.identities.add(identity)
        return _success({"IdentityId": identity})

    def _get_credentials(self, given: dict[str, str]) -> Answer:
        if given["IdentityId"] not in self.identities:
            return _error("ResourceNotFoundException", f"Identity '{given['IdentityId']}' not found.")
        credentials = {
            "AccessKeyId": "ASIACOGNITO" + given["IdentityId"][-1],
            "SecretKey": "cognito-secret",
            "SessionToken": "cognito-session",
            "Expiration": self.expiration,
        }
        return _success({"IdentityId": given["IdentityId"], "Credentials": credentials})


def _success(document: dict[str, object]) -> Answer:
    return Answer.of(document, content_type="application/x-amz-json-1.1")


def _error(kind: str, message: str) -> Answer:
    return Answer.of({"__type": kind, "message": message}, 400, content_type="application/x-amz-json-1.1")
