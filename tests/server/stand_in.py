"""A stand-in without sockets, with a clock that stands still, for the tests of the server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from understudy.commands import BY_NAME
from understudy.directory import AccessKey, Account, MemoryDirectory, MFADevice, Policies, Role, User
from understudy.errors import ServiceError
from understudy.http import Request, Response
from understudy.identity import AWSCredentials
from understudy.server.keyring import KeyRing
from understudy.server.service import Service
from understudy.server.settings import Settings
from understudy.sigv4 import presign, sign
from understudy.wire import faults, responses

A, B = "123456789012", "987654321098"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SEED = b"12345678901234567890"
SERIAL = f"arn:aws:iam::{A}:mfa/alice"
ALICE_KEY = AccessKey(access_key_id="AKIARZPUZDIKAEXAMPLE", secret_access_key="a" * 40)
BOB_KEY = AccessKey(access_key_id="AKIARZPUZDIKBEXAMPLE", secret_access_key="b" * 40)
ROOT_KEY = AccessKey(access_key_id="AKIARZPUZDIKCEXAMPLE", secret_access_key="r" * 40)
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trusting(principal: Any, action: Any = "sts:*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": action, **more}


def role_arn(name: str, account: str = B) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def inline(*statements: dict[str, Any], **more: Any) -> Policies:
    return Policies(inline={"inline": policy(*statements)}, **more)


ALICE = User(
    account=A,
    name="alice",
    access_keys=(ALICE_KEY,),
    mfa_devices=(MFADevice(serial_number=SERIAL, seed=SEED),),
    policies=inline(allow("sts:*")),
)
BOB = User(account=A, name="bob", access_keys=(BOB_KEY,))
CROSS = Role(
    account=B,
    name="CrossAccountRole",
    trust_policy=policy(trusting({"AWS": f"arn:aws:iam::{A}:root"})),
    max_session_duration=43_200,
    policies=inline(allow("sts:*")),
)
NEXT = Role(
    account=B,
    name="NextRole",
    path="/chain/",
    trust_policy=policy(trusting({"AWS": CROSS.arn})),
    max_session_duration=43_200,
    policies=inline(allow("sts:*")),
)


class Stopped:
    """A clock that moves when it is told to."""

    def __init__(self, moment: datetime = START) -> None:
        self.now = moment.timestamp()

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.now += seconds


class StandIn:
    """A service with the accounts of the tests, and signed calls to it."""

    def __init__(self, *more: Any, host: str = "127.0.0.1:4566", region: str = "us-east-1", **settings: Any) -> None:
        account = Account(account_id=A, root_access_keys=(ROOT_KEY,))
        self.directory = MemoryDirectory([account, Account(account_id=B), ALICE, BOB, CROSS, NEXT, *more])
        self.clock = Stopped()
        self.log: list[Any] = []
        settings = {"key_ring": KeyRing([b"k" * 32]), "clock": self.clock, "log": self.log.append, **settings}
        self.service = Service(self.directory, Settings(**settings))
        self.host = host
        self.region = region
        self.source_ip = "203.0.113.7"
        self.headers: tuple[tuple[str, str], ...] = ()

    def send(self, request: Request) -> Response:
        """The answer to a request as it is."""
        return asyncio.run(self.service.respond(request, self.source_ip))

    def request(self, action: str, members: dict[str, Any] | None = None, **wire: Any) -> Request:
        """An unsigned request."""
        form = {"Action": action, "Version": "2011-06-15", **(members or {})}
        headers = (("content-type", FORM), ("host", self.host), *self.headers)
        return Request("POST", self.host, "/", "", headers, urlencode(form).encode(), **wire)

    def signed(self, request: Request, credentials: Any) -> Request:
        moment = datetime.fromtimestamp(self.clock.now, UTC)
        return sign(request, keys(credentials), region=self.region, service="sts", now=moment)

    def presigned(self, query: str, credentials: Any, *headers: tuple[str, str], **more: Any) -> Request:
        request = Request("GET", self.host, "/", query, (("host", self.host), *headers))
        moment = datetime.fromtimestamp(self.clock.now, UTC)
        return presign(request, keys(credentials), region=self.region, service="sts", now=moment, **more)

    def call(self, credentials: Any, action: str, **members: Any) -> Any:
        """A signed call: its output, or its `ServiceError`, raised."""
        request = self.request(action, members)
        return self.read(action, self.send(request if credentials is None else self.signed(request, credentials)))

    def read(self, action: str, response: Response) -> Any:
        return responses.parse(BY_NAME[action].operation, response)

    def refused(self, credentials: Any, action: str, **members: Any) -> ServiceError:
        """The error of a call that must fail."""
        request = self.request(action, members)
        response = self.send(request if credentials is None else self.signed(request, credentials))
        assert response.status >= 400, response.body
        return faults.parse(response)

    def assume(self, credentials: Any, role: Role = CROSS, session: str = "session", **members: Any) -> Any:
        """The credentials of a role."""
        return self.call(credentials, "AssumeRole", RoleArn=role.arn, RoleSessionName=session, **members).credentials

    def replace(self, entity: Any, **changes: Any) -> Any:
        """Put a changed copy into the directory."""
        changed = replace(entity, **changes)
        self.directory.put(changed)
        return changed


def keys(credentials: Any) -> AWSCredentials:
    if isinstance(credentials, User):
        credentials = credentials.access_keys[0]
    token = getattr(credentials, "session_token", None)
    return AWSCredentials(credentials.access_key_id, credentials.secret_access_key, token)
