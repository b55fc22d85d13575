"""boto3 with a role of another account: what it may, what it may not and why, and tokens that are not good."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conformance.seed_world import ALICE, BODY, BUCKET, KEY, OTHER, SeedStage, boto3_client, foreign, tampered

pytestmark = pytest.mark.conformance


def s3(stage: SeedStage, *credentials: str) -> Any:
    return boto3_client("s3", stage.url, "us-west-2", *credentials)


def refusal(stage: SeedStage, *credentials: str) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        s3(stage, *credentials).list_objects_v2(Bucket=BUCKET)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_the_role_lists_and_reads(seed_stage: SeedStage) -> None:
    client = s3(seed_stage, *seed_stage.session())
    assert KEY in [each["Key"] for each in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == BODY


def test_the_role_may_not_write_and_is_told_why(seed_stage: SeedStage) -> None:
    with pytest.raises(ClientError) as caught:
        s3(seed_stage, *seed_stage.session("writer")).put_object(Bucket=BUCKET, Key="no", Body=b"x")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["Error"]["Message"] == (
        f"User: arn:aws:sts::{OTHER}:assumed-role/S3ReadRole/writer is not authorized to perform: s3:PutObject on "
        f'resource: "arn:aws:s3:::{BUCKET}/no" because no identity-based policy allows the s3:PutObject action'
    )


def test_tokens_that_are_not_good(seed_stage: SeedStage) -> None:
    assert refusal(seed_stage, *seed_stage.session(ago=3600)) == (400, "ExpiredToken")
    assert refusal(seed_stage, *tampered(seed_stage.session())) == (400, "InvalidToken")
    assert refusal(seed_stage, *foreign()) == (400, "InvalidToken")
    assert refusal(seed_stage, *ALICE, seed_stage.session()[2]) == (403, "InvalidAccessKeyId")
