"""Use a role's credentials in another client, here boto3's for S3."""

import boto3

from understudy import STSClient

with STSClient(region="us-east-1") as sts:
    credentials = sts.assume_role(
        role_arn="arn:aws:iam::987654321098:role/S3ReadRole",
        role_session_name="s3-read-session",
        duration_seconds=900,
    ).credentials

s3 = boto3.client(
    "s3",
    region_name="us-west-2",
    aws_access_key_id=credentials.access_key_id,
    aws_secret_access_key=credentials.secret_access_key,
    aws_session_token=credentials.session_token,
)
for item in s3.list_objects_v2(Bucket="cross-account-bucket")["Contents"]:
    print(item["Key"], item["Size"])
