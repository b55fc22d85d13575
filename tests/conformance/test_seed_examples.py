"""The examples that the project began with, in Python, against the stand-in with only its address set."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conformance.seed_world import ACCOUNT, SeedStage

ROOT = Path(__file__).parents[2]


def run(stage: SeedStage, name: str, tmp_path: Path, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "seed" / f"{name}.py"],
        env=stage.environment(tmp_path, PYTHONPATH=str(ROOT / "src"), **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_who_am_i(seed_stage: SeedStage, tmp_path: Path) -> None:
    assert f"{ACCOUNT} arn:aws:iam::{ACCOUNT}:user/alice AIDA" in run(seed_stage, "who_am_i", tmp_path)


def test_assume_role(seed_stage: SeedStage, tmp_path: Path) -> None:
    assert "assumed-role/CrossAccountRole/my-app-session until" in run(seed_stage, "assume_role", tmp_path)


def test_web_identity(seed_stage: SeedStage, tmp_path: Path) -> None:
    told = run(seed_stage, "web_identity", tmp_path, OIDC_TOKEN=seed_stage.token())
    assert "is now arn:aws:sts::123456789012:assumed-role/WebIdentityRole/web-session" in told


def test_session_token_with_mfa(seed_stage: SeedStage, tmp_path: Path) -> None:
    assert run(seed_stage, "session_token", tmp_path, MFA_CODE=seed_stage.code()).startswith("ASIA")


def test_assumed_credentials_in_an_s3_client(seed_stage: SeedStage, tmp_path: Path) -> None:
    assert "reports/one.csv 3\n" in run(seed_stage, "s3_client", tmp_path)


def test_temporary_credentials_that_refresh(seed_stage: SeedStage, tmp_path: Path) -> None:
    told = run(seed_stage, "temporary_credentials", tmp_path, AWS_REGION="us-east-1")
    assert "reports/one.csv 3\n" in told
