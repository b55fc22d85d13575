"""GetWebIdentityToken's tokens: claims, limits, keys and the documents to verify them by (section 11)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from understudy.errors import (
    AccessDenied,
    JWTPayloadSizeExceededException,
    OutboundWebIdentityFederationDisabledException,
    ServiceError,
    SessionDurationEscalationException,
)
from understudy.http import Request
from understudy.server import issuer as issuing
from understudy.server.issuer import NAMESPACE, TokenIssuer, TokenSubject
from understudy.server.jws import SignedToken
from understudy.server.signing_keys import SigningKey, encoded

NOW = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
ACCOUNT = "123456789012"
SUBJECT = TokenSubject(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:role/team/Reader")


class Clock:
    def __init__(self) -> None:
        self.at = NOW.timestamp()

    def time(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def one_rsa_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """RSA keys take long to make: EC keys on the right curve are fresh each time, RSA keys are not needed here."""
    real = SigningKey.generate.__func__  # type: ignore[attr-defined]

    def generate(algorithm: str, key_id: str | None = None) -> SigningKey:
        if algorithm != "RS256" or key_id == "real":
            return real(SigningKey, algorithm, key_id)  # type: ignore[no-any-return]
        made = real(SigningKey, "ES256", key_id)
        return SigningKey(made._key, "ES256", made.key_id)

    monkeypatch.setattr(SigningKey, "generate", generate)


@pytest.fixture
def issuer(clock: Clock) -> TokenIssuer:
    return TokenIssuer("http://127.0.0.1:1234/", clock=clock)


def issue(issuer: TokenIssuer, subject: TokenSubject = SUBJECT, **changes: Any) -> issuing.IssuedToken:
    usual = {
        "audience": ["https://api.example.com"],
        "algorithm": "ES384",
        "now": NOW,
        "region": "eu-west-1",
        "enabled": True,
    }
    return issuer.issue(subject, **{**usual, **changes})


def read(issued: issuing.IssuedToken) -> dict[str, Any]:
    return SignedToken.parse(issued.token, limit=30_000).claims


def published(issuer: TokenIssuer, account: str = ACCOUNT) -> dict[str, dict[str, Any]]:
    def get(address: str) -> Any:
        response = issuer.respond(Request("GET", "127.0.0.1:1234", address.removeprefix("http://127.0.0.1:1234")))
        assert response is not None
        assert response.status == 200
        return json.loads(response.body)

    document = get(f"{issuer.url(account)}/.well-known/openid-configuration")
    assert document["issuer"] == issuer.url(account)
    return {key["kid"]: key for key in get(document["jwks_uri"])["keys"]}


def verified(issuer: TokenIssuer, issued: issuing.IssuedToken) -> bool:
    token = SignedToken.parse(issued.token)
    key = published(issuer).get(token.key_id or "")
    return key is not None and token.verifies(key)


def test_claims_of_a_role_session(issuer: TokenIssuer) -> None:
    subject = TokenSubject(
        account=ACCOUNT,
        arn=SUBJECT.arn,
        tags={"team": "data"},
        organization=("o-abc", ["o-abc/r-1/ou-1/"]),
        session_expires=NOW + timedelta(hours=1),
        source_identity="alice",
    )
    claims = read(issue(issuer, subject, tags={"job": "7"}))
    assert len(claims.pop("jti")) == 32
    assert claims == {
        "iss": f"http://127.0.0.1:1234/outbound/{ACCOUNT}",
        "aud": "https://api.example.com",
        "sub": SUBJECT.arn,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 300,
        NAMESPACE: {
            "aws_account": ACCOUNT,
            "source_region": "eu-west-1",
            "principal_id": SUBJECT.arn,
            "org_id": "o-abc",
            "ou_path": ["o-abc/r-1/ou-1/"],
            "original_session_exp": "2026-11-22T13:00:00Z",
            "source_identity": "alice",
            "principal_tags": {"team": "data"},
            "request_tags": {"job": "7"},
        },
    }


def test_several_audiences_are_a_list_and_the_expiration_matches(issuer: TokenIssuer) -> None:
    issued = issue(issuer, audience=["a", "b"], seconds=3600)
    assert read(issued)["aud"] == ["a", "b"]
    assert issued.expiration == datetime(2026, 11, 22, 13, 0, 0, tzinfo=UTC)
    assert issued.token not in repr(issued)


@pytest.mark.parametrize("algorithm", ["HS256", "ES256", "none\0", "rs256"])
def test_unsupported_algorithms(issuer: TokenIssuer, algorithm: str) -> None:
    with pytest.raises(ServiceError) as caught:
        issue(issuer, algorithm=algorithm)
    assert caught.value.message == (
        "Requested SigningAlgorithm is not supported. See the GetWebIdentityToken documentation for supported algorithms"
    )


def test_the_feature_switched_off(issuer: TokenIssuer) -> None:
    with pytest.raises(OutboundWebIdentityFederationDisabledException) as caught:
        issue(issuer, enabled=False)
    assert (caught.value.status, caught.value.message) == (403, "OutboundWebIdentityFederation is disabled.")


def test_federated_users_are_refused(issuer: TokenIssuer) -> None:
    with pytest.raises(AccessDenied, match="GetWebIdentityToken does not support federated user sessions"):
        issue(issuer, TokenSubject(account=ACCOUNT, arn="x", is_federated_user=True))


def test_a_token_does_not_outlive_the_session(issuer: TokenIssuer) -> None:
    soon = TokenSubject(account=ACCOUNT, arn=SUBJECT.arn, session_expires=NOW + timedelta(seconds=299))
    with pytest.raises(SessionDurationEscalationException) as caught:
        issue(issuer, soon)
    assert caught.value.message == "Requested token expiry time must be before the original session's expiry time."
    assert issue(issuer, soon, seconds=60).expiration < NOW + timedelta(seconds=61)


def test_claims_of_14984_bytes_and_one_more(clock: Clock) -> None:
    issuer = TokenIssuer("http://h", clock=clock, token_id=lambda: "0")
    room = 14_984 - len(encoded(read(issue(issuer, audience=[""]))))
    assert len(encoded(read(issue(issuer, audience=["x" * room])))) == 14_984
    with pytest.raises(JWTPayloadSizeExceededException):
        issue(issuer, audience=["x" * (room + 1)])


def test_es384_verifies_with_the_published_key(issuer: TokenIssuer) -> None:
    assert verified(issuer, issue(issuer))


def test_rs256_verifies_with_the_published_key(issuer: TokenIssuer, clock: Clock) -> None:
    issuer._keys["RS256"].append((SigningKey.generate("RS256", "real"), clock.at))
    assert verified(issuer, issue(issuer, algorithm="RS256"))


def test_keys_rotate_and_stay_published_while_their_tokens_live(issuer: TokenIssuer, clock: Clock) -> None:
    old = issue(issuer, seconds=3600)
    clock.at += 7 * 86_400
    assert SignedToken.parse(issue(issuer).token).key_id != SignedToken.parse(old.token).key_id
    assert verified(issuer, old)
    clock.at += 3599
    issuer.rotate("ES384")
    assert verified(issuer, old)
    clock.at += 1
    issuer.rotate("ES384")
    assert not verified(issuer, old)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/outbound/{ACCOUNT}/.well-known/jwks"),
        ("GET", "/"),
        ("GET", "/outbound/1/.well-known/jwks"),
        ("GET", f"/outbound/{ACCOUNT}/../.well-known/jwks"),
        ("GET", f"/outbound/{ACCOUNT}/.well-known/jwks/"),
        ("GET", f"/outbound/{ACCOUNT}"),
    ],
)
def test_other_requests_are_left_to_the_app(issuer: TokenIssuer, method: str, path: str) -> None:
    assert issuer.respond(Request(method, "h", path)) is None
