"""The few AWS managed policies that a stand-in needs to know by itself; a directory may define more, or others."""

from __future__ import annotations

from json import dumps

from understudy.directory.models import ManagedPolicy

ROOT_TASK_PREFIX = "arn:aws:iam::aws:policy/root-task/"

_ROOT_TASKS: dict[str, tuple[str, ...]] = {
    "IAMAuditRootUserCredentials": (
        "iam:GetAccessKeyLastUsed",
        "iam:GetAccountSummary",
        "iam:GetLoginProfile",
        "iam:GetUser",
        "iam:ListAccessKeys",
        "iam:ListMFADevices",
        "iam:ListSigningCertificates",
    ),
    "IAMCreateRootUserPassword": ("iam:CreateLoginProfile", "iam:GetLoginProfile"),
    "IAMDeleteRootUserCredentials": (
        "iam:DeactivateMFADevice",
        "iam:DeleteAccessKey",
        "iam:DeleteLoginProfile",
        "iam:DeleteSigningCertificate",
        "iam:DeleteVirtualMFADevice",
        "iam:GetAccountSummary",
        "iam:GetLoginProfile",
        "iam:GetUser",
        "iam:ListAccessKeys",
        "iam:ListMFADevices",
        "iam:ListSigningCertificates",
        "iam:UpdateAccessKey",
        "iam:UpdateSigningCertificate",
    ),
    "S3UnlockBucketPolicy": (
        "s3:DeleteBucketPolicy",
        "s3:GetBucketPolicy",
        "s3:ListAllMyBuckets",
        "s3:PutBucketPolicy",
    ),
    "SQSUnlockQueuePolicy": (
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ListQueues",
        "sqs:SetQueueAttributes",
    ),
}


def _allowing(arn: str, actions: tuple[str, ...] | str) -> ManagedPolicy:
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return ManagedPolicy(arn=arn, versions={"v1": dumps({"Version": "2012-10-17", "Statement": [statement]})})


ROOT_TASK_POLICIES: dict[str, ManagedPolicy] = {
    f"{ROOT_TASK_PREFIX}{name}": _allowing(f"{ROOT_TASK_PREFIX}{name}", actions)
    for name, actions in _ROOT_TASKS.items()
}
"""The five task policies of AssumeRoot by ARN. The actions are what each task needs; the service's own may differ."""

ADMINISTRATOR_ACCESS = _allowing("arn:aws:iam::aws:policy/AdministratorAccess", "*")

AWS_MANAGED: dict[str, ManagedPolicy] = {**ROOT_TASK_POLICIES, ADMINISTRATOR_ACCESS.arn: ADMINISTRATOR_ACCESS}
