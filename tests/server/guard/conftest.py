"""A stand-in with a guarded S3 on a loopback port, moto behind it, and clients of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config

from understudy.directory import AccessKey, Account, Bucket, MemoryDirectory, Policies, Role, User
from understudy.server.guard import GuardSettings
from understudy.server.keyring import KeyRing
from understudy.server.run import running
from understudy.server.settings import Settings

A, B = "123456789012", "987654321098"
ALICE = AccessKey(access_key_id="AKIARZPUZDIKAEXAMPLE", secret_access_key="a" * 40)
CAROL = AccessKey(access_key_id="AKIA6L5GI6PFAAJDIVTY", secret_access_key="c" * 40)
BUCKET = "cross-account-bucket"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def entities() -> list[Any]:
    trust = policy({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:root"}, "Action": "sts:AssumeRole"})
    read = policy(allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"), allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*"))
    shared = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{A}:root"},
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::shared-bucket/*",
        }
    )
    return [
        Account(account_id=A),
        Account(account_id=B),
        User(account=A, name="alice", access_keys=(ALICE,), policies=Policies(inline={"all": policy(allow("*"))})),
        User(
            account=B,
            name="carol",
            access_keys=(CAROL,),
            policies=Policies(
                inline={"s3": policy(allow(["s3:*", "sqs:SendMessage", "sqs:CreateQueue", "dynamodb:ListTables"]))}
            ),
        ),
        Role(account=B, name="S3ReadRole", trust_policy=trust, policies=Policies(inline={"read": read})),
        Bucket(account=B, name=BUCKET),
        Bucket(account=B, name="shared-bucket", policy=shared),
        Bucket(account=A, name="alices-bucket"),
    ]


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Any]:
    records: list[dict[str, Any]] = []
    ring = KeyRing.random()
    settings = Settings(log=lambda record: records.append(dict(record)), key_ring=ring)
    directory = MemoryDirectory(entities())
    with running(directory, settings, guard=GuardSettings()) as found:
        yield SimpleNamespace(url=found.url, records=records, directory=directory, service=found.service, ring=ring)


def session(key: AccessKey, token: str | None = None) -> boto3.Session:
    return boto3.Session(key.access_key_id, key.secret_access_key, token, region_name="us-east-1")


def s3(stand_in: Any, key: AccessKey, token: str | None = None, **config: Any) -> Any:
    # boto3 still presigns with the old signature for a host that it does not know, unless told otherwise
    made = Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 1}, **config)
    return session(key, token).client("s3", endpoint_url=stand_in.url, config=made)


@pytest.fixture(scope="module")
def carol(stand_in: Any) -> Any:
    return s3(stand_in, CAROL)


@pytest.fixture(scope="module")
def alice(stand_in: Any) -> Any:
    return s3(stand_in, ALICE)


@pytest.fixture(scope="module")
def role(stand_in: Any) -> Any:
    """The keys of a session of S3ReadRole, assumed by alice of another account."""
    sts = session(ALICE).client("sts", endpoint_url=stand_in.url)
    return sts.assume_role(RoleArn=f"arn:aws:iam::{B}:role/S3ReadRole", RoleSessionName="reader")["Credentials"]


@pytest.fixture(scope="module")
def reader(stand_in: Any, role: Any) -> Any:
    key = AccessKey(access_key_id=role["AccessKeyId"], secret_access_key=role["SecretAccessKey"])
    return s3(stand_in, key, role["SessionToken"])
