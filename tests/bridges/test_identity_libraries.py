"""opensearch-py, google-auth, azure-identity, awscrt, smithy-python: each gets the set of the moment."""

from __future__ import annotations

import asyncio
import json
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import pytest
from tests.doubles.clock import FakeClock
from tests.doubles.loopback import Answer, Asked, Loopback

from understudy.bridges import awscrt, azure_identity, google_auth, opensearch
from understudy.bridges.smithy import IdentityResolver
from understudy.identity import AWSCredentials

if TYPE_CHECKING:
    from tests.bridges.conftest import Play


def keys_seen(server: Loopback) -> list[str]:
    return [a.headers["authorization"].partition("Credential=")[2].partition("/")[0] for a in server.asked]


def test_opensearch_follows_a_refresh(play: Play) -> None:
    library = pytest.importorskip("opensearchpy")
    pytest.importorskip("botocore")
    with Loopback(lambda asked: Answer.of({"version": {"number": "2.0.0"}})) as server:
        for make, kind in (
            (opensearch.auth, library.Urllib3HttpConnection),
            (opensearch.requests_auth, library.RequestsHttpConnection),
        ):
            auth = make(play.credentials, region="eu-west-1")
            client = library.OpenSearch([server.url], http_auth=auth, connection_class=kind)
            client.info()
            play.grow_old()
            client.info()
        assert keys_seen(server) == ["ASIA1", "ASIA2", "ASIA2", "ASIA3"]


def test_opensearch_async_follows_a_refresh(play: Play) -> None:
    library = pytest.importorskip("opensearchpy")
    pytest.importorskip("botocore")

    async def use(server: Loopback) -> None:
        auth = opensearch.async_auth(play.credentials, region="eu-west-1")
        client = library.AsyncOpenSearch([server.url], http_auth=auth, connection_class=library.AsyncHttpConnection)
        await client.info()
        play.grow_old()
        await client.info()
        await client.close()

    with Loopback(lambda asked: Answer.of({"version": {"number": "2.0.0"}})) as server:
        asyncio.run(use(server))
        assert keys_seen(server) == ["ASIA1", "ASIA2"]


def google_sts(asked: Asked) -> Answer:
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    return Answer.of(
        {"access_token": form["subject_token"], "expires_in": 1, "token_type": "Bearer", "issued_token_type": "x"}
    )


def test_google_auth_exchanges_the_set_of_the_moment(play: Play) -> None:
    pytest.importorskip("google.auth")
    pytest.importorskip("requests")
    from google.auth.transport.requests import Request

    with Loopback(google_sts) as server:
        made = google_auth.credentials(
            play.credentials, audience="//iam.googleapis.com/x", region="eu-west-1", token_url=f"{server.url}/v1/token"
        )
        for key in ("ASIA1", "ASIA2"):
            made.refresh(Request())
            headers = {each["key"].lower(): each["value"] for each in json.loads(unquote(made.token))["headers"]}
            assert f"Credential={key}/" in headers["authorization"]
            assert headers["x-amz-security-token"] == f"token-of-{key}"
            play.grow_old()


def test_the_subject_token_equals_that_of_google_auth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours in `understudy.tokens` and theirs sign the same request."""
    aws = pytest.importorskip("google.auth.aws")
    from datetime import UTC, datetime

    from understudy.tokens import gcp_subject_token

    now = datetime(2027, 1, 15, 8, tzinfo=UTC)
    monkeypatch.setattr(aws._helpers, "utcnow", lambda: now.replace(tzinfo=None))
    given = AWSCredentials("ASIA1", "secret", "token")
    signer = aws.RequestSigner("eu-west-1")
    url = "https://sts.eu-west-1.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
    keys = aws.AwsSecurityCredentials(given.access_key_id, given.secret_access_key, given.session_token)
    theirs = signer.get_request_options(keys, url, "POST", additional_headers={"x-goog-cloud-target-resource": "//x"})
    clock = FakeClock(now.timestamp())
    ours = json.loads(unquote(gcp_subject_token(given, audience="//x", region="eu-west-1", clock=clock)))
    signatures = [
        headers["authorization"]
        for headers in (
            {each["key"].lower(): each["value"] for each in ours["headers"]},
            {name.lower(): value for name, value in theirs["headers"].items()},
        )
    ]
    assert signatures[0].partition("Signature=")[2] == signatures[1].partition("Signature=")[2]


def test_google_auth_takes_a_token_function() -> None:
    pytest.importorskip("google.auth")
    tokens = iter(["one", "two"])
    supplier = google_auth.token_supplier(lambda: next(tokens))
    assert [supplier.get_subject_token(None, None), supplier.get_subject_token(None, None)] == ["one", "two"]


def test_azure_identity_asserts_with_the_token_of_the_moment() -> None:
    pytest.importorskip("azure.identity")
    pytest.importorskip("azure.core")
    from azure.core.pipeline.transport import HttpTransport

    seen: list[str] = []

    class Transport(HttpTransport):  # type: ignore[misc,type-arg,unused-ignore]
        """Azure's authority, which is https alone."""

        def send(self, request: Any, **_: Any) -> Any:
            if request.method == "POST":
                body = request.body if isinstance(request.body, dict) else parse_qs(request.body)
                given = body["client_assertion"]
                seen.append(given if isinstance(given, str) else given[0])
                return _azure_answer(
                    request, {"access_token": f"for-{seen[-1]}", "expires_in": 1, "token_type": "Bearer"}
                )
            base = "https://login.microsoftonline.com/t"
            metadata = {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": "https://login.microsoftonline.com/t/v2.0",
                "tenant_discovery_endpoint": f"{base}/v2.0/.well-known/openid-configuration",
                "metadata": [],
            }
            return _azure_answer(request, metadata)

        def open(self) -> None: ...
        def close(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    tokens = iter(["one", "two"])
    made = azure_identity.credential(
        "t", "client", lambda: next(tokens), transport=Transport(), disable_instance_discovery=True
    )
    assert [made.get_token(f"{scope}/.default").token for scope in "ab"] == ["for-one", "for-two"]


def _azure_answer(request: Any, document: dict[str, Any]) -> Any:
    text = json.dumps(document)
    return SimpleNamespace(
        request=request,
        status_code=200,
        headers={"content-type": "application/json"},
        reason="OK",
        content_type="application/json",
        text=lambda encoding=None: text,
        body=lambda: text.encode(),
        context={},
    )


def test_awscrt_asks_for_the_set_of_the_moment(play: Play) -> None:
    pytest.importorskip("awscrt.auth")
    provider = awscrt.credentials_provider(play.credentials)
    for key in ("ASIA1", "ASIA2"):
        given = provider.get_credentials().result(10)
        assert (given.access_key_id, given.session_token) == (key, f"token-of-{key}")
        play.grow_old()


def test_smithy_gets_an_identity_of_its_own_type(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """smithy-python needs Python 3.12; a stand-in of its one type shows the shape."""
    module = ModuleType("smithy_aws_core.identity")
    module.AWSCredentialsIdentity = SimpleNamespace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "smithy_aws_core", ModuleType("smithy_aws_core"))
    monkeypatch.setitem(sys.modules, "smithy_aws_core.identity", module)
    resolver = IdentityResolver(play.credentials)

    async def use() -> list[str]:
        first = await resolver.get_identity(properties={})
        assert first.expiration == play.credentials.expiration
        assert first.account_id == "111122223333"
        await resolver.invalidate()
        second = await resolver.get_identity(properties={})
        return [first.access_key_id, second.access_key_id]

    assert asyncio.run(use()) == ["ASIA1", "ASIA2"]


def test_a_client_of_smithy_python_follows_a_refresh(play: Play) -> None:
    """Needs Python 3.12, for one of the ``aws-sdk-*`` clients."""
    pytest.importorskip("aws_sdk_bedrock_runtime")
    from aws_sdk_bedrock_runtime.client import AsyncBedrockRuntimeClient
    from aws_sdk_bedrock_runtime.config import AsyncBedrockRuntimeConfig
    from aws_sdk_bedrock_runtime.models import ListAsyncInvokesInput

    async def use(server: Loopback) -> None:
        config = await AsyncBedrockRuntimeConfig.resolve(
            endpoint_uri=server.url,
            region="eu-west-1",
            aws_credentials_identity_resolver=IdentityResolver(play.credentials),
        )
        client = AsyncBedrockRuntimeClient(config=config)
        await client.list_async_invokes(ListAsyncInvokesInput())
        play.grow_old()
        await client.list_async_invokes(ListAsyncInvokesInput())

    with Loopback(lambda asked: Answer.of({"asyncInvokeSummaries": []})) as server:
        asyncio.run(use(server))
        assert keys_seen(server) == ["ASIA1", "ASIA2"]
