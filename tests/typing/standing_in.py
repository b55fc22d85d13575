"""The types of the stand-in for tests and of offline verification, as a user's checker sees them."""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from understudy.directory import Role, SAMLProvider
from understudy.errors import ServiceError
from understudy.http import Request
from understudy.server.identity_provider import IdentityProvider
from understudy.server.keyring import KeyRing
from understudy.server.verification import SessionVerifier, VerifiedSession
from understudy.testing import Attempt, DeclaredUser, StandIn, standing_in
from understudy.types import Credentials


def declared(understudy: StandIn) -> None:
    assert_type(understudy.user("alice", {"Effect": "Allow", "Action": "*", "Resource": "*"}), DeclaredUser)
    role = assert_type(understudy.role("Reader", '{"Statement": []}', account="987654321098"), Role)
    assert_type(understudy.oidc_provider("https://issuer.example", ["audience"]), IdentityProvider)
    provider = assert_type(understudy.saml_provider("Corp"), SAMLProvider)
    assert_type(understudy.github_actions_token(repo="octo/app", environment="prod"), str)
    assert_type(understudy.saml_response(role, provider, tags={"a": "b"}), str)
    assert_type(understudy.clock.advance(60), datetime)


def attempted(understudy: StandIn, role: Role) -> None:
    attempt = assert_type(understudy.assert_can_assume(role, web_identity_token="token"), Attempt)
    assert_type(attempt.credentials, Credentials | None)
    assert_type(attempt.error, ServiceError | None)
    assert_type(attempt.why(), str)


def verified(request: Request) -> None:
    verifier = SessionVerifier(KeyRing.random())
    session = assert_type(verifier.verify(request, service="s3", region="us-east-1"), VerifiedSession)
    assert_type(session.arn, str)
    assert_type(session.policy, str | None)
    assert_type(session.expires_at, datetime)


def without_pytest() -> None:
    with standing_in() as sts:
        assert_type(sts, StandIn)
