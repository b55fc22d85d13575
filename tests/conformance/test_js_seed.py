"""The calls that the project began with, by the AWS SDK for JavaScript, told nothing but the address and the keys.

The SDK puts a bucket into the path by itself where the endpoint's host is an IP address, as the stand-in's is. Under
``localhost`` it puts it into the host; not every system resolves ``cross-account-bucket.localhost``, so that one test
brings the resolution along, outside of the program.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.seed_world import ACCOUNT, ALICE, BODY, BUCKET, KEY, OTHER, ROLE, SeedStage, foreign, tampered
from tests.conformance.test_javascript import HERE, project  # noqa: F401 (a fixture)

pytestmark = pytest.mark.conformance

LISTED = [KEY, len(BODY)]


class Program:
    """``seed.mjs``, where the SDK is installed."""

    def __init__(self, stage: SeedStage, directory: Path, home: Path) -> None:
        self.stage = stage
        self.directory = directory
        self.home = home

    def __call__(self, step: str, **more: str) -> dict[str, Any]:
        done = subprocess.run(
            ["node", "seed.mjs", step],
            cwd=self.directory,
            env=self.stage.environment(self.home, S3_READ_ROLE=ROLE, **more),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def output(self, step: str, **more: str) -> Any:
        found = self(step, **more)
        assert "output" in found, found
        return found["output"]

    def refusal(self, *credentials: str) -> tuple[int, str, str]:
        """Status, code and text of a listing with these keys of the environment; S3's request id came along."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        found = self("own_keys", **dict(zip(names, credentials, strict=False)))
        assert found["request_id"]
        return found["status"], found["error"], found["message"]


@pytest.fixture
def program(seed_stage: SeedStage, project: Path, tmp_path: Path) -> Program:  # noqa: F811
    for name in ("seed.mjs", "loopback.mjs"):  # whole at once: another process may be about to run it
        copy = project / f"{name}.{os.getpid()}"
        shutil.copy(HERE / name, copy)
        copy.replace(project / name)
    return Program(seed_stage, project, tmp_path)


def test_who_am_i(program: Program) -> None:
    found = program.output("who_am_i")
    assert (found["Account"], found["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/alice")
    assert found["UserId"].startswith("AIDA")


def test_assume_role_for_an_hour(program: Program) -> None:
    found = program.output("assume_role")
    assert found["arn"] == f"arn:aws:sts::{OTHER}:assumed-role/CrossAccountRole/my-app-session"
    assert (found["accessKeyId"][:4], found["token"]) == ("ASIA", "string")
    assert 900_000 < found["lasts"] <= 3_600_000


def test_web_identity(program: Program) -> None:
    found = program.output("web_identity", OIDC_TOKEN=program.stage.token())
    assert found["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/WebIdentityRole/web-session"
    assert found["SubjectFromWebIdentityToken"] == "repo:example/app:ref:refs/heads/main"


def test_session_token_with_mfa_for_twelve_hours(program: Program) -> None:
    found = program.output("session_token", MFA_CODE=program.stage.code())
    assert found["who"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert 3_600_000 < found["lasts"] <= 43_200_000


def test_assumed_credentials_in_an_s3_client(program: Program) -> None:
    assert LISTED in program.output("s3_client")


def test_temporary_credentials(program: Program) -> None:
    assert LISTED in program.output("temporary_credentials")


def test_a_bucket_in_the_host(program: Program) -> None:
    url = f"http://localhost:{program.stage.running.port}"
    assert LISTED in program.output(
        "temporary_credentials", AWS_ENDPOINT_URL=url, NODE_OPTIONS="--import ./loopback.mjs"
    )
    assert program.output("read", AWS_ENDPOINT_URL=url, NODE_OPTIONS="--import ./loopback.mjs") == BODY.decode()


def test_credentials_that_last_are_assumed_once(program: Program) -> None:
    program.output("twice", SESSION_NAME="lasting")
    first, second = program.stage.listings("lasting")
    assert first == second


def test_credentials_that_end_within_five_minutes_are_assumed_again(program: Program) -> None:
    with program.stage.slow(660):  # of fifteen minutes four are left
        program.output("twice", SESSION_NAME="refreshing")
    first, second = program.stage.listings("refreshing")
    assert first != second


def test_the_role_reads_and_may_not_write(program: Program) -> None:
    assert program.output("read") == BODY.decode()
    found = program("write", SESSION_NAME="writer")
    assert (found["status"], found["error"]) == (403, "AccessDenied")
    assert found["message"] == (
        f"User: arn:aws:sts::{OTHER}:assumed-role/S3ReadRole/writer is not authorized to perform: s3:PutObject on "
        f'resource: "arn:aws:s3:::{BUCKET}/reports/two.csv" because no identity-based policy allows the s3:PutObject '
        "action"
    )


def test_an_expired_token(program: Program) -> None:
    expired = program.stage.session(ago=3600)
    assert program.refusal(*expired) == (400, "ExpiredToken", "The provided token has expired.")


def test_a_tampered_token(program: Program) -> None:
    text = "The provided token is malformed or otherwise invalid."
    assert program.refusal(*tampered(program.stage.session())) == (400, "InvalidToken", text)


def test_a_token_of_another_stand_in(program: Program) -> None:
    text = "The provided token is malformed or otherwise invalid."
    assert program.refusal(*foreign()) == (400, "InvalidToken", text)


def test_a_token_that_belongs_to_other_keys(program: Program) -> None:
    text = "The AWS Access Key Id you provided does not exist in our records."
    token = program.stage.session()[2]
    assert program.refusal(*ALICE, token) == (403, "InvalidAccessKeyId", text)


def test_a_wrong_secret(program: Program) -> None:
    text = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    key_id, _, token = program.stage.session()
    assert program.refusal(key_id, "wrong", token) == (403, "SignatureDoesNotMatch", text)
