"""The AWS SDK for JavaScript talks to the stand-in unchanged.

Its packages are installed by npm into ``.cache`` when these tests run first, as ``js/package-lock.json`` pins them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conftest import A, B, Stage

pytestmark = pytest.mark.conformance

HERE = Path(__file__).parent / "js"
CACHE = Path(__file__).parent.parent.parent / ".cache"
PINNED = ("package.json", "package-lock.json")


@pytest.fixture(scope="module")
def project() -> Path:
    """A directory with the SDK installed; its name carries the lock's hash, so that a new lock is installed anew."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are needed to ask the AWS SDK for JavaScript; neither is part of the project")
    digest = hashlib.sha256(b"".join(HERE.joinpath(name).read_bytes() for name in PINNED)).hexdigest()
    installed = CACHE / f"js-{digest[:12]}"
    if not installed.exists():
        install(npm, installed)
    shutil.copy(HERE / "talk.mjs", installed)
    return installed


def install(npm: str, installed: Path) -> None:
    """Into a directory of this process first, so that nobody sees half of it."""
    making = installed.with_name(f"{installed.name}.{os.getpid()}")
    making.mkdir(parents=True)
    for name in PINNED:
        shutil.copy(HERE / name, making)
    done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=making, capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(making)
        pytest.skip(f"npm could not install the AWS SDK for JavaScript: {done.stderr.strip()[-500:]}")
    try:
        making.rename(installed)
    except OSError:  # another process was faster
        shutil.rmtree(making)


@pytest.fixture(scope="module")
def seen(stage: Stage, project: Path) -> dict[str, Any]:
    """What came of each step of ``talk.mjs``."""
    props = {
        "url": stage.url,
        "alice": stage.keys("alice"),
        "bob": stage.keys("bob"),
        "role": stage.role,
        "web_role": stage.web_role,
        "token": stage.token(),
        "account": B,
        "saml_role": stage.saml_role,
        "saml_provider": stage.saml_provider,
        "saml": stage.saml("js"),
        "trade_in": stage.trade_in(),
        "denial": stage.denial(),
        "serial": stage.serial("js"),
        "code": stage.code("js"),
    }
    environment = {"PATH": os.environ["PATH"], "HOME": str(project), "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        ["node", "talk.mjs"], cwd=project, env=environment, input=json.dumps(props), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def output(seen: dict[str, Any], step: str) -> dict[str, Any]:
    assert "output" in seen[step], seen[step]
    found: dict[str, Any] = seen[step]["output"]
    return found


def refusal(seen: dict[str, Any], step: str) -> tuple[int, str, str]:
    """Status, code and text; the SDK read them, and the request id."""
    found = seen[step]
    assert "error" in found, found
    assert found["request_id"]
    assert found["fault"] == "client"
    return found["status"], found["error"], found["message"]


def test_whoami(seen: dict[str, Any]) -> None:
    found = output(seen, "whoami")
    assert (found["Account"], found["Arn"]) == (A, f"arn:aws:iam::{A}:user/alice")
    assert seen["whoami"]["request_id"]


def test_assume_role_and_whoami(seen: dict[str, Any]) -> None:
    found = output(seen, "assume_role")
    assert found["arn"] == found["user"]["Arn"] == f"arn:aws:sts::{B}:assumed-role/CrossAccountRole/js"
    assert found["expiration"].endswith("Z")


def test_a_refusal_has_its_text(seen: dict[str, Any]) -> None:
    text = f"User: arn:aws:iam::{A}:user/bob is not authorized to perform: sts:AssumeRole on resource: {Stage.role}"
    assert refusal(seen, "refused") == (403, "AccessDenied", text)


def test_broken_limits(seen: dict[str, Any]) -> None:
    status, code, text = refusal(seen, "broken_limits")
    assert (status, code) == (400, "ValidationError")
    assert text.startswith("3 validation errors detected: ")


def test_web_identity_needs_no_credentials(seen: dict[str, Any]) -> None:
    found = output(seen, "web_identity")
    assert (found["subject"], found["audience"]) == ("repo:understudy/demo", "sts.amazonaws.com")
    assert found["user"]["Arn"] == f"arn:aws:sts::{B}:assumed-role/WebRole/js"


def test_web_identity_refused_as_its_class(seen: dict[str, Any]) -> None:
    assert refusal(seen, "web_identity_refused")[:2] == (400, "InvalidIdentityTokenException")
    assert seen["web_identity_refused"]["kind"] == "InvalidIdentityTokenException"


def test_session_token_with_mfa_once(seen: dict[str, Any]) -> None:
    assert output(seen, "session_token")["Arn"] == f"arn:aws:iam::{A}:user/alice"
    wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    assert refusal(seen, "used_code") == (403, "AccessDenied", wrong)


def test_federation_token(seen: dict[str, Any]) -> None:
    found = output(seen, "federation")
    assert found["arn"] == found["user"]["Arn"] == f"arn:aws:sts::{A}:federated-user/js"


def test_key_info_and_decoding(seen: dict[str, Any]) -> None:
    assert output(seen, "key_info")["Account"] == A
    assert refusal(seen, "decode_refused")[:2] == (400, "InvalidAuthorizationMessageException")


def test_the_message_of_a_refusal_is_decoded(seen: dict[str, Any]) -> None:
    assert json.loads(output(seen, "decode")["DecodedMessage"])["allowed"] is False


def test_saml_needs_no_credentials(seen: dict[str, Any]) -> None:
    assert output(seen, "saml")["Arn"] == f"arn:aws:sts::{B}:assumed-role/SamlRole/js"
    assert refusal(seen, "saml_refused")[:2] == (400, "InvalidIdentityTokenException")


def test_root_delegated_and_outbound_tokens(seen: dict[str, Any]) -> None:
    assert output(seen, "root")["Arn"] == f"arn:aws:iam::{B}:root"
    assert refusal(seen, "root_refused")[0] == 400
    assert output(seen, "delegated")["Account"] == B
    assert refusal(seen, "delegated_refused")[0] == 400
    assert output(seen, "web_token")["WebIdentityToken"].count(".") == 2
    refused = "OutboundWebIdentityFederationDisabledException"
    assert refusal(seen, "web_token_refused")[:2] == (403, refused)


def test_wrong_secret(seen: dict[str, Any]) -> None:
    assert refusal(seen, "wrong_secret")[:2] == (403, "SignatureDoesNotMatch")


def test_its_providers_of_credentials(seen: dict[str, Any]) -> None:
    assert output(seen, "temporary_credentials")["Arn"] == f"arn:aws:sts::{B}:assumed-role/CrossAccountRole/provider"
    assert output(seen, "web_token_provider")["Arn"] == f"arn:aws:sts::{B}:assumed-role/WebRole/provider"
