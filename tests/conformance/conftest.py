"""One stand-in on loopback, in a thread, for all the real clients and all the wrong requests of this directory."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conformance.seed_world import SeedStage

A, B = "123456789012", "987654321098"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


class MovableClock:
    """The machine's clock and an offset in seconds, so that a session can be begun in the past."""

    def __init__(self) -> None:
        self.offset = 0.0

    def time(self) -> float:
        return time.time() + self.offset

    def monotonic(self) -> float:
        return time.monotonic() + self.offset

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        raise AssertionError("the stand-in does not wait")


class Stage:
    """The running stand-in, who is in its directory, and the errors that it logged."""

    role = f"arn:aws:iam::{B}:role/CrossAccountRole"
    web_role = f"arn:aws:iam::{B}:role/WebRole"
    clients = ("boto3", "cli", "js", "bad", "boto3-more")

    def __init__(
        self, running: Any, clock: MovableClock, provider: Any, directory_of_people: Any, trouble: list[str]
    ) -> None:
        self.running = running
        self.url: str = running.url
        self.host = f"{running.host}:{running.port}"
        self.clock = clock
        self.provider = provider
        self.directory_of_people = directory_of_people
        self.trouble = trouble

    def keys(self, name: str) -> dict[str, str]:
        """The lasting keys of a user, or of the root of account A, with the names of the wire."""
        directory = self.running.directory
        if name == "root":
            key = directory.account(A).root_access_keys[0]
        else:
            key = directory.user(f"arn:aws:iam::{A}:user/{name}").access_keys[0]
        return {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key}

    def serial(self, client: str) -> str:
        """An MFA device of alice's for one client: a code works once, whoever sent it."""
        return f"arn:aws:iam::{A}:mfa/alice-{client}"

    @property
    def saml_provider(self) -> str:
        return f"arn:aws:iam::{B}:saml-provider/Directory"

    saml_role = f"arn:aws:iam::{B}:role/SamlRole"

    def saml(self, name: str) -> str:
        """A SAML response that SamlRole accepts; `name` becomes the session's."""
        found: str = self.directory_of_people.response(self.saml_role, self.saml_provider, session_name=name)
        return found

    def trade_in(self) -> str:
        """A trade-in token that stands for CrossAccountRole."""
        from understudy.server.trade_in import TradeIn

        sealed: str = self.running.service.trade_ins.seal(TradeIn(self.role, int(self.clock.time()) + 600))
        return sealed

    def denial(self) -> str:
        """The encoded message of a refusal that concerns account A."""
        from tests.conformance.raw import exchange, signed

        from understudy.server.service import MESSAGE_HEADER

        form = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": self.role, "RoleSessionName": "demo"}
        answer = exchange(self.host, signed(self.host, self.keys("bob"), form, self.clock.time()).bytes)
        return answer.headers[MESSAGE_HEADER]

    def code(self, client: str) -> str:
        from understudy.server.mfa import totp

        return totp(seed(client), self.clock.time())

    def token(self, subject: str = "repo:understudy/demo", **claims: Any) -> str:
        """A web identity token that WebRole accepts, unless the claims say otherwise."""
        found: str = self.provider.token(subject, **claims)
        return found


def seed(client: str) -> bytes:
    return f"seed of {client}".encode().ljust(20, b".")


def entities(provider: Any, people: Any) -> list[Any]:
    """Two accounts: alice may do everything, bob nothing, carol's key is inactive; three roles in the other account."""
    from understudy.directory import (
        AccessKey,
        Account,
        MFADevice,
        OIDCProvider,
        Organization,
        OrganizationalUnit,
        Policies,
        Role,
        SAMLProvider,
        User,
    )
    from understudy.directory.identifiers import derived_access_key_id, derived_secret

    def key(name: str, *, active: bool = True) -> AccessKey:
        found = derived_access_key_id(A, name, 0)
        return AccessKey(access_key_id=found, secret_access_key=derived_secret(found), active=active)

    oidc = OIDCProvider(account=B, url=provider.issuer, client_ids=("sts.amazonaws.com",), jwks=provider.jwks_text())
    devices = tuple(MFADevice(serial_number=f"arn:aws:iam::{A}:mfa/alice-{c}", seed=seed(c)) for c in Stage.clients)
    trust_web = {
        "Effect": "Allow",
        "Principal": {"Federated": oidc.arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {f"{provider.issuer.partition('//')[2]}:sub": "repo:understudy/*"}},
    }
    trust_people = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{B}:saml-provider/Directory"},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    }
    trust_account = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{A}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    }
    all_allowed = Policies(inline={"all": policy(EVERYTHING)})
    return [
        Account(account_id=A, root_access_keys=(key("root"),)),
        Account(account_id=B, outbound_web_identity_federation=True),
        Organization(
            organization_id="o-example", management_account=A, units=(OrganizationalUnit(path="r-1", accounts=(B,)),)
        ),
        User(account=A, name="alice", access_keys=(key("alice"),), mfa_devices=devices, policies=all_allowed),
        User(account=A, name="bob", access_keys=(key("bob"),)),
        User(account=A, name="carol", access_keys=(key("carol", active=False),), policies=all_allowed),
        Role(account=B, name="CrossAccountRole", trust_policy=policy(trust_account), policies=all_allowed),
        Role(account=B, name="WebRole", trust_policy=policy(trust_web)),
        Role(account=B, name="SamlRole", trust_policy=policy(trust_people)),
        oidc,
        SAMLProvider(account=B, name="Directory", metadata=people.metadata()),
    ]


class Trouble(logging.Handler):
    """Keeps whatever the stand-in or its HTTP server logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(logging.Formatter().format(record))


@contextmanager
def opened() -> Iterator[Stage]:
    """A stand-in with this directory, on a free port, until the block ends."""
    from understudy.directory import MemoryDirectory
    from understudy.server.identity_provider import IdentityProvider
    from understudy.server.run import running
    from understudy.server.saml_provider import SAMLIdentityProvider
    from understudy.server.settings import Settings

    clock, trouble = MovableClock(), Trouble()
    provider = IdentityProvider("https://idp.example.com", algorithm="ES256")
    people = SAMLIdentityProvider()
    loggers = [logging.getLogger(name) for name in ("understudy.server", "uvicorn.error", "asyncio")]
    for logger in loggers:
        logger.addHandler(trouble)
    try:
        with running(MemoryDirectory(entities(provider, people)), Settings(clock=clock)) as found:
            yield Stage(found, clock, provider, people, trouble.seen)
    finally:
        for logger in loggers:
            logger.removeHandler(trouble)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """The stand-in; whatever it logged as an error fails at the end, if no test of its own has."""
    pytest.importorskip(
        "understudy.server.run", reason="the stand-in is not installed: pip install 'understudy[server]'"
    )
    with opened() as found:
        yield found
    assert found.trouble == []


@pytest.fixture(scope="module")
def seed_stage() -> Iterator[SeedStage]:
    """The sample directory with a guarded S3, anew for each module: a code of an MFA device works once."""
    pytest.importorskip("moto", reason="nothing stands behind the guard: pip install 'understudy[s3]'")
    from tests.conformance.seed_world import opened

    with opened() as found:
        yield found
