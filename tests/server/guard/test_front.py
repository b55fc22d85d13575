"""One address for STS and for what is guarded: who gets which request, and whose directory counts."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.server.guard.conftest import ALICE, BUCKET, A, entities, policy

from understudy.directory import Account, Bucket, MemoryDirectory, User
from understudy.http import Request
from understudy.identity import AWSCredentials
from understudy.server.app import App
from understudy.server.guard import Front, Guard, GuardSettings, Upstream
from understudy.server.run import running
from understudy.server.service import Service

KEYS = AWSCredentials(ALICE.access_key_id, ALICE.secret_access_key)
SCOPE = "AKIDEXAMPLE/20261122/us-east-1/{}/aws4_request"


def authorization(service: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"AWS4-HMAC-SHA256 Credential={SCOPE.format(service)}, SignedHeaders=host, Signature=0"),)


@pytest.mark.parametrize(
    ("request_", "guarded"),
    [
        (Request("POST", "h", headers=authorization("sts")), False),
        (Request("GET", "h", headers=authorization("s3")), True),
        (Request("POST", "h", headers=authorization("dynamodb")), True),
        (Request("GET", "h", f"/{BUCKET}/key", f"X-Amz-Credential={SCOPE.format('s3').replace('/', '%2F')}"), True),
        (Request("GET", "h", "/", f"X-Amz-Credential={SCOPE.format('sts').replace('/', '%2F')}"), False),
        (Request("POST", "h", body=b"Action=AssumeRoleWithWebIdentity"), False),
        (Request("GET", "h", f"/{BUCKET}/key"), True),
        (Request("GET", f"{BUCKET}.s3.localhost:4566", "/key"), True),
        (Request("GET", "h", "/no-such-bucket/key"), False),
        (Request("GET", "h", "/.well-known/openid-configuration"), False),
    ],
)
def test_a_request_goes_where_its_scope_or_its_bucket_says(request_: Request, guarded: bool) -> None:
    service = Service(MemoryDirectory(entities()))
    assert Front(App(service), Guard(service))._is_guarded(request_) is guarded


def lists(url: str) -> bool:
    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id=KEYS.access_key_id, aws_secret_access_key=KEYS.secret_access_key
    )
    try:
        client.list_objects_v2(Bucket="recast-bucket")
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("AccessDenied", "InvalidAccessKeyId")  # noqa: PT017
        return False
    return True


def test_the_guard_follows_the_stand_in_to_another_directory() -> None:
    def directory(effect: str) -> MemoryDirectory:
        everyone = {"Effect": effect, "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::recast-bucket"}
        user = User(account=A, name="alice", access_keys=(ALICE,))
        return MemoryDirectory(
            [Account(account_id=A), user, Bucket(account=A, name="recast-bucket", policy=policy(everyone))]
        )

    with running(directory("Allow"), guard=GuardSettings()) as found:
        assert lists(found.url)
        found.recast(directory("Deny"))
        assert not lists(found.url)


def test_keys_of_an_upstream_may_be_asked_for_each_request() -> None:
    given: list[Any] = []

    def keys() -> AWSCredentials:
        given.append(AWSCredentials(f"AKID{len(given)}", "secret"))
        return given[-1]

    from understudy.clock import SYSTEM_CLOCK
    from understudy.sigv4 import PathStyle

    upstream = Upstream("http://127.0.0.1:1", keys, "us-east-1", SYSTEM_CLOCK)
    request = Request("GET", upstream.host, scheme="http")
    signed = [upstream.signed(request, "s3", None, PathStyle.S3).header("authorization") or "" for _ in range(2)]
    assert "Credential=AKID0/" in signed[0]
    assert "Credential=AKID1/" in signed[1]
