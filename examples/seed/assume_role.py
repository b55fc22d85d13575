"""Act as a role of another account for an hour."""

from understudy import AssumeRoleCommand, STSClient

with STSClient(region="us-east-1") as sts:
    output = sts.send(
        AssumeRoleCommand(
            role_arn="arn:aws:iam::987654321098:role/CrossAccountRole",
            role_session_name="my-app-session",
            duration_seconds=3600,
        )
    )
    as_role = STSClient(region="us-east-1", credentials=output.credentials)
    print(as_role.get_caller_identity().arn, "until", output.credentials.expiration)
