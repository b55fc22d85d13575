"""Sections 1 and 3 through the whole stand-in: headers, JSON, presigned requests, endpoints, duplicates, the log."""

import json
from base64 import b64decode
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.server.stand_in import ALICE, BOB, CROSS, FORM, A, StandIn, keys

from understudy.commands import BY_NAME
from understudy.http import Request
from understudy.server.endpoints import endpoint_of
from understudy.wire import faults

WHO = "Action=GetCallerIdentity&Version=2011-06-15"


def answer(stand_in, request, credentials=ALICE):
    return stand_in.send(stand_in.signed(request, credentials))


def test_section_1_the_headers_of_an_answer():
    stand_in = StandIn()
    response = answer(stand_in, stand_in.request("GetCallerIdentity"))
    assert response.header("content-type") == "text/xml"
    assert response.header("x-amzn-requestid").encode() in response.body
    assert b64decode(response.header("x-amz-sts-extended-request-id"))
    assert response.header("date") == "Sun, 22 Nov 2026 12:00:00 GMT"
    assert response.header("content-length") == str(len(response.body))


def test_section_1_the_headers_of_an_error():
    response = StandIn().send(StandIn().request("GetCallerIdentity"))
    assert response.status == 403
    assert response.header("x-amzn-requestid").encode() in response.body


def test_section_1_get_caller_identity_in_the_order_of_the_service():
    stand_in = StandIn()
    body = answer(stand_in, stand_in.request("GetCallerIdentity")).body
    assert body.index(b"<Arn>") < body.index(b"<UserId>") < body.index(b"<Account>")
    assert body.endswith(b"\n")
    assert not body.startswith(b"<?xml")


def test_section_1_json_where_it_is_accepted():
    stand_in = StandIn()
    stand_in.headers = (("accept", "application/json"),)
    response = answer(stand_in, stand_in.request("GetCallerIdentity"))
    said = json.loads(response.body)["GetCallerIdentityResponse"]
    assert said["GetCallerIdentityResult"] == {"Account": A, "Arn": ALICE.arn, "UserId": ALICE.unique_id}
    assert said["ResponseMetadata"] == {"RequestId": response.header("x-amzn-requestid")}


def test_section_1_errors_in_json_where_it_is_accepted():
    stand_in = StandIn()
    stand_in.headers = (("accept", "application/json"),)
    response = stand_in.send(stand_in.request("GetCallerIdentity"))
    assert json.loads(response.body)["Error"]["Code"] == "MissingAuthenticationToken"


def test_aws_iam_authenticator_a_presigned_get_with_a_signed_header():
    stand_in = StandIn()
    request = stand_in.presigned(WHO, ALICE, ("x-k8s-aws-id", "cluster-1"), expires=60)
    request = request.with_headers(("accept", "application/json"))
    said = json.loads(stand_in.send(request).body)
    assert said["GetCallerIdentityResponse"]["GetCallerIdentityResult"]["Arn"] == ALICE.arn


def test_aws_iam_authenticator_another_cluster_is_refused():
    stand_in = StandIn()
    request = stand_in.presigned(WHO, ALICE, ("x-k8s-aws-id", "cluster-1"), expires=60)
    response = stand_in.send(request.with_headers(("x-k8s-aws-id", "cluster-2")))
    assert faults.parse(response).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(("expires", "later", "status"), [(1, 899, 200), (60, 900, 200), (604_800, 901, 403)])
def test_section_3_presigned_is_good_for_fifteen_minutes_whatever_it_says(expires, later, status):
    stand_in = StandIn()
    request = stand_in.presigned(WHO, ALICE, expires=expires)
    stand_in.clock.now += later
    assert stand_in.send(request).status == status


def test_a_presigned_get_of_a_session():
    stand_in = StandIn()
    session = stand_in.assume(ALICE)
    assert b"assumed-role/CrossAccountRole" in stand_in.send(stand_in.presigned(WHO, session)).body


def test_vault_a_post_with_signed_extra_headers():
    stand_in = StandIn()
    stand_in.headers = (("x-vault-aws-iam-server-id", "vault.example.com"),)
    signed = stand_in.signed(stand_in.request("GetCallerIdentity"), ALICE)
    assert stand_in.send(signed).status == 200
    changed = signed.with_headers(("x-vault-aws-iam-server-id", "other.example.com"))
    assert faults.parse(stand_in.send(changed)).code == "SignatureDoesNotMatch"


def test_section_1_the_first_of_a_duplicate_wins():
    stand_in = StandIn()
    for doubled in (f"{WHO}&Action=AssumeRole", f"{WHO}&Version=2010-01-01"):
        request = stand_in.request("GetCallerIdentity")
        request.body = doubled.encode()
        assert answer(stand_in, request).status == 200


def test_section_1_unknown_members_are_ignored():
    assert StandIn().call(ALICE, "GetCallerIdentity", Unknown="1", **{"Tags.member.1.Key": "a"})


@pytest.mark.parametrize(
    ("action", "version", "message"),
    [
        ("Nothing", "2011-06-15", "Could not find operation Nothing for version 2011-06-15"),
        ("GetCallerIdentity", "2010-01-01", "Could not find operation GetCallerIdentity for version 2010-01-01"),
        ("GetCallerIdentity", None, "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED"),
    ],
)
def test_section_1_unknown_operations_need_no_signature_to_be_refused(action, version, message):
    stand_in = StandIn()
    request = stand_in.request(action)
    request.body = f"Action={action}{f'&Version={version}' if version else ''}".encode()
    response = stand_in.send(request)
    error = faults.parse(response)
    assert (response.status, error.code, error.message) == (400, "InvalidAction", message)
    assert b"http://webservices.amazon.com/AWSFault/2005-15-09" in response.body


def test_section_1_head():
    stand_in = StandIn()
    request = Request("HEAD", stand_in.host, "/", WHO, (("host", stand_in.host),))
    response = stand_in.send(stand_in.signed(request, ALICE))
    assert (response.status, response.body) == (200, b"")
    assert int(response.header("content-length")) > 100


def test_section_1_elsewhere_and_preflight():
    stand_in = StandIn()
    assert stand_in.send(Request("GET", "x", "/path")).status == 404
    assert stand_in.send(Request("GET", "x", "/")).header("location") == "https://aws.amazon.com/iam"
    preflight = (("origin", "https://a.example"), ("access-control-request-method", "POST"))
    assert stand_in.send(Request("OPTIONS", "x", "/", "", preflight)).header("access-control-allow-origin") == "*"


# Endpoints


@pytest.mark.parametrize(
    ("host", "region", "is_global"),
    [
        ("sts.amazonaws.com", "us-east-1", True),
        ("STS.amazonaws.com:443", "us-east-1", True),
        ("sts.eu-west-1.amazonaws.com", "eu-west-1", False),
        ("sts-fips.us-west-2.amazonaws.com", "us-west-2", False),
        ("sts.eu-west-1.api.aws", "eu-west-1", False),
        ("sts.cn-north-1.amazonaws.com.cn", "cn-north-1", False),
        ("127.0.0.1:4566", None, False),
        ("[::1]:4566", None, False),
        ("localhost", None, False),
        ("s3.eu-west-1.amazonaws.com", None, False),
        ("", None, False),
    ],
)
def test_endpoints_by_host(host, region, is_global):
    assert endpoint_of(host, None) == (region, is_global)


def test_section_3_the_global_endpoint_takes_us_east_1_only():
    stand_in = StandIn(host="sts.amazonaws.com", region="eu-west-1")
    error = stand_in.refused(ALICE, "GetCallerIdentity")
    assert (error.code, error.message) == (
        "SignatureDoesNotMatch",
        "Credential should be scoped to a valid region. ",
    )
    stand_in.region = "us-east-1"
    assert stand_in.call(ALICE, "GetCallerIdentity")


def test_section_3_a_regional_endpoint_takes_its_region_only():
    stand_in = StandIn(host="sts.eu-west-1.amazonaws.com", region="eu-west-1")
    assert stand_in.call(ALICE, "GetCallerIdentity")
    stand_in.region = "us-east-1"
    assert stand_in.refused(ALICE, "GetCallerIdentity").code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2"])
def test_a_loopback_address_takes_any_region_or_the_one_that_is_set(region):
    assert StandIn(region=region).call(ALICE, "GetCallerIdentity")
    fixed = StandIn(region=region)
    fixed.service.settings = replace(fixed.service.settings, region="eu-west-1")
    assert fixed.refused(ALICE, "GetCallerIdentity").code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("action", "message"),
    [("AssumeRoot", "Unknown Operation"), ("GetWebIdentityToken", "Operation not supported on STS global endpoint")],
)
def test_section_1_operations_that_the_global_endpoint_does_not_have(action, message):
    error = StandIn(host="sts.amazonaws.com").refused(ALICE, action)
    assert (error.status, error.code, error.message) == (400, "InvalidAction", message)


def test_section_3_tokens_of_the_global_endpoint_are_refused_in_opt_in_regions():
    stand_in = StandIn(host="sts.amazonaws.com")
    session = stand_in.assume(ALICE)
    stand_in.host, stand_in.region = "sts.eu-west-1.amazonaws.com", "eu-west-1"
    assert stand_in.call(session, "GetCallerIdentity")
    stand_in.host, stand_in.region = "sts.eu-south-1.amazonaws.com", "eu-south-1"
    error = stand_in.refused(session, "GetCallerIdentity")
    assert (error.status, error.code) == (403, "InvalidClientTokenId")
    assert stand_in.call(stand_in.assume(ALICE), "GetCallerIdentity")


# The log


def test_one_record_for_each_request_and_no_secrets():
    stand_in = StandIn()
    stand_in.headers = (("user-agent", "tests/1"),)
    session = stand_in.assume(ALICE)
    stand_in.refused(BOB, "AssumeRole", RoleArn=CROSS.arn, RoleSessionName="s1")
    first, second = stand_in.log
    assert (first["action"], first["status"], first["caller"]) == ("AssumeRole", 200, ALICE.arn)
    assert (first["source_ip"], first["region"], first["user_agent"]) == ("203.0.113.7", "us-east-1", "tests/1")
    assert (second["code"], second["status"]) == ("AccessDenied", 403)
    written = json.dumps(stand_in.log)
    for secret in (session.secret_access_key, session.session_token, keys(ALICE).secret_access_key):
        assert secret not in written


def test_an_internal_error_is_logged_and_shows_nothing(monkeypatch, caplog):
    from understudy.server.operations import table

    def broken(*_):
        raise RuntimeError("the cause is private")

    monkeypatch.setitem(table.HANDLERS, "GetCallerIdentity", broken)
    stand_in = StandIn()
    response = answer(stand_in, stand_in.request("GetCallerIdentity"))
    error = faults.parse(response)
    assert (response.status, error.code) == (500, "InternalFailure")
    assert b"private" not in response.body
    assert "the cause is private" in caplog.text


# Whatever comes, no request gives a 500


MEMBERS = (
    "Action Version RoleArn RoleSessionName Policy PolicyArns.member.1.arn DurationSeconds Tags.member.1.Key "
    "Tags.member.1.Value TransitiveTagKeys.member.1 ExternalId SerialNumber TokenCode SourceIdentity "
    "ProvidedContexts.member.1.ContextAssertion Name AccessKeyId EncodedMessage TradeInToken WebIdentityToken "
    "ProviderId PrincipalArn SAMLAssertion TargetPrincipal TaskPolicyArn.arn Audience.member.1 SigningAlgorithm "
    "MinimumSessionTokenSize"
)
names = st.sampled_from(MEMBERS.split())
values = st.one_of(
    st.text(max_size=60),
    st.integers(-(2**40), 2**40).map(str),
    st.sampled_from(
        [CROSS.arn, ALICE.arn, "*", "a" * 20, '{"Version":"2012-10-17","Statement":[]}', "{}", "[]", "900"]
    ),
)
ACTIONS = sorted(BY_NAME)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ACTIONS), st.dictionaries(names, values, max_size=8), st.booleans())
def test_no_members_however_wrong_give_a_500(action, members, sign):
    stand_in = StandIn()
    request = stand_in.request(action, members)
    response = stand_in.send(stand_in.signed(request, ALICE) if sign else request)
    assert response.status < 500


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mangled_header_or_byte_gives_a_500(data):
    stand_in = StandIn()
    signed = stand_in.signed(stand_in.request("AssumeRole", {"RoleArn": CROSS.arn, "RoleSessionName": "s1"}), ALICE)
    name, value = data.draw(st.sampled_from(signed.headers))
    position = data.draw(st.integers(0, len(value)))
    inserted = data.draw(st.text(st.characters(max_codepoint=0xFF), max_size=5))
    mangled = signed.with_headers((name, value[:position] + inserted + value[position + 1 :]))
    assert stand_in.send(mangled).status < 500
    body = bytearray(signed.body)
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    signed.body = bytes(body)
    assert stand_in.send(signed).status < 500


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS", "", "get"]),
    st.text(st.characters(max_codepoint=0xFF), max_size=30),
    st.text(st.characters(max_codepoint=0xFF), max_size=60),
    st.binary(max_size=60),
)
def test_no_raw_request_gives_a_500(method, path, query, body):
    headers = (("content-type", FORM), ("host", "x"))
    for target in ("/", "/" + path):
        assert StandIn().send(Request(method, "x", target, query, headers, body)).status < 500
        assert StandIn().send(Request(method, "x", target, "Action=" + quote(query), headers, body)).status < 500
