"""``understudy serve`` and ``understudy explain``, as a person runs them."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import botocore.exceptions
import pytest

from understudy.cli import main
from understudy.directory.yaml_file import SAMPLE
from understudy.server.keyring import new_key

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ring(tmp_path):
    path = tmp_path / "ring"
    path.write_text(new_key())
    return path


@pytest.fixture
def serving(ring):
    command = [sys.executable, "-m", "understudy", "serve", "--directory", SAMPLE, "--port", "0", "--keyring", ring]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        process.url = re.search(r"http://\S+", process.stderr.readline())[0]
        yield process
        process.send_signal(signal.SIGINT)
        process.wait(20)


def test_serve_logs_a_line_for_each_request_and_explain_opens_its_message(serving, ring, capsys):
    bob = boto3.client(
        "sts",
        endpoint_url=serving.url,
        region_name="us-east-1",
        aws_access_key_id="AKIARZPUZDIKBEXAMPLE",
        aws_secret_access_key="je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
    )
    with pytest.raises(botocore.exceptions.ClientError):
        bob.assume_role(RoleArn="arn:aws:iam::987654321098:role/S3ReadRole", RoleSessionName="s1")
    record = json.loads(serving.stdout.readline())
    assert (record["action"], record["code"], record["status"]) == ("AssumeRole", "AccessDenied", 403)
    assert main(["explain", record["authorization_message"], "--keyring", str(ring)]) == 0
    assert "no identity-based policy allows the sts:AssumeRole action" in capsys.readouterr().out
    assert main(["explain", record["authorization_message"], "--keyring", str(ring), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["allowed"] is False


def test_explain_with_another_ring(ring, capsys):
    assert main(["explain", "rubbish", "--keyring", str(ring)]) == 1
    assert "hint:" in capsys.readouterr().err


def test_serve_with_a_wrong_directory_says_what_is_wrong(tmp_path, capsys):
    path = tmp_path / "directory.yaml"
    path.write_text("acounts: {}\n")
    assert main(["serve", "--directory", str(path), "--port", "0"]) == 1
    assert "did you mean 'accounts'?" in capsys.readouterr().err


def test_serve_on_a_port_that_is_taken(capsys):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["serve", "--directory", str(SAMPLE), "--port", port]) == 1
    assert "cannot listen on 127.0.0.1" in capsys.readouterr().err
