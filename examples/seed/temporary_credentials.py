"""Give another client credentials that refresh themselves before they expire."""

from understudy import from_temporary_credentials
from understudy.bridges.boto3 import session

credentials = from_temporary_credentials(
    role_arn="arn:aws:iam::987654321098:role/S3ReadRole",
    role_session_name="auto-refresh-session",
    duration_seconds=3600,
)

# assumed at first use, and again in good time; nobody has to call AssumeRole by hand
s3 = session(credentials, region_name="us-west-2").client("s3")
for item in s3.list_objects_v2(Bucket="cross-account-bucket")["Contents"]:
    print(item["Key"], item["Size"])
