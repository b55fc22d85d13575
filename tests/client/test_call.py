"""The call: what is sent, in which order things are asked, and what a failure leads to."""

from __future__ import annotations

import pytest
from tests.client.scripted import ALICE, NOW, FakeClock, Script, client, failure, identity

from understudy import AWSCredentials, errors
from understudy.commands import AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand
from understudy.http import Response

TOKEN_COMMAND = AssumeRoleWithWebIdentityCommand(
    role_arn="arn:aws:iam::123456789012:role/Web", role_session_name="web", web_identity_token="a.b.c"
)


def test_a_call_is_a_signed_form_to_the_regional_endpoint() -> None:
    script = Script(identity())
    output = client(script).send(GetCallerIdentityCommand())
    (request,) = script.requests
    assert output.arn == "arn:aws:iam::123456789012:user/alice"
    assert (request.method, request.url) == ("POST", "https://sts.eu-west-1.amazonaws.com/")
    assert request.body == b"Action=GetCallerIdentity&Version=2011-06-15"
    assert request.header("x-amz-security-token") == "alice's token"
    assert "Credential=AKIAALICE/" in (request.header("authorization") or "")
    assert "/eu-west-1/sts/aws4_request" in (request.header("authorization") or "")


def test_an_output_says_how_it_came() -> None:
    script = Script(failure(503, "ServiceUnavailable"), identity([("x-other", "1")]))
    metadata = client(script).get_caller_identity().metadata
    assert (metadata.http_status_code, metadata.request_id, metadata.attempts) == (200, "r-1", 2)
    assert metadata.total_retry_delay == pytest.approx(0.05)
    assert ("x-other", "1") in metadata.headers


def test_broken_limits_are_one_error_and_nothing_is_sent() -> None:
    script = Script(identity())
    with pytest.raises(errors.ParameterError) as caught:
        client(script).assume_role(role_arn="short", role_session_name="!")
    assert len(caught.value.problems) == 3
    assert script.requests == []


def test_an_unsigned_operation_asks_for_no_credentials() -> None:
    def refuse() -> AWSCredentials:
        raise AssertionError("asked for credentials")

    script = Script(failure(400, "InvalidIdentityToken"))
    with pytest.raises(errors.InvalidIdentityTokenException):
        client(script, credentials=refuse, use_global_endpoint=True).send(TOKEN_COMMAND)
    assert script.requests[0].url == "https://sts.amazonaws.com/"
    assert script.requests[0].header("authorization") is None


@pytest.mark.parametrize("body", [b"", b"<html>welcome to the airport</html>", b"{}"])
def test_status_200_with_a_foreign_body_is_an_error_and_not_repeated(body: bytes) -> None:
    script = Script(Response(200, (), body))
    with pytest.raises(errors.ResponseError):
        client(script).get_caller_identity()
    assert len(script.requests) == 1


def test_the_invocation_id_stays_and_the_attempt_counts() -> None:
    script = Script(failure(500, "InternalFailure"), failure(502, "BadGateway"), identity())
    client(script).get_caller_identity()
    assert len({request.header("amz-sdk-invocation-id") for request in script.requests}) == 1
    assert [request.header("amz-sdk-request") for request in script.requests] == [
        "attempt=1; max=3",
        "attempt=2; max=3",
        "attempt=3; max=3",
    ]


def test_attempts_end_with_the_last_error_and_its_metadata() -> None:
    script, clock = Script(failure(500, "InternalFailure")), FakeClock()
    with pytest.raises(errors.ServiceError) as caught:
        client(script, clock, max_attempts=4).get_caller_identity()
    assert len(script.requests) == 4
    assert clock.slept == pytest.approx([0.05, 0.1, 0.2])
    assert caught.value.metadata is not None
    assert caught.value.metadata.attempts == 4


@pytest.mark.parametrize(
    ("first", "waited"),
    [
        (errors.ConnectFailed("no connection"), 0.05),
        (errors.CallTimeout("too slow"), 0.05),
        (failure(400, "IDPCommunicationError"), 0.05),
        (failure(400, "Throttling"), 1.0),
        (failure(429, "Anything"), 1.0),
        (Response(503, (), b"<html>busy</html>"), 0.05),
    ],
)
def test_what_may_pass_is_repeated(first: Response | Exception, waited: float) -> None:
    script, clock = Script(first, identity()), FakeClock()
    assert client(script, clock).get_caller_identity().account == "123456789012"
    assert clock.slept == pytest.approx([waited])


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError", "MalformedPolicyDocument"])
def test_what_will_not_pass_is_not_repeated(code: str) -> None:
    script = Script(failure(403, code))
    with pytest.raises(errors.ServiceError, match=code):
        client(script).get_caller_identity()
    assert len(script.requests) == 1


class Renewing:
    """A source whose credentials change when they are reported as rejected."""

    def __init__(self, *given: AWSCredentials) -> None:
        self.given = list(given)
        self.invalidated: list[str] = []

    def retrieve(self):  # type: ignore[no-untyped-def]
        return self.given[0]
        yield

    def invalidate(self, access_key_id: str | None = None) -> None:
        self.invalidated.append(access_key_id or "")
        if len(self.given) > 1:
            self.given.pop(0)


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "InvalidToken"])
def test_rejected_credentials_are_reported_and_others_tried_at_once(code: str) -> None:
    script, clock = Script(failure(403, code), identity()), FakeClock()
    source = Renewing(AWSCredentials("AKIAOLD", "s"), AWSCredentials("AKIANEW", "s"))
    client(script, clock, credentials=source, max_attempts=1).get_caller_identity()
    assert source.invalidated == ["AKIAOLD"]
    assert ["AKIANEW" in (request.header("authorization") or "") for request in script.requests] == [False, True]
    assert clock.slept == []


def test_rejected_credentials_without_others_are_the_error() -> None:
    script = Script(failure(403, "ExpiredToken"))
    with pytest.raises(errors.ExpiredToken):
        client(script, credentials=Renewing(ALICE)).get_caller_identity()
    assert len(script.requests) == 1


def test_rejected_credentials_are_renewed_once_in_a_call() -> None:
    script = Script(failure(403, "ExpiredToken"))
    source = Renewing(*(AWSCredentials(f"AKIA{number}", "s") for number in range(5)))
    with pytest.raises(errors.ExpiredToken):
        client(script, credentials=source).get_caller_identity()
    assert len(script.requests) == 2


def test_an_expired_web_identity_token_is_not_a_rejected_credential() -> None:
    source = Renewing(ALICE, AWSCredentials("AKIANEW", "s"))
    script = Script(failure(400, "ExpiredTokenException"))
    with pytest.raises(errors.ExpiredTokenException):
        client(script, credentials=source).send(TOKEN_COMMAND)
    assert source.invalidated == []
    assert len(script.requests) == 1


def test_a_nested_command_can_be_given_as_a_value() -> None:
    script = Script(failure(403, "AccessDenied"))
    command = AssumeRoleCommand(role_arn="arn:aws:iam::123456789012:role/Reader", role_session_name="me")
    with pytest.raises(errors.AccessDenied) as caught:
        client(script).send(command)
    assert caught.value.operation == "AssumeRole"
    assert caught.value.request_id == "r-2"
    assert caught.value.metadata is not None


def test_the_signature_carries_the_clock_of_the_client() -> None:
    script = Script(identity())
    client(script, FakeClock(NOW)).get_caller_identity()
    assert script.requests[0].header("x-amz-date") == "20261118T110640Z"
