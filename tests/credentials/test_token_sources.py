"""Web identity tokens: each source against a double of what it asks, fetched anew each time."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tests.doubles.clock import FakeClock
from tests.doubles.connections import PlainConnections
from tests.doubles.loopback import HTML, Answer, Asked, Loopback

from understudy.credentials import token_sources
from understudy.credentials.token_sources import (
    TokenSource,
    token_from_azure,
    token_from_command,
    token_from_file,
    token_from_gcp,
    token_from_github_actions,
    token_from_gitlab,
    token_from_kubernetes,
)
from understudy.errors import ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[[Any], Any]

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"


def local() -> dict[str, Any]:
    return {"connections": PlainConnections(), "clock": FakeClock()}


def test_a_file_is_read_each_time_and_loses_its_newline(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "token"
    source = token_from_file(file)
    for text in ("one\n", " two\r\n"):
        file.write_text(text)
        assert run(source.retrieve()) == text.strip()


def test_a_source_is_a_function_for_threads_and_for_tasks(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(JWT)
    source = token_from_file(tmp_path / "token")
    assert source() == asyncio.run(source.acall()) == JWT
    assert JWT not in repr(source)


@pytest.mark.parametrize("content", [b"", b" \n", b"two words", b"x\ny", b"\xff", b"x" * 20_001, b"x" * 100_000])
def test_what_cannot_be_a_token(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(CredentialsError, match="token file"):
        run(token_from_file(tmp_path / "token").retrieve())


def test_a_file_that_is_not_there_yet_is_recoverable(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="nowhere' cannot be read: No such file") as caught:
        run(token_from_file(tmp_path / "nowhere").retrieve())
    assert caught.value.recoverable


def test_a_command_runs_each_time_without_a_shell(run: Run) -> None:
    program = "import sys; print(sys.argv[1])"
    assert run(token_from_command([sys.executable, "-c", program, "$HOME;x"]).retrieve()) == "$HOME;x"
    assert run(token_from_command(f'{sys.executable} -c "print(7)"').retrieve()) == "7"


def test_a_command_that_fails_says_what_it_said(run: Run) -> None:
    program = "import sys; sys.stdout.write('secret'); sys.exit('not logged in')"
    with pytest.raises(CredentialsError, match="failed with status 1: not logged in") as caught:
        run(token_from_command([sys.executable, "-c", program]).retrieve())
    assert "secret" not in str(caught.value)


def test_a_command_that_hangs(run: Run) -> None:
    with pytest.raises(CredentialsError, match=r"did not end within 0\.2 s"):
        run(token_from_command([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2).retrieve())


def test_a_command_that_does_not_exist(run: Run) -> None:
    with pytest.raises(CredentialsError, match="'no-such-program' cannot be run"):
        run(token_from_command("no-such-program --x").retrieve())
    with pytest.raises(ConfigurationError):
        token_from_command("")


def test_gitlab(run: Run) -> None:
    environ = {"AWS_ID_TOKEN": JWT}
    assert run(token_from_gitlab(environ=environ).retrieve()) == JWT
    with pytest.raises(CredentialsError, match="'OTHER' holds no token") as caught:
        run(token_from_gitlab("OTHER", environ=environ).retrieve())
    assert "id_tokens: {OTHER:" in (caught.value.hint or "")


def test_kubernetes_prefers_what_it_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("given", "environment", "eks", "default"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(token_sources, "EKS_TOKEN_FILE", str(tmp_path / "eks"))
    monkeypatch.setattr(token_sources, "KUBERNETES_TOKEN_FILE", str(tmp_path / "default"))
    environ = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "environment")}
    assert run(token_from_kubernetes(path=str(tmp_path / "given"), environ=environ).retrieve()) == "given"
    assert run(token_from_kubernetes(environ=environ).retrieve()) == "environment"
    assert run(token_from_kubernetes(environ={}).retrieve()) == "eks"
    (tmp_path / "eks").unlink()
    assert run(token_from_kubernetes(environ={}).retrieve()) == "default"


def github(asked: Asked) -> Answer:
    if asked.headers.get("authorization") != "bearer runner-token":
        return Answer(401)
    return Answer.of({"count": 1, "value": f"jwt-for-{asked.query['audience']}-{asked.query['api-version']}"})


def test_github_actions(run: Run) -> None:
    with Loopback(github) as server:
        environ = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.url}/id?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner-token",
        }
        assert run(token_from_github_actions(environ=environ, **local()).retrieve()) == "jwt-for-sts.amazonaws.com-2.0"
        assert run(token_from_github_actions("a&b", environ=environ, **local()).retrieve()) == "jwt-for-a&b-2.0"
        environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "over"
        with pytest.raises(CredentialsError, match=r"GitHub Actions token service at .* answered 401") as caught:
            run(token_from_github_actions(environ=environ, **local()).retrieve())
        assert "over" not in str(caught.value)


def test_a_github_job_without_the_permission(run: Run) -> None:
    with pytest.raises(CredentialsError, match="ACTIONS_ID_TOKEN_REQUEST_URL") as caught:
        run(token_from_github_actions(environ={}, **local()).retrieve())
    assert caught.value.try_next
    assert "id-token: write" in (caught.value.hint or "")


def gcp(asked: Asked) -> Answer:
    if asked.headers.get("metadata-flavor") != "Google":
        return Answer(403)
    if asked.path != "/computeMetadata/v1/instance/service-accounts/default/identity":
        return Answer(404)
    return Answer(
        200, f"{asked.query['audience']}|{asked.query['format']}".encode(), headers={"metadata-flavor": "Google"}
    )


def test_gcp(run: Run) -> None:
    with Loopback(gcp) as server:
        source = token_from_gcp("https://sts.amazonaws.com/?a&b", environ={"GCE_METADATA_HOST": server.host}, **local())
        assert run(source.retrieve()) == "https://sts.amazonaws.com/?a&b|full"


def test_somebody_else_at_the_gcp_address(run: Run) -> None:
    with Loopback(lambda asked: HTML) as server:
        with pytest.raises(CredentialsError, match="is not the Google Cloud metadata server"):
            run(token_from_gcp("x", environ={"GCE_METADATA_HOST": server.host}, **local()).retrieve())


def azure(asked: Asked) -> Answer:
    if asked.path == "/metadata/identity/oauth2/token" and asked.headers.get("metadata") == "true":
        assert asked.query["api-version"] == "2018-02-01"
    elif asked.path == "/msi/token" and asked.headers.get("x-identity-header") == "header-secret":
        assert asked.query["api-version"] == "2019-08-01"
    else:
        return Answer.of(
            {"error": "invalid_request", "error_description": "Required metadata header not specified"}, 400
        )
    return Answer.of(
        {"access_token": "-".join((asked.query["resource"], asked.query.get("client_id", ""))), "expires_in": "86399"}
    )


def test_azure_on_a_machine_and_in_a_service(run: Run) -> None:
    with Loopback(azure) as server:
        machine = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": server.url}
        assert run(token_from_azure("api://aws", environ=machine, **local()).retrieve()) == "api://aws-"
        service = {"IDENTITY_ENDPOINT": f"{server.url}/msi/token", "IDENTITY_HEADER": "header-secret"}
        assert run(token_from_azure("api://aws", client_id="c", environ=service, **local()).retrieve()) == "api://aws-c"
        service["IDENTITY_HEADER"] = "wrong"
        with pytest.raises(CredentialsError, match=r"answered 400 \(invalid_request: Required metadata header"):
            run(token_from_azure("api://aws", environ=service, **local()).retrieve())


@pytest.mark.parametrize(
    "answer",
    [HTML, Answer.of({"access_token": None}), Answer.of({"value": 7, "access_token": 7}), Answer(200), Answer(302)],
)
def test_answers_without_a_token(run: Run, answer: Answer) -> None:
    with Loopback(lambda asked: answer) as server:
        environ = {
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": server.url,
            "ACTIONS_ID_TOKEN_REQUEST_URL": server.url,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x",
        }
        for source in (
            token_from_azure("x", environ=environ, **local()),
            token_from_github_actions(environ=environ, **local()),
        ):
            with pytest.raises(CredentialsError):
                run(source.retrieve())


def test_an_outage_is_tried_again_then_recoverable(run: Run) -> None:
    with Loopback(lambda asked: Answer(503)) as server:
        source: TokenSource = token_from_gcp("x", environ={"GCE_METADATA_HOST": server.host}, **local())
        with pytest.raises(CredentialsError) as caught:
            run(source.retrieve())
        assert caught.value.recoverable
        assert len(server.asked) == 3
