"""The fixture `understudy_s3`: roles and bucket policies decide over a real S3 client's requests."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from understudy.testing import StandIn

BUCKET = "cross-account-bucket"
OTHER = "987654321098"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
READ = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
}


def test_a_role_reads_and_may_not_write(understudy_s3: StandIn) -> None:
    understudy_s3.bucket(BUCKET, account=OTHER)
    owner = understudy_s3.user("owner", ALL, account=OTHER)
    alice = understudy_s3.user("alice", ALL)
    role = understudy_s3.role(
        "S3ReadRole",
        {"Effect": "Allow", "Principal": {"AWS": alice.arn}, "Action": "sts:AssumeRole"},
        READ,
        account=OTHER,
    )
    understudy_s3.sign_in(owner)
    boto3.session.Session().client("s3").put_object(Bucket=BUCKET, Key="a.txt", Body=b"content")

    understudy_s3.sign_in(understudy_s3.assert_can_assume(role, caller=alice).credentials)
    s3 = boto3.session.Session().client("s3")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["a.txt"]
    assert s3.get_object(Bucket=BUCKET, Key="a.txt")["Body"].read() == b"content"
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=BUCKET, Key="b.txt", Body=b"")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert "s3:PutObject" in caught.value.response["Error"]["Message"]


def test_the_plain_fixture_leaves_s3_alone(understudy: StandIn) -> None:
    assert "AWS_ENDPOINT_URL_S3" not in understudy.environment()
