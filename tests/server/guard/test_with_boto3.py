"""boto3's S3 client through the guard to moto: the story of assumed credentials, and what it may not do."""

from __future__ import annotations

import hashlib
import io
import json
import os
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.server.guard.conftest import ALICE, BUCKET, CAROL, A, B, s3, session

from understudy.directory import AccessKey


def refused(call: Any, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response


def test_an_assumed_role_lists_and_reads_a_bucket_of_another_account(carol: Any, reader: Any) -> None:
    carol.put_object(Bucket=BUCKET, Key="a folder/file.txt", Body=b"hello", ContentType="text/plain")
    listed = reader.list_objects_v2(Bucket=BUCKET, Prefix="a folder/")
    assert [each["Key"] for each in listed["Contents"]] == ["a folder/file.txt"]
    got = reader.get_object(Bucket=BUCKET, Key="a folder/file.txt")
    assert (got["Body"].read(), got["ContentType"]) == (b"hello", "text/plain")
    assert reader.head_object(Bucket=BUCKET, Key="a folder/file.txt")["ContentLength"] == 5


def test_the_role_may_not_write_and_the_denial_says_why(stand_in: Any, carol: Any, reader: Any) -> None:
    answer = refused(reader.put_object, Bucket=BUCKET, Key="no.txt", Body=b"x")
    error, meta = answer["Error"], answer["ResponseMetadata"]
    assert (meta["HTTPStatusCode"], error["Code"]) == (403, "AccessDenied")
    assert error["Message"] == (
        f"User: arn:aws:sts::{B}:assumed-role/S3ReadRole/reader is not authorized to perform: s3:PutObject on resource: "
        f'"arn:aws:s3:::{BUCKET}/no.txt" because no identity-based policy allows the s3:PutObject action'
    )
    opened = stand_in.service.messages.open(meta["HTTPHeaders"]["x-understudy-authorization-message"])
    assert opened.account == B
    assert opened.message["context"]["action"] == "s3:PutObject"
    assert stand_in.records[-1]["authorization_message"] == meta["HTTPHeaders"]["x-understudy-authorization-message"]
    assert stand_in.records[-1]["action"] == "s3:PutObject"
    assert refused(carol.head_object, Bucket=BUCKET, Key="no.txt")["Error"]["Code"] == "404"


def test_across_accounts_nothing_is_said_of_the_other_sides_policies(alice: Any, stand_in: Any) -> None:
    answer = refused(alice.get_object, Bucket=BUCKET, Key="x")
    assert answer["Error"] == {"Code": "AccessDenied", "Message": "Access Denied"} | {
        key: value for key, value in answer["Error"].items() if key not in ("Code", "Message")
    }
    assert "x-understudy-authorization-message" in answer["ResponseMetadata"]["HTTPHeaders"]


def test_a_bucket_policy_lets_another_account_in(alice: Any, carol: Any) -> None:
    alice.put_object(Bucket="shared-bucket", Key="from-alice", Body=b"hi")
    assert carol.get_object(Bucket="shared-bucket", Key="from-alice")["Body"].read() == b"hi"
    assert refused(alice.list_objects_v2, Bucket="shared-bucket")["Error"]["Code"] == "AccessDenied"


@pytest.mark.parametrize("checksum", ["CRC32", "SHA1", "SHA256"])
def test_a_large_body_streams_in_chunks_with_a_trailing_checksum(stand_in: Any, carol: Any, checksum: str) -> None:
    body = os.urandom(12 * 1024 * 1024)
    carol.put_object(Bucket=BUCKET, Key="large", Body=io.BytesIO(body), ChecksumAlgorithm=checksum)
    got = hashlib.sha256()
    for piece in carol.get_object(Bucket=BUCKET, Key="large")["Body"].iter_chunks(65_536):
        got.update(piece)
    assert got.hexdigest() == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_a_checksum_before_the_body_is_kept_with_the_object(carol: Any, algorithm: str) -> None:
    member = f"Checksum{algorithm}"
    put = carol.put_object(Bucket=BUCKET, Key="checked", Body=b"checked", ChecksumAlgorithm=algorithm)
    got = carol.get_object(Bucket=BUCKET, Key="checked", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"checked"
    assert got[member] == put[member]


def test_a_file_in_parts(carol: Any, stand_in: Any) -> None:
    body = os.urandom(17 * 1024 * 1024)
    carol.upload_fileobj(io.BytesIO(body), BUCKET, "parts")
    into = io.BytesIO()
    carol.download_fileobj(BUCKET, "parts", into)
    assert into.getvalue() == body


def test_presigned_addresses(stand_in: Any, carol: Any, reader: Any) -> None:
    from urllib.request import Request, urlopen

    put = carol.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": "presigned"}, ExpiresIn=3600)
    # urllib's own content type is that of a form, and moto then takes the body for one
    plain = {"Content-Type": "text/plain"}
    with urlopen(Request(put, data=b"by address", method="PUT", headers=plain)) as response:
        assert response.status == 200
    get = reader.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "presigned"}, ExpiresIn=60)
    with urlopen(get) as response:
        assert response.read() == b"by address"


def test_a_range_and_a_condition_pass(carol: Any) -> None:
    etag = carol.put_object(Bucket=BUCKET, Key="ranged", Body=b"0123456789")["ETag"]
    assert carol.get_object(Bucket=BUCKET, Key="ranged", Range="bytes=2-4")["Body"].read() == b"234"
    answer = refused(carol.get_object, Bucket=BUCKET, Key="ranged", IfNoneMatch=etag)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 304


def test_a_copy_needs_to_read_its_source(alice: Any, carol: Any) -> None:
    carol.put_object(Bucket=BUCKET, Key="source é", Body=b"copied")
    carol.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "source é"})
    assert carol.get_object(Bucket=BUCKET, Key="copy")["Body"].read() == b"copied"
    answer = refused(alice.copy_object, Bucket="alices-bucket", Key="stolen", CopySource=f"{BUCKET}/copy")
    assert answer["Error"]["Code"] == "AccessDenied"


def test_many_keys_are_deleted_only_when_all_may_be(carol: Any, reader: Any) -> None:
    for key in ("d/1", "d/2"):
        carol.put_object(Bucket=BUCKET, Key=key, Body=b"")
    both = {"Objects": [{"Key": "d/1"}, {"Key": "d/2"}]}
    assert refused(reader.delete_objects, Bucket=BUCKET, Delete=both)["Error"]["Code"] == "AccessDenied"
    assert len(carol.delete_objects(Bucket=BUCKET, Delete=both)["Deleted"]) == 2


def test_a_caller_sees_its_own_accounts_buckets(alice: Any, carol: Any) -> None:
    carol.head_bucket(Bucket=BUCKET)
    alice.head_bucket(Bucket="alices-bucket")
    assert "alices-bucket" not in [each["Name"] for each in carol.list_buckets()["Buckets"]]
    assert [each["Name"] for each in alice.list_buckets()["Buckets"]] == ["alices-bucket"]


def test_buckets_come_and_go(alice: Any, carol: Any, stand_in: Any) -> None:
    carol.create_bucket(Bucket="a-new-bucket")
    assert stand_in.directory.bucket("a-new-bucket").account == B
    assert refused(alice.create_bucket, Bucket="a-new-bucket")["Error"]["Code"] == "BucketAlreadyExists"
    carol.put_bucket_policy(
        Bucket="a-new-bucket",
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:PutObject",
                        "Resource": "arn:aws:s3:::a-new-bucket/*",
                    }
                ],
            }
        ),
    )
    assert (
        "explicit deny in a resource-based policy"
        in refused(carol.put_object, Bucket="a-new-bucket", Key="x", Body=b"")["Error"]["Message"]
    )
    assert "s3:PutObject" in carol.get_bucket_policy(Bucket="a-new-bucket")["Policy"]
    carol.delete_bucket_policy(Bucket="a-new-bucket")
    assert refused(carol.get_bucket_policy, Bucket="a-new-bucket")["Error"]["Code"] == "NoSuchBucketPolicy"
    assert refused(carol.put_bucket_policy, Bucket="a-new-bucket", Policy="{")["Error"]["Code"] == "MalformedPolicy"
    carol.delete_bucket(Bucket="a-new-bucket")
    assert stand_in.directory.bucket("a-new-bucket") is None
    assert refused(carol.list_objects_v2, Bucket="a-new-bucket")["Error"]["Code"] == "NoSuchBucket"


def test_wrong_and_foreign_credentials_get_s3s_own_errors(stand_in: Any, role: Any) -> None:
    def code(key_id: str, secret: str, token: str | None) -> tuple[int, str]:
        client = s3(stand_in, AccessKey(access_key_id=key_id, secret_access_key=secret), token)
        answer = refused(client.list_objects_v2, Bucket=BUCKET)
        return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]

    key_id, secret, token = role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"]
    assert code("AKIAUNKNOWNUNKNOWN00", secret, None) == (403, "InvalidAccessKeyId")
    assert code(CAROL.access_key_id, "wrong", None) == (403, "SignatureDoesNotMatch")
    assert code(key_id, secret, None) == (403, "InvalidAccessKeyId")
    assert code(CAROL.access_key_id, CAROL.secret_access_key, token) == (403, "InvalidAccessKeyId")
    tampered = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    assert code(key_id, secret, tampered) == (400, "InvalidToken")
    assert code(key_id, secret, "foreign") == (400, "InvalidToken")


def test_a_session_policy_narrows_the_role(stand_in: Any, carol: Any) -> None:
    carol.put_object(Bucket=BUCKET, Key="narrow/in", Body=b"1")
    carol.put_object(Bucket=BUCKET, Key="out", Body=b"1")
    narrow = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/narrow/*"}],
    }
    found = (
        session(ALICE)
        .client("sts", endpoint_url=stand_in.url)
        .assume_role(RoleArn=f"arn:aws:iam::{B}:role/S3ReadRole", RoleSessionName="narrow", Policy=json.dumps(narrow))[
            "Credentials"
        ]
    )
    key = AccessKey(access_key_id=found["AccessKeyId"], secret_access_key=found["SecretAccessKey"])
    client = s3(stand_in, key, found["SessionToken"])
    assert client.get_object(Bucket=BUCKET, Key="narrow/in")["Body"].read() == b"1"
    message = refused(client.get_object, Bucket=BUCKET, Key="out")["Error"]["Message"]
    assert message.endswith("because no session policy allows the s3:GetObject action")


def test_other_services_are_authorised_by_the_operation_they_name(stand_in: Any) -> None:
    sqs = session(CAROL).client("sqs", endpoint_url=stand_in.url)
    queue = sqs.create_queue(QueueName="q")["QueueUrl"].rpartition("/")[2]
    assert queue == "q"
    answer = refused(sqs.list_queues)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "sqs:ListQueues" in answer["Error"]["Message"]
    dynamodb = session(CAROL).client("dynamodb", endpoint_url=stand_in.url)
    assert dynamodb.list_tables()["TableNames"] == []
    assert refused(dynamodb.describe_limits)["Error"]["Code"] == "AccessDeniedException"
    iam = session(CAROL).client("iam", endpoint_url=stand_in.url)
    assert refused(iam.list_users)["Error"]["Code"] == "AccessDenied"


def test_a_name_that_moto_takes_for_its_own_is_no_bucket(carol: Any) -> None:
    for name in ("moto-api", "moto-api-data", "latest", "v20180820"):
        assert refused(carol.create_bucket, Bucket=name)["Error"]["Code"] == "InvalidBucketName"
        assert refused(carol.get_object, Bucket=name, Key="data.json")["Error"]["Code"] == "InvalidBucketName"


def test_an_owner_that_is_expected_is_compared(carol: Any) -> None:
    carol.put_object(Bucket=BUCKET, Key="owned", Body=b"1", ExpectedBucketOwner=B)
    answer = refused(carol.get_object, Bucket=BUCKET, Key="owned", ExpectedBucketOwner=A)
    assert answer["Error"]["Code"] == "AccessDenied"
    copy = {"Bucket": BUCKET, "Key": "copied", "CopySource": f"{BUCKET}/owned"}
    carol.copy_object(**copy, ExpectedBucketOwner=B)
    shared = {**copy, "Bucket": "shared-bucket"}
    carol.copy_object(**shared, ExpectedSourceBucketOwner=B)
    assert refused(carol.copy_object, **shared, ExpectedSourceBucketOwner=A)["Error"]["Code"] == "AccessDenied"
