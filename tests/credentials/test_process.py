"""`credential_process`: the protocol, its failures, and that nothing is served past its expiration."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.credentials.doubles import FakeClock

from understudy.client.options import ClientOptions
from understudy.credentials import RefreshingCredentials, from_process
from understudy.errors import ConfigurationError, CredentialsError

SET = {"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "s3cr3t"}
FAR = {**SET, "SessionToken": "token", "Expiration": "2999-01-01T00:00:00Z", "AccountId": "123456789012"}


def printing(text: str) -> list[str]:
    return [sys.executable, "-c", f"print({text!r})"]


def process(command: Any, **options: Any) -> RefreshingCredentials:
    client = ClientOptions(environ={"PATH": "/usr/bin:/bin"}, clock=FakeClock())
    return from_process(command, client=client, **options)


@pytest.mark.parametrize("ask", [lambda one: one.get(), lambda one: asyncio.run(one.aget())], ids=["thread", "task"])
def test_what_a_command_prints(ask: Any) -> None:
    got = ask(process(printing(json.dumps(FAR))))
    assert (got.access_key_id, got.session_token, got.account_id, got.source) == (
        "AKIA",
        "token",
        "123456789012",
        "process",
    )
    assert got.expiration is not None
    assert got.expiration.year == 2999


def test_without_a_token_and_an_expiration() -> None:
    got = process(printing(json.dumps(SET))).get()
    assert (got.session_token, got.expiration) == (None, None)


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ("nothing", "printed 8 characters that are not JSON"),
        ("[]", "printed a JSON list in the place of an object"),
        (json.dumps({**SET, "Version": 2}), "printed Version 2; version 1 is the one there is"),
        (json.dumps({"AccessKeyId": "a", "SecretAccessKey": "b"}), "printed Version None"),
        (json.dumps({"Version": 1, "AccessKeyId": "a"}), "printed no SecretAccessKey"),
        (json.dumps({"Version": 1}), "printed no AccessKeyId and no SecretAccessKey"),
        (json.dumps({**SET, "Expiration": "soon"}), "printed the Expiration 'soon', which is no time"),
        (json.dumps({**SET, "Expiration": "2001-01-01T00:00:00Z"}), "gave what had expired already"),
    ],
)
def test_what_is_not_the_protocol_is_refused_and_not_shown(printed: str, message: str) -> None:
    with pytest.raises(CredentialsError, match=message) as caught:
        process(printing(printed)).get()
    assert "s3cr3t" not in str(caught.value)


def test_a_command_that_fails_shows_its_complaint_and_its_status() -> None:
    failing = [sys.executable, "-c", "import sys; print('s3cr3t'); print('log in first', file=sys.stderr); sys.exit(3)"]
    with pytest.raises(CredentialsError, match="failed with status 3: log in first") as caught:
        process(failing).get()
    assert "s3cr3t" not in str(caught.value)


def test_a_command_that_is_not_there_or_empty() -> None:
    with pytest.raises(CredentialsError, match=r"'/nonexistent/tool' cannot be run: No such file"):
        process("/nonexistent/tool --json").get()
    with pytest.raises(ConfigurationError, match="credential_process is empty"):
        process("  ").get()
    with pytest.raises(ConfigurationError, match="no closing quotation"):
        process("tool 'open").get()


def test_a_command_that_hangs() -> None:
    with pytest.raises(CredentialsError, match=r"did not end within 0\.2 s"):
        process([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2).get()


def test_no_shell_runs_it(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    with pytest.raises(CredentialsError):
        process(f"echo {{}} ; touch {marker}").get()
    assert not marker.exists()


def test_it_is_not_served_past_its_expiration(tmp_path: Path) -> None:
    output = tmp_path / "output"
    clock = FakeClock()
    output.write_text(json.dumps({**SET, "Expiration": str(int(clock.now) + 3600)}))
    one = from_process(["cat", str(output)], client=ClientOptions(environ={"PATH": "/usr/bin:/bin"}, clock=clock))
    one.get()
    output.unlink()
    clock.now += 3500
    assert one.get().access_key_id == "AKIA"
    clock.now += 101
    with pytest.raises(CredentialsError, match="failed with status 1"):
        one.get()


def test_the_command_of_a_profile(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"[profile p]\ncredential_process = cat {tmp_path / 'set'}\n[profile q]\n")
    (tmp_path / "set").write_text(json.dumps(SET))
    client = ClientOptions(environ={"PATH": "/usr/bin:/bin"}, config_file=config, credentials_file="/nonexistent")
    assert from_process(profile="p", client=client).get().access_key_id == "AKIA"
    with pytest.raises(ConfigurationError, match="profile 'q' has no 'credential_process'"):
        from_process(profile="q", client=client)
