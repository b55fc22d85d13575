"""Twelve hours of credentials that carry the proof of an MFA code."""

import os

from understudy import STSClient

with STSClient(region="us-east-1") as sts:
    output = sts.get_session_token(
        duration_seconds=43200,
        serial_number="arn:aws:iam::123456789012:mfa/alice",
        token_code=os.environ["MFA_CODE"],
    )

print(output.credentials.access_key_id, "until", output.credentials.expiration)
