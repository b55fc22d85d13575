"""The AWS CLI talks to the stand-in unchanged: by options, by environment, and by profiles that assume roles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conftest import A, B, Stage

pytestmark = pytest.mark.conformance


class Shell:
    """Runs the CLI with an environment of its own and a home that holds its configuration."""

    def __init__(self, stage: Stage, home: Path) -> None:
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
            "AWS_ENDPOINT_URL_STS": stage.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "awscli", "sts", *arguments, "--output", "json"]
        return subprocess.run(command, env={**self.environment, **environment}, capture_output=True, text=True)

    def ask(self, *arguments: str, **environment: str) -> Any:
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str, **environment: str) -> str:
        done = self.run(*arguments, **environment)
        assert done.returncode not in (0, 1), done.stdout
        return done.stderr.strip()


def environment_of(given: dict[str, Any]) -> dict[str, str]:
    found = {"AWS_ACCESS_KEY_ID": given["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"]}
    return {**found, "AWS_SESSION_TOKEN": given["SessionToken"]} if "SessionToken" in given else found


@pytest.fixture(scope="module")
def shell(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    pytest.importorskip("awscli", reason="the AWS CLI is not installed: pip install awscli")
    return Shell(stage, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def alice(stage: Stage) -> dict[str, str]:
    return environment_of(stage.keys("alice"))


def test_whoami(shell: Shell, alice: dict[str, str]) -> None:
    found = shell.ask("get-caller-identity", **alice)
    assert (found["Account"], found["Arn"]) == (A, f"arn:aws:iam::{A}:user/alice")


def test_assume_role_and_whoami(shell: Shell, stage: Stage, alice: dict[str, str]) -> None:
    found = shell.ask(
        *("assume-role", "--role-arn", stage.role, "--role-session-name", "cli", "--duration-seconds", "900"),
        *("--tags", "Key=Team,Value=blue", "--source-identity", "alice"),
        **alice,
    )
    assert found["SourceIdentity"] == "alice"
    who = shell.ask("get-caller-identity", **environment_of(found["Credentials"]))
    assert who["Arn"] == found["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{B}:assumed-role/CrossAccountRole/cli"


def test_a_refusal_is_shown_with_its_text(shell: Shell, stage: Stage) -> None:
    bob = environment_of(stage.keys("bob"))
    shown = shell.refused("assume-role", "--role-arn", stage.role, "--role-session-name", "cli", **bob)
    assert shown.endswith(
        "An error occurred (AccessDenied) when calling the AssumeRole operation: "
        f"User: arn:aws:iam::{A}:user/bob is not authorized to perform: sts:AssumeRole on resource: {stage.role}"
    )


def test_web_identity_without_any_credentials(shell: Shell, stage: Stage) -> None:
    found = shell.ask(
        *("assume-role-with-web-identity", "--role-arn", stage.web_role, "--role-session-name", "cli"),
        *("--web-identity-token", stage.token()),
    )
    assert found["SubjectFromWebIdentityToken"] == "repo:understudy/demo"
    who = shell.ask("get-caller-identity", **environment_of(found["Credentials"]))
    assert who["Arn"] == f"arn:aws:sts::{B}:assumed-role/WebRole/cli"


def test_session_token_with_mfa_once(shell: Shell, stage: Stage, alice: dict[str, str]) -> None:
    arguments = ("get-session-token", "--serial-number", stage.serial("cli"), "--token-code", stage.code("cli"))
    found = shell.ask(*arguments, **alice)
    who = shell.ask("get-caller-identity", **environment_of(found["Credentials"]))
    assert who["Arn"] == f"arn:aws:iam::{A}:user/alice"
    assert "MultiFactorAuthentication failed with invalid MFA one time pass code." in shell.refused(*arguments, **alice)


def test_a_profile_that_assumes_a_role_and_one_with_a_token_file(shell: Shell, stage: Stage) -> None:
    keys = stage.keys("alice")
    token = shell.home / "token"
    token.write_text(stage.token())
    shell.home.joinpath("credentials").write_text(
        f"[base]\naws_access_key_id = {keys['AccessKeyId']}\naws_secret_access_key = {keys['SecretAccessKey']}\n"
    )
    shell.home.joinpath("config").write_text(
        f"[profile cross]\nrole_arn = {stage.role}\nsource_profile = base\nrole_session_name = profile\n"
        f"[profile web]\nrole_arn = {stage.web_role}\nweb_identity_token_file = {token}\nrole_session_name = profile\n"
    )
    cross = shell.ask("get-caller-identity", "--profile", "cross")
    assert cross["Arn"] == f"arn:aws:sts::{B}:assumed-role/CrossAccountRole/profile"
    web = shell.ask("get-caller-identity", "--profile", "web")
    assert web["Arn"] == f"arn:aws:sts::{B}:assumed-role/WebRole/profile"


def test_the_other_operations(shell: Shell, stage: Stage, alice: dict[str, str]) -> None:
    found = shell.ask("get-federation-token", "--name", "carl", **alice)
    assert found["FederatedUser"]["Arn"] == f"arn:aws:sts::{A}:federated-user/carl"
    found = shell.ask("get-access-key-info", "--access-key-id", stage.keys("bob")["AccessKeyId"], **alice)
    assert found["Account"] == A
    shown = shell.refused("decode-authorization-message", "--encoded-message", "nonsense", **alice)
    assert "(InvalidAuthorizationMessageException)" in shown


def test_the_operations_of_federation_and_administration(shell: Shell, stage: Stage, alice: dict[str, str]) -> None:
    found = shell.ask("decode-authorization-message", "--encoded-message", stage.denial(), **alice)
    assert json.loads(found["DecodedMessage"])["allowed"] is False
    found = shell.ask(
        *("assume-role-with-saml", "--role-arn", stage.saml_role, "--principal-arn", stage.saml_provider),
        *("--saml-assertion", stage.saml("cli")),
    )
    assert found["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{B}:assumed-role/SamlRole/cli"
    task = "arn=arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
    found = shell.ask("assume-root", "--target-principal", B, "--task-policy-arn", task, **alice)
    who = shell.ask("get-caller-identity", **environment_of(found["Credentials"]))
    assert who["Arn"] == f"arn:aws:iam::{B}:root"
    found = shell.ask("get-delegated-access-token", "--trade-in-token", stage.trade_in(), **alice)
    assert found["Credentials"]["SessionToken"]
    shown = shell.refused("get-web-identity-token", "--audience", "x", "--signing-algorithm", "RS256", **alice)
    assert "(OutboundWebIdentityFederationDisabledException)" in shown
