"""Responses: element order and JSON out; tolerance towards the service and none towards strangers in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy import commands, types
from understudy.errors import AccessDenied, ResponseError
from understudy.http import Response
from understudy.wire import responses

WHOAMI = commands.GetCallerIdentityCommand.operation
ASSUME = commands.AssumeRoleCommand.operation
SAML = commands.AssumeRoleWithSAMLCommand.operation
ALICE = types.GetCallerIdentityOutput(
    user_id="AIDAALICE", account="123456789012", arn="arn:aws:iam::123456789012:user/alice"
)
CREDENTIALS = types.Credentials(
    access_key_id="ASIAAAAAAAAAAAAAAAAA",
    secret_access_key="secret/+=",
    session_token="to<k>&en",
    expiration=datetime(2026, 11, 22, 10, 30, tzinfo=UTC),
)
USER = types.AssumedRoleUser(assumed_role_id="AROAX:demo", arn="arn:aws:sts::123456789012:assumed-role/R/demo")
SESSION = types.AssumeRoleOutput(credentials=CREDENTIALS, assumed_role_user=USER, source_identity="alice")


def answer(body: bytes | str, status: int = 200, *headers: tuple[str, str]) -> Response:
    return Response(status, headers, body.encode() if isinstance(body, str) else body)


def whoami(inner: str) -> Response:
    return answer(
        f"<GetCallerIdentityResponse><GetCallerIdentityResult>{inner}</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )


def test_get_caller_identity_is_written_as_the_service_writes_it() -> None:
    content_type, body = responses.serialize(WHOAMI, ALICE, "8a0e-1")
    assert content_type == "text/xml"
    assert (
        body.decode()
        == """\
<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:iam::123456789012:user/alice</Arn>
    <UserId>AIDAALICE</UserId>
    <Account>123456789012</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>8a0e-1</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
"""
    )


def test_assume_role_puts_the_user_before_the_credentials_and_leaves_out_what_is_not_there() -> None:
    body = responses.serialize(ASSUME, SESSION, "8a0e-1")[1].decode()
    names = [line.strip().split(">")[0].lstrip("<") for line in body.splitlines() if not line.strip().startswith("</")]
    assert names[1:] == [
        *("AssumeRoleResult", "AssumedRoleUser", "AssumedRoleId", "Arn"),
        *("Credentials", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"),
        *("SourceIdentity", "ResponseMetadata", "RequestId"),
    ]


def test_json_is_written_as_verifiers_expect_it() -> None:
    content_type, body = responses.serialize(WHOAMI, ALICE, "8a0e-1", accept_json=True)
    assert content_type == "application/json"
    assert json.loads(body) == {
        "GetCallerIdentityResponse": {
            "GetCallerIdentityResult": {
                "Account": "123456789012",
                "Arn": "arn:aws:iam::123456789012:user/alice",
                "UserId": "AIDAALICE",
            },
            "ResponseMetadata": {"RequestId": "8a0e-1"},
        }
    }


@pytest.mark.parametrize("accept_json", [False, True])
@pytest.mark.parametrize(("operation", "output"), [(WHOAMI, ALICE), (ASSUME, SESSION)])
def test_what_is_written_is_read_back(operation: Any, output: Any, accept_json: bool) -> None:
    body = responses.serialize(operation, output, "8a0e-1", accept_json)[1]
    assert responses.parse(operation, answer(body)) == output


def test_other_orders_unknown_elements_prefixes_and_attributes_are_taken() -> None:
    body = """<?xml version="1.0" encoding="UTF-8"?>
    <s:GetCallerIdentityResponse xmlns:s="urn:other"><s:New><s:Arn>no</s:Arn></s:New>
      <s:GetCallerIdentityResult a="b"><s:Account>1</s:Account><s:More/><s:UserId>2</s:UserId><s:Arn>3</s:Arn></s:GetCallerIdentityResult>
    </s:GetCallerIdentityResponse>"""
    assert responses.parse(WHOAMI, answer(body)) == types.GetCallerIdentityOutput(user_id="2", account="1", arn="3")


def test_the_first_of_a_repeated_element_counts() -> None:
    found = responses.parse(WHOAMI, whoami("<Arn>a</Arn><Arn>b</Arn><Account/><UserId>u</UserId>"))
    assert (found.arn, found.account) == ("a", "")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n ",
        b"OK",
        b"<html><body>Sign in</body></html>",
        b"<!DOCTYPE html><html></html>",
        b"{}",
        b"[]",
        b'{"GetCallerIdentityResponse": []}',
        b'{"message": "hello"}',
        b"<GetCallerIdentityResponse/>",
        b"<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>",
        b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>",
        b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
        b"\x00\x01",
    ],
)
def test_a_success_with_an_empty_or_foreign_body_is_an_error_and_not_an_empty_output(body: bytes) -> None:
    with pytest.raises(
        ResponseError, match=r"GetCallerIdentity was answered with status 200 and .* not an answer of STS"
    ) as caught:
        responses.parse(WHOAMI, answer(body, 200, ("content-type", "text/html")))
    assert caught.value.status == 200
    assert "text/html" in str(caught.value)
    assert caught.value.hint


def test_a_redirect_is_an_error_that_names_where_to() -> None:
    with pytest.raises(ResponseError, match=r"a redirect to 'https://aws.amazon.com/iam'"):
        responses.parse(WHOAMI, answer(b"", 302, ("location", "https://aws.amazon.com/iam")))


@pytest.mark.parametrize("status", [201, 202, 204])
def test_another_success_with_an_empty_body_is_refused_too(status: int) -> None:
    with pytest.raises(ResponseError):
        responses.parse(WHOAMI, answer(b"", status))


def test_half_of_the_credentials_is_refused_by_name_and_shows_no_secret() -> None:
    body = responses.serialize(ASSUME, SESSION, "1")[1].decode()
    for name in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"):
        broken = body.replace(f"<{name}>", f"<X{name}>").replace(f"</{name}>", f"</X{name}>")
        with pytest.raises(ResponseError, match=f"without AssumeRole.Credentials.{name}") as caught:
            responses.parse(ASSUME, answer(broken))
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("user", ["", "<AssumedRoleUser/>", "<AssumedRoleUser><Arn/><AssumeRoleId/></AssumedRoleUser>"])
def test_a_store_that_leaves_out_the_assumed_role_user_is_forgiven(user: str) -> None:
    body = responses.serialize(ASSUME, SESSION, "1")[1].decode()
    start, end = body.index("<AssumedRoleUser>"), body.index("</AssumedRoleUser>") + len("</AssumedRoleUser>")
    found: Any = responses.parse(ASSUME, answer(body[:start] + user + body[end:]))
    assert found.credentials == CREDENTIALS
    assert found.assumed_role_user == types.AssumedRoleUser(assumed_role_id="", arn="")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2026-11-22T10:30:00Z", "soon", "AssumeRole.Credentials.Expiration 'soon', which is not an aware datetime"),
        (
            "<SourceIdentity>",
            "<PackedPolicySize>x</PackedPolicySize><SourceIdentity>",
            "AssumeRole.PackedPolicySize 'x'",
        ),
    ],
)
def test_a_scalar_that_cannot_be_read_is_named(old: str, new: str, message: str) -> None:
    body = responses.serialize(ASSUME, SESSION, "1")[1].decode().replace(old, new)
    with pytest.raises(ResponseError, match=message):
        responses.parse(ASSUME, answer(body))


def test_scalars_may_stand_between_blanks_and_text_keeps_them() -> None:
    body = responses.serialize(ASSUME, SESSION, "1")[1].decode()
    body = body.replace("2026-11-22T10:30:00Z", "\n 2026-11-22T10:30:00Z ").replace("secret/+=", " secret ")
    found: Any = responses.parse(ASSUME, answer(body))
    assert found.credentials.expiration == CREDENTIALS.expiration
    assert found.credentials.secret_access_key == " secret "


def test_an_error_status_raises_the_services_error() -> None:
    body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>7</RequestId></ErrorResponse>"
    with pytest.raises(AccessDenied) as caught:
        responses.parse(ASSUME, answer(body, 403))
    assert (caught.value.operation, caught.value.request_id) == ("AssumeRole", "7")


@given(
    st.binary() | st.text().map(str.encode),
    st.sampled_from(["", "<AssumeRoleResponse><AssumeRoleResult><Credentials>"]),
)
def test_no_body_gives_anything_but_an_output_or_a_response_error(body: bytes, before: str) -> None:
    with pytest.raises(ResponseError):
        responses.parse(ASSUME, answer(before.encode() + body))
