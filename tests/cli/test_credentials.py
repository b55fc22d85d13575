"""The commands that hand credentials to other tools, as a person types them, against the stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.cli import main
from understudy.directory.yaml_file import SAMPLE, load
from understudy.server.run import running

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::987654321098:role/CrossAccountRole"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture(scope="module")
def stand_in():
    with running(load(SAMPLE)) as started:
        yield started


@pytest.fixture(autouse=True)
def as_alice(stand_in, monkeypatch, tmp_path):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIARZPUZDIKAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ENDPOINT_URL_STS": stand_in.url,
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }.items():
        monkeypatch.setenv(name, value)


def test_whoami_prints_the_answer_as_json(capsys):
    assert main(["whoami"]) == 0
    assert json.loads(capsys.readouterr().out)["Arn"] == "arn:aws:iam::123456789012:user/alice"


def test_credentials_are_a_credential_process_by_default(capsys):
    assert main(["credentials", "--role-arn", ROLE, "--duration-seconds", "900"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["Version"] == 1
    assert document["AccessKeyId"].startswith("ASIA")
    assert document["AccountId"] == "987654321098"


def test_credentials_can_be_lines_of_a_shell(capsys):
    assert main(["credentials", "--role-arn", ROLE, "--format", "env"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("export AWS_ACCESS_KEY_ID=ASIA")
    assert any(line.startswith("export AWS_SESSION_TOKEN=") for line in lines)


def test_a_profile_is_written_and_only_its_place_is_told(capsys, tmp_path):
    assert main(["credentials", "--role-arn", ROLE, "--write-profile", "assumed"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "assumed" in told.err
    assert "[assumed]" in (tmp_path / "credentials").read_text()


def test_a_refused_role_is_one_error_without_a_secret(capsys, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIARZPUZDIKBEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
    assert main(["credentials", "--role-arn", ROLE]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: AccessDenied when calling AssumeRole")
    assert "Traceback" not in told.err
    assert "EXAMPLEKEY" not in told.err


def test_credentials_that_live_too_short_are_refused(capsys):
    assert main(["credentials", "--role-arn", ROLE, "--duration-seconds", "900", "--min-ttl", "3600"]) == 1
    assert "error:" in capsys.readouterr().err


def test_run_gives_a_command_credentials_that_only_the_endpoint_has(stand_in):
    """The child is boto3, which knows nothing of us; the parent's own keys do not reach it."""
    child = (
        "import boto3, os; assert 'AWS_SECRET_ACCESS_KEY' not in os.environ; "
        "print(boto3.client('sts').get_caller_identity()['Arn'])"
    )
    words = ["run", "--role-arn", ROLE, "--region", "us-east-1", "--", sys.executable, "-c", child]
    done = subprocess.run(
        [sys.executable, "-m", "understudy", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("arn:aws:sts::987654321098:assumed-role/CrossAccountRole/understudy-")


def test_run_gives_the_commands_exit_status_and_names_one_that_is_not_there(capsys):
    assert main(["run", "--", sys.executable, "-c", "raise SystemExit(7)"]) == 7
    assert main(["run", "--", "no-such-command-anywhere"]) == 1
    assert "cannot run 'no-such-command-anywhere'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["eks", "--cluster", "c1"], "k8s-aws-v1."),
        (["rds", "--host", "db.example", "--port", "5432", "--user", "app"], "db.example:5432/?Action=connect"),
        (["dsql", "--host", "c.dsql.us-east-1.on.aws", "--admin"], "Action=DbConnectAdmin"),
        (["elasticache", "--cache", "cache", "--user", "app"], "cache/?Action=connect"),
        (["msk"], "aHR0cHM6Ly9rYWZrYS51cy1lYXN0LTEu"),
    ],
)
def test_token_prints_the_token_and_nothing_else(words, expected, capsys):
    assert main(["token", *words]) == 0
    told = capsys.readouterr()
    assert expected in told.out
    assert told.out.count("\n") == 1
    assert told.err == ""
    assert SECRET not in told.out


def test_every_command_has_a_help_text(capsys):
    from understudy.cli import COMMANDS

    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
    assert main.__doc__
