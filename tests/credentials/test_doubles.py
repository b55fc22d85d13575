"""The doubles speak the services' protocols: botocore, which did not read our providers, gets along with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.doubles.clock import FakeClock
from tests.doubles.cognito import POOL, CognitoIdentity
from tests.doubles.container import ContainerEndpoint
from tests.doubles.imds import InstanceMetadata
from tests.doubles.signin import LOGIN_SESSION, SignIn
from tests.doubles.sso import START_URL, IdentityCenter

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.conformance


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    botocore_session = pytest.importorskip("botocore.session")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return botocore_session.Session()


def unsigned(session: Any, service: str, url: str) -> Any:
    from botocore import UNSIGNED
    from botocore.config import Config

    return session.create_client(
        service, region_name="eu-west-1", endpoint_url=url, config=Config(signature_version=UNSIGNED)
    )


def test_the_sso_portal_and_sso_oidc(session: Any) -> None:
    with IdentityCenter(FakeClock()) as center:
        portal = unsigned(session, "sso", center.url)
        members = {"roleName": "Reader", "accountId": "111122223333"}
        answer = portal.get_role_credentials(accessToken="access-0", **members)["roleCredentials"]
        assert answer["accessKeyId"] == "ASIASSO"
        assert answer["expiration"] == int((center.clock.now + 3600) * 1000)
        with pytest.raises(portal.exceptions.UnauthorizedException):
            portal.get_role_credentials(accessToken="other", **members)
        oidc = unsigned(session, "sso-oidc", center.url)
        asked = {"clientId": "client-1", "clientSecret": "client-secret-1", "grantType": "refresh_token"}
        assert oidc.create_token(refreshToken="refresh-0", **asked)["accessToken"] == "access-1"
        with pytest.raises(oidc.exceptions.InvalidGrantException):
            oidc.create_token(refreshToken="refresh-0", **asked)


def test_cognito_identity(session: Any) -> None:
    with CognitoIdentity() as cognito:
        client = unsigned(session, "cognito-identity", cognito.url)
        identity = client.get_id(IdentityPoolId=POOL)["IdentityId"]
        given = client.get_credentials_for_identity(IdentityId=identity)["Credentials"]
        assert given["AccessKeyId"] == "ASIACOGNITO0"
        assert given["Expiration"].timestamp() == cognito.expiration
        with pytest.raises(client.exceptions.NotAuthorizedException):
            client.get_id(IdentityPoolId=POOL, Logins={"x": "expired"})


def test_instance_metadata() -> None:
    utils = pytest.importorskip("botocore.utils")
    with InstanceMetadata() as imds:
        fetcher = utils.InstanceMetadataFetcher(base_url=f"{imds.url}/", num_attempts=1)
        assert fetcher.retrieve_iam_role_credentials()["access_key"] == "ASIAWEB"
        imds.version_1 = False
        assert fetcher.retrieve_iam_role_credentials()["token"] == "instance-token"


def test_the_container_endpoint() -> None:
    credentials = pytest.importorskip("botocore.credentials")
    with ContainerEndpoint() as endpoint:
        endpoint.token = "t"
        environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{endpoint.url}/", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"}
        given = credentials.ContainerProvider(environ=environ).load()
        assert (given.access_key, given.account_id) == ("ASIACONTAINER1", "111122223333")


def test_sign_in_takes_botocores_proof(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("awscrt")
    import time

    with SignIn(FakeClock(time.time())) as signin:
        signin.cached(tmp_path, left=-10)
        monkeypatch.setenv("AWS_LOGIN_CACHE_DIRECTORY", str(tmp_path))
        monkeypatch.setenv("AWS_ENDPOINT_URL_SIGNIN", signin.url)
        (tmp_path / "config").write_text(f"[default]\nregion = eu-west-1\nlogin_session = {LOGIN_SESSION}\n")
        assert session.get_credentials().get_frozen_credentials().access_key == "ASIALOGIN1"


def test_botocore_reads_the_cache_files_that_we_write(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After our refresh the token in the shared cache serves the AWS CLI and boto3."""
    import time

    from understudy.config import Configuration
    from understudy.credentials import from_sso

    (tmp_path / "config").write_text(
        "[default]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n"
        f"[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = {START_URL}\n"
    )
    clock = FakeClock(time.time())
    with IdentityCenter(clock) as center:
        directory = tmp_path / ".aws" / "sso" / "cache"
        directory.mkdir(parents=True)
        center.cached(directory, left=60)
        for service in ("SSO", "SSO_OIDC"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", center.url)
        from_sso(configuration=Configuration.load(), clock=clock).get()
        from botocore.tokens import SSOTokenProvider
        from botocore.utils import JSONFileCache

        token = SSOTokenProvider(session, cache=JSONFileCache(str(directory))).load_token().get_frozen_token()
        assert token.token == "access-1"
        assert sum(asked.path == "/token" for asked in center.asked) == 1
