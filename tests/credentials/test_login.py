"""Login credentials: the shared cache, its refresh with a proof of possession, and clocks that disagree."""

from __future__ import annotations

import json
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.doubles.loopback import HTML, Answer
from tests.doubles.signin import LOGIN_SESSION, SignIn, pem
from tests.doubles.sso import text

from understudy.credentials.dpop import proof
from understudy.credentials.login import LoginProvider, login_path
from understudy.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.doubles.clock import FakeClock

    from understudy.credentials.exchange import Exchange

    Run = Callable[[Any], Any]


@pytest.fixture
def signin(clock: FakeClock) -> Any:
    with SignIn(clock) as signin:
        yield signin


@pytest.fixture
def provider(signin: SignIn, exchange: Exchange, tmp_path: Path, clock: FakeClock) -> LoginProvider:
    path = login_path(str(tmp_path), LOGIN_SESSION)
    return LoginProvider(exchange, path, login_session=LOGIN_SESSION, locate=lambda region: signin.url, clock=clock)


def on_disk(provider: LoginProvider) -> dict[str, Any]:
    with open(provider.path) as file:
        document: dict[str, Any] = json.load(file)
    return document


def test_cached_credentials_are_given_while_5_minutes_are_left(
    run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path
) -> None:
    signin.cached(tmp_path, left=301)
    given = run(provider.retrieve())
    assert (given.access_key_id, given.secret_access_key, given.session_token) == (
        "ASIALOGIN0",
        "login-secret-0",
        "login-session-0",
    )
    assert given.account_id == "111122223333"
    assert given.source == "login"
    assert given.expiration.timestamp() == provider.clock.time() + 301
    assert signin.asked == []


@pytest.mark.parametrize("left", [300, 10, -100])
def test_they_are_refreshed_with_a_proof_and_replace_the_file(
    run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path, left: float
) -> None:
    path = signin.cached(tmp_path, left=left)
    path.chmod(0o644)
    given = run(provider.retrieve())
    assert (given.access_key_id, given.account_id) == ("ASIALOGIN1", "111122223333")
    assert given.expiration.timestamp() == provider.clock.time() + 900
    assert on_disk(provider) == {
        "accessToken": {
            "accessKeyId": "ASIALOGIN1",
            "secretAccessKey": "login-secret-1",
            "sessionToken": "login-session-1",
            "accountId": "111122223333",
            "expiresAt": text(provider.clock.time() + 900),
        },
        "tokenType": "aws_sigv4",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "refreshToken": "refresh-1",
        "idToken": "theirs",
        "dpopKey": pem(),
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_refresh_tokens_rotate_from_refresh_to_refresh(
    run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path, clock: FakeClock
) -> None:
    signin.cached(tmp_path, left=0)
    run(provider.retrieve())
    clock.advance(700)
    assert run(provider.retrieve()).access_key_id == "ASIALOGIN2"
    assert [asked.json["refreshToken"] for asked in signin.asked] == ["refresh-0", "refresh-1"]


@pytest.mark.parametrize("skew", [-3600, -241, 241, 86_400])
def test_a_wrong_local_clock_is_corrected_by_the_date_of_the_refusal(
    run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path, skew: float
) -> None:
    signin.cached(tmp_path, left=0)
    signin.skew = skew
    assert run(provider.retrieve()).access_key_id == "ASIALOGIN1"
    assert len(signin.asked) == (2 if abs(skew) > 300 else 1)


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("TOKEN_EXPIRED", "the login session has expired"),
        ("USER_CREDENTIALS_CHANGED", "ended when the password was changed"),
        ("INSUFFICIENT_PERMISSIONS", "lacks the permission signin:CreateOAuth2Token"),
    ],
)
@pytest.mark.parametrize("left", [200, -1])
def test_a_dead_login_is_for_a_person_to_renew(
    run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path, refusal: str, said: str, left: float
) -> None:
    signin.cached(tmp_path, left=left)
    signin.refusal = refusal
    with pytest.raises(CredentialsError, match=said) as caught:
        run(provider.retrieve())
    assert not caught.value.recoverable
    assert caught.value.hint == "run 'aws login'"
    assert len(signin.asked) == 1


def test_an_outage_serves_what_is_still_valid(
    run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path
) -> None:
    signin.cached(tmp_path, left=200)
    signin.script = [Answer(503)] * 3
    assert run(provider.retrieve()).access_key_id == "ASIALOGIN0"
    signin.cached(tmp_path, left=-1)
    signin.script = [Answer(503)] * 3
    with pytest.raises(CredentialsError, match="answered 503") as caught:
        run(provider.retrieve())
    assert caught.value.recoverable


@pytest.mark.parametrize(
    "answer",
    [
        HTML,
        Answer(200),
        Answer.of({"accessToken": {"accessKeyId": "x"}, "refreshToken": "r", "expiresIn": 9}),
        Answer.of({"accessToken": {"accessKeyId": "x", "secretAccessKey": "y", "sessionToken": "z"}, "expiresIn": 9}),
    ],
)
def test_nothing_incomplete_replaces_the_file(
    run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path, answer: Answer
) -> None:
    signin.cached(tmp_path, left=-1)
    before = on_disk(provider)
    signin.script = [answer]
    with pytest.raises(CredentialsError):
        run(provider.retrieve())
    assert on_disk(provider) == before


def test_nobody_has_logged_in(run: Run, provider: LoginProvider) -> None:
    with pytest.raises(CredentialsError, match=f"there is no login for '{LOGIN_SESSION}'") as caught:
        run(provider.retrieve())
    assert caught.value.hint == "run 'aws login'"


@pytest.mark.parametrize("missing", ["accessToken", "clientId", "refreshToken", "dpopKey"])
def test_a_cache_that_lacks_something_says_what(
    run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path, missing: str
) -> None:
    signin.cached(tmp_path, **{missing: None})
    with pytest.raises(CredentialsError, match=f"lacks {missing}"):
        run(provider.retrieve())


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_a_damaged_cache_file(run: Run, provider: LoginProvider, content: str) -> None:
    with open(provider.path, "w") as file:
        file.write(content)
    with pytest.raises(CredentialsError, match="login cache"):
        run(provider.retrieve())


@pytest.mark.parametrize("key", ["no key", pem(ec.generate_private_key(ec.SECP384R1()))], ids=["text", "another curve"])
def test_a_key_that_is_not_one(run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path, key: str) -> None:
    signin.cached(tmp_path, left=-1, dpopKey=key)
    with pytest.raises(CredentialsError, match="dpopKey is not a") as caught:
        run(provider.retrieve())
    assert caught.value.hint == "run 'aws login'"


def test_without_cryptography_the_extra_is_named(
    run: Run, provider: LoginProvider, signin: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ec", None)
    signin.cached(tmp_path, left=-1)
    with pytest.raises(CredentialsError, match="need the package 'cryptography'") as caught:
        run(provider.retrieve())
    assert caught.value.hint == "install 'understudy[login]'"


def test_the_proof_never_shows_the_private_key() -> None:
    made = proof(pem(), "POST", "https://example.com/v1/token", 1_800_000_000.5, identifier="id")
    header, claims, _ = made.split(".")
    from base64 import urlsafe_b64decode

    assert sorted(json.loads(urlsafe_b64decode(header + "=="))["jwk"]) == ["crv", "kty", "x", "y"]
    assert json.loads(urlsafe_b64decode(claims + "==")) == {
        "jti": "id",
        "htm": "POST",
        "htu": "https://example.com/v1/token",
        "iat": 1_800_000_000,
    }
