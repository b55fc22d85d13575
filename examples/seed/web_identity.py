"""Exchange an OpenID Connect token for credentials; nothing is signed, so no credentials are needed."""

import os

from understudy import STSClient

with STSClient(region="us-east-1") as sts:
    output = sts.assume_role_with_web_identity(
        role_arn="arn:aws:iam::123456789012:role/WebIdentityRole",
        role_session_name="web-session",
        web_identity_token=os.environ["OIDC_TOKEN"],
        duration_seconds=3600,
    )

print(output.subject_from_web_identity_token, "is now", output.assumed_role_user.arn)
