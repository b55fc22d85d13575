"""Responses: an output to XML or JSON, and an answer back to an output or the error that it carries."""

from __future__ import annotations

from understudy import types
from understudy.errors import ResponseError
from understudy.shape import Integer, ListOf, Nested, Timestamp
from understudy.wire import faults
from understudy.wire.documents import Element, escape, read
from understudy.wire.scalars import epoch_seconds, format_timestamp, parse_timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

    from understudy.commands import Operation
    from understudy.http import Response
    from understudy.shape import Kind, Member, Shape
    from understudy.types import Output

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
XML_TYPE = "text/xml"
JSON_TYPE = "application/json"

_ORDER: dict[str, tuple[str, ...]] = {
    "AssumeRole": ("AssumedRoleUser", "Credentials"),
    "AssumeRoleWithSAML": ("AssumedRoleUser", "Credentials"),
    "AssumeRoleWithWebIdentity": ("SubjectFromWebIdentityToken", "AssumedRoleUser", "Credentials"),
    "GetCallerIdentity": ("Arn", "UserId", "Account"),
}
"""Members that the service writes first; all others follow in the order of the model."""

_FORGIVEN: tuple[type[Shape], ...] = (types.AssumedRoleUser, types.FederatedUser)
"""Shapes whose missing text becomes an empty text: some stores with an STS leave these out or misspell their members.

That is the "client error correction" of Smithy. Credentials are never corrected: half of them are worse than none.
"""


def serialize(operation: Operation, output: Output, request_id: str, accept_json: bool = False) -> tuple[str, bytes]:
    """The content type and the body of an answer."""
    if accept_json:
        return JSON_TYPE, _json(operation, output, request_id)
    name = operation.name
    result = _elements(output, _plan_of(operation.output, "    ", _ORDER.get(name, ())))
    written = f"  <{name}Result>\n{result}  </{name}Result>\n" if result else f"  <{name}Result></{name}Result>\n"
    body = (
        f'<{name}Response xmlns="{NAMESPACE}">\n{written}'
        f"  <ResponseMetadata>\n    <RequestId>{escape(request_id)}</RequestId>\n  </ResponseMetadata>\n"
        f"</{name}Response>\n"
    )
    return XML_TYPE, body.encode("utf-8", "replace")


_plans: dict[tuple[type[Shape], str], list[tuple[str, str, str, Kind]]] = {}


def _plan_of(shape: type[Shape], indent: str, first: tuple[str, ...] = ()) -> list[tuple[str, str, str, Kind]]:
    """Each member of a shape with what opens and closes its element; kept, because every answer asks."""
    plan = _plans.get((shape, indent))
    if plan is None:
        ranks = {name: rank for rank, name in enumerate(first)}
        ordered = sorted(shape.members, key=lambda m: ranks.get(m.wire_name, len(ranks)))
        plan = [(m.name, f"{indent}<{m.wire_name}>", f"</{m.wire_name}>\n", m.kind) for m in ordered]
        _plans[shape, indent] = plan
    return plan


def _elements(shape: Shape, plan: list[tuple[str, str, str, Kind]]) -> str:
    """The lines of a shape's members, in their order, without a tree in between: this runs for every answer."""
    lines = []
    for name, opening, closing, kind in plan:
        value = getattr(shape, name)
        if value is not None:
            lines.append(f"{opening}{_content(kind, value, opening)}{closing}")
    return "".join(lines)


def _content(kind: Kind, value: Any, opening: str) -> str:
    """What stands between the tags: a text, or lines of their own that end before the closing tag."""
    if isinstance(kind, Timestamp):
        return format_timestamp(value)
    if not isinstance(kind, (Nested, ListOf)):
        return escape(str(value))
    indent = opening[: opening.index("<")]
    inner = f"{indent}  "
    if isinstance(kind, Nested):
        lines = _elements(value, _plan_of(kind.shape, inner))
    else:
        opened = f"{inner}<member>"
        lines = "".join([f"{opened}{_content(kind.item, item, opened)}</member>\n" for item in value])
    return f"\n{lines}{indent}" if lines else ""


def _json(operation: Operation, output: Output, request_id: str) -> bytes:
    import json

    answer = {
        f"{operation.name}Response": {
            f"{operation.name}Result": output.to_dict(),
            "ResponseMetadata": {"RequestId": request_id},
        }
    }
    return json.dumps(answer, separators=(",", ":"), default=epoch_seconds).encode()


def parse(operation: Operation, response: Response) -> Output:
    """The output that an answer carries; metadata is left to the caller.

    Raises `ServiceError` where the service said no, and `ResponseError` where the answer is not the service's: an empty
    or foreign body with a status of success, a redirect, missing credentials.
    """
    if response.status >= 400:
        raise faults.parse(response, operation.name)
    if response.status >= 300:
        _refuse(operation, response, f"a redirect to {response.header('location')!r}")
    if not response.body.strip():
        _refuse(operation, response, "an empty body")
    try:
        output: Output = _shape(operation.output, _result(operation, read(response.body)), operation.name)
        return output
    except ResponseError as error:
        _refuse(operation, response, error.message)


def _refuse(operation: Operation, response: Response, found: str) -> NoReturn:
    content_type = response.header("content-type") or "no content type"
    raise ResponseError(
        f"{operation.name} was answered with status {response.status} and {found} "
        f"({content_type}, {len(response.body)} bytes), which is not an answer of STS",
        status=response.status,
        hint="check that the endpoint is an STS endpoint, and that no proxy or login page answers in its place",
    )


def _result(operation: Operation, root: Element) -> Element:
    """The result element; JSON documents have a root without a name around the response."""
    wrapper = f"{operation.name}Response"
    response = root if root.name == wrapper else root.find(wrapper) if not root.name else None
    result = response.find(f"{operation.name}Result") if response is not None else None
    if result is None:
        found = root.name or ", ".join(child.name for child in root.children[:3])
        raise ResponseError(f"a document {found[:80]!r} without {operation.name}Result")
    return result


def _shape(shape: type[Any], element: Element, path: str) -> Any:
    children = {child.name: child for child in reversed(element.children)}
    return shape.of({m.name: _member(shape, m, children.get(m.wire_name), path) for m in shape.members})


def _member(shape: type[Shape], declared: Member, element: Element | None, path: str) -> Any:
    where = f"{path}.{declared.wire_name}"
    if element is not None:
        return _value(declared.kind, element, where)
    if not declared.required:
        return None
    if shape in _FORGIVEN:
        return ""
    if isinstance(declared.kind, Nested) and declared.kind.shape in _FORGIVEN:
        return _shape(declared.kind.shape, Element(declared.wire_name), where)
    raise ResponseError(f"a document without {where}")


def _value(kind: Kind, element: Element, where: str) -> Any:
    if isinstance(kind, Nested):
        return _shape(kind.shape, element, where)
    if isinstance(kind, ListOf):
        return tuple(_items(kind, element.children, where))
    if isinstance(kind, (Integer, Timestamp)):
        return _scalar(kind, element.text.strip(), where)
    return element.text


def _items(kind: ListOf, children: Iterable[Element], where: str) -> list[Any]:
    return [_value(kind.item, child, f"{where}.member") for child in children if child.name == "member"]


def _scalar(kind: Kind, text: str, where: str) -> Any:
    try:
        return parse_timestamp(text) if isinstance(kind, Timestamp) else int(text)
    except ValueError:
        raise ResponseError(f"{where} {text[:80]!r}, which is not {kind.expected}") from None
