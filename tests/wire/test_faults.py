"""Faults: the two namespaces, the message that may be absent, and a code for every answer of refusal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy import errors
from understudy.errors import ServiceError
from understudy.http import Response
from understudy.wire import faults


def xml(code: str, message: str = "no", request_id: str = "8a0e") -> str:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"


def parsed(status: int, body: str = "", **headers: str) -> ServiceError:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return faults.parse(Response(status, named, body.encode()), "AssumeRole")


def test_a_fault_is_written_as_the_service_writes_it() -> None:
    content_type, body = faults.serialize(errors.AccessDenied("User: a <b> & c"), "8a0e")
    assert content_type == "text/xml"
    assert (
        body.decode()
        == """\
<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>AccessDenied</Code>
    <Message>User: a &lt;b&gt; &amp; c</Message>
  </Error>
  <RequestId>8a0e</RequestId>
</ErrorResponse>
"""
    )


def test_a_fault_without_a_message_has_no_message_element() -> None:
    body = faults.serialize(ServiceError(None, code="MalformedInput"), "8a0e")[1]
    assert b"<Message" not in body
    assert (
        "Message" not in json.loads(faults.serialize(ServiceError(None, code="MalformedInput"), "1", True)[1])["Error"]
    )


def test_an_empty_message_is_an_empty_element() -> None:
    assert b"    <Message></Message>\n" in faults.serialize(ServiceError("", code="ValidationError"), "8a0e")[1]


def test_an_error_of_dispatch_has_the_namespace_of_dispatch() -> None:
    body = faults.serialize(ServiceError("Could not find operation X", code="InvalidAction"), "8a0e")[1]
    assert b'xmlns="http://webservices.amazon.com/AWSFault/2005-15-09"' in body


def test_json_faults_have_their_shape() -> None:
    content_type, body = faults.serialize(errors.AccessDenied("no"), "8a0e", accept_json=True)
    assert content_type == "application/json"
    assert json.loads(body) == {
        "Error": {"Code": "AccessDenied", "Message": "no", "Type": "Sender"},
        "RequestId": "8a0e",
    }


def test_a_fault_of_the_service_is_the_receivers() -> None:
    assert b"<Type>Receiver</Type>" in faults.serialize(ServiceError("oh", code="InternalFailure", status=500), "1")[1]


@pytest.mark.parametrize("accept_json", [False, True])
@pytest.mark.parametrize("kind", [*errors.MODELLED, errors.AccessDenied, errors.ExpiredToken])
def test_every_class_comes_back_as_itself(kind: type[ServiceError], accept_json: bool) -> None:
    content_type, body = faults.serialize(kind("because"), "8a0e", accept_json)
    found = faults.parse(Response(kind.status, (("content-type", content_type),), body), "AssumeRole")
    assert type(found) is kind
    assert (found.code, found.status, found.message, found.request_id) == (kind.code, kind.status, "because", "8a0e")
    assert found.operation == "AssumeRole"


def test_an_absent_message_and_an_empty_one_stay_apart() -> None:
    assert not parsed(400, "<ErrorResponse><Error><Code>MalformedInput</Code></Error></ErrorResponse>").has_message
    assert parsed(
        400, "<ErrorResponse><Error><Code>MalformedInput</Code><Message/></Error></ErrorResponse>"
    ).has_message


def test_the_request_id_of_the_header_comes_before_the_bodys() -> None:
    assert parsed(400, xml("X"), x_amzn_requestid="header").request_id == "header"
    assert parsed(400, xml("X")).request_id == "8a0e"
    assert parsed(400).request_id is None


@pytest.mark.parametrize(
    "body",
    [
        "<Error><Code>SlowDown</Code><Message>no</Message><RequestId>8a0e</RequestId></Error>",
        "<Response><Errors><Error><Code>SlowDown</Code><Message>no</Message></Error></Errors><RequestID>8a0e</RequestID></Response>",
        '{"ErrorResponse": {"Error": {"Code": "SlowDown", "Message": "no"}, "RequestId": "8a0e"}}',
        '{"__type": "com.amazonaws#SlowDown", "message": "no", "RequestId": "8a0e"}',
    ],
)
def test_the_shapes_of_other_services_are_read_too(body: str) -> None:
    found = parsed(503, body)
    assert (found.code, found.message, found.request_id, found.status) == ("SlowDown", "no", "8a0e", 503)


@pytest.mark.parametrize("header", ["Throttling", "Throttling:http://internal/", "com.amazonaws.sts#Throttling"])
def test_without_a_body_the_code_is_the_headers(header: str) -> None:
    assert parsed(400, x_amzn_errortype=header).code == "Throttling"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "Unknown"),
        (403, "Unknown"),
        (404, "NotFound"),
        (413, "RequestEntityTooLarge"),
        (429, "TooManyRequests"),
        (503, "ServiceUnavailable"),
    ],
)
def test_without_a_body_and_a_header_the_code_is_the_statuss(status: int, code: str) -> None:
    found = parsed(status)
    assert (found.code, found.has_message) == (code, False)


def test_a_proxys_page_gives_an_error_of_the_status_and_says_so() -> None:
    found = parsed(502, "<html><body>Bad gateway</body></html>", content_type="text/html")
    assert (found.code, found.fault) == ("BadGateway", "server")
    assert found.message == "status 502 with a body that is not the service's (text/html, 37 bytes)"


@given(
    st.integers(400, 599),
    st.binary() | st.sampled_from([b"{}", b"<Error/>", b'{"Error":[]}', b'{"Error":{"Code":null}}']),
)
def test_reading_a_fault_never_raises(status: int, body: bytes) -> None:
    found = faults.parse(Response(status, (), body))
    assert found.status == status
    assert found.code
