"""boto3 and botocore talk to the stand-in unchanged: every operation, good and bad."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.conformance.conftest import A, B, Stage

from understudy.server.operations.table import HANDLERS

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def client_of(stage: Stage) -> Callable[..., Any]:
    """A client of boto3 with given keys, without any of the environment's configuration and without its checks."""

    def make(given: dict[str, Any]) -> Any:
        return boto3.session.Session(region_name="us-east-1").client(
            "sts",
            endpoint_url=stage.url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
            config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
        )

    return make


@pytest.fixture(scope="module")
def alice(stage: Stage, client_of: Callable[..., Any]) -> Any:
    return client_of(stage.keys("alice"))


@pytest.fixture(scope="module")
def bob(stage: Stage, client_of: Callable[..., Any]) -> Any:
    return client_of(stage.keys("bob"))


CARRIED_OUT = {xform_name(name) for name in HANDLERS}


def refused(call: Callable[..., Any], **members: Any) -> tuple[int, str, str]:
    """The status, code and text of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    response = caught.value.response
    assert response["ResponseMetadata"]["RequestId"]
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error.get("Message", "")


def test_whoami(alice: Any) -> None:
    found = alice.get_caller_identity()
    assert found["Account"] == A
    assert found["Arn"] == f"arn:aws:iam::{A}:user/alice"
    assert found["UserId"].startswith("AIDA")
    metadata = found["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 200
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]


def test_assume_role_and_whoami(stage: Stage, alice: Any, client_of: Callable[..., Any]) -> None:
    found = alice.assume_role(
        RoleArn=stage.role,
        RoleSessionName="boto3",
        DurationSeconds=900,
        Tags=[{"Key": "Team", "Value": "a b/+é"}],
        TransitiveTagKeys=["Team"],
        SourceIdentity="alice",
        PolicyArns=[],
        Policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    )
    arn = f"arn:aws:sts::{B}:assumed-role/CrossAccountRole/boto3"
    assert found["AssumedRoleUser"]["Arn"] == arn
    assert found["SourceIdentity"] == "alice"
    left = found["Credentials"]["Expiration"] - datetime.now(UTC)
    assert timedelta(seconds=840) < left <= timedelta(seconds=901)
    who = client_of(found["Credentials"]).get_caller_identity()
    assert (who["Arn"], who["Account"], who["UserId"]) == (arn, B, found["AssumedRoleUser"]["AssumedRoleId"])


def test_a_chained_role_is_refused_more_than_an_hour(stage: Stage, alice: Any, client_of: Callable[..., Any]) -> None:
    session = client_of(alice.assume_role(RoleArn=stage.role, RoleSessionName="boto3")["Credentials"])
    status, code, text = refused(alice.assume_role, RoleArn=stage.role, RoleSessionName="boto3", DurationSeconds=3601)
    assert (status, code) == (400, "ValidationError")
    assert text == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert session.get_caller_identity()["Account"] == B


def test_assume_role_is_refused_without_a_reason(stage: Stage, bob: Any, alice: Any) -> None:
    text = f"User: arn:aws:iam::{A}:user/bob is not authorized to perform: sts:AssumeRole on resource: {stage.role}"
    assert refused(bob.assume_role, RoleArn=stage.role, RoleSessionName="boto3") == (403, "AccessDenied", text)
    nowhere = f"arn:aws:iam::{B}:role/Nowhere"
    text = f"User: arn:aws:iam::{A}:user/alice is not authorized to perform: sts:AssumeRole on resource: {nowhere}"
    assert refused(alice.assume_role, RoleArn=nowhere, RoleSessionName="boto3") == (403, "AccessDenied", text)


def test_broken_limits_are_told_in_the_services_words(alice: Any) -> None:
    status, code, text = refused(alice.assume_role, RoleArn="abc", RoleSessionName="x", DurationSeconds=1)
    assert (status, code) == (400, "ValidationError")
    assert text.startswith("3 validation errors detected: ")


def test_modelled_errors_are_boto3s_classes(alice: Any, stage: Stage) -> None:
    with pytest.raises(alice.exceptions.MalformedPolicyDocumentException):
        alice.assume_role(RoleArn=stage.role, RoleSessionName="boto3", Policy="{")
    with pytest.raises(alice.exceptions.InvalidIdentityTokenException):
        alice.assume_role_with_web_identity(RoleArn=stage.web_role, RoleSessionName="boto3", WebIdentityToken="x.y.z")


def test_web_identity_unsigned(stage: Stage, alice: Any, client_of: Callable[..., Any]) -> None:
    found = alice.assume_role_with_web_identity(
        RoleArn=stage.web_role, RoleSessionName="boto3", WebIdentityToken=stage.token()
    )
    assert found["SubjectFromWebIdentityToken"] == "repo:understudy/demo"
    assert found["Audience"] == "sts.amazonaws.com"
    assert found["Provider"].startswith(f"arn:aws:iam::{B}:oidc-provider/")
    assert client_of(found["Credentials"]).get_caller_identity()["Arn"] == found["AssumedRoleUser"]["Arn"]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"subject": "repo:other/x"}, (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")),
        ({"audience": "other"}, (400, "InvalidIdentityToken", "Incorrect token audience")),
        ({"lifetime": -900}, (400, "ExpiredTokenException", "Token expired: current date/time ")),
        (
            {"iss": "https://other.example.com"},
            (
                400,
                "InvalidIdentityToken",
                "No OpenIDConnect provider found in your account for https://other.example.com",
            ),
        ),
    ],
    ids=["subject", "audience", "expired", "issuer"],
)
def test_web_identity_refused(stage: Stage, alice: Any, claims: dict[str, Any], expected: tuple[int, str, str]) -> None:
    status, code, text = refused(
        alice.assume_role_with_web_identity,
        RoleArn=stage.web_role,
        RoleSessionName="boto3",
        WebIdentityToken=stage.token(**claims),
    )
    assert (status, code) == expected[:2]
    assert text.startswith(expected[2])


def test_session_token_with_mfa_once(stage: Stage, alice: Any, client_of: Callable[..., Any]) -> None:
    given = {"SerialNumber": stage.serial("boto3"), "TokenCode": stage.code("boto3")}
    found = alice.get_session_token(DurationSeconds=900, **given)
    session = client_of(found["Credentials"])
    assert session.get_caller_identity()["Arn"] == f"arn:aws:iam::{A}:user/alice"
    wrong = (403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    assert refused(alice.get_session_token, **given) == wrong
    assert refused(session.get_session_token) == (
        403,
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )


def test_federation_token(alice: Any, client_of: Callable[..., Any]) -> None:
    found = alice.get_federation_token(Name="carl", DurationSeconds=900, Tags=[{"Key": "a", "Value": ""}])
    assert found["FederatedUser"] == {"FederatedUserId": f"{A}:carl", "Arn": f"arn:aws:sts::{A}:federated-user/carl"}
    session = client_of(found["Credentials"])
    assert session.get_caller_identity()["UserId"] == f"{A}:carl"
    assert refused(session.get_federation_token, Name="again")[:2] == (403, "AccessDenied")


def test_federation_token_refused(bob: Any, alice: Any) -> None:
    assert refused(bob.get_federation_token, Name="carl")[:2] == (403, "AccessDenied")
    assert refused(alice.get_federation_token, Name="a" * 33)[:2] == (400, "ValidationError")


def test_access_key_info(stage: Stage, alice: Any, bob: Any) -> None:
    key = stage.keys("bob")["AccessKeyId"]
    assert alice.get_access_key_info(AccessKeyId=key)["Account"] == A
    assert refused(alice.get_access_key_info, AccessKeyId="short")[:2] == (400, "ValidationError")
    status, code, text = refused(bob.get_access_key_info, AccessKeyId=key)
    assert (status, code) == (403, "AccessDenied")
    assert text == (
        f"User: arn:aws:iam::{A}:user/bob is not authorized to perform: sts:GetAccessKeyInfo "
        "because no identity-based policy allows the sts:GetAccessKeyInfo action"
    )


def test_decode_authorization_message(stage: Stage, alice: Any, bob: Any) -> None:
    with pytest.raises(alice.exceptions.InvalidAuthorizationMessageException):
        alice.decode_authorization_message(EncodedMessage="nonsense")
    assert refused(bob.decode_authorization_message, EncodedMessage="x")[:2] == (403, "AccessDenied")


def test_decode_the_message_of_a_refusal(stage: Stage, alice: Any) -> None:
    found = json.loads(alice.decode_authorization_message(EncodedMessage=stage.denial())["DecodedMessage"])
    assert found["allowed"] is False
    assert found["context"]["action"] == "sts:AssumeRole"
    assert found["context"]["principal"]["arn"] == f"arn:aws:iam::{A}:user/bob"


def test_assume_role_with_saml_unsigned(stage: Stage, client_of: Callable[..., Any], alice: Any) -> None:
    found = alice.assume_role_with_saml(
        RoleArn=stage.saml_role, PrincipalArn=stage.saml_provider, SAMLAssertion=stage.saml("boto3")
    )
    assert (found["Subject"], found["SubjectType"]) == ("alice", "persistent")
    assert found["Audience"] == "https://signin.aws.amazon.com/saml"
    who = client_of(found["Credentials"]).get_caller_identity()
    assert who["Arn"] == found["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{B}:assumed-role/SamlRole/boto3"


def test_assume_root(client_of: Callable[..., Any], alice: Any) -> None:
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
    found = alice.assume_root(TargetPrincipal=B, TaskPolicyArn=task)
    assert client_of(found["Credentials"]).get_caller_identity()["Arn"] == f"arn:aws:iam::{B}:root"


def test_delegated_access_token(stage: Stage, client_of: Callable[..., Any], alice: Any) -> None:
    found = alice.get_delegated_access_token(TradeInToken=stage.trade_in())
    assert client_of(found["Credentials"]).get_caller_identity()["Account"] == B
    assert found["AssumedPrincipal"].startswith("arn:aws:")


def test_web_identity_token(stage: Stage, client_of: Callable[..., Any], alice: Any) -> None:
    session = client_of(alice.assume_role(RoleArn=stage.role, RoleSessionName="boto3")["Credentials"])
    found = session.get_web_identity_token(Audience=["x"], SigningAlgorithm="ES384", DurationSeconds=60)
    assert found["WebIdentityToken"].count(".") == 2
    assert timedelta(0) < found["Expiration"] - datetime.now(UTC) <= timedelta(seconds=61)
    disabled = alice.exceptions.OutboundWebIdentityFederationDisabledException
    with pytest.raises(disabled):
        alice.get_web_identity_token(Audience=["x"], SigningAlgorithm="ES384")


def test_a_presigned_address_of_botocore_is_good(stage: Stage, alice: Any) -> None:
    import urllib.request

    url = alice.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    request = urllib.request.Request(url, headers={"accept": "application/json"})
    with urllib.request.urlopen(request) as response:
        assert "user/alice" in response.read().decode()
        assert response.headers["content-type"] == "application/json"


def test_wrong_keys_are_told_apart(stage: Stage, client_of: Callable[..., Any]) -> None:
    keys = stage.keys("alice")
    wrong = client_of({**keys, "SecretAccessKey": "wrong"})
    assert refused(wrong.get_caller_identity)[:2] == (403, "SignatureDoesNotMatch")
    unknown = client_of({**keys, "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"})
    assert refused(unknown.get_caller_identity)[:2] == (403, "InvalidClientTokenId")
    inactive = client_of(stage.keys("carol"))
    assert refused(inactive.get_caller_identity)[:2] == (403, "InvalidClientTokenId")


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("assume_role_with_saml", {"RoleArn": "abc", "PrincipalArn": "abc", "SAMLAssertion": "x"}),
        ("assume_root", {"TargetPrincipal": "1", "TaskPolicyArn": {"arn": "abc"}}),
        ("get_delegated_access_token", {}),
        ("get_web_identity_token", {"Audience": [], "SigningAlgorithm": "x"}),
    ],
)
def test_the_other_operations_know_their_limits(alice: Any, name: str, members: dict[str, Any]) -> None:
    status, code, _ = refused(getattr(alice, name), **members)
    assert (status, code) == (400, "ValidationError" if name in CARRIED_OUT else "InvalidAction")


@pytest.mark.parametrize(
    ("name", "members"),
    [
        (
            "assume_role_with_saml",
            {"RoleArn": Stage.role, "PrincipalArn": f"arn:aws:iam::{B}:saml-provider/x", "SAMLAssertion": "eHg="},
        ),
        ("assume_root", {"TargetPrincipal": B, "TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/Nothing"}}),
        ("get_delegated_access_token", {"TradeInToken": "nonsense"}),
        ("get_web_identity_token", {"Audience": ["x"], "SigningAlgorithm": "HS256"}),
    ],
)
def test_the_other_operations_refuse_what_they_cannot_do(alice: Any, name: str, members: dict[str, Any]) -> None:
    status, code, _ = refused(getattr(alice, name), **members)
    assert status in (400, 403)
    assert code != "InternalFailure"


def test_requests_of_botocores_own_signer_verify_in_every_region(stage: Stage) -> None:
    from botocore.auth import SigV4Auth
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session

    keys, form = stage.keys("alice"), {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    for region in ("us-east-1", "eu-central-1", "cn-north-1"):
        request = AWSRequest("POST", stage.url, data=form)
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        SigV4Auth(Credentials(keys["AccessKeyId"], keys["SecretAccessKey"]), "sts", region).add_auth(request)
        assert URLLib3Session().send(request.prepare()).status_code == 200
