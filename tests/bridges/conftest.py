"""Credentials that refresh on demand, and an S3 that knows which of them are over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.doubles.clock import FakeClock
from tests.doubles.s3 import SECRET, Bucket

from understudy.credentials import RefreshingCredentials
from understudy.identity import AWSCredentials

if TYPE_CHECKING:
    from understudy.flow import Flow


class Sessions:
    """A source of numbered sessions: ASIA1, ASIA2, ..., in the clock's time. Can be pickled."""

    name = "sessions"
    static_stability = True

    def __init__(self, clock: FakeClock, lifetime: float = 3600.0) -> None:
        self.clock = clock
        self.lifetime = lifetime
        self.calls = 0

    def retrieve(self) -> Flow[AWSCredentials]:
        self.calls += 1
        key = f"ASIA{self.calls}"
        until = datetime.fromtimestamp(int(self.clock.now + self.lifetime), UTC)
        return AWSCredentials(key, SECRET + key, f"token-of-{key}", expiration=until, account_id="111122223333")
        yield


class Play:
    """Credentials, their clock (which starts at the real time) and the bucket that they open."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.clock = FakeClock(time.time())
        self.sessions = Sessions(self.clock)
        self.credentials = RefreshingCredentials(self.sessions, clock=self.clock)

    def grow_old(self) -> None:
        """The session comes to its end; the cache refreshes by itself."""
        self.clock.advance(self.sessions.lifetime - 30)

    def revoke(self) -> None:
        """The service rejects the current session, of which the cache knows nothing."""
        self.bucket.expired.add(self.credentials.get().access_key_id)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Play]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with Bucket() as bucket:
        bucket.objects["a.txt"] = b"hello"
        yield Play(bucket)
