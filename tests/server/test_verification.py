"""Verification with the key ring alone: what another service learns, and how it says no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.server.stand_in import ALICE, CROSS, START, A, B, StandIn, Stopped, allow, keys, policy

from understudy.errors import ServiceError
from understudy.http import Request
from understudy.identity import AWSCredentials
from understudy.policy import PolicyKind, PolicySet, evaluate, parse_policy
from understudy.policy import Request as Question
from understudy.server.keyring import KeyRing
from understudy.server.verification import SessionVerifier, Wording
from understudy.sigv4 import PathStyle, presign, sign

RING = KeyRing([b"k" * 32])
LIST_ONLY = policy(allow("s3:ListBucket"))


@pytest.fixture
def sts() -> StandIn:
    return StandIn()


@pytest.fixture
def verifier(sts: StandIn) -> SessionVerifier:
    return SessionVerifier(RING, clock=sts.clock)


def signed(credentials: Any, service: str = "execute-api", **changes: Any) -> Request:
    request = Request("GET", "api.example.com", "/things", "b=2&a=1", (("host", "api.example.com"),))
    return sign(request, keys(credentials), region="eu-west-1", service=service, now=START, **changes)


def refused(verifier: SessionVerifier, request: Request, service: str = "execute-api", **how: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        verifier.verify(request, service=service, **how)
    return caught.value


def test_everything_about_a_role_session(sts: StandIn, verifier: SessionVerifier) -> None:
    credentials = sts.assume(
        ALICE,
        session="s1",
        DurationSeconds=900,
        Policy=LIST_ONLY,
        SourceIdentity="alice",
        **{"Tags.member.1.Key": "team", "Tags.member.1.Value": "data", "TransitiveTagKeys.member.1": "team"},
    )
    session = verifier.verify(signed(credentials), service="execute-api", region="eu-west-1")
    assert session.arn == f"arn:aws:sts::{B}:assumed-role/CrossAccountRole/s1"
    assert session.principal.role_arn == CROSS.arn
    assert (session.account, session.access_key_id, session.session_name) == (B, credentials.access_key_id, "s1")
    assert (session.tags, session.transitive_tag_keys, session.source_identity) == (
        {"team": "data"},
        ("team",),
        "alice",
    )
    assert session.policy == LIST_ONLY
    assert (session.issued_at, session.expires_at) == (START, START + timedelta(seconds=900))
    assert session.context["aws:userid"] == f"{CROSS.unique_id}:s1"
    assert session.context["aws:PrincipalTag/team"] == "data"
    assert session.context["aws:TokenIssueTime"] == "2026-11-22T12:00:00Z"


def test_the_session_policy_can_be_evaluated(sts: StandIn, verifier: SessionVerifier) -> None:
    session = verifier.verify(signed(sts.assume(ALICE, Policy=LIST_ONLY)), service="execute-api")
    assert session.policy is not None
    policies = PolicySet(
        identity=[parse_policy(policy(allow("s3:*")), PolicyKind.IDENTITY)],
        session=[parse_policy(session.policy, PolicyKind.SESSION)],
    )
    asked = {
        action: Question(session.principal, action, "*", None, session.context)
        for action in ("s3:ListBucket", "s3:PutObject")
    }
    assert {action: evaluate(each, policies).allowed for action, each in asked.items()} == {
        "s3:ListBucket": True,
        "s3:PutObject": False,
    }


def test_sessions_of_users_and_federated_users(sts: StandIn, verifier: SessionVerifier) -> None:
    user = sts.call(ALICE, "GetSessionToken").credentials
    federated = sts.call(ALICE, "GetFederationToken", Name="fred").credentials
    found = [verifier.verify(signed(each), service="execute-api") for each in (user, federated)]
    assert [each.arn for each in found] == [ALICE.arn, f"arn:aws:sts::{A}:federated-user/fred"]
    assert found[1].principal.issuer_arn == ALICE.arn


def test_no_directory_no_clock_but_its_own_and_any_process_with_the_ring(sts: StandIn) -> None:
    credentials = sts.assume(ALICE)
    sts.directory.remove(CROSS)
    elsewhere = SessionVerifier(KeyRing([b"n" * 32, b"k" * 32]), clock=Stopped())
    assert elsewhere.verify(signed(credentials), service="execute-api").account == B


def test_presigned_addresses(sts: StandIn, verifier: SessionVerifier) -> None:
    request = Request("GET", "api.example.com", "/", "", (("host", "api.example.com"),))
    address = presign(
        request, keys(sts.assume(ALICE)), region="eu-west-1", service="execute-api", now=START, expires=60
    )
    assert verifier.verify(address, service="execute-api").account == B


def test_a_token_alone(sts: StandIn, verifier: SessionVerifier) -> None:
    credentials = sts.assume(ALICE)
    assert verifier.open(credentials.access_key_id, credentials.session_token).account == B
    assert credentials.session_token not in repr(verifier.open(credentials.access_key_id, credentials.session_token))


def test_revoked_sessions(sts: StandIn) -> None:
    def older(session: Any) -> bool:
        return bool(session.issued_at < START + timedelta(seconds=10))

    verifier = SessionVerifier(RING, clock=sts.clock, is_revoked=older)
    assert refused(verifier, signed(sts.assume(ALICE))).code == "InvalidClientTokenId"


def with_token(credentials: Any, token: str | None) -> AWSCredentials:
    return AWSCredentials(credentials.access_key_id, credentials.secret_access_key, token)


def test_refusals_in_the_words_of_sts(sts: StandIn, verifier: SessionVerifier) -> None:
    good, other = sts.assume(ALICE), sts.assume(ALICE, session="other")
    expected = {
        "a lasting key": (signed(ALICE), "InvalidClientTokenId", 403),
        "no token": (signed(with_token(good, None)), "InvalidClientTokenId", 403),
        "another's token": (signed(with_token(good, other.session_token)), "SignatureDoesNotMatch", 403),
        "a broken token": (signed(with_token(good, good.session_token[:-4])), "InvalidClientTokenId", 403),
        "a wrong secret": (
            signed(AWSCredentials(good.access_key_id, "x" * 40, good.session_token)),
            "SignatureDoesNotMatch",
            403,
        ),
        "another service": (signed(good, "s3"), "SignatureDoesNotMatch", 403),
        "nothing": (Request("GET", "h"), "MissingAuthenticationToken", 403),
    }
    if other.access_key_id != good.access_key_id:
        expected["another's token"] = (expected["another's token"][0], "InvalidClientTokenId", 403)
    for name, (request, code, status) in expected.items():
        error = refused(verifier, request)
        assert (error.code, error.status) == (code, status), name


def test_a_changed_request(sts: StandIn, verifier: SessionVerifier) -> None:
    request = signed(sts.assume(ALICE))
    changed = Request("GET", request.host, "/other", request.query, request.headers, request.body, request.scheme)
    assert refused(verifier, changed).code == "SignatureDoesNotMatch"


def test_expired_in_the_words_of_sts(sts: StandIn, verifier: SessionVerifier) -> None:
    credentials = sts.assume(ALICE, DurationSeconds=900)
    sts.clock.now += 900
    late = datetime.fromtimestamp(sts.clock.now, UTC)
    request = sign(
        Request("GET", "h", headers=(("host", "h"),)), keys(credentials), region="eu-west-1", service="x", now=late
    )
    error = refused(verifier, request, "x")
    assert (error.code, error.status, error.message) == (
        "ExpiredToken",
        403,
        "The security token included in the request is expired",
    )


# The words of S3 (section 4)


def s3_request(credentials: Any, *, now: datetime = START, body: bytes = b"", **changes: Any) -> Request:
    request = Request("PUT", "s3.example.com", "/bucket/a//b", "", (("host", "s3.example.com"),), body)
    return sign(request, keys(credentials), region="us-east-1", service="s3", now=now, style=PathStyle.S3, **changes)


def test_s3_verifies_and_compares_the_body(sts: StandIn, verifier: SessionVerifier) -> None:
    credentials = sts.assume(ALICE)
    request = s3_request(credentials, body=b"content")
    assert verifier.verify(request, service="s3", region="us-east-1").account == B
    changed = Request("PUT", request.host, request.path, "", request.headers, b"other", request.scheme)
    assert refused(verifier, changed, "s3").code == "XAmzContentSHA256Mismatch"
    assert verifier.verify(changed, service="s3", whole_body=False).account == B


def test_refusals_in_the_words_of_s3(sts: StandIn, verifier: SessionVerifier) -> None:
    good = sts.assume(ALICE, DurationSeconds=900)
    for credentials, code, status in (
        (with_token(good, None), "InvalidAccessKeyId", 403),
        (with_token(good, "nonsense"), "InvalidToken", 400),
        (AWSCredentials(good.access_key_id, "x" * 40, good.session_token), "SignatureDoesNotMatch", 403),
    ):
        error = refused(verifier, s3_request(credentials), "s3")
        assert (error.code, error.status) == (code, status)
    sts.clock.now += 900
    error = refused(verifier, s3_request(good, now=datetime.fromtimestamp(sts.clock.now, UTC)), "s3")
    assert (error.code, error.status, error.message) == ("ExpiredToken", 400, "The provided token has expired.")
    details: Any = getattr(error, "details", ())
    assert details[0][0] == "Token-0"
    assert refused(verifier, Request("GET", "h"), "s3").code == "AccessDenied"


def test_the_words_can_be_chosen(sts: StandIn, verifier: SessionVerifier) -> None:
    request = signed(with_token(sts.assume(ALICE), None), "s3")
    assert refused(verifier, request, "s3", wording=Wording.STS).code == "InvalidClientTokenId"
