"""Who does the service say I am? Needs no permission, only valid credentials."""

from understudy import STSClient

with STSClient(region="us-east-1") as sts:
    identity = sts.get_caller_identity()

print(identity.account, identity.arn, identity.user_id)
