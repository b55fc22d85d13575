"""Rules 1 and 2: what is answered before an action or a signature is looked at."""

from __future__ import annotations

import pytest

from understudy.http import Request, Response
from understudy.server.dispatch import LARGEST_BODY, LARGEST_HEAD, dispatch, form_of, head_size

FORM = (("content-type", "application/x-www-form-urlencoded; charset=utf-8"),)
CALL = b"Action=GetCallerIdentity&Version=2011-06-15"


def answered(request: Request) -> Response:
    response = dispatch(request)
    assert response is not None
    return response


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "h", headers=FORM, body=CALL),
        Request("GET", "h", query=CALL.decode()),
        Request("POST", "h", headers=[("content-type", "APPLICATION/X-WWW-FORM-URLENCODED")], body=b"a=b&Action="),
        Request("GET", "h", query="%41ction=x"),
    ],
)
def test_a_call_goes_on(request_: Request) -> None:
    assert dispatch(request_) is None


@pytest.mark.parametrize("path", ["/%", "/%4", "/%zz", "/a%2", "/%%41"])
def test_rule_1_a_malformed_escape_in_the_path_is_400_and_empty(path: str) -> None:
    response = answered(Request("POST", "h", path, headers=FORM, body=CALL))
    assert (response.status, response.body) == (400, b"")


@pytest.mark.parametrize("method", ["BREW", "get", "PUT", "DELETE", "TRACE"])
def test_rule_2_an_unknown_method_is_400_and_empty(method: str) -> None:
    response = answered(Request(method, "h", headers=FORM, body=CALL))
    assert (response.status, response.body) == (400, b"")


@pytest.mark.parametrize("path", ["/x", "//", "/index.html", "/.well-known/", "/%2F"])
def test_rule_2_another_path_is_404_whatever_the_signature(path: str) -> None:
    response = answered(Request("POST", "h", path, headers=FORM, body=CALL))
    assert (response.status, response.body) == (404, b"<UnknownOperationException/>\n")


def test_rule_2_another_path_by_head_tells_the_length() -> None:
    response = answered(Request("HEAD", "h", "/x"))
    assert (response.status, response.body, response.header("content-length")) == (404, b"", "29")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json", "multipart/form-data"])
def test_rule_2_a_post_that_is_no_form_is_sent_elsewhere(content_type: str | None) -> None:
    headers = [("content-type", content_type)] if content_type else []
    response = answered(Request("POST", "h", headers=headers, body=CALL))
    assert (response.status, response.header("location"), response.body) == (302, "https://aws.amazon.com/iam", b"")


def test_rule_2_a_missing_action_is_sent_elsewhere_and_a_get_keeps_its_query() -> None:
    assert (
        answered(Request("POST", "h", headers=FORM, body=b"Version=1")).header("location")
        == "https://aws.amazon.com/iam"
    )
    assert answered(Request("GET", "h", query="a=1")).header("location") == "https://aws.amazon.com/iam?a=1"
    assert answered(Request("GET", "h", query="Actions=1")).status == 302


def test_a_browser_may_ask_first() -> None:
    headers = [("origin", "https://example.com"), ("access-control-request-method", "POST")]
    response = answered(Request("OPTIONS", "h", headers=headers))
    assert response.status == 200
    assert response.header("access-control-allow-origin") == "*"
    assert response.header("access-control-allow-methods") == "POST"
    assert response.header("access-control-max-age") == "172800"
    assert "x-amzn-RequestId" in (response.header("access-control-expose-headers") or "")
    assert answered(Request("OPTIONS", "h", headers=headers[:1])).status == 400


def test_a_body_of_ten_million_bytes_passes_and_one_more_does_not() -> None:
    body = CALL + b"&" * (LARGEST_BODY - len(CALL))
    assert dispatch(Request("POST", "h", headers=FORM, body=body)) is None
    response = answered(Request("POST", "h", headers=FORM, body=body + b"&"))
    assert (response.status, response.body, response.header("x-amzn-requestid")) == (413, b"", None)


def test_a_head_has_its_bound() -> None:
    request = Request("GET", "h", query=CALL.decode() + "&x=" + "y" * 16_000, headers=[("host", "h")])
    room = LARGEST_HEAD - head_size(request)
    assert dispatch(Request("GET", "h", query=request.query + "y" * room, headers=request.headers)) is None
    assert answered(Request("GET", "h", query=request.query + "y" * (room + 1), headers=request.headers)).status == 400


def test_the_head_is_counted_as_it_stood_on_the_wire() -> None:
    wire = b"GET /a?b=c HTTP/1.1\r\nhost: h\r\n\r\n"
    assert head_size(Request("GET", "h", "/a", "b=c", [("host", "h")])) == len(wire)


def test_the_form_is_the_query_of_a_get_and_the_body_of_a_post_before_its_query() -> None:
    assert form_of(Request("GET", "h", query="a=1", body=b"b=2")) == b"a=1"
    assert form_of(Request("POST", "h", query="a=1", body=b"b=2")) == b"b=2&a=1"
    assert form_of(Request("POST", "h", query="a=1")) == b"a=1"
