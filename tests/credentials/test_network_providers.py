"""The functions that users call: each finds its settings, sends over the real transports, and refreshes through the cache."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.doubles.clock import FakeClock
from tests.doubles.cognito import POOL, CognitoIdentity
from tests.doubles.container import ContainerEndpoint
from tests.doubles.imds import InstanceMetadata
from tests.doubles.loopback import Answer
from tests.doubles.signin import LOGIN_SESSION, SignIn
from tests.doubles.sso import START_URL, IdentityCenter

from understudy.config import Configuration
from understudy.credentials.cognito import from_cognito_identity, from_cognito_identity_pool
from understudy.credentials.container import from_container_metadata
from understudy.credentials.http import from_http
from understudy.credentials.imds import from_instance_metadata
from understudy.credentials.login import from_login_credentials
from understudy.credentials.sso import from_sso
from understudy.errors import CredentialsError

if TYPE_CHECKING:
    from pathlib import Path

    from understudy.credentials.cache import RefreshingCredentials

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z; the doubles' credentials end at 14:00


class Home:
    """A home directory with a config file, and an environment that knows nothing else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environ: dict[str, str] = {"HOME": str(path)}
        (path / ".aws").mkdir()

    def configuration(self, text: str = "", **environ: str) -> Configuration:
        (self.path / ".aws" / "config").write_text(text)
        return Configuration.load(environ={**self.environ, **environ})

    def directory(self, *parts: str) -> Path:
        directory = self.path.joinpath(".aws", *parts)
        directory.mkdir(parents=True)
        return directory


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def both(credentials: RefreshingCredentials, clock: FakeClock, later: float) -> list[str]:
    """The access key for a thread now, and for a task `later`."""
    first = credentials.get().access_key_id
    clock.advance(later)
    second = asyncio.run(credentials.aget()).access_key_id
    return [first, second]


def test_from_http_refreshes() -> None:
    clock = FakeClock(NOW)
    with ContainerEndpoint() as endpoint:
        endpoint.token = "t"
        credentials = from_http(full_uri=f"{endpoint.url}/x", authorization_token="t", environ={}, clock=clock)
        assert both(credentials, clock, 5.5 * 3600) == ["ASIACONTAINER1", "ASIACONTAINER2"]


def test_from_http_takes_from_the_environment_what_code_leaves_out() -> None:
    with ContainerEndpoint() as endpoint:
        endpoint.token = "from code"
        environ = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "from environment",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nowhere",
        }
        given = from_http(authorization_token="from code", environ=environ, clock=FakeClock(NOW)).get()
        assert given.access_key_id == "ASIACONTAINER1"


def test_from_container_metadata_serves_through_an_outage() -> None:
    clock = FakeClock(NOW)
    with ContainerEndpoint() as endpoint:
        credentials = from_container_metadata(environ={"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url}, clock=clock)
        first = credentials.get()
        endpoint.handler = lambda asked: Answer(500)
        clock.advance(7 * 3600)  # an hour past the end: static stability
        assert credentials.get() == first


def test_from_container_metadata_is_made_without_an_endpoint_and_fails_when_asked() -> None:
    credentials = from_container_metadata(environ={})
    with pytest.raises(CredentialsError) as caught:
        credentials.get()
    assert caught.value.try_next


def test_from_instance_metadata_as_configured(home: Home) -> None:
    clock = FakeClock(NOW)
    with InstanceMetadata() as imds:
        configuration = home.configuration(
            f"[default]\nec2_metadata_service_endpoint = {imds.url}\nec2_metadata_v1_disabled = true\n",
            AWS_METADATA_SERVICE_TIMEOUT="0.5",
            AWS_METADATA_SERVICE_NUM_ATTEMPTS="2",
        )
        credentials = from_instance_metadata(configuration=configuration, clock=clock)
        assert both(credentials, clock, 5.5 * 3600) == ["ASIAWEB", "ASIAWEB"]
        assert imds.paths().count("PUT /latest/api/token") == 1
        imds.script = [Answer(404)]
        with pytest.raises(CredentialsError, match="forbids version 1"):
            from_instance_metadata(configuration=configuration, clock=clock).get()


def test_from_instance_metadata_switched_off(home: Home) -> None:
    configuration = home.configuration(AWS_EC2_METADATA_DISABLED="true")
    with pytest.raises(CredentialsError, match="switched off by AWS_EC2_METADATA_DISABLED") as caught:
        from_instance_metadata(configuration=configuration).get()
    assert caught.value.try_next


def test_the_metadata_service_is_never_asked_through_a_proxy(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with InstanceMetadata() as imds:
        configuration = home.configuration(AWS_EC2_METADATA_SERVICE_ENDPOINT=imds.url)
        assert (
            from_instance_metadata(configuration=configuration, clock=FakeClock(NOW)).get().access_key_id == "ASIAWEB"
        )


SSO = f"""
[default]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Reader
[sso-session corp]
sso_region = eu-west-1
sso_start_url = {START_URL}
"""


def test_from_sso_refreshes_its_token_in_the_middle_of_use(home: Home) -> None:
    clock = FakeClock(NOW)
    with IdentityCenter(clock) as center:
        center.cached(home.directory("sso", "cache"), left=1800)
        credentials = from_sso(configuration=home.configuration(SSO, AWS_ENDPOINT_URL=center.url), clock=clock)
        assert both(credentials, clock, 3000) == ["ASIASSO", "ASIASSO"]
        assert [asked.path for asked in center.asked] == [
            "/federation/credentials",
            "/token",
            "/federation/credentials",
        ]


def test_from_sso_options_win_over_the_profile(home: Home) -> None:
    clock = FakeClock(NOW)
    with IdentityCenter(clock) as center:
        center.cached(home.directory("sso", "cache"))
        configuration = home.configuration(SSO, AWS_ENDPOINT_URL_SSO=center.url)
        with pytest.raises(CredentialsError, match="role 'Admin'"):
            from_sso(sso_role_name="Admin", configuration=configuration, clock=clock).get()


def test_from_sso_legacy_form_uses_the_file_of_the_start_url(home: Home) -> None:
    clock = FakeClock(NOW)
    with IdentityCenter(clock) as center:
        center.cached(home.directory("sso", "cache"), START_URL, left=60)
        legacy = SSO.replace("sso_session = corp", f"sso_start_url = {START_URL}\nsso_region = eu-west-1")
        configuration = home.configuration(legacy, AWS_ENDPOINT_URL=center.url)
        credentials = from_sso(configuration=configuration, clock=clock)
        assert credentials.get().access_key_id == "ASIASSO"
        clock.advance(61)
        with pytest.raises(CredentialsError, match="expired") as caught:
            credentials.refresh()
        assert caught.value.hint == "run 'aws sso login --profile default'"


def test_from_login_credentials_refreshes(home: Home) -> None:
    clock = FakeClock(NOW)
    with SignIn(clock) as signin:
        signin.cached(home.directory("login", "cache"), left=600)
        configuration = home.configuration(
            f"[default]\nlogin_session = {LOGIN_SESSION}\n", AWS_ENDPOINT_URL_SIGNIN=signin.url
        )
        credentials = from_login_credentials(configuration=configuration, clock=clock)
        assert both(credentials, clock, 400) == ["ASIALOGIN0", "ASIALOGIN1"]


def test_from_login_credentials_in_another_directory_and_a_region(home: Home) -> None:
    clock = FakeClock(NOW)
    with SignIn(clock) as signin:
        elsewhere = home.path / "elsewhere"
        elsewhere.mkdir()
        signin.cached(elsewhere, left=0)
        configuration = home.configuration(
            f"[default]\nlogin_session = {LOGIN_SESSION}\n", AWS_LOGIN_CACHE_DIRECTORY=str(elsewhere)
        )
        with pytest.raises(Exception, match="there is no region to refresh the login of profile 'default' in"):
            from_login_credentials(configuration=configuration, clock=clock).get()


@pytest.mark.parametrize("make", [from_sso, from_login_credentials])
def test_a_profile_without_a_login_lets_the_chain_go_on(home: Home, make: Any) -> None:
    with pytest.raises(CredentialsError) as caught:
        make(configuration=home.configuration()).get()
    assert caught.value.try_next


def test_from_cognito_identity_pool_refreshes_one_identity(home: Home) -> None:
    clock = FakeClock(NOW)
    with CognitoIdentity() as cognito:
        configuration = home.configuration(AWS_ENDPOINT_URL_COGNITO_IDENTITY=cognito.url)
        credentials = from_cognito_identity_pool(
            identity_pool_id=POOL, identity_ids={}, configuration=configuration, clock=clock
        )
        assert both(credentials, clock, 3000) == ["ASIACOGNITO0", "ASIACOGNITO0"]
        assert cognito.operations() == ["GetId", "GetCredentialsForIdentity", "GetCredentialsForIdentity"]
        known = next(iter(cognito.identities))
        assert from_cognito_identity(identity_id=known, configuration=configuration, clock=clock).get().session_token


@pytest.mark.parametrize(
    "make",
    [
        from_sso,
        from_login_credentials,
        from_instance_metadata,
        from_container_metadata,
        lambda: from_http(full_uri="http://127.0.0.1/"),
        lambda: from_cognito_identity_pool(identity_pool_id=POOL),
    ],
)
def test_a_pickle_carries_the_provider_and_no_connection(make: Any) -> None:
    assert repr(pickle.loads(pickle.dumps(make()))) == repr(make())


def in_processes(home: Home, program: str, count: int, **environ: str) -> list[str]:
    """What `count` processes print that start at once, each with an interpreter of its own."""
    settings = {**os.environ, **home.environ, "PYTHONPATH": "src", **environ}
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE"):
        settings.pop(name, None)
    started = [
        subprocess.Popen([sys.executable, "-c", program], env=settings, stdout=subprocess.PIPE) for _ in range(count)
    ]
    return [process.communicate(timeout=60)[0].decode().strip() for process in started]


def test_processes_that_start_at_once_spend_one_refresh_token(home: Home) -> None:
    """Each refresh token is taken once; whoever comes second without looking again has lost the login."""
    clock = FakeClock(time.time())
    program = "from understudy.credentials import from_sso; print(from_sso().get().access_key_id)"
    with IdentityCenter(clock) as center:
        center.cached(home.directory("sso", "cache"), left=60)
        home.configuration(SSO)
        assert in_processes(home, program, 6, AWS_ENDPOINT_URL=center.url) == ["ASIASSO"] * 6
        assert center.issued == 1


def test_processes_that_start_at_once_refresh_one_login(home: Home) -> None:
    clock = FakeClock(time.time())
    program = "from understudy.credentials import from_login_credentials as f; print(f().get().access_key_id)"
    with SignIn(clock) as signin:
        signin.cached(home.directory("login", "cache"), left=60)
        home.configuration(f"[default]\nlogin_session = {LOGIN_SESSION}\n")
        assert in_processes(home, program, 6, AWS_ENDPOINT_URL_SIGNIN=signin.url) == ["ASIALOGIN1"] * 6
        assert signin.issued == 1
