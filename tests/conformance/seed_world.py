"""The sample directory on a stand-in with a guarded S3 at the same address: the stage of the examples in every language."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conformance.conftest import MovableClock

ALICE = ("AKIARZPUZDIKAEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ACCOUNT, OTHER = "123456789012", "987654321098"
BUCKET = "cross-account-bucket"
ROLE = f"arn:aws:iam::{OTHER}:role/S3ReadRole"
KEY, BODY = "reports/one.csv", b"1,2"


def boto3_client(service: str, url: str, region: str, *credentials: str) -> Any:
    """A client of boto3; `credentials` are the key id, the secret and, of a session, the token."""
    import boto3

    return boto3.Session(*credentials).client(service, endpoint_url=url, region_name=region)


class SeedStage:
    """The running stand-in, its clock, its log, and the identity provider that its sample trusts."""

    def __init__(self, running: Any, clock: MovableClock, provider: Any, records: list[dict[str, Any]]) -> None:
        self.running = running
        self.url: str = running.url
        self.clock = clock
        self.provider = provider
        self.records = records

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        """All that a program is told: the address of the stand-in, and alice's keys."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ALICE[0],
            "AWS_SECRET_ACCESS_KEY": ALICE[1],
            **more,
        }

    def owner(self) -> Any:
        """S3 for the keeper of the bucket."""
        key = self.running.directory.user(f"arn:aws:iam::{OTHER}:user/carol").access_keys[0]
        return boto3_client("s3", self.url, "us-west-2", key.access_key_id, key.secret_access_key)

    def token(self) -> str:
        """A web identity token that WebIdentityRole accepts."""
        found: str = self.provider.token("repo:example/app:ref:refs/heads/main")
        return found

    def code(self) -> str:
        """What alice's MFA device shows now."""
        from understudy.server.mfa import totp

        device = self.running.directory.mfa_device(f"arn:aws:iam::{ACCOUNT}:mfa/alice").device
        return totp(device.seed, time.time())

    def session(self, name: str = "seed", ago: float = 0) -> tuple[str, str, str]:
        """Key id, secret and token of a session of S3ReadRole for 15 minutes, begun `ago` seconds before now."""
        from understudy import STSClient
        from understudy.identity import AWSCredentials

        with (
            self.slow(ago),
            STSClient(region="us-east-1", endpoint=self.url, credentials=AWSCredentials(*ALICE)) as sts,
        ):
            found = sts.assume_role(role_arn=ROLE, role_session_name=name, duration_seconds=900).credentials
        return found.access_key_id, found.secret_access_key, found.session_token

    @contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """The stand-in's clock is this far behind, for the length of a block."""
        self.clock.offset = -seconds
        try:
            yield
        finally:
            self.clock.offset = 0.0

    def listings(self, session_name: str) -> list[str]:
        """The access key id behind each listing of the bucket by sessions of this name."""
        return [
            each["access_key_id"]
            for each in self.records
            if each["action"] == "s3:ListBucket" and each["caller"].endswith(f"/{session_name}")
        ]


@contextmanager
def opened() -> Iterator[SeedStage]:
    """A stage of its own, with a key ring of its own; the bucket's owner has put one object into it."""
    from understudy.directory.models import OIDCProvider
    from understudy.directory.yaml_file import SAMPLE, loads
    from understudy.server.guard import GuardSettings
    from understudy.server.identity_provider import IdentityProvider
    from understudy.server.run import running
    from understudy.server.settings import Settings

    provider, clock = IdentityProvider("https://idp.example.com"), MovableClock()
    records: list[dict[str, Any]] = []
    settings = Settings(clock=clock, log=lambda record: records.append(dict(record)))
    directory = loads(SAMPLE.read_text())
    directory.put(
        OIDCProvider(account=ACCOUNT, url=provider.issuer, client_ids=("sts.amazonaws.com",), jwks=provider.jwks_text())
    )
    with running(directory, settings, guard=GuardSettings()) as stand_in:
        stage = SeedStage(stand_in, clock, provider, records)
        stage.owner().put_object(Bucket=BUCKET, Key=KEY, Body=BODY)
        yield stage


def tampered(session: tuple[str, str, str]) -> tuple[str, str, str]:
    """A session whose token is one character off."""
    key_id, secret, token = session
    return key_id, secret, token[:40] + ("A" if token[40] != "A" else "B") + token[41:]


def foreign() -> tuple[str, str, str]:
    """A session of the same role that another stand-in gave, sealed with keys of its own."""
    with opened() as elsewhere:
        return elsewhere.session()
