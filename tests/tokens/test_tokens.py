"""Signed tokens: equal to those that the other makers make, and never outlived by their credentials."""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.doubles.clock import FakeClock

from understudy.credentials import RefreshingCredentials
from understudy.errors import CredentialsError
from understudy.http import Request
from understudy.identity import AWSCredentials
from understudy.sigv4 import CredentialScope, SignatureClaim, signing_key, verify
from understudy.tokens import (
    SignedToken,
    dsql_token,
    eks_exec_credential,
    eks_token,
    elasticache_token,
    gcp_subject_token,
    msk_token,
    rds_token,
    vault_login,
)

if TYPE_CHECKING:
    from understudy.flow import Flow

NOW = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
FIXED = AWSCredentials("ASIAFIXED", "the/secret+key", "the//session+token==", expiration=None)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW.timestamp())


@pytest.fixture
def frozen_botocore(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A boto3 session at the clock's moment."""
    boto3 = pytest.importorskip("boto3")
    naive = NOW.replace(tzinfo=None)
    # where awscrt is installed botocore signs some services with it
    for module in ("botocore.auth", *(["botocore.crt.auth"] if find_spec("awscrt") else [])):
        monkeypatch.setattr(
            import_module(module), "get_current_datetime", lambda remove_tzinfo=True: naive if remove_tzinfo else NOW
        )
    return boto3.Session(FIXED.access_key_id, FIXED.secret_access_key, FIXED.session_token, region_name="eu-west-1")


def parameters(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}


def same_request(ours: str, theirs: str) -> None:
    """The same address and the same parameters, the signature among them, in whatever order."""
    assert urlsplit(ours)._replace(query="") == urlsplit(theirs)._replace(query="")
    assert parameters(ours) == parameters(theirs)


def decoded(token: str) -> str:
    return urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()


@pytest.mark.conformance
def test_rds_is_botocores(frozen_botocore: Any, clock: FakeClock) -> None:
    theirs = frozen_botocore.client("rds").generate_db_auth_token("db.example.com", 5432, "jane doe+x")
    ours = rds_token(FIXED, host="db.example.com", port=5432, user="jane doe+x", region="eu-west-1", clock=clock)
    assert not ours.startswith("http")
    same_request(f"https://{ours}", f"https://{theirs}")
    assert ours.expiration == datetime(2027, 1, 15, 8, 15, tzinfo=UTC)


@pytest.mark.conformance
@pytest.mark.parametrize("admin", [False, True])
def test_dsql_is_botocores(frozen_botocore: Any, clock: FakeClock, admin: bool) -> None:
    client = frozen_botocore.client("dsql")
    make = client.generate_db_connect_admin_auth_token if admin else client.generate_db_connect_auth_token
    theirs = make("x.dsql.eu-west-1.on.aws", "eu-west-1", 600)
    ours = dsql_token(FIXED, host="x.dsql.eu-west-1.on.aws", region="eu-west-1", admin=admin, lifetime=600, clock=clock)
    same_request(f"https://{ours}", f"https://{theirs}")


def presigned_by_botocore(
    session: Any, url: str, operation: str, name: str, headers: dict[str, str], expires: int
) -> str:
    from botocore.model import ServiceId
    from botocore.signers import RequestSigner

    signer = RequestSigner(
        ServiceId(name),
        "eu-west-1",
        name,
        "v4",
        session.get_credentials(),
        session._session.get_component("event_emitter"),
    )
    request = {"method": "GET", "url": url, "body": {}, "headers": headers, "context": {}}
    return str(
        signer.generate_presigned_url(
            request, operation, region_name="eu-west-1", expires_in=expires, signing_name=name
        )
    )


@pytest.mark.conformance
def test_eks_is_what_the_aws_cli_makes(frozen_botocore: Any, clock: FakeClock) -> None:
    url = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    theirs = presigned_by_botocore(frozen_botocore, url, "", "sts", {"x-k8s-aws-id": "prod"}, 60)
    ours = eks_token(FIXED, cluster="prod", region="eu-west-1", clock=clock)
    assert ours.startswith("k8s-aws-v1.")
    assert "=" not in ours
    same_request(decoded(ours.removeprefix("k8s-aws-v1.")), theirs)
    assert parameters(theirs)["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert ours.expiration == datetime(2027, 1, 15, 8, 14, tzinfo=UTC)


@pytest.mark.conformance
def test_elasticache_is_botocores_presigned_request(frozen_botocore: Any, clock: FakeClock) -> None:
    url = "http://my-cache/?Action=connect&User=jane&ResourceType=ServerlessCache"
    theirs = presigned_by_botocore(frozen_botocore, url, "connect", "elasticache", {}, 900)
    ours = elasticache_token(FIXED, cache="My-Cache", user="jane", region="eu-west-1", serverless=True, clock=clock)
    same_request(f"http://{ours}", theirs)


@pytest.mark.conformance
def test_msk_is_botocores_presigned_request_with_the_agent_after_it(frozen_botocore: Any, clock: FakeClock) -> None:
    url = "https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect"
    theirs = presigned_by_botocore(frozen_botocore, url, "", "kafka-cluster", {}, 900)
    ours = decoded(msk_token(FIXED, region="eu-west-1", user_agent="app/1 x&y", clock=clock))
    same_request(ours.removesuffix("&User-Agent=app%2F1%20x%26y"), theirs)


@pytest.mark.parametrize(
    ("info", "version"),
    [
        (None, "client.authentication.k8s.io/v1beta1"),
        ('{"apiVersion": "client.authentication.k8s.io/v1"}', "client.authentication.k8s.io/v1"),
        ('{"apiVersion": "something/else"}', "client.authentication.k8s.io/v1beta1"),
        ("{", "client.authentication.k8s.io/v1beta1"),
        ("[]", "client.authentication.k8s.io/v1beta1"),
    ],
)
def test_the_exec_credential_speaks_the_version_asked_for(clock: FakeClock, info: str | None, version: str) -> None:
    environ = {"KUBERNETES_EXEC_INFO": info} if info else {}
    document = json.loads(eks_exec_credential(FIXED, cluster="prod", region="eu-west-1", environ=environ, clock=clock))
    assert document["apiVersion"] == version
    assert document["kind"] == "ExecCredential"
    assert document["status"]["expirationTimestamp"] == "2027-01-15T08:14:00Z"
    assert document["status"]["token"].startswith("k8s-aws-v1.")


def verified(request: Request) -> tuple[str, ...]:
    """The signed headers of a request whose signature is right."""
    fields = dict(
        part.strip().split("=", 1) for part in (request.header("authorization") or "").partition(" ")[2].split(",")
    )
    key_id, _, scope = fields["Credential"].partition("/")
    assert key_id == FIXED.access_key_id
    date, region, service, _ = scope.split("/")
    claim = SignatureClaim(
        key_id,
        CredentialScope(date, region, service),
        tuple(fields["SignedHeaders"].split(";")),
        fields["Signature"],
        request.header("x-amz-date") or "",
    )
    from hashlib import sha256

    assert verify(
        request,
        claim,
        signing_key(FIXED.secret_access_key, date, region, service),
        payload_hash=sha256(request.body).hexdigest(),
    )
    return claim.signed_headers


def test_vault_gets_a_request_that_it_can_send_on(clock: FakeClock) -> None:
    body = vault_login(FIXED, role="app", region="eu-west-1", server_id="vault.example.com", clock=clock)
    assert (body["role"], body["iam_http_request_method"]) == ("app", "POST")
    assert b64decode(body["iam_request_url"]) == b"https://sts.eu-west-1.amazonaws.com/"
    assert b64decode(body["iam_request_body"]) == b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = {name.lower(): value[0] for name, value in json.loads(b64decode(body["iam_request_headers"])).items()}
    request = Request("POST", headers.pop("host"), "/", "", headers.items(), b64decode(body["iam_request_body"]))
    assert "x-vault-aws-iam-server-id" in verified(request)
    assert request.header("x-vault-aws-iam-server-id") == "vault.example.com"


def test_google_gets_a_request_that_it_can_send_on(clock: FakeClock) -> None:
    audience = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws"
    document = json.loads(unquote(gcp_subject_token(FIXED, audience=audience, region="eu-west-1", clock=clock)))
    assert document["url"] == "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    assert document["method"] == "POST"
    headers = {each["key"].lower(): each["value"] for each in document["headers"]}
    request = Request("POST", headers.pop("host"), "/", urlsplit(document["url"]).query, headers.items())
    assert {"x-goog-cloud-target-resource", "x-amz-security-token"} <= set(verified(request))
    assert request.header("x-goog-cloud-target-resource") == audience


MAKERS: list[Callable[..., Any]] = [
    lambda source, clock: rds_token(source, host="h", port=1, user="u", region="eu-west-1", clock=clock),
    lambda source, clock: dsql_token(source, host="h", region="eu-west-1", clock=clock),
    lambda source, clock: elasticache_token(source, cache="c", user="u", region="eu-west-1", clock=clock),
    lambda source, clock: msk_token(source, region="eu-west-1", clock=clock),
    lambda source, clock: eks_token(source, cluster="c", region="eu-west-1", clock=clock),
    lambda source, clock: vault_login(source, role="r", clock=clock),
    lambda source, clock: gcp_subject_token(source, audience="a", region="eu-west-1", clock=clock),
]


class Sessions:
    """A source of sessions of one length."""

    name = "sessions"
    static_stability = True

    def __init__(self, clock: FakeClock, lifetime: float) -> None:
        self.clock, self.lifetime, self.calls = clock, lifetime, 0

    def retrieve(self) -> Flow[AWSCredentials]:
        self.calls += 1
        until = datetime.fromtimestamp(self.clock.now + self.lifetime, UTC)
        return AWSCredentials(f"ASIA{self.calls}", "s", "t", expiration=until)
        yield


@pytest.mark.parametrize("make", MAKERS)
def test_credentials_that_would_die_first_are_refreshed_first(clock: FakeClock, make: Callable[..., Any]) -> None:
    sessions = Sessions(clock, 7200)
    credentials = RefreshingCredentials(sessions, clock=clock, advisory_window=60)
    make(credentials, clock)
    clock.advance(7200 - 910)
    make(credentials, clock)
    assert sessions.calls == 1
    clock.advance(100)  # 810 s left: outside the window of the cache, too few for any of the tokens
    make(credentials, clock)
    assert sessions.calls == 2


@pytest.mark.parametrize("make", MAKERS)
def test_a_promise_that_no_session_can_keep_is_not_made(clock: FakeClock, make: Callable[..., Any]) -> None:
    with pytest.raises(CredentialsError):
        make(RefreshingCredentials(Sessions(clock, 600), clock=clock), clock)
    until = datetime.fromtimestamp(clock.now + 600, UTC)
    with pytest.raises(CredentialsError, match="live 600 s more, too short for a token of") as caught:
        make(AWSCredentials("A", "s", "t", expiration=until), clock)
    assert caught.value.hint


def test_a_token_is_text_that_does_not_show_itself(clock: FakeClock) -> None:
    token = msk_token(FIXED, region="eu-west-1", clock=clock)
    assert isinstance(token, SignedToken)
    assert str.__str__(token) not in repr(token)
    assert "2027-01-15T08:15:00" in repr(token)
