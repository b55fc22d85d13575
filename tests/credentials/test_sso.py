"""SSO: the cached token, its rotation shared with other processes, and the exchange for a role's credentials."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from tests.doubles.loopback import HTML, Answer
from tests.doubles.sso import START_URL, IdentityCenter, text

from understudy.config import Configuration
from understudy.credentials.files import lock_file
from understudy.credentials.sso import SSOProvider, sso_settings
from understudy.credentials.sso_token import SSOTokenCache, token_path
from understudy.errors import ConfigurationError, CredentialsError
from understudy.flow import drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.doubles.clock import FakeClock

    from understudy.credentials.exchange import Exchange

    Run = Callable[[Any], Any]


@pytest.fixture
def center(clock: FakeClock) -> Any:
    with IdentityCenter(clock) as center:
        yield center


class Session:
    """An SSO session on disk, and the provider over it."""

    def __init__(self, center: IdentityCenter, exchange: Exchange, directory: Path, clock: FakeClock) -> None:
        self.center, self.exchange, self.directory, self.clock = center, exchange, directory, clock
        self.path = directory / token_path("", "corp")
        self.token = SSOTokenCache(
            str(self.path),
            start_url=START_URL,
            region="eu-west-1",
            url=center.url,
            exchange=exchange,
            login_hint="run 'aws sso login --sso-session corp'",
            clock=clock,
        )

    def provider(self, role: str = "Reader") -> SSOProvider:
        return SSOProvider(self.exchange, self.token, url=self.center.url, account_id="111122223333", role_name=role)

    def cached(self, **options: Any) -> None:
        self.center.cached(self.directory, **options)

    def on_disk(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.path.read_text())
        return document

    def created(self) -> int:
        return sum(asked.path == "/token" for asked in self.center.asked)


@pytest.fixture
def session(center: IdentityCenter, exchange: Exchange, tmp_path: Path, clock: FakeClock) -> Session:
    return Session(center, exchange, tmp_path, clock)


def test_the_file_is_named_like_the_aws_cli_names_it(tmp_path: Path, clock: FakeClock) -> None:
    path = token_path("/home/me/.aws/sso/cache", "my-sso")
    assert path == "/home/me/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json"


def test_a_valid_token_is_exchanged_for_credentials(run: Run, session: Session) -> None:
    session.cached()
    given = run(session.provider().retrieve())
    assert (given.access_key_id, given.secret_access_key, given.session_token) == (
        "ASIASSO",
        "sso-secret",
        "sso-session",
    )
    assert given.account_id == "111122223333"
    assert given.source == "sso"
    assert given.expiration.timestamp() == session.clock.now + 3600
    assert [asked.path for asked in session.center.asked] == ["/federation/credentials"]


@pytest.mark.parametrize(("left", "refreshes"), [(901, 0), (900, 0), (899, 1), (0, 1), (-5000, 1)])
def test_a_token_is_refreshed_under_15_minutes(run: Run, session: Session, left: float, refreshes: int) -> None:
    session.cached(left=left)
    run(session.provider().retrieve())
    assert session.created() == refreshes


def test_the_refreshed_token_replaces_the_file(run: Run, session: Session) -> None:
    session.cached(left=60)
    session.path.chmod(0o644)
    run(session.provider().retrieve())
    assert session.on_disk() == {
        "startUrl": START_URL,
        "region": "eu-west-1",
        "accessToken": "access-1",
        "expiresAt": text(session.clock.now + 28_800),
        "clientId": "client-1",
        "clientSecret": "client-secret-1",
        "registrationExpiresAt": text(session.clock.now + 86_400 * 80),
        "refreshToken": "refresh-1",
        "theirs": "kept",
    }
    assert stat.S_IMODE(session.path.stat().st_mode) == 0o600
    assert session.center.asked[-1].headers["x-amz-sso_bearer_token"] == "access-1"


def test_a_refresh_token_that_does_not_rotate_is_kept(run: Run, session: Session) -> None:
    session.cached(left=60)
    session.center.script = [Answer.of({"accessToken": "access-0", "expiresIn": 28_800})]
    run(session.provider().retrieve())
    assert session.on_disk()["refreshToken"] == "refresh-0"


def test_what_another_process_refreshed_is_read_again_not_refreshed_again(run: Run, session: Session) -> None:
    """Two processes find the token due; the second gets the lock when the first is done (aws-cli#10628)."""
    session.cached(left=60)
    lock = drive(lock_file(str(session.path)))

    def other_process(seconds: float) -> None:
        session.center.access_tokens.add("theirs")
        session.cached(left=20_000, accessToken="theirs", refreshToken="refresh-theirs")
        lock.release()

    session.clock.sleep = other_process  # type: ignore[method-assign]
    assert run(session.provider().retrieve()).access_key_id == "ASIASSO"
    assert session.created() == 0
    assert session.center.asked[-1].headers["x-amz-sso_bearer_token"] == "theirs"


def test_a_failing_refresh_serves_the_token_while_it_is_valid_and_is_tried_once_a_minute(
    run: Run, session: Session
) -> None:
    session.cached(left=600)
    session.center.refresh_token = "spent by somebody else"
    provider = session.provider()
    run(provider.retrieve())
    run(provider.retrieve())
    assert session.created() == 1
    session.clock.advance(61)
    run(provider.retrieve())
    assert session.created() == 2


def test_a_dead_login_is_for_a_person_to_renew(run: Run, session: Session) -> None:
    session.cached(left=-1)
    session.center.refresh_token = "spent by somebody else"
    with pytest.raises(
        CredentialsError, match=r"CreateToken at .* answered 400 \(InvalidGrantException: no\)"
    ) as caught:
        run(session.provider().retrieve())
    assert not caught.value.recoverable
    assert caught.value.hint == "run 'aws sso login --sso-session corp'"
    assert "refresh-0" not in str(caught.value)
    assert "client-secret" not in str(caught.value)


def test_an_outage_of_sso_oidc_is_recoverable(run: Run, session: Session) -> None:
    session.cached(left=-1)
    session.center.script = [Answer(500)] * 3
    with pytest.raises(CredentialsError) as caught:
        run(session.provider().retrieve())
    assert caught.value.recoverable


@pytest.mark.parametrize("answer", [HTML, Answer.of({"accessToken": "x"}), Answer.of({"expiresIn": 5}), Answer(200)])
def test_nothing_incomplete_replaces_the_file(run: Run, session: Session, answer: Answer) -> None:
    session.cached(left=60)
    before = session.on_disk()
    session.center.script = [answer]
    run(session.provider().retrieve())
    assert session.on_disk() == before


@pytest.mark.parametrize("missing", ["refreshToken", "clientId", "clientSecret", "registrationExpiresAt"])
def test_without_the_means_to_refresh_the_token_is_used_to_its_end(run: Run, session: Session, missing: str) -> None:
    session.cached(left=60, **{missing: None})
    run(session.provider().retrieve())
    session.clock.advance(61)
    with pytest.raises(CredentialsError, match="expired at") as caught:
        run(session.provider().retrieve())
    assert caught.value.hint == "run 'aws sso login --sso-session corp'"
    assert session.created() == 0


def test_a_registration_that_is_over_cannot_refresh(run: Run, session: Session) -> None:
    session.cached(left=-1, registrationExpiresAt=text(session.clock.now - 1))
    with pytest.raises(CredentialsError, match="expired at"):
        run(session.provider().retrieve())
    assert session.created() == 0


def test_a_directory_that_cannot_be_written_does_not_spend_the_refresh_token(
    run: Run, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> Any:
        raise OSError(30, "Read-only file system")
        yield

    monkeypatch.setattr("understudy.credentials.sso_token.lock_file", read_only)
    session.cached(left=60)
    run(session.provider().retrieve())
    session.clock.advance(120)
    with pytest.raises(CredentialsError, match="cannot be replaced there: Read-only file system"):
        run(session.provider().retrieve())
    assert session.created() == 0


def test_nobody_has_logged_in(run: Run, session: Session) -> None:
    with pytest.raises(CredentialsError, match="there is no SSO token for 'https:") as caught:
        run(session.provider().retrieve())
    assert not caught.value.try_next
    assert caught.value.hint


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"accessToken": "x"}', '{"accessToken": "x", "expiresAt": "soon"}']
)
def test_a_damaged_cache_file(run: Run, session: Session, content: str) -> None:
    session.path.write_text(content)
    with pytest.raises(CredentialsError, match="SSO token file"):
        run(session.provider().retrieve())


def test_the_older_form_of_the_expiry_is_understood(run: Run, session: Session) -> None:
    session.cached(expiresAt="2027-01-15T20:00:00UTC")
    assert run(session.provider().retrieve()).access_key_id == "ASIASSO"


def test_a_session_that_was_ended_elsewhere(run: Run, session: Session) -> None:
    session.cached()
    session.center.access_tokens.clear()
    with pytest.raises(
        CredentialsError, match=r"answered 401 \(UnauthorizedException: Session token not found"
    ) as caught:
        run(session.provider().retrieve())
    assert not caught.value.recoverable
    assert caught.value.hint == "run 'aws sso login --sso-session corp'"


def test_a_role_that_is_not_assigned(run: Run, session: Session) -> None:
    session.cached()
    with pytest.raises(
        CredentialsError, match=r"role 'Admin' in account 111122223333 .*403 \(ForbiddenException: No access"
    ) as caught:
        run(session.provider("Admin").retrieve())
    assert not caught.value.recoverable
    assert caught.value.hint is None


@pytest.mark.parametrize(
    "answer", [HTML, Answer.of({}), Answer.of({"roleCredentials": None}), Answer.of({"roleCredentials": {}})]
)
def test_an_answer_without_credentials(run: Run, session: Session, answer: Answer) -> None:
    session.cached()
    session.center.script = [answer]
    with pytest.raises(CredentialsError) as caught:
        run(session.provider().retrieve())
    assert caught.value.recoverable


def test_the_legacy_form_never_refreshes(run: Run, session: Session) -> None:
    session.cached(left=60)
    session.token.exchange = None
    run(session.provider().retrieve())
    assert session.created() == 0


CONFIG = """
[profile session]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Reader
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://example.awsapps.com/start
[profile legacy]
sso_start_url = https://old.awsapps.com/start
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = Reader
[profile differs]
sso_session = corp
sso_region = us-east-1
sso_account_id = 1
sso_role_name = x
[profile lacks]
sso_account_id = 1
[profile dangling]
sso_session = nowhere
sso_account_id = 1
sso_role_name = x
[profile plain]
region = eu-west-1
"""


def configuration(tmp_path: Path, profile: str) -> Configuration:
    (tmp_path / "config").write_text(CONFIG)
    return Configuration.load(
        profile=profile, environ={}, config_file=tmp_path / "config", credentials_file=tmp_path / "none"
    )


def test_the_session_form(tmp_path: Path) -> None:
    settings = sso_settings(configuration(tmp_path, "session"), {})
    assert (settings.session, settings.region, settings.start_url) == ("corp", "eu-west-1", START_URL)
    assert (settings.account_id, settings.role_name) == ("111122223333", "Reader")


def test_the_legacy_form(tmp_path: Path) -> None:
    settings = sso_settings(configuration(tmp_path, "legacy"), {})
    assert (settings.session, settings.region, settings.start_url) == (
        None,
        "us-east-1",
        "https://old.awsapps.com/start",
    )


def test_code_wins_over_the_profile(tmp_path: Path) -> None:
    assert sso_settings(configuration(tmp_path, "session"), {"sso_role_name": "Admin"}).role_name == "Admin"


@pytest.mark.parametrize(
    ("profile", "complaint"),
    [
        ("differs", r"sso_region is 'us-east-1' in profile 'differs', but 'eu-west-1' in \[sso-session corp\]"),
        ("lacks", "sso_role_name, sso_region, sso_start_url is missing from it"),
        ("dangling", "sso-session nowhere"),
    ],
)
def test_settings_that_do_not_fit(tmp_path: Path, profile: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        sso_settings(configuration(tmp_path, profile), {})


def test_a_profile_without_sso_lets_the_chain_go_on(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="profile 'plain' has no sso_account_id") as caught:
        sso_settings(configuration(tmp_path, "plain"), {})
    assert caught.value.try_next


def test_the_identity_is_that_of_the_login_and_not_of_one_set(run: Run, session: Session) -> None:
    session.cached()
    session.center.roles.add(("111122223333", "Writer"))
    session.center.access_tokens.add("of-another-person")
    one, other, writer = session.provider(), session.provider(), session.provider("Writer")
    given = [run(provider.retrieve()) for provider in (one, other, writer)]
    assert one.identity(given[0]) == other.identity(given[1])
    assert one.identity(given[0]) != writer.identity(given[2])
    login = session.on_disk()
    session.path.write_text(json.dumps({**login, "accessToken": "of-another-person"}))
    again = session.provider()
    assert again.identity(run(again.retrieve())) != one.identity(given[0])
