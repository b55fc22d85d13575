"""boto3: ``session(credentials, region_name="eu-west-1").client("s3")``; the way in is botocore's."""

from __future__ import annotations

from understudy.bridges.botocore import session

__all__ = ["session"]
