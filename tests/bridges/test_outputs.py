"""What leaves the process: the credential process document, exports for shells, the shared file, the local endpoint."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import stat
import subprocess
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from understudy.bridges.endpoint import CredentialsEndpoint
from understudy.bridges.environment import export, variables
from understudy.bridges.process import credential_process
from understudy.bridges.shared_file import awrite_profile, with_profile, write_profile
from understudy.config import Configuration
from understudy.credentials import from_container_metadata, from_process
from understudy.errors import ConfigurationError
from understudy.identity import AWSCredentials

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bridges.conftest import Play

SESSION = AWSCredentials(
    "ASIAX", "se/cr+et", "to/k+en==", expiration=datetime(2027, 1, 15, 8, tzinfo=UTC), account_id="111122223333"
)
LONG_TERM = AWSCredentials("AKIAX", "se/cr+et")


def test_the_document_of_a_credential_process() -> None:
    assert json.loads(credential_process(SESSION)) == {
        "Version": 1,
        "AccessKeyId": "ASIAX",
        "SecretAccessKey": "se/cr+et",
        "SessionToken": "to/k+en==",
        "Expiration": "2027-01-15T08:00:00Z",
        "AccountId": "111122223333",
    }
    assert list(json.loads(credential_process(LONG_TERM))) == ["Version", "AccessKeyId", "SecretAccessKey"]


@pytest.mark.parametrize(
    ("style", "first", "third"),
    [
        ("env", "export AWS_ACCESS_KEY_ID=ASIAX", "export AWS_SESSION_TOKEN=to/k+en=="),
        ("bash", "export AWS_ACCESS_KEY_ID=ASIAX", "export AWS_SESSION_TOKEN=to/k+en=="),
        ("env-no-export", "AWS_ACCESS_KEY_ID=ASIAX", "AWS_SESSION_TOKEN=to/k+en=="),
        ("fish", "set -gx AWS_ACCESS_KEY_ID ASIAX", "set -gx AWS_SESSION_TOKEN to/k+en=="),
        ("powershell", '$Env:AWS_ACCESS_KEY_ID="ASIAX"', '$Env:AWS_SESSION_TOKEN="to/k+en=="'),
        ("windows-cmd", "set AWS_ACCESS_KEY_ID=ASIAX", "set AWS_SESSION_TOKEN=to/k+en=="),
    ],
)
def test_exports_in_the_formats_of_the_cli(style: str, first: str, third: str) -> None:
    lines = export(SESSION, style).splitlines()
    assert (lines[0], lines[2], len(lines)) == (first, third, 5)
    assert "AWS_CREDENTIAL_EXPIRATION" in lines[3]
    assert len(export(LONG_TERM, style).splitlines()) == 2


def test_bash_reads_back_what_was_exported() -> None:
    tricky = AWSCredentials("ASIAX", "a'b\"c $(touch /tmp/x) `d` \\", "t;e")
    script = export(tricky, "bash") + '\nprintf "%s|%s" "$AWS_SECRET_ACCESS_KEY" "$AWS_SESSION_TOKEN"'
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    read = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=True).stdout
    assert read == f"{tricky.secret_access_key}|t;e"


def test_what_a_shell_would_execute_is_quoted_or_refused() -> None:
    tricky = AWSCredentials("ASIAX", "a'b", "$(x)")
    assert export(tricky, "fish").splitlines()[1:] == [
        "set -gx AWS_SECRET_ACCESS_KEY 'a\\'b'",
        "set -gx AWS_SESSION_TOKEN '$(x)'",
    ]
    assert export(tricky, "powershell").splitlines()[1:] == [
        "$Env:AWS_SECRET_ACCESS_KEY='a''b'",
        "$Env:AWS_SESSION_TOKEN='$(x)'",
    ]
    with pytest.raises(ConfigurationError, match=r"cmd\.exe"):
        export(AWSCredentials("A", "b&c"), "windows-cmd")
    with pytest.raises(ConfigurationError, match="no shell takes"):
        export(AWSCredentials("A", "b\nc"), "env-no-export")


def test_a_style_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(ConfigurationError, match="'tcsh'; there are env, bash, env-no-export, fish, powershell"):
        export(SESSION, "tcsh")


def test_variables_live_as_long_as_asked(play: Play) -> None:
    assert variables(play.credentials)["AWS_ACCESS_KEY_ID"] == "ASIA1"
    play.clock.advance(1000)
    assert variables(play.credentials, min_ttl=3000)["AWS_ACCESS_KEY_ID"] == "ASIA2"


FILE = """# my credentials
[default]
aws_access_key_id = AKIAOLD
aws_secret_access_key = old
region = eu-west-1

[ci]
# rotated by a job
aws_access_key_id=ASIAOLD
aws_secret_access_key=
  continued
aws_session_token = old
output = json
# the end of ci
[other]
aws_access_key_id = AKIAOTHER
"""


def test_only_the_credentials_of_the_profile_change() -> None:
    assert with_profile(FILE, "ci", SESSION) == FILE.replace(
        """# rotated by a job
aws_access_key_id=ASIAOLD
aws_secret_access_key=
  continued
aws_session_token = old
output = json
""",
        """aws_access_key_id = ASIAX
aws_secret_access_key = se/cr+et
aws_session_token = to/k+en==
aws_account_id = 111122223333
x_security_token_expires = 2027-01-15T08:00:00Z
# rotated by a job
output = json
""",
    )


def test_a_token_of_before_does_not_stay_with_a_key_of_now() -> None:
    assert "aws_session_token" not in with_profile(FILE, "ci", LONG_TERM)


@pytest.mark.parametrize("text", ["", "[a]\nx = 1\n", "[a]\nx = 1", "# nothing\n\n"])
def test_a_profile_that_is_new_comes_last(text: str) -> None:
    written = with_profile(text, "new one", LONG_TERM)
    assert written.startswith(text.rstrip("\n"))
    assert written.endswith("[new one]\naws_access_key_id = AKIAX\naws_secret_access_key = se/cr+et\n")


def test_what_is_written_is_read_back(play: Play, tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(FILE)
    path.chmod(0o644)
    assert write_profile(play.credentials, "ci", path=path) == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read = Configuration.load(profile="ci", environ={}, config_file=tmp_path / "none", credentials_file=path)
    assert read.profile().get("aws_access_key_id") == "ASIA1"
    assert read.profile().get("output") == "json"
    play.grow_old()
    asyncio.run(awrite_profile(play.credentials, "ci", path=path))
    again = Configuration.load(profile="ci", environ={}, config_file=tmp_path / "none", credentials_file=path)
    assert again.profile().get("aws_secret_access_key") == "secret-of-ASIA2"


def test_writers_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    threads = [
        threading.Thread(target=write_profile, args=(SESSION, f"p{n}"), kwargs={"path": path}) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text().count("[p") == 20


@pytest.mark.parametrize("name", ["", "a]b", "a\nb", " a", "#a"])
def test_names_that_would_break_the_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be the name of a profile"):
        write_profile(SESSION, name, path=tmp_path / "credentials")


def ask(endpoint: CredentialsEndpoint, path: str = "/credentials", **headers: str) -> tuple[int, dict[str, Any]]:
    authority = endpoint.host
    connection = http.client.HTTPConnection(authority, timeout=10)
    given = {"host": authority, "authorization": endpoint.authorization_token} | headers
    connection.putrequest("GET", path, skip_host=True)
    for name, value in given.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    document = json.loads(answer.read())
    connection.close()
    return answer.status, document


def test_the_endpoint_answers_as_ecs_does(play: Play) -> None:
    with CredentialsEndpoint(play.credentials) as endpoint:
        status, document = ask(endpoint)
        assert status == 200
        assert document["AccessKeyId"] == "ASIA1"
        assert sorted(document) == ["AccessKeyId", "AccountId", "Expiration", "SecretAccessKey", "Token"]
        play.grow_old()
        assert ask(endpoint)[1]["AccessKeyId"] == "ASIA2"


@pytest.mark.parametrize(
    "host", ["attacker.example:80", "127.0.0.1", "169.254.170.2", "", "localhost.attacker.example"]
)
def test_a_name_that_was_made_to_resolve_here_is_refused(play: Play, host: str) -> None:
    """DNS rebinding: the page's own name is in the Host header, even with the right token."""
    with CredentialsEndpoint(play.credentials) as endpoint:
        port = endpoint.host.rpartition(":")[2]
        assert ask(endpoint, host=host)[0] == 403
        assert ask(endpoint, host=f"attacker.example:{port}")[0] == 403
        assert ask(endpoint, host=f"LOCALHOST:{port}")[0] == 200
    assert play.sessions.calls == 1


@pytest.mark.parametrize("token", ["", "wrong", "Bearer x", "é"])
def test_without_the_token_there_is_nothing(play: Play, token: str) -> None:
    with CredentialsEndpoint(play.credentials) as endpoint:
        status, document = ask(endpoint, authorization=token)
        assert status == 401
        assert endpoint.authorization_token not in json.dumps(document)
        assert ask(endpoint, "/")[0] == 404
    assert play.sessions.calls == 0


def test_a_failing_source_is_a_500_without_its_text() -> None:
    class Failing:
        def retrieve(self) -> Any:
            raise RuntimeError("the secret is x")
            yield

    with CredentialsEndpoint(Failing()) as endpoint:
        status, document = ask(endpoint)
    assert status == 500
    assert "secret" not in json.dumps(document)


def test_a_set_past_its_end_is_still_given_while_the_source_has_an_outage() -> None:
    stale = AWSCredentials("ASIAX", "s", "t", expiration=datetime(2020, 1, 1, tzinfo=UTC))
    with CredentialsEndpoint(stale) as endpoint:
        told = datetime.fromisoformat(ask(endpoint)[1]["Expiration"])
    assert told > datetime.now(UTC)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "localhost", "example.com"])
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ConfigurationError, match="loopback"):
        CredentialsEndpoint(SESSION, host=host)


def test_the_token_file_is_for_the_owner_and_goes_with_the_endpoint() -> None:
    with CredentialsEndpoint(SESSION) as endpoint:
        path = endpoint.token_file
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        with open(path) as file:
            assert file.read() == endpoint.authorization_token
    assert not os.path.exists(path)


def test_our_own_provider_reads_it(play: Play) -> None:
    with CredentialsEndpoint(play.credentials, host="127.0.0.1") as endpoint:
        read = from_container_metadata(environ=endpoint.environ).get()
        assert (read.access_key_id, read.account_id) == ("ASIA1", "111122223333")


def test_boto3_in_another_process_reads_it(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3 = pytest.importorskip("boto3")
    with CredentialsEndpoint(play.credentials) as endpoint:
        for name, value in endpoint.environ.items():
            monkeypatch.setenv(name, value)
        assert boto3.Session().get_credentials().get_frozen_credentials().access_key == "ASIA1"


def test_our_own_provider_reads_the_process_document(tmp_path: Path) -> None:
    fresh = AWSCredentials("ASIAX", "s", "t", expiration=datetime(2999, 1, 1, tzinfo=UTC), account_id="111122223333")
    (tmp_path / "out.json").write_text(credential_process(fresh))
    assert from_process(["cat", str(tmp_path / "out.json")]).get() == fresh
