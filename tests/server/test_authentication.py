"""The numbered rules of authentication, in the service's order and with its texts."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.errors import ExpiredToken, ServiceError
from understudy.http import Request
from understudy.identity import AWSCredentials
from understudy.server.authentication import DOES_NOT_MATCH, GLOBAL_REGION, authenticate, check_escapes
from understudy.sigv4 import presign, sign, signing_key

NOW = dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
FORM = (("content-type", "application/x-www-form-urlencoded"),)
POST = Request("POST", "sts.eu-west-1.amazonaws.com", "/", "", FORM, b"Action=GetCallerIdentity&Version=2011-06-15")
GET = Request("GET", "sts.eu-west-1.amazonaws.com", "/", "Action=GetCallerIdentity&Version=2011-06-15")
EU = "eu-west-1"


class OneKey:
    """A directory of one long-lived key and one session token."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    def find(self, access_key_id: str, session_token: str | None, now: dt.datetime) -> OneKey:
        self.asked.append((access_key_id, session_token))
        if session_token == "expired":
            raise ExpiredToken("The security token included in the request is expired")
        if access_key_id != "AKIDEXAMPLE" or session_token not in (None, "token"):
            text = "The security token included in the request is invalid."
            raise ServiceError(text, code="InvalidClientTokenId", status=403)
        return self

    identity = "alice"

    def signing_key(self, date: str, region: str, service: str) -> bytes:
        return signing_key(SECRET, date, region, service)


def signed(
    request: Request = POST, *, token: str | None = None, key="AKIDEXAMPLE", secret=SECRET, **changes
) -> Request:
    settings_ = {"region": EU, "service": "sts", "now": NOW, **changes}
    return sign(request, AWSCredentials(key, secret, token), **settings_)


def presigned(request: Request = GET, *, token: str | None = None, secret=SECRET, **changes) -> Request:
    settings_ = {"region": EU, "service": "sts", "now": NOW, **changes}
    return presign(request, AWSCredentials("AKIDEXAMPLE", secret, token), **settings_)


def refusal(request: Request, *, region: str | None = EU, now: dt.datetime = NOW) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        authenticate(request, OneKey(), now=now, region=region)
    return caught.value


def told(error: ServiceError) -> tuple[int, str, str]:
    return error.status, error.code, error.message


def with_authorization(value: str, request: Request | None = None) -> Request:
    return (request or signed()).with_headers(("authorization", value))


def without(request: Request, *names: str) -> Request:
    headers = [pair for pair in request.headers if pair[0] not in names]
    return Request(request.method, request.host, request.path, request.query, headers, request.body)


@pytest.mark.parametrize("request_", [signed(), signed(token="token"), presigned(), presigned(token="token")])
def test_rule_16_a_right_signature_authenticates(request_: Request) -> None:
    found = authenticate(request_, OneKey(), now=NOW, region=EU)
    assert found.identity == "alice"
    assert found.region == EU


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("a=%", "Incomplete trailing escape % sequence"),
        ("a=%4", "Incomplete trailing escape % sequence"),
        ("a=%zz&b", "Illegal hex character in escape % pattern: %zz"),
        ("%4g", "Illegal hex character in escape % pattern: %4g"),
    ],
)
def test_rule_4_escapes_of_the_query(query: str, text: str) -> None:
    assert told(refusal(Request("GET", "h", query=query))) == (400, "MalformedQueryString", text)


def test_rule_4_whole_escapes_pass() -> None:
    check_escapes("a=%4F&b=%e2%82%ac")


def test_rule_5_header_and_query_at_once_have_no_message() -> None:
    error = refusal(Request("GET", GET.host, query=presigned().query, headers=signed().headers))
    assert told(error) == (403, "SignatureDoesNotMatch", "")
    assert not error.has_message


@pytest.mark.parametrize("request_", [POST, GET, Request("GET", "h", query="AWSAccessKeyId=a&Signature=b")])
def test_rule_5_no_signature(request_: Request) -> None:
    text = "Request is missing Authentication Token"
    assert told(refusal(request_)) == (403, "MissingAuthenticationToken", text)


@pytest.mark.parametrize("algorithm", ["AWS4-HMAC-SHA512", "Basic", "aws4-hmac-sha256", "AWS4-HMAC-SHA256,"])
def test_rule_6a_another_algorithm(algorithm: str) -> None:
    error = refusal(with_authorization(f"{algorithm} Credential=a"))
    assert told(error) == (400, "IncompleteSignature", f"Unsupported AWS 'algorithm': '{algorithm}'.")


def test_rule_6b_a_pair_without_an_equal_sign() -> None:
    value = "AWS4-HMAC-SHA256 Credential=a, SignedHeaders, Signature=b"
    text = f"'SignedHeaders' not a valid key=value pair (missing equal-sign) in Authorization header: '{value}'"
    assert told(refusal(with_authorization(value))) == (400, "IncompleteSignature", text)


def test_rule_6c_the_last_duplicate_counts_in_the_header() -> None:
    value = signed().header("authorization") or ""
    algorithm, _, pairs = value.partition(" ")
    accepted = with_authorization(f"{algorithm} Signature=00, Credential=x, {pairs}")
    assert authenticate(accepted, OneKey(), now=NOW, region=EU).identity == "alice"
    assert told(refusal(with_authorization(f"{value}, Signature=00"))) == (403, "SignatureDoesNotMatch", DOES_NOT_MATCH)


_CREDENTIAL = "Authorization header requires 'Credential' parameter."
_SIGNATURE = "Authorization header requires 'Signature' parameter."
_SIGNED = "Authorization header requires 'SignedHeaders' parameter."
_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        ("AWS4-HMAC-SHA256", [_CREDENTIAL, _SIGNATURE, _SIGNED]),
        ("AWS4-HMAC-SHA256 Signature=a", [_CREDENTIAL, _SIGNED]),
        ("AWS4-HMAC-SHA256 Credential=a,Signature=b", [_SIGNED]),
        ("AWS4-HMAC-SHA256 SignedHeaders=host,Credential=b", [_SIGNATURE]),
    ],
)
def test_rule_6d_everything_missing_is_told_at_once(value: str, missing: list[str]) -> None:
    text = f"{' '.join(missing)} Authorization=AWS4-HMAC-SHA256"
    assert told(refusal(with_authorization(value))) == (400, "IncompleteSignature", text)
    dateless = without(with_authorization(value), "x-amz-date")
    assert refusal(dateless).message == f"{' '.join([*missing, _DATE])} Authorization=AWS4-HMAC-SHA256"


def test_rule_6d_a_missing_date_alone() -> None:
    assert refusal(without(signed(), "x-amz-date")).message == f"{_DATE} Authorization=AWS4-HMAC-SHA256"


@pytest.mark.parametrize("algorithm", ["AWS4-HMAC-SHA512", "", "aws4-hmac-sha256"])
def test_rule_7a_another_algorithm_in_the_query(algorithm: str) -> None:
    error = refusal(Request("GET", GET.host, query=presigned().query.replace("AWS4-HMAC-SHA256", algorithm)))
    assert told(error) == (403, "MissingAuthenticationToken", "Request is missing Authentication Token")


def test_rule_7c_the_first_duplicate_counts_in_the_query() -> None:
    query = presigned().query
    accepted = Request("GET", GET.host, query=f"{query}&X-Amz-Signature=00")
    assert authenticate(accepted, OneKey(), now=NOW, region=EU).identity == "alice"
    assert refusal(Request("GET", GET.host, query=f"X-Amz-Signature=00&{query}")).message == DOES_NOT_MATCH


@pytest.mark.parametrize("name", ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"])
def test_rule_7d_a_missing_parameter(name: str) -> None:
    query = "&".join(part for part in presigned().query.split("&") if not part.startswith(name))
    text = f"AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
    assert told(refusal(Request("GET", GET.host, query=query))) == (400, "IncompleteSignature", text)


def test_rule_7d_all_parameters_missing() -> None:
    names = ("X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    text = " ".join(f"AWS query-string parameters must include '{name}'." for name in names)
    error = refusal(Request("GET", GET.host, query="X-Amz-Algorithm=AWS4-HMAC-SHA256"))
    assert error.message == f"{text} Re-examine the query-string parameters."


@pytest.mark.parametrize("by_query", [False, True])
def test_rule_8_the_host_is_signed(by_query: bool) -> None:
    if by_query:
        request = Request("GET", GET.host, query=presigned().query.replace("SignedHeaders=host", "SignedHeaders=Host"))
    else:
        value = (signed().header("authorization") or "").replace("content-type;host;", "content-type;")
        request = with_authorization(value)
    text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    assert told(refusal(request)) == (403, "SignatureDoesNotMatch", text)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "2026-03-04T05:06:07Z",
        "Wed, 04 Mar 2026 05:06:07 GMT",
        "20260304T050607",
        "20261304T050607Z",
        "20260304T٠٥0607Z",
    ],
)
def test_rule_9_the_form_of_the_date(date: str) -> None:
    error = refusal(signed().with_headers(("x-amz-date", date)))
    text = f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
    assert told(error) == (400, "IncompleteSignature", text)


def test_rule_9_a_date_header_stands_in() -> None:
    request = without(signed(), "x-amz-date")
    error = refusal(Request(POST.method, POST.host, headers=(*request.headers, ("date", "today")), body=POST.body))
    assert "Got 'today'" in error.message


@pytest.mark.parametrize("make", [signed, presigned])
def test_rule_10_a_signature_lives_15_minutes(make) -> None:
    late = NOW + dt.timedelta(minutes=15)
    assert authenticate(make(), OneKey(), now=late, region=EU)
    text = "Signature expired: 20260304T050607Z is now earlier than 20260304T050608Z (20260304T052108Z - 15 min.)"
    error = refusal(make(), now=late + dt.timedelta(seconds=1))
    assert told(error) == (403, "SignatureDoesNotMatch", text)


@pytest.mark.parametrize("expires", [1, 60, 604_800])
def test_rule_10_a_presigned_address_is_good_for_15_minutes_whatever_it_says(expires: int) -> None:
    request = presigned(expires=expires)
    assert authenticate(request, OneKey(), now=NOW + dt.timedelta(minutes=15), region=EU)
    assert refusal(request, now=NOW + dt.timedelta(minutes=15, seconds=1)).message.startswith("Signature expired")


@pytest.mark.parametrize("make", [signed, presigned])
def test_rule_11_a_signature_of_the_future(make) -> None:
    early = NOW - dt.timedelta(minutes=15)
    assert authenticate(make(), OneKey(), now=early, region=EU)
    text = (
        "Signature not yet current: 20260304T050607Z is still later than 20260304T050606Z (20260304T045106Z + 15 min.)"
    )
    error = refusal(make(), now=early - dt.timedelta(seconds=1))
    assert told(error) == (403, "SignatureDoesNotMatch", text)


@pytest.mark.parametrize("credential", ["", "AKIDEXAMPLE", "a/b/c/d", "a/b/c/d/e/f"])
def test_rule_12_five_elements(credential: str) -> None:
    value = (signed().header("authorization") or "").split(" ")
    value[1] = f"Credential={credential},"
    text = (
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        f"got '{credential}'"
    )
    assert told(refusal(with_authorization(" ".join(value)))) == (400, "IncompleteSignature", text)


_REGION = "Credential should be scoped to a valid region. "
_SERVICE = "Credential should be scoped to correct service: 'sts'. "
_TERM = "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. "
_DAY = (
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
    "'20260303' != '20260304', from '20260304T050607Z'."
)


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        ("20260304/us-east-1/sts/aws4_request", _REGION),
        ("20260304/eu-west-1/iam/aws4_request", _SERVICE),
        ("20260304/eu-west-1/sts/aws5", _TERM),
        ("20260303/eu-west-1/sts/aws4_request", _DAY),
        ("20260303/x/y/aws5", _REGION + _SERVICE + _TERM + _DAY),
    ],
)
def test_rule_13_every_wrong_element_of_the_scope_is_told(scope: str, text: str) -> None:
    value = (signed().header("authorization") or "").replace("20260304/eu-west-1/sts/aws4_request", scope)
    assert told(refusal(with_authorization(value))) == (403, "SignatureDoesNotMatch", text)


def test_rule_13_the_global_endpoint_takes_its_own_region_only() -> None:
    assert authenticate(signed(region="us-east-1"), OneKey(), now=NOW, region=GLOBAL_REGION)
    assert refusal(signed(region=EU), region=GLOBAL_REGION).message == _REGION


def test_rule_13_an_endpoint_for_all_regions_takes_any_that_looks_like_one() -> None:
    assert authenticate(signed(region="mx-central-1"), OneKey(), now=NOW, region=None).region == "mx-central-1"
    assert refusal(signed(region="X Y"), region=None).message == _REGION
    assert refusal(signed(region=""), region=None).message == _REGION


def test_rule_13_comes_before_the_token_and_the_key() -> None:
    keys = OneKey()
    with pytest.raises(ServiceError, match="valid region"):
        authenticate(signed(region="x", key="AKIAUNKNOWN", token="expired"), keys, now=NOW, region=EU)
    assert keys.asked == []


@pytest.mark.parametrize("make", [signed, presigned])
def test_rule_14_the_token_comes_before_the_signature(make) -> None:
    error = refusal(make(token="expired", secret="wrong"))
    assert told(error) == (403, "ExpiredToken", "The security token included in the request is expired")
    assert refusal(make(token="foreign", secret="wrong")).code == "InvalidClientTokenId"


def test_rule_15_the_key_comes_before_the_signature() -> None:
    assert refusal(signed(key="AKIAUNKNOWN", secret="wrong")).code == "InvalidClientTokenId"


@pytest.mark.parametrize("make", [signed, presigned])
def test_rule_16_a_wrong_secret(make) -> None:
    assert told(refusal(make(secret="wrong"))) == (403, "SignatureDoesNotMatch", DOES_NOT_MATCH)


def test_rule_16_the_body_is_what_counts_not_what_a_header_says_of_it() -> None:
    request = signed(payload_hash="UNSIGNED-PAYLOAD")
    assert refusal(request).message == DOES_NOT_MATCH


def test_rule_16_a_signature_that_is_no_ascii_is_just_wrong() -> None:
    value = (signed().header("authorization") or "").rpartition("=")[0]
    assert refusal(with_authorization(f"{value}=\xe9\xff")).message == DOES_NOT_MATCH


anything = st.text(st.characters(max_codepoint=255), max_size=30)


@settings(max_examples=300, deadline=None)
@given(anything, anything, anything, anything)
def test_no_mangled_claim_is_more_than_refused(authorization: str, date: str, query: str, token: str) -> None:
    headers = (("authorization", authorization), ("x-amz-date", date), ("x-amz-security-token", token))
    refusal(Request("GET", GET.host, query=query, headers=headers), region=None)
    refusal(Request("GET", GET.host, query=f"{presigned().query}&{query}", headers=headers), region=None)


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255), st.booleans())
def test_no_changed_byte_of_a_claim_is_more_than_refused(where: int, byte: int, by_query: bool) -> None:
    request = presigned(token="token") if by_query else signed(token="token")
    text = request.query if by_query else request.header("authorization") or ""
    index = where % len(text)
    altered = f"{text[:index]}{chr(byte)}{text[index + 1 :]}"
    if by_query:
        changed = Request("GET", GET.host, query=altered)
    else:
        changed = with_authorization(altered, request)
    try:
        authenticate(changed, OneKey(), now=NOW, region=None)
    except ServiceError:
        return
    assert altered.lower().replace("\t", " ") == text.lower() or _same_claim(altered, text)


def _same_claim(altered: str, text: str) -> bool:
    """The commas and spaces of the header, and what a parser of pairs skips, carry no meaning."""
    return altered.replace(",", " ").split() == text.replace(",", " ").split()
