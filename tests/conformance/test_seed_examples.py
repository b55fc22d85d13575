"""The examples that the project began with, in Python, against the stand-in with only its address set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.directory.models import OIDCProvider
from understudy.directory.yaml_file import SAMPLE, loads
from understudy.server.guard import GuardSettings
from understudy.server.identity_provider import IdentityProvider
from understudy.server.mfa import totp
from understudy.server.run import running

ROOT = Path(__file__).parents[2]
ALICE = ("AKIARZPUZDIKAEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def stage():
    import boto3

    provider = IdentityProvider("https://idp.example.com")
    directory = loads(SAMPLE.read_text())
    directory.put(
        OIDCProvider(account=ACCOUNT, url=provider.issuer, client_ids=("sts.amazonaws.com",), jwks=provider.jwks_text())
    )
    with running(directory, guard=GuardSettings()) as stand_in:
        owner = directory.user("arn:aws:iam::987654321098:user/carol").access_keys[0]
        s3 = boto3.client(
            "s3",
            endpoint_url=stand_in.url,
            region_name="us-west-2",
            aws_access_key_id=owner.access_key_id,
            aws_secret_access_key=owner.secret_access_key,
        )
        s3.put_object(Bucket="cross-account-bucket", Key="reports/one.csv", Body=b"1,2")
        yield stand_in, provider


def run(stage, name: str, tmp_path: Path, **more: str) -> str:
    stand_in, _ = stage
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT / "src"),
        "AWS_ENDPOINT_URL": stand_in.url,
        "AWS_ACCESS_KEY_ID": ALICE[0],
        "AWS_SECRET_ACCESS_KEY": ALICE[1],
        **more,
    }
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "seed" / f"{name}.py"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_who_am_i(stage, tmp_path):
    assert f"{ACCOUNT} arn:aws:iam::{ACCOUNT}:user/alice AIDA" in run(stage, "who_am_i", tmp_path)


def test_assume_role(stage, tmp_path):
    assert "assumed-role/CrossAccountRole/my-app-session until" in run(stage, "assume_role", tmp_path)


def test_web_identity(stage, tmp_path):
    token = stage[1].token("repo:example/app:ref:refs/heads/main")
    told = run(stage, "web_identity", tmp_path, OIDC_TOKEN=token)
    assert "is now arn:aws:sts::123456789012:assumed-role/WebIdentityRole/web-session" in told


def test_session_token_with_mfa(stage, tmp_path):
    device = stage[0].directory.mfa_device(f"arn:aws:iam::{ACCOUNT}:mfa/alice").device
    import time

    assert run(stage, "session_token", tmp_path, MFA_CODE=totp(device.seed, time.time())).startswith("ASIA")


def test_assumed_credentials_in_an_s3_client(stage, tmp_path):
    assert "reports/one.csv 3\n" in run(stage, "s3_client", tmp_path)


def test_temporary_credentials_that_refresh(stage, tmp_path):
    told = run(stage, "temporary_credentials", tmp_path, AWS_REGION="us-east-1")
    assert "reports/one.csv 3\n" in told
