"""Sets shared by processes: our files, the AWS CLI's, and fifty processes that start at once."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.credentials.doubles import FakeClock
from tests.credentials.sts import ROLE, ScriptedSts

from understudy.credentials import AwsCliCache, RefreshingCredentials, SharedCache, from_temporary_credentials
from understudy.errors import AccessDenied
from understudy.http import Request

SECOND = "arn:aws:iam::444455556666:role/second"


@pytest.fixture
def sts() -> ScriptedSts:
    return ScriptedSts(FakeClock())


def role(sts: ScriptedSts, cache: Any, **options: Any) -> RefreshingCredentials:
    client = options.pop("client", None) or sts.options()
    return from_temporary_credentials(**{"role_arn": ROLE, "cache": cache, "client": client, **options})


def only(directory: Path) -> Path:
    (file,) = directory.glob("*.json")
    return file


def test_a_second_process_finds_what_the_first_fetched(sts: ScriptedSts, tmp_path: Path) -> None:
    first = role(sts, SharedCache(tmp_path)).get()
    assert role(sts, SharedCache(tmp_path)).get() == first
    assert len(sts.calls) == 1


def test_files_are_for_their_owner_alone(sts: ScriptedSts, tmp_path: Path) -> None:
    directory = tmp_path / "new" / "place"
    role(sts, SharedCache(directory)).get()
    assert stat.S_IMODE(only(directory).stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "other",
    [
        {"source": {"access_key_id": "AKIAOTHEROTHEROT", "secret_access_key": "s"}},
        {"role_session_name": "me"},
        {"duration_seconds": 900},
        {"tags": {"a": "b"}},
        {"policy": "{}"},
        {"role_arn": SECOND},
    ],
    ids=str,
)
def test_another_identity_or_request_has_another_file(sts: ScriptedSts, tmp_path: Path, other: dict[str, Any]) -> None:
    role(sts, SharedCache(tmp_path)).get()
    role(sts, SharedCache(tmp_path), **other).get()
    assert len(sts.calls) == 2


def test_another_endpoint_has_another_file(sts: ScriptedSts, tmp_path: Path) -> None:
    role(sts, SharedCache(tmp_path)).get()
    role(sts, SharedCache(tmp_path), client=sts.options(endpoint="https://stand-in.example")).get()
    assert len(sts.calls) == 2


def test_a_set_that_is_due_is_fetched_anew_by_the_first_who_comes(sts: ScriptedSts, tmp_path: Path) -> None:
    one, other = role(sts, SharedCache(tmp_path)), role(sts, SharedCache(tmp_path))
    one.get(), other.get()
    sts.clock.now += 3600 - 900
    renewed = one.get()
    assert other.get() == renewed
    assert len(sts.calls) == 2


def test_a_young_set_keeps_its_window_when_another_process_reads_it_late(sts: ScriptedSts, tmp_path: Path) -> None:
    role(sts, SharedCache(tmp_path)).get()
    sts.clock.now += 2000
    late = role(sts, SharedCache(tmp_path))
    assert late.get().access_key_id == "ASIAISSUED000001"
    sts.clock.now += 1000
    assert role(sts, SharedCache(tmp_path)).get().access_key_id == "ASIAISSUED000002"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"Version": 2}', '{"Version": 1}', '{"Version": 1, "Expiration": 5}']
)
def test_a_file_that_is_not_whole_is_replaced(sts: ScriptedSts, tmp_path: Path, content: str) -> None:
    role(sts, SharedCache(tmp_path)).get()
    only(tmp_path).write_text(content)
    assert role(sts, SharedCache(tmp_path)).get().access_key_id == "ASIAISSUED000002"
    assert json.loads(only(tmp_path).read_text())["AccessKeyId"] == "ASIAISSUED000002"


def test_a_directory_that_cannot_be_written_is_gone_without(sts: ScriptedSts, tmp_path: Path, caplog: Any) -> None:
    (tmp_path / "file").write_text("")
    assert role(sts, SharedCache(tmp_path / "file" / "below")).get().access_key_id == "ASIAISSUED000001"
    assert "credentials are not shared through" in caplog.text


def test_a_refusal_is_not_shared_and_gives_the_lock_back(sts: ScriptedSts, tmp_path: Path) -> None:
    sts.error = AccessDenied("no")
    with pytest.raises(AccessDenied):
        role(sts, SharedCache(tmp_path)).get()
    sts.error = None
    assert role(sts, SharedCache(tmp_path)).get().access_key_id == "ASIAISSUED000002"


def test_a_chain_over_a_shared_role_is_shared_too(sts: ScriptedSts, tmp_path: Path) -> None:
    for _ in range(2):
        cache = SharedCache(tmp_path)
        first = role(sts, cache)
        role(sts, cache, role_arn=SECOND, source=first).get()
    assert [call.command.role_arn for call in sts.calls] == [ROLE, SECOND]


# -- the AWS CLI's files -----------------------------------------------------------------------------------------------


def test_the_name_of_the_clis_file(sts: ScriptedSts, tmp_path: Path) -> None:
    # the check of the reference, and what botocore makes of the same request
    one = role(
        sts,
        AwsCliCache(tmp_path),
        role_arn="arn:aws:iam::123456789012:role/r",
        duration_seconds=3600,
        serial_number="arn:aws:iam::1:mfa/u",
        mfa=lambda _: "123456",
    )
    one.get()
    assert only(tmp_path).name == "6e6b808080baf5e586aa03f19d8b2fa7ddcb21dc.json"


def test_botocore_reads_what_we_wrote_and_we_read_what_it_wrote(sts: ScriptedSts, tmp_path: Path) -> None:
    from botocore.credentials import AssumeRoleCredentialFetcher
    from botocore.utils import JSONFileCache

    sts.clock.now = 4_000_000_000.0
    policy = {"Version": "2012-10-17", "Statement": []}
    members = {"RoleSessionName": "me", "ExternalId": "ext", "DurationSeconds": 3600, "Policy": json.dumps(policy)}
    ours = role(
        sts,
        AwsCliCache(tmp_path),
        role_session_name="me",
        external_id="ext",
        duration_seconds=3600,
        policy=policy,
    ).get()
    theirs = AssumeRoleCredentialFetcher(None, None, ROLE, extra_args=members, cache=JSONFileCache(str(tmp_path)))
    assert theirs.fetch_credentials()["access_key"] == ours.access_key_id
    assert theirs._cache_key == only(tmp_path).stem
    written = json.loads(only(tmp_path).read_text())
    written["Credentials"] |= {"AccessKeyId": "ASIABOTOCORE", "Expiration": "2096-10-02T08:06:40UTC"}
    JSONFileCache(str(tmp_path))[theirs._cache_key] = written
    again = role(
        sts, AwsCliCache(tmp_path), role_session_name="me", external_id="ext", duration_seconds=3600, policy=policy
    )
    assert again.get().access_key_id == "ASIABOTOCORE"
    assert len(sts.calls) == 1


def test_under_fifteen_minutes_counts_as_expired(sts: ScriptedSts, tmp_path: Path) -> None:
    role(sts, AwsCliCache(tmp_path)).get()
    sts.clock.now += 2700
    assert role(sts, AwsCliCache(tmp_path)).get().access_key_id == "ASIAISSUED000001"
    sts.clock.now += 1
    assert role(sts, AwsCliCache(tmp_path)).get().access_key_id == "ASIAISSUED000002"


def test_read_only_writes_nothing(sts: ScriptedSts, tmp_path: Path) -> None:
    role(sts, AwsCliCache(tmp_path, write=False)).get()
    assert list(tmp_path.iterdir()) == []
    role(sts, AwsCliCache(tmp_path)).get()
    assert role(sts, AwsCliCache(tmp_path, write=False)).get().access_key_id == "ASIAISSUED000002"


def test_what_the_cli_could_not_have_asked_is_not_shared(sts: ScriptedSts, tmp_path: Path) -> None:
    role(sts, AwsCliCache(tmp_path), source_identity="alice").get()
    assert list(tmp_path.iterdir()) == []


# -- real processes ----------------------------------------------------------------------------------------------------

PROCESS = """
import sys
from understudy.client.options import ClientOptions
from understudy.credentials import SharedCache, from_temporary_credentials
from understudy.identity import AWSCredentials
options = ClientOptions(region="eu-west-1", endpoint=sys.argv[1], environ={}, config_file="/nonexistent", credentials_file="/nonexistent")
one = from_temporary_credentials(
    role_arn="arn:aws:iam::123456789012:role/reader", source=AWSCredentials("AKIAUSERUSERUSER", "s"),
    cache=SharedCache(sys.argv[2]), client=options,
)
sys.stdin.readline()
print(one.get().access_key_id)
"""


class CountingServer:
    """A loopback server in front of a scripted STS."""

    def __init__(self) -> None:
        sts = self.sts = ScriptedSts(FakeClock(now=4_000_000_000.0))

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = tuple((name.lower(), value) for name, value in self.headers.items())
                response = sts.answer(Request("POST", self.headers["host"], "/", "", headers, body))
                self.send_response(response.status)
                for name, value in (*response.headers, ("content-length", str(len(response.body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(response.body)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_fifty_processes_that_start_at_once_make_one_call(tmp_path: Path) -> None:
    served = CountingServer()
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, served.url, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )
        for _ in range(50)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    got = [process.communicate(timeout=120)[0].strip() for process in processes]
    served.server.shutdown()
    assert set(got) == {"ASIAISSUED000001"}
    assert len(served.sts.calls) == 1


def test_a_set_that_a_service_rejected_is_not_taken_from_the_file_again(sts: ScriptedSts, tmp_path: Path) -> None:
    one = role(sts, SharedCache(tmp_path))
    rejected = one.get().access_key_id
    one.invalidate(rejected)
    assert one.get().access_key_id == "ASIAISSUED000002"
    assert role(sts, SharedCache(tmp_path)).get().access_key_id == "ASIAISSUED000002"
    assert one.refresh().access_key_id == "ASIAISSUED000003"


def test_a_role_behind_a_web_identity_is_shared_by_those_who_read_the_same_token(
    sts: ScriptedSts, tmp_path: Path
) -> None:
    from understudy.credentials import from_web_token

    for token in ("a.b.c", "a.b.c", "d.e.f"):
        web = from_web_token(role_arn=ROLE, web_identity_token=token, client=sts.options())
        role(sts, SharedCache(tmp_path), role_arn=SECOND, source=web).get()
    assert sts.actions.count("AssumeRole") == 2
