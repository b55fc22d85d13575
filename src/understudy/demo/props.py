"""What the scenes play with: the stand-in on the sample directory, an identity provider, a clock that can be moved."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import boto3

from understudy import AWSCredentials, STSClient
from understudy.directory.memory import MemoryDirectory
from understudy.directory.models import OIDCProvider
from understudy.directory.yaml_file import SAMPLE, load
from understudy.server.guard import GuardSettings
from understudy.server.identity_provider import IdentityProvider
from understudy.server.mfa import totp
from understudy.server.run import Running, running
from understudy.server.service import MESSAGE_HEADER
from understudy.server.settings import Settings

if TYPE_CHECKING:
    from understudy.client.options import Credentials
    from understudy.directory import Directory
    from understudy.errors import ServiceError

DEVELOPMENT = "123456789012"
PRODUCTION = "987654321098"


class DemoClock:
    """The machine's clock, moved on by `ahead` seconds: nobody waits a quarter of an hour to see a refresh."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Props:
    """Everything on the stage."""

    sts: str
    stand_in: Running
    provider: IdentityProvider
    clock: DemoClock
    requests: list[Mapping[str, Any]]

    @property
    def directory(self) -> Directory:
        """Who exists in the stand-in's accounts."""
        return self.stand_in.directory

    def client(self, credentials: Credentials | None = None) -> STSClient:
        """A client of the stand-in, with the demo's clock."""
        return STSClient(region="us-east-1", endpoint=self.sts, credentials=credentials, clock=self.clock)

    def user(self, name: str, account: str = DEVELOPMENT) -> AWSCredentials:
        """The lasting key of a user of the sample."""
        found = self.directory.user(f"arn:aws:iam::{account}:user/{name}")
        if found is None:
            raise LookupError(f"the sample directory has no user {name!r}")
        key = found.access_keys[0]
        return AWSCredentials(key.access_key_id, key.secret_access_key, source="sample directory")

    def s3(self, credentials: Any) -> Any:
        """boto3's client of S3, which talks to the stand-in."""
        return boto3.client(
            "s3",
            endpoint_url=self.sts,
            region_name="us-west-2",
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
        )

    def code(self, serial_number: str) -> str:
        """What the MFA device shows at this moment."""
        owner = self.directory.mfa_device(serial_number)
        if owner is None:
            raise LookupError(f"the sample directory has no device {serial_number!r}")
        return totp(owner.device.seed, self.clock.time())

    def why(self, refusal: ServiceError) -> str:
        """The decision behind a refusal, which the stand-in sealed into a header of its answer."""
        headers = dict(refusal.metadata.headers) if refusal.metadata else {}
        return self.stand_in.service.messages.open(headers[MESSAGE_HEADER]).explanation

    def calls(self, action: str) -> int:
        """How often the stand-in was asked for this."""
        return sum(record.get("action") == action for record in self.requests)


@contextmanager
def props() -> Iterator[Props]:
    """Start everything on free loopback ports, and stop it at the end."""
    clock = DemoClock()
    directory = load(SAMPLE)
    requests: list[Mapping[str, Any]] = []
    with IdentityProvider(clock=clock).serve() as provider:
        _trust(directory, provider.issuer)
        settings = Settings(clock=clock, log=requests.append)
        with running(directory, settings, guard=GuardSettings()) as stand_in:
            yield Props(stand_in.url, stand_in, provider, clock, requests)


def _trust(directory: MemoryDirectory, issuer: str) -> None:
    """Put the demo's own provider in the place of the sample's, which nobody serves."""
    provider = OIDCProvider(account=DEVELOPMENT, url=issuer, client_ids=("sts.amazonaws.com",))
    directory.put(provider)
    role = directory.role(f"arn:aws:iam::{DEVELOPMENT}:role/WebIdentityRole")
    if role is None:
        raise LookupError("the sample directory has no role 'WebIdentityRole'")
    directory.put(replace(role, trust_policy=role.trust_policy.replace("idp.example.com", provider.host_and_path)))


class Crowd:
    """Threads that call one function again and again, until the block ends; what they saw is counted."""

    def __init__(self, call: Callable[[], object], threads: int = 4) -> None:
        self._call = call
        self._over = threading.Event()
        self._ended = threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        self.durations: list[float] = []
        self.errors: list[str] = []

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            start = time.perf_counter()
            try:
                self._call()
            except Exception as error:
                self.errors.append(f"{type(error).__name__}: {error}")
            self.durations.append((time.perf_counter() - start) * 1000)
            self._ended.release()

    def wait_for_calls(self, number: int) -> None:
        """Wait until this many more calls have ended; `TimeoutError` when one takes half a minute."""
        while self._ended.acquire(blocking=False):
            continue
        for _ in range(number):
            if not self._ended.acquire(timeout=30):
                raise TimeoutError("no call ended within 30 s")

    def summary(self) -> str:
        """Calls, errors, and how long calls took."""
        ordered = sorted(self.durations)
        return (
            f"{len(ordered)} calls, {len(self.errors)} errors; a call took {ordered[len(ordered) // 2]:.1f} ms in the "
            f"middle, {ordered[-1]:.0f} ms at the longest"
        )
