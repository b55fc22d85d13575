"""Faults: the service's no, to XML or JSON and back to an error."""

from __future__ import annotations

from understudy.errors import ResponseError, ServiceError, error_class
from understudy.wire.documents import Element, read, write_xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.http import Response

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
DISPATCH_NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09"
"""The namespace of errors that arise before an operation is found."""

_BY_STATUS = {
    404: "NotFound",
    413: "RequestEntityTooLarge",
    429: "TooManyRequests",
    500: "InternalFailure",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
"""Codes for answers that carry none, as a proxy's or a load balancer's do."""


def serialize(error: ServiceError, request_id: str, accept_json: bool = False) -> tuple[str, bytes]:
    """The content type and the body of an error; one without a message has no Message element."""
    parts = {"Type": "Sender" if error.fault == "client" else "Receiver", "Code": error.code}
    if error.has_message:
        parts["Message"] = error.message
    if accept_json:
        return "application/json", _json(parts, request_id)
    namespace = DISPATCH_NAMESPACE if error.code == "InvalidAction" else NAMESPACE
    described = Element("Error", children=[Element(name, text) for name, text in parts.items()])
    return "text/xml", write_xml(
        Element("ErrorResponse", children=[described, Element("RequestId", request_id)]), namespace
    )


def _json(parts: dict[str, str], request_id: str) -> bytes:
    import json

    error = {name: parts[name] for name in sorted(parts)}
    return json.dumps({"Error": error, "RequestId": request_id}, separators=(",", ":")).encode()


def parse(response: Response, operation: str | None = None) -> ServiceError:
    """The error that an answer with a status of 400 or more carries, of the class that its code has.

    The code comes from the body, else from the header ``x-amzn-errortype``, else from the status. Never raises: a
    foreign body gives an error of the status.
    """
    document = _document(response)
    described = _described(document)
    code = _first_text(described, "Code", "__type") or _header_code(response) or _status_code(response)
    code = code.rpartition("#")[2]
    message = _first_text(described, "Message", "message")
    if described is None and response.body:
        message = _foreign(response)
    return error_class(code)(
        message, code=code, status=response.status, request_id=_request_id(response, document), operation=operation
    )


def _document(response: Response) -> Element | None:
    if not response.body.strip():
        return None
    try:
        return read(response.body)
    except ResponseError:
        return None


def _described(document: Element | None) -> Element | None:
    """The element with the code: ``ErrorResponse/Error``, or a bare ``Error`` as stores send it."""
    if document is None:
        return None
    candidates = (document.find("Error"), document.find("ErrorResponse", "Error"), document.find("Errors", "Error"))
    found = next((candidate for candidate in candidates if candidate is not None), document)
    return found if _first_text(found, "Code", "__type") is not None else None


def _first_text(element: Element | None, *names: str) -> str | None:
    found = (element.find_text(name) for name in names) if element else ()
    return next((text for text in found if text is not None), None)


def _header_code(response: Response) -> str | None:
    """``AccessDenied`` of ``AccessDenied:http://...`` or ``namespace#AccessDenied``."""
    value = response.header("x-amzn-errortype")
    return value.partition(":")[0].rpartition("#")[2].strip() or None if value else None


def _status_code(response: Response) -> str:
    return _BY_STATUS.get(response.status, "Unknown")


def _foreign(response: Response) -> str:
    content_type = response.header("content-type") or "no content type"
    return (
        f"status {response.status} with a body that is not the service's ({content_type}, {len(response.body)} bytes)"
    )


def _request_id(response: Response, document: Element | None) -> str | None:
    header = response.header("x-amzn-requestid")
    if header or document is None:
        return header
    paths = (("RequestId",), ("ErrorResponse", "RequestId"), ("RequestID",), ("ResponseMetadata", "RequestId"))
    return next((text for text in (document.find_text(*path) for path in paths) if text), None)
