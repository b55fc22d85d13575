"""Claims as S3 judges them: its codes, statuses and elements for each thing that can be wrong."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.errors import ExpiredToken, ServiceError
from understudy.http import Request
from understudy.identity import AWSCredentials
from understudy.server.guard.faults import GuardError
from understudy.server.guard.requests import parameters_of
from understudy.server.guard.s3_claims import MARKERS, S3Claim, check_signature, find_key, read_claim
from understudy.sigv4 import UNSIGNED_PAYLOAD, PathStyle, presign, sign, signing_key
from understudy.sigv4.canonical import header_values

NOW = dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)
SECRET, REGION = "s" * 40, "eu-west-1"
GET = Request("GET", "bucket.example", "/bucket/a%20key")


class OneKey:
    identity = "alice"

    def find(self, access_key_id: str, session_token: str | None, now: dt.datetime) -> OneKey:
        if session_token == "expired":
            raise ExpiredToken("The security token included in the request is expired")
        if session_token == "malformed":
            text = "The security token included in the request is invalid"
            raise ServiceError(text, code="InvalidClientTokenId", status=403)
        if access_key_id != "AKIDEXAMPLE" or session_token not in (None, "token"):
            text = "The security token included in the request is invalid."
            raise ServiceError(text, code="InvalidClientTokenId", status=403)
        return self

    def signing_key(self, date: str, region: str, service: str) -> bytes:
        return signing_key(SECRET, date, region, service)


def signed(
    request: Request = GET, *, token: str | None = None, key: str = "AKIDEXAMPLE", secret: str = SECRET, **more: Any
) -> Request:
    chosen = {"region": REGION, "service": "s3", "now": NOW, "style": PathStyle.S3, **more}
    return sign(request, AWSCredentials(key, secret, token), **chosen)


def presigned(request: Request = GET, *, token: str | None = None, secret: str = SECRET, **more: Any) -> Request:
    chosen = {"region": REGION, "service": "s3", "now": NOW, "style": PathStyle.S3, "expires": 3600, **more}
    return presign(request, AWSCredentials("AKIDEXAMPLE", secret, token), **chosen)


def judged(request: Request, now: dt.datetime = NOW, region: str | None = REGION) -> S3Claim | None:
    found = read_claim(request, parameters_of(request), header_values(request), now=now, region=region)
    if found is not None:
        check_signature(request, found, find_key(OneKey(), found.claim, now))
    return found


def refusal(request: Request, now: dt.datetime = NOW, region: str | None = REGION) -> GuardError:
    with pytest.raises(GuardError) as caught:
        judged(request, now, region)
    return caught.value


def told(request: Request, **more: Any) -> tuple[int, str]:
    error = refusal(request, **more)
    return error.status, error.code


def query(request: Request, text: str) -> Request:
    return Request(request.method, request.host, request.path, text, request.headers)


def altered(name: str, value: str) -> Request:
    """A presigned request with one parameter replaced."""
    parts = [f"{name}={value}" if part.startswith(f"{name}=") else part for part in presigned().query.split("&")]
    return query(GET, "&".join(parts))


@pytest.mark.parametrize("request_", [signed(), signed(token="token"), presigned(), presigned(token="token")])
def test_a_right_claim_holds(request_: Request) -> None:
    found = judged(request_)
    assert found is not None
    assert found.claim.access_key_id == "AKIDEXAMPLE"


def test_a_request_without_a_claim_is_anonymous() -> None:
    assert judged(GET) is None


def test_two_claims_at_once() -> None:
    error = refusal(query(signed(), presigned().query))
    assert (error.status, error.code) == (400, "InvalidArgument")
    assert error.message.startswith("Only one auth mechanism allowed")
    assert ("ArgumentName", "Authorization") in error.details
    once = signed()
    twice = Request("GET", once.host, once.path, headers=(*once.headers, *once.headers[-1:]))
    assert refusal(twice).code == "InvalidArgument"


@pytest.mark.parametrize("authorization", ["AWS AKID:signature", "AWS4-ECDSA-P256-SHA256 Credential=a", "Basic x", ""])
def test_another_way_to_sign(authorization: str) -> None:
    assert told(signed().with_headers(("authorization", authorization)))[0] == 400


@pytest.mark.parametrize(
    "given_", ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential", "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request"]
)
def test_a_malformed_header(given_: str) -> None:
    assert told(signed().with_headers(("authorization", given_))) == (400, "AuthorizationHeaderMalformed")


def test_a_region_that_is_another_one_is_named() -> None:
    error = refusal(signed(region="us-east-1"))
    assert (error.status, error.code) == (400, "AuthorizationHeaderMalformed")
    assert error.message.endswith("the region 'us-east-1' is wrong; expecting 'eu-west-1'")
    assert ("Region", REGION) in error.details
    assert judged(signed(region="us-east-1"), region=None) is not None


def test_another_services_signature_is_none_for_s3() -> None:
    assert told(signed(service="sts")) == (400, "AuthorizationHeaderMalformed")
    assert told(presigned(service="sts")) == (400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize("minutes", [16, -16, 60 * 24])
def test_a_skewed_clock(minutes: int) -> None:
    error = refusal(signed(), now=NOW + dt.timedelta(minutes=minutes))
    assert (error.status, error.code) == (403, "RequestTimeTooSkewed")
    assert ("MaxAllowedSkewMilliseconds", "900000") in error.details
    assert ("RequestTime", "20260304T050607Z") in error.details


def test_a_presigned_address_is_good_until_it_expires() -> None:
    assert judged(presigned(expires=86_400), now=NOW + dt.timedelta(hours=24)) is not None
    error = refusal(presigned(expires=60), now=NOW + dt.timedelta(seconds=61))
    assert (error.status, error.code, error.message) == (403, "AccessDenied", "Request has expired")
    assert ("Expires", "2026-03-04T05:07:07Z") in error.details
    assert refusal(presigned(), now=NOW - dt.timedelta(minutes=16)).message == "Request is not valid yet"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Amz-Expires", "x"),
        ("X-Amz-Expires", "-1"),
        ("X-Amz-Expires", "604801"),
        ("X-Amz-Expires", "9" * 40),
        ("X-Amz-Expires", "%D9%A1"),
        ("X-Amz-Date", "2026-03-04"),
        ("X-Amz-Date", "20260305T050607Z"),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA1"),
        ("X-Amz-Credential", "AKIDEXAMPLE"),
    ],
)
def test_a_malformed_address(name: str, value: str) -> None:
    status, code = told(altered(name, value))
    assert (status, code) in ((400, "AuthorizationQueryParametersError"), (403, "AccessDenied"))


@pytest.mark.parametrize(
    "name",
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"],
)
def test_an_address_without_one_of_its_parameters(name: str) -> None:
    parts = [part for part in presigned().query.split("&") if not part.startswith(f"{name}=")]
    assert told(query(GET, "&".join(parts))) == (400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize("name", ["X-Amz-Expires", "X-Amz-Date", "X-Amz-Credential", "X-Amz-SignedHeaders"])
def test_a_parameter_of_the_claim_is_given_once(name: str) -> None:
    text = presigned().query
    part = next(each for each in text.split("&") if each.startswith(f"{name}="))
    assert told(query(GET, f"{text}&{part}")) == (400, "InvalidArgument")


def test_a_payload_hash_is_required_by_header() -> None:
    request = signed()
    headers = [pair for pair in request.headers if pair[0] != "x-amz-content-sha256"]
    error = refusal(Request("GET", request.host, request.path, headers=headers))
    assert (error.status, error.code) == (400, "InvalidRequest")
    assert error.message == "Missing required header for this request: x-amz-content-sha256"


@pytest.mark.parametrize(
    "given_", ["", "x", "UNSIGNED", "E" * 64, "e" * 63, "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"]
)
def test_a_payload_hash_is_a_hash_or_a_marker(given_: str) -> None:
    error = refusal(signed().with_headers(("x-amz-content-sha256", given_)))
    assert (error.status, error.code) == (400, "InvalidArgument")
    assert ("ArgumentName", "x-amz-content-sha256") in error.details


@pytest.mark.parametrize("marker", sorted(MARKERS))
def test_markers_are_taken_as_signed(marker: str) -> None:
    found = judged(signed(payload_hash=marker))
    assert found is not None
    assert found.payload_hash == marker
    assert told(signed(payload_hash=marker).with_headers(("x-amz-content-sha256", "0" * 64)))[0] == 403


def test_an_address_has_an_unsigned_payload() -> None:
    found = judged(presigned())
    assert found is not None
    assert found.payload_hash == UNSIGNED_PAYLOAD


@pytest.mark.parametrize("make", [signed, presigned])
@pytest.mark.parametrize("name", ["x-amz-acl", "x-amz-copy-source", "x-amz-meta-a", "x-amz-security-token"])
def test_every_amz_header_is_signed(make: Any, name: str) -> None:
    request = make()
    error = refusal(Request("GET", request.host, request.path, request.query, (*request.headers, (name, "x"))))
    assert (error.status, error.code) == (403, "AccessDenied")
    assert error.message == "There were headers present in the request which were not signed"
    assert ("HeadersNotSigned", name) in error.details


def test_other_headers_need_not_be_signed() -> None:
    assert judged(signed().with_headers(("range", "bytes=0-1"), ("user-agent", "x"))) is not None


def test_a_key_nobody_has() -> None:
    error = refusal(signed(key="AKIDNOBODY"))
    assert (error.status, error.code) == (403, "InvalidAccessKeyId")
    assert error.message == "The AWS Access Key Id you provided does not exist in our records."
    assert ("AWSAccessKeyId", "AKIDNOBODY") in error.details


@pytest.mark.parametrize("make", [signed, presigned])
@pytest.mark.parametrize(
    ("token", "status", "code"),
    [("expired", 400, "ExpiredToken"), ("malformed", 400, "InvalidToken"), ("anothers", 403, "InvalidAccessKeyId")],
)
def test_tokens_get_s3s_own_errors(make: Any, token: str, status: int, code: str) -> None:
    error = refusal(make(token=token, secret="wrong"))
    assert (error.status, error.code) == (status, code)
    assert (("Token-0", token) in error.details) == (status == 400)


def test_a_signed_header_beats_the_token_of_the_query() -> None:
    request = signed(query(GET, "X-Amz-Security-Token=foreign"), token="token")
    found = judged(request)
    assert found is not None
    assert found.claim.session_token == "token"


def test_equal_tokens_collapse_and_different_ones_are_nobodys() -> None:
    text = "X-Amz-Security-Token=token&X-Amz-Security-Token={}"
    assert judged(signed(query(GET, text.format("token")))) is not None
    assert told(signed(query(GET, text.format("other")))) == (403, "InvalidAccessKeyId")


def test_a_wrong_signature_shows_what_was_expected_but_no_key() -> None:
    error = refusal(signed(secret="wrong"))
    assert (error.status, error.code) == (403, "SignatureDoesNotMatch")
    details = dict(error.details)
    assert details["StringToSign"].startswith("AWS4-HMAC-SHA256\n20260304T050607Z")
    assert details["CanonicalRequest"].splitlines()[:2] == ["GET", "/bucket/a%20key"]
    assert bytes.fromhex(details["StringToSignBytes"]).decode() == details["StringToSign"]
    expected = signed().header("authorization") or ""
    assert expected.rpartition("=")[2] not in str(error.details)


wild = st.text(st.characters(max_codepoint=255), max_size=30)


@settings(max_examples=300, deadline=None)
@given(wild, wild, wild, wild)
def test_no_mangled_claim_is_more_than_refused(authorization: str, date: str, more: str, hashed: str) -> None:
    headers = (("authorization", authorization), ("x-amz-date", date), ("x-amz-content-sha256", hashed))
    for request in (Request("GET", "h", "/", more, headers), query(GET, f"{presigned().query}&{more}")):
        try:
            found = judged(request)
        except GuardError:
            continue
        assert found is None or more.strip("&") == ""


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255), st.booleans())
def test_no_changed_byte_of_a_claim_is_believed(where: int, byte: int, by_query: bool) -> None:
    request = presigned(token="token") if by_query else signed(token="token")
    text = request.query if by_query else request.header("authorization") or ""
    index = where % len(text)
    changed = f"{text[:index]}{chr(byte)}{text[index + 1 :]}"
    other = query(request, changed) if by_query else request.with_headers(("authorization", changed))
    try:
        found = judged(other)
    except GuardError:
        return
    assert found is None or changed.lower().split() == text.lower().split()
