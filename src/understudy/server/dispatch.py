"""Dispatch: what the service answers before it looks at an action or a signature (rules 1 and 2).

The order is: the bounds of size, the method, the path's escapes, the preflight of a browser, the path, the form, the
action. Every answer here is told by its status alone, or nearly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from understudy.http import Response
from understudy.sigv4.encoding import query_pairs

if TYPE_CHECKING:
    from understudy.http import Request

LARGEST_BODY: Final = 10_000_000
"""Bytes of a body; one more is answered 413, and whoever reads from the connection stops there (`body_too_large`)."""

LARGEST_HEAD: Final = 16_384
"""Bytes of request line and headers together."""

FORM: Final = "application/x-www-form-urlencoded"
_ELSEWHERE: Final = "https://aws.amazon.com/iam"
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
_HEXADECIMAL: Final = frozenset("0123456789abcdefABCDEF")
_UNKNOWN_OPERATION: Final = b"<UnknownOperationException/>\n"
_PREFLIGHT: Final = (
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "POST"),
    ("access-control-expose-headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date,smithy-protocol"),
    ("access-control-max-age", "172800"),
)


def dispatch(request: Request) -> Response | None:
    """The answer to a request that is none for the service's operations; None says: go on, with `form_of`."""
    if len(request.body) > LARGEST_BODY:
        return body_too_large()
    if request.method not in _METHODS or head_size(request) > LARGEST_HEAD or not _well_escaped(request.path):
        return _empty(400)
    if request.method == "OPTIONS":
        return _preflight(request)
    if request.path != "/":
        return _unknown_operation(request.method)
    if (request.method == "POST" and not is_form(request)) or not _has_action(request):
        return _elsewhere(request)
    return None


def form_of(request: Request) -> bytes:
    """The parameters of a request: the form of a POST with any query after it, the query of a GET; still encoded."""
    query = request.query.encode("latin-1")
    if request.method != "POST":
        return query
    return b"&".join(filter(None, (request.body, query)))


def body_too_large() -> Response:
    """The answer to a body of more than `LARGEST_BODY` bytes; it carries no request id."""
    return _empty(413)


def head_size(request: Request) -> int:
    """The bytes of the request line and the headers as they stood on the wire."""
    line = len(request.method) + len(request.path) + len(request.query) + bool(request.query) + len("  HTTP/1.1\r\n")
    return line + sum([len(name) + len(value) + len(": \r\n") for name, value in request.headers]) + len("\r\n")


def is_form(request: Request) -> bool:
    """Whether the body is said to be a form; parameters of the content type do not matter."""
    content_type = request.header("content-type") or ""
    return content_type.partition(";")[0].strip().lower() == FORM


def _well_escaped(path: str) -> bool:
    return "%" not in path or all(
        len(piece) >= 2 and _HEXADECIMAL.issuperset(piece[:2]) for piece in path.split("%")[1:]
    )


def _preflight(request: Request) -> Response:
    if request.header("origin") is None or request.header("access-control-request-method") is None:
        return _empty(400)
    return Response(200, (*_PREFLIGHT, ("content-length", "0")))


def _unknown_operation(method: str) -> Response:
    body = b"" if method == "HEAD" else _UNKNOWN_OPERATION
    headers = (("content-type", "text/xml"), ("content-length", str(len(_UNKNOWN_OPERATION))))
    return Response(404, headers, body)


def _has_action(request: Request) -> bool:
    form = form_of(request)
    if form.startswith(b"Action="):
        return True
    return (b"Action" in form or b"%" in form) and any(
        name == "Action" for name, _ in query_pairs(form.decode("latin-1"))
    )


def _elsewhere(request: Request) -> Response:
    """What is no call at all is sent to the product's page; a GET keeps its query."""
    query = f"?{request.query}" if request.method == "GET" and request.query else ""
    return Response(302, (("location", f"{_ELSEWHERE}{query}"), ("content-length", "0")))


def _empty(status: int) -> Response:
    return Response(status, (("content-length", "0"),))
