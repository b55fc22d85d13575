"""Federation as boto3 sees it, over real sockets: tokens and responses in, tokens out that anyone can verify."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.conformance.test_javascript import project  # noqa: F401 (a fixture)

from understudy.server.jwks import ProviderKeys
from understudy.server.jws import SignedToken
from understudy.testing import StandIn

pytestmark = pytest.mark.conformance

ISSUER = "https://idp.example.com"
HOST = "idp.example.com"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def trust(principal: str, action: str, **condition: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Federated": principal},
        "Action": [action, "sts:TagSession"],
        "Condition": condition,
    }


def test_web_identity(understudy: StandIn) -> None:
    provider = f"arn:aws:iam::123456789012:oidc-provider/{HOST}"
    role = understudy.role(
        "Web", trust(provider, "sts:AssumeRoleWithWebIdentity", StringEquals={f"{HOST}:sub": "alice-1"})
    )
    sts = boto3.client("sts")
    answer = sts.assume_role_with_web_identity(
        RoleArn=role.arn, RoleSessionName="s1", WebIdentityToken=understudy.oidc_token(ISSUER, "alice-1")
    )
    assert answer["SubjectFromWebIdentityToken"] == "alice-1"
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["Provider"] == provider
    with pytest.raises(ClientError) as caught:
        sts.assume_role_with_web_identity(
            RoleArn=role.arn, RoleSessionName="s1", WebIdentityToken=understudy.oidc_token(ISSUER, "mallory")
        )
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["Error"]["Message"] == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_the_credential_chain_takes_a_token_file(
    understudy: StandIn, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = f"arn:aws:iam::123456789012:oidc-provider/{HOST}"
    role = understudy.role("Web", trust(provider, "sts:AssumeRoleWithWebIdentity"), ALL)
    (tmp_path / "token").write_text(understudy.oidc_token(ISSUER, "system:serviceaccount:a:b"))
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", role.arn)
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "pod")
    assert boto3.session.Session().client("sts").get_caller_identity()["Arn"].endswith("assumed-role/Web/pod")


def test_saml(understudy: StandIn) -> None:
    corp = understudy.saml_provider("Corp")
    role = understudy.role(
        "Saml", trust(corp.arn, "sts:AssumeRoleWithSAML", StringEquals={"saml:sub_type": "persistent"})
    )
    response = understudy.saml_response(role, corp, subject="alice", session_lifetime=600, tags={"team": "data"})
    answer = boto3.client("sts").assume_role_with_saml(RoleArn=role.arn, PrincipalArn=corp.arn, SAMLAssertion=response)
    assert (answer["Subject"], answer["SubjectType"]) == ("alice", "persistent")
    assert answer["Issuer"] == "https://corp.example.com/saml"
    assert answer["Audience"] == "https://signin.aws.amazon.com/saml"
    left = answer["Credentials"]["Expiration"].timestamp() - understudy.clock.time()
    assert 590 <= left <= 600, "SessionNotOnOrAfter cuts the session below an hour"


@pytest.mark.parametrize("algorithm", ["ES384", "RS256"])
def test_tokens_for_elsewhere_verify_with_what_is_served(understudy: StandIn, algorithm: str) -> None:
    understudy.account(outbound_web_identity_federation=True)
    understudy.sign_in(understudy.user("alice", ALL))
    answer = boto3.client("sts").get_web_identity_token(
        Audience=["https://api.example.com"], SigningAlgorithm=algorithm, Tags=[{"Key": "job", "Value": "7"}]
    )
    token = SignedToken.parse(answer["WebIdentityToken"])
    issuer = token.claims["iss"]
    assert issuer.startswith(understudy.url)
    with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration") as document:
        assert json.load(document)["issuer"] == issuer
    keys = asyncio.run(ProviderKeys().find(Elsewhere(issuer), token.key_id))
    assert [token.verifies(key) for key in keys] == [True]
    assert token.claims["sub"] == "arn:aws:iam::123456789012:user/alice"
    assert token.claims["https://sts.amazonaws.com/"]["request_tags"] == {"job": "7"}


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "awscli", "sts", *arguments, "--output", "json"]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_aws_cli_finds_the_stand_in_by_the_environment(understudy: StandIn) -> None:
    pytest.importorskip("awscli")
    corp = understudy.saml_provider("Corp")
    role = understudy.role("Saml", trust(corp.arn, "sts:AssumeRoleWithSAML"))
    pair = ("assume-role-with-saml", "--role-arn", role.arn, "--principal-arn", corp.arn, "--saml-assertion")
    good = cli(*pair, understudy.saml_response(role, corp, subject="alice"))
    assert json.loads(good.stdout)["Subject"] == "alice", good.stderr
    bad = cli(*pair, understudy.saml_response(role, understudy.saml_provider("Other")))
    assert "(InvalidIdentityToken)" in bad.stderr
    assert "Issuer not present in specified provider" in bad.stderr
    understudy.account(outbound_web_identity_federation=True)
    understudy.sign_in(understudy.user("alice", ALL))
    token = cli("get-web-identity-token", "--audience", "x", "--signing-algorithm", "ES384")
    assert json.loads(token.stdout)["WebIdentityToken"].count(".") == 2, token.stderr
    understudy.account(outbound_web_identity_federation=False)
    off = cli("get-web-identity-token", "--audience", "x", "--signing-algorithm", "ES384")
    assert "OutboundWebIdentityFederation is disabled." in off.stderr


def test_the_javascript_sdk_finds_it_too(understudy: StandIn, project: Path, tmp_path: Path) -> None:  # noqa: F811
    corp = understudy.saml_provider("Corp")
    role = understudy.role("Saml", trust(corp.arn, "sts:AssumeRoleWithSAML"))
    web = understudy.role(
        "Web", trust(f"arn:aws:iam::123456789012:oidc-provider/{HOST}", "sts:AssumeRoleWithWebIdentity")
    )
    understudy.account(outbound_web_identity_federation=True)
    understudy.sign_in(understudy.user("alice", ALL))
    (tmp_path / "token").write_text(understudy.oidc_token(ISSUER, "workload"))
    props = {
        "role": role.arn,
        "provider": corp.arn,
        "response": understudy.saml_response(role, corp, subject="alice"),
        "web_role": web.arn,
        "token_file": str(tmp_path / "token"),
    }
    shutil.copy(Path(__file__).parent / "js" / "federation.mjs", project)
    done = subprocess.run(
        ["node", "federation.mjs"], cwd=project, input=json.dumps(props), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["subject"], found["issuer"]) == ("alice", "https://corp.example.com/saml")
    assert found["refused"]["name"] == "InvalidIdentityTokenException"
    assert found["refused"]["message"].startswith("Invalid base64 SAMLResponse (Service: AWSOpenIdDiscoveryService;")
    assert found["arn"] == "arn:aws:sts::123456789012:assumed-role/Web/js"
    assert SignedToken.parse(found["token"]).claims["sub"] == "arn:aws:iam::123456789012:user/alice"


class Elsewhere:
    """A relying party's view of the issuer."""

    arn = "elsewhere"
    client_ids = ()
    thumbprints = ()
    jwks = None
    ca_bundle = None

    def __init__(self, url: str) -> None:
        self.url = url
