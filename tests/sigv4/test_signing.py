"""Signatures against botocore's signers as referee, and against our own verifier for every changed byte."""

from __future__ import annotations

import datetime as dt
import string
from unittest.mock import patch
from urllib.parse import quote

import pytest
from botocore import auth as botocore_auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.errors import ConfigurationError
from understudy.http import Request
from understudy.identity import AWSCredentials
from understudy.server.authentication import read_claim
from understudy.sigv4 import PathStyle, presign, sign, signing_key, verify
from understudy.sigv4.canonical import UNSIGNABLE, UNSIGNED_PAYLOAD, payload_hash
from understudy.sigv4.encoding import percent_encode

NOW = dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGIONS = st.sampled_from(["us-east-1", "eu-central-2", "cn-north-1", "us-gov-west-1"])
SERVICES = st.sampled_from(["sts", "s3", "execute-api", "iam"])
MANY = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
token = st.none() | st.text(string.ascii_letters + string.digits + "+/=", min_size=1, max_size=60)
segment = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8).map(
    lambda s: quote(s, safe="")
)
paths = st.lists(segment | st.sampled_from([".", "..", "", "a b".replace(" ", "%20")]), max_size=5).map(
    lambda parts: "/" + "/".join(parts)
)
queries = st.dictionaries(text, text, max_size=5).map(
    lambda pairs: "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in pairs.items() if name)
)
header_names = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=14).map("x-{}".format)
extra_names = st.sampled_from(["content-type", "accept", "x-k8s-aws-id", "x-amz-target", *sorted(UNSIGNABLE)])
header_values_ = st.text(string.ascii_letters + string.digits + " ;,/=-_", max_size=20)
headers = st.dictionaries(
    (header_names | extra_names).filter(lambda name: name != "authorization" and not name.startswith("x-amz-")),
    header_values_,
    max_size=5,
)
methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"])
hosts = st.sampled_from(["sts.amazonaws.com", "127.0.0.1:4566", "bucket.s3.eu-west-1.amazonaws.com", "host.example"])


@st.composite
def requests(draw: st.DrawFn) -> Request:
    return Request(
        draw(methods),
        draw(hosts),
        draw(paths),
        draw(queries),
        tuple(draw(headers).items()),
        draw(st.binary(max_size=40)),
    )


def credentials(session_token: str | None = None) -> AWSCredentials:
    return AWSCredentials("AKIDEXAMPLE", SECRET, session_token)


def botocore_signed(signer: type, request: Request, session_token: str | None, region: str, service: str) -> AWSRequest:
    url = f"{request.scheme}://{request.host}{request.path}" + (f"?{request.query}" if request.query else "")
    asked = AWSRequest(request.method, url, dict(request.headers), data=request.body)
    with patch.object(botocore_auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None)):
        signer(Credentials("AKIDEXAMPLE", SECRET, session_token), service, region).add_auth(asked)
    return asked


def referee(name: str) -> type:
    """The plain-Python signer, also where awscrt is installed."""
    return getattr(botocore_auth, name)


@MANY
@given(requests(), token, REGIONS, SERVICES)
def test_header_signatures_equal_botocore(
    request_: Request, session_token: str | None, region: str, service: str
) -> None:
    ours = sign(request_, credentials(session_token), region=region, service=service, now=NOW)
    theirs = botocore_signed(referee("SigV4Auth"), request_, session_token, region, service)
    assert ours.header("authorization") == theirs.headers["Authorization"]


@MANY
@given(requests(), token, REGIONS)
def test_s3_header_signatures_equal_botocore(request_: Request, session_token: str | None, region: str) -> None:
    ours = sign(request_, credentials(session_token), region=region, service="s3", now=NOW, style=PathStyle.S3)
    theirs = botocore_signed(referee("S3SigV4Auth"), request_, session_token, region, "s3")
    assert ours.header("authorization") == theirs.headers["Authorization"]
    assert ours.header("x-amz-content-sha256") == theirs.headers["X-Amz-Content-SHA256"]


def signature_in(url: str) -> str:
    return url.rpartition("X-Amz-Signature=")[2]


@MANY
@given(requests(), token, REGIONS, st.integers(1, 604_800))
def test_presigned_signatures_equal_botocore(
    request_: Request, session_token: str | None, region: str, expires: int
) -> None:
    bodiless = Request(request_.method, request_.host, request_.path, request_.query, request_.headers)
    ours = presign(bodiless, credentials(session_token), region=region, service="sts", now=NOW, expires=expires)

    def signer(given_: Credentials, service: str, where: str) -> botocore_auth.SigV4QueryAuth:
        return referee("SigV4QueryAuth")(given_, service, where, expires=expires)

    theirs = botocore_signed(signer, bodiless, session_token, region, "sts")
    assert ours.url == theirs.url


@MANY
@given(requests(), token)
def test_s3_presigned_signatures_equal_botocore(request_: Request, session_token: str | None) -> None:
    bodiless = Request(request_.method, request_.host, request_.path, request_.query, request_.headers)
    given_ = credentials(session_token)
    ours = presign(bodiless, given_, region="eu-west-1", service="s3", now=NOW, expires=3600, style=PathStyle.S3)
    theirs = botocore_signed(referee("S3SigV4QueryAuth"), bodiless, session_token, "eu-west-1", "s3")
    assert ours.url == theirs.url


def holds(request: Request, style: PathStyle = PathStyle.DEFAULT, hashed: str | None = None) -> bool:
    claim = read_claim(request)
    key = signing_key(SECRET, claim.scope.date, claim.scope.region, claim.scope.service)
    return verify(request, claim, key, payload_hash=hashed or payload_hash(request.body), style=style).matches


@MANY
@given(requests(), token, REGIONS, SERVICES, st.booleans())
def test_every_signature_verifies(
    request_: Request, session_token: str | None, region: str, service: str, by_query: bool
) -> None:
    make = presign if by_query else sign
    signed = make(request_, credentials(session_token), region=region, service=service, now=NOW)
    assert holds(signed)


@MANY
@given(requests(), token)
def test_every_s3_signature_verifies(request_: Request, session_token: str | None) -> None:
    given_ = credentials(session_token)
    by_header = sign(request_, given_, region="us-east-1", service="s3", now=NOW, style=PathStyle.S3)
    by_query = presign(request_, given_, region="us-east-1", service="s3", now=NOW, style=PathStyle.S3)
    assert holds(by_header, PathStyle.S3)
    assert holds(by_query, PathStyle.S3, UNSIGNED_PAYLOAD)


def changed(text_: str, index: int, by: int) -> str:
    """The text with one byte of it replaced by another one."""
    return f"{text_[:index]}{chr((ord(text_[index]) + by) % 256)}{text_[index + 1 :]}"


def _escape_digit(raw: str, index: int) -> bool:
    return "%" in raw[max(0, index - 2) : index]


SAMPLES = [
    Request(
        "POST",
        "sts.amazonaws.com",
        "/",
        "",
        (("content-type", "application/x-www-form-urlencoded"), ("x-extra", "some value")),
        b"Action=GetCallerIdentity&Version=2011-06-15",
    ),
    Request("GET", "sts.amazonaws.com", "/a/b%20c", "Action=GetCallerIdentity&b=%2Fx", (("x-k8s-aws-id", "cluster"),)),
]


@pytest.mark.parametrize("style", [PathStyle.DEFAULT, PathStyle.S3])
@pytest.mark.parametrize("make", [sign, presign])
@pytest.mark.parametrize("sample", SAMPLES)
def test_each_changed_byte_of_method_path_query_header_or_body_breaks_it(sample, make, style) -> None:
    signed = make(sample, credentials("token"), region="us-east-1", service="sts", now=NOW, style=style)
    hashed = UNSIGNED_PAYLOAD if make is presign and style is PathStyle.S3 else None
    assert holds(signed, style, hashed)
    for altered in alterations(signed, body=hashed is None):
        assert not _holds_or_is_unreadable(altered, style, hashed), altered.url


def alterations(signed: Request, *, body: bool):
    """Each byte replaced by its neighbour and by one far away; equal in meaning are only the two cases of an escape."""
    part = {name: getattr(signed, name) for name in ("method", "host", "path", "query", "body")}
    for by in (1, 32, 128):
        for name in ("method", "path", "query"):
            for index in range(len(part[name])):
                value = changed(part[name], index, by)
                if value.lower() != part[name].lower() or not _escape_digit(part[name], index):
                    yield Request(**{**part, name: value}, headers=signed.headers)
        for index in range(len(signed.body) if body else 0):
            value = signed.body[:index] + bytes([(signed.body[index] + by) % 256]) + signed.body[index + 1 :]
            yield Request(**{**part, "body": value}, headers=signed.headers)
        yield from _header_alterations(signed, part, by)


def _header_alterations(signed: Request, part: dict, by: int):
    for position, (name, value) in enumerate(signed.headers):
        if name == "authorization":
            continue
        for index in range(len(value)):
            pairs = [*signed.headers]
            pairs[position] = (name, changed(value, index, by))
            yield Request(**part, headers=pairs)
    for index in range(len(signed.host)):
        yield Request(**{**part, "host": changed(signed.host, index, by)}, headers=signed.headers)


def _holds_or_is_unreadable(request: Request, style: PathStyle, hashed: str | None) -> bool:
    from understudy.errors import ServiceError

    try:
        return holds(request, style, hashed)
    except ServiceError:
        return False


@MANY
@given(requests(), st.data())
def test_a_random_changed_byte_of_a_random_request_breaks_it(request_: Request, data: st.DataObject) -> None:
    signed = sign(request_, credentials(), region="us-east-1", service="s3", now=NOW, style=PathStyle.S3)
    raw = f"{signed.method}\n{signed.path}\n{signed.query}"
    index = data.draw(st.integers(0, len(raw) - 1))
    value = chr(data.draw(st.integers(33, 126)))
    altered = raw[:index] + value + raw[index + 1 :]
    if (
        altered.count("\n") != 2
        or altered.lower() == raw.lower()
        or "+" in value
        or value in "&="
        or raw[index] in "&="
    ):
        return
    if _escape_digit(raw, index) or value == "%" or raw[index] == "%":
        return
    method, path, query = altered.split("\n")
    assert not holds(Request(method, signed.host, path, query, signed.headers, signed.body), PathStyle.S3)


def test_equal_queries_in_another_encoding_verify_alike() -> None:
    signed = sign(Request("GET", "h", query="a=%2Fx%20y"), credentials(), region="r", service="sts", now=NOW)
    for query in ("a=%2fx%20y", "a=/x+y", "%61=%2Fx%20y"):
        assert holds(Request("GET", "h", query=query, headers=signed.headers)), query


def test_spaces_in_a_header_may_run_together_but_its_other_bytes_may_not() -> None:
    sample = Request("GET", "h", headers=(("x-a", " b   c "), ("x-b", "\xc3\xa0")))
    signed = sign(sample, credentials(), region="r", service="sts", now=NOW)
    assert holds(signed.with_headers(("x-a", "b c")))
    assert holds(signed.with_headers(("x-a", "b\tc")))
    assert not holds(signed.with_headers(("x-b", "\xc3 ")))
    assert not holds(signed.with_headers(("x-a", "bc")))


def test_a_header_given_twice_is_joined() -> None:
    sample = Request("GET", "h", headers=(("x-a", "1"), ("x-a", "2")))
    signed = sign(sample, credentials(), region="r", service="sts", now=NOW)
    assert holds(signed)
    assert holds(Request("GET", "h", headers=(*(p for p in signed.headers if p[0] != "x-a"), ("x-a", "1,2"))))
    assert not holds(Request("GET", "h", headers=(*signed.headers, ("x-a", "3"))))


def test_hops_may_change_what_is_not_signed() -> None:
    sample = Request("GET", "h", headers=[(name, "1") for name in sorted(UNSIGNABLE) if name != "authorization"])
    signed = sign(sample, credentials(), region="r", service="sts", now=NOW)
    assert "SignedHeaders=host;x-amz-date," in (signed.header("authorization") or "")
    assert holds(signed.with_headers(("user-agent", "another")))


def test_signing_again_replaces_the_signature() -> None:
    once = sign(SAMPLES[0], credentials("old"), region="us-east-1", service="sts", now=NOW)
    again = sign(once, credentials(), region="us-east-1", service="sts", now=NOW)
    assert again.headers == sign(SAMPLES[0], credentials(), region="us-east-1", service="sts", now=NOW).headers


def test_a_given_payload_hash_is_signed_and_sent() -> None:
    signed = sign(SAMPLES[0], credentials(), region="r", service="sts", now=NOW, payload_hash=UNSIGNED_PAYLOAD)
    assert signed.header("x-amz-content-sha256") == UNSIGNED_PAYLOAD
    assert holds(signed, hashed=UNSIGNED_PAYLOAD)
    assert not holds(signed)


@pytest.mark.parametrize("expires", [0, -1, 604_801])
def test_a_presigned_address_has_bounds(expires: int) -> None:
    with pytest.raises(ConfigurationError, match="604800"):
        presign(SAMPLES[1], credentials(), region="r", service="sts", now=NOW, expires=expires)


def test_moments_of_other_zones_are_signed_in_utc() -> None:
    elsewhere = NOW.astimezone(dt.timezone(dt.timedelta(hours=9)))
    one = sign(SAMPLES[0], credentials(), region="r", service="sts", now=NOW)
    assert sign(SAMPLES[0], credentials(), region="r", service="sts", now=elsewhere).headers == one.headers


def test_the_cache_of_keys_is_bounded_and_right() -> None:
    first = signing_key("a", "20260101", "r", "s")
    for number in range(200):
        signing_key(f"a{number}", "20260101", "r", "s")
    assert signing_key("a", "20260101", "r", "s") == first
    from understudy.sigv4 import signing

    assert len(signing._keys) <= 64


def test_the_stages_can_be_looked_at() -> None:
    from understudy.sigv4.signing import stages_of_sign

    signed, stages = stages_of_sign(SAMPLES[0], credentials(), region="us-east-1", service="sts", now=NOW)
    assert stages.canonical_request.splitlines()[0] == "POST"
    assert stages.string_to_sign.splitlines()[:3] == [
        "AWS4-HMAC-SHA256",
        "20260304T050607Z",
        "20260304/us-east-1/sts/aws4_request",
    ]
    assert (signed.header("authorization") or "").endswith(stages.signature)
    assert SECRET not in stages.canonical_request + stages.string_to_sign
