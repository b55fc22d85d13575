"""boto3, aiobotocore and s3fs through a refresh in the middle of use."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from understudy.bridges import aiobotocore, boto3, botocore
from understudy.identity import AWSCredentials

if TYPE_CHECKING:
    from tests.bridges.conftest import Play


def s3(play: Play) -> Any:
    pytest.importorskip("boto3")
    return boto3.session(play.credentials, region_name="eu-west-1").client("s3", endpoint_url=play.bucket.url)


def read(client: Any) -> bytes:
    content: bytes = client.get_object(Bucket="bucket", Key="a.txt")["Body"].read()
    return content


def test_boto3_follows_a_refresh(play: Play) -> None:
    client = s3(play)
    assert read(client) == b"hello"
    play.grow_old()
    assert read(client) == b"hello"
    assert play.bucket.keys == ["ASIA1", "ASIA2"]


def test_boto3_refreshes_and_tries_once_more_when_the_service_says_expired(play: Play) -> None:
    client = s3(play)
    read(client)
    play.revoke()
    assert read(client) == b"hello"
    assert (play.bucket.rejected, play.bucket.keys) == (["ASIA1"], ["ASIA1", "ASIA2"])


def test_boto3_gives_up_when_the_new_set_is_rejected_too(play: Play) -> None:
    exceptions = pytest.importorskip("botocore.exceptions")
    client = s3(play)
    play.bucket.expired = {"ASIA1", "ASIA2", "ASIA3"}
    with pytest.raises(exceptions.ClientError, match="ExpiredToken"):
        read(client)
    assert play.bucket.rejected == ["ASIA1", "ASIA2"]


def test_fixed_credentials_that_are_rejected_are_not_tried_again(play: Play) -> None:
    exceptions = pytest.importorskip("botocore.exceptions")
    play.credentials = AWSCredentials("ASIA1", "secret-of-ASIA1", "token-of-ASIA1")  # type: ignore[assignment]
    play.bucket.expired = {"ASIA1"}
    with pytest.raises(exceptions.ClientError, match="ExpiredToken"):
        read(s3(play))
    assert play.bucket.rejected == ["ASIA1"]


def test_boto3_writes_and_lists(play: Play) -> None:
    client = s3(play)
    client.put_object(Bucket="bucket", Key="b/c.txt", Body=b"new")
    assert [each["Key"] for each in client.list_objects_v2(Bucket="bucket")["Contents"]] == ["a.txt", "b/c.txt"]
    assert play.bucket.objects["b/c.txt"] == b"new"


def test_a_credentials_object_for_whoever_takes_one(play: Play) -> None:
    pytest.importorskip("botocore")
    given = botocore.BotocoreCredentials(play.credentials)
    assert (given.access_key, given.secret_key, given.token) == ("ASIA1", "secret-of-ASIA1", "token-of-ASIA1")
    assert given.account_id == "111122223333"
    token = given.get_deferred_property("token")
    play.grow_old()
    assert token() == "token-of-ASIA2"
    assert given.get_frozen_credentials().access_key == "ASIA2"
    assert given.method == "understudy"


def test_aiobotocore_follows_refreshes_of_both_kinds(play: Play) -> None:
    pytest.importorskip("aiobotocore")

    async def use() -> None:
        session = aiobotocore.session(play.credentials)
        async with session.create_client("s3", region_name="eu-west-1", endpoint_url=play.bucket.url) as client:

            async def read() -> bytes:
                answer = await client.get_object(Bucket="bucket", Key="a.txt")
                async with answer["Body"] as body:
                    content: bytes = await body.read()
                    return content

            assert await read() == b"hello"
            play.grow_old()
            assert await read() == b"hello"
            play.revoke()
            assert await read() == b"hello"

    asyncio.run(use())
    assert (play.bucket.rejected, play.bucket.keys) == (["ASIA2"], ["ASIA1", "ASIA2", "ASIA3"])


def test_s3fs_follows_a_refresh(play: Play) -> None:
    s3fs = pytest.importorskip("s3fs")
    filesystem = s3fs.S3FileSystem(
        session=aiobotocore.session(play.credentials),
        endpoint_url=play.bucket.url,
        client_kwargs={"region_name": "eu-west-1"},
        skip_instance_cache=True,
    )
    assert filesystem.cat_file("bucket/a.txt") == b"hello"
    play.grow_old()
    assert filesystem.cat_file("bucket/a.txt") == b"hello"
    assert set(play.bucket.keys) == {"ASIA1", "ASIA2"}
