"""The stand-in over real sockets."""

import boto3
import botocore.exceptions
import pytest

from understudy.directory.yaml_file import SAMPLE, load
from understudy.server.run import running

ALICE = ("AKIARZPUZDIKAEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
BOB = ("AKIARZPUZDIKBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")


@pytest.fixture
def stand_in():
    with running(load(SAMPLE)) as started:
        yield started


def client(stand_in, key_id, secret, token=None):
    return boto3.client(
        "sts",
        endpoint_url=stand_in.url,
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def test_boto3_assumes_the_roles_of_the_example(stand_in):
    alice = client(stand_in, *ALICE)
    assert alice.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/alice"
    for name in ("CrossAccountRole", "S3ReadRole"):
        arn = f"arn:aws:iam::987654321098:role/{name}"
        given = alice.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
        session = client(stand_in, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::987654321098:assumed-role/{name}/s1"


def test_boto3_is_refused_for_bob(stand_in):
    arn = "arn:aws:iam::987654321098:role/CrossAccountRole"
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client(stand_in, *BOB).assume_role(RoleArn=arn, RoleSessionName="s1")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
