"""Services other than S3 behind the guard: the action comes from the operation that a request names.

AWS's JSON protocols name it in ``X-Amz-Target``, its Query protocol in the parameter ``Action``. A request that names
it in neither way (REST protocols) is not forwarded, because nothing says what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from understudy.server.dispatch import form_of, is_form
from understudy.server.guard.faults import not_implemented
from understudy.sigv4.encoding import query_pairs

if TYPE_CHECKING:
    from understudy.errors import ServiceError
    from understudy.http import Request

_PREFIXES: Final = {
    "email": "ses",
    "monitoring": "cloudwatch",
    "states": "states",
    "streams.dynamodb": "dynamodb",
    "tagging": "tag",
}
"""IAM's prefix of a service, where it is not the name that signatures are scoped to."""


def action_of(request: Request, service: str) -> str:
    """``service:Operation``; raises NotImplemented for a request that names no operation, or names two."""
    target = request.header("x-amz-target")
    named = [] if target is None else [target.rpartition(".")[2]]
    if request.method in ("GET", "HEAD") or is_form(request):
        form = form_of(request).decode("latin-1")
        named += [value for name, value in query_pairs(form) if name == "Action"]
    if len(named) != 1 or not named[0].isascii() or not named[0].isalnum():
        raise not_implemented("X-Amz-Target" if target is not None else "Action")
    return f"{_PREFIXES.get(service, service)}:{named[0]}"


def json_document(error: ServiceError) -> bytes:
    """An error as AWS's JSON protocols have it."""
    from json import dumps

    code = "AccessDeniedException" if error.code == "AccessDenied" else error.code
    return dumps({"__type": code, "message": error.message}).encode()


def query_document(error: ServiceError, request_id: str) -> bytes:
    """An error as AWS's Query protocol has it."""
    from understudy.server.guard.faults import escaped

    fault = "Sender" if error.fault == "client" else "Receiver"
    inner = f"<Type>{fault}</Type><Code>{escaped(error.code)}</Code><Message>{escaped(error.message)}</Message>"
    return f"<ErrorResponse><Error>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>".encode()
