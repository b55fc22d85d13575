"""Differential tests of the wire: botocore's serializer writes what ours writes, its parser reads what ours writes,
and ours reads whatever botocore's model describes."""

from __future__ import annotations

from random import Random
from typing import Any
from xml.sax.saxutils import escape

import pytest
from botocore.awsrequest import AWSRequest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance import model

from understudy.commands import BY_NAME
from understudy.errors import MODELLED, ServiceError
from understudy.http import Response
from understudy.wire import faults, requests, responses
from understudy.wire.scalars import format_timestamp

pytestmark = pytest.mark.conformance

each_operation = pytest.mark.parametrize("name", model.operations())
at_length = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
SERIALIZER = create_serializer("query", include_validation=False)
PARSER = create_parser("query")


def botocores_form(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = SERIALIZER.serialize_to_request(parameters, model.operation(name))["body"]
    return body


def botocores_bytes(form: dict[str, Any]) -> bytes:
    """What botocore sends; it writes a space as ``+``, RFC 3986 and every other SDK as ``%20``."""
    body = AWSRequest(method="POST", url="https://sts.amazonaws.com/", data=form).prepare().body
    return (body if isinstance(body, bytes) else body.encode()).replace(b"+", b"%20")


def test_the_operations_are_those_of_the_model() -> None:
    assert sorted(BY_NAME) == sorted(model.operations())


@each_operation
@at_length
@given(data=st.data())
def test_requests_equal_botocores(name: str, data: st.DataObject) -> None:
    """Whatever the order of the parameters; in the order of the model, byte for byte. And theirs are read."""
    parameters = data.draw(model.parameters(name))
    command = BY_NAME[name].from_dict(parameters)
    theirs = botocores_form(name, parameters)
    assert dict(requests.pairs(command)) == {key: str(value) for key, value in theirs.items()}
    ordered = model.in_model_order(model.operation(name).input_shape, parameters)
    assert requests.serialize(command) == botocores_bytes(botocores_form(name, ordered))
    check_reading(name, parameters, command)


def check_reading(name: str, parameters: dict[str, Any], command: Any) -> None:
    """What botocore writes, pluses and all, is read as the command that was meant."""
    form = botocores_form(name, parameters)
    parsed = requests.parse(AWSRequest(method="POST", url="https://sts.amazonaws.com/", data=form).prepare().body)
    assert parsed.action == name
    assert parsed.command.to_dict() == parameters
    assert parsed.command == command


@each_operation
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_member_set_at_once_is_in_the_form(name: str, data: st.DataObject) -> None:
    parameters = data.draw(model.parameters(name, every_member=True))
    shape = model.operation(name).input_shape
    assert set(parameters) == set(shape.members if shape else ())
    command = BY_NAME[name].from_dict(parameters)
    assert all(getattr(command, member.name) is not None for member in command.members)
    assert dict(requests.pairs(command)) == {key: str(value) for key, value in botocores_form(name, parameters).items()}


@each_operation
@at_length
@given(data=st.data())
def test_botocore_reads_our_answers(name: str, data: st.DataObject) -> None:
    result = data.draw(model.results(name))
    operation = BY_NAME[name].operation
    body = responses.serialize(operation, operation.output.from_dict(result), "8a0e")[1]
    received = PARSER.parse({"status_code": 200, "headers": {}, "body": body}, model.operation(name).output_shape)
    assert received.pop("ResponseMetadata")["RequestId"] == "8a0e"
    assert received == result


def written(shape: Any, value: Any, name: str, shuffle: Any) -> str:
    """An XML element of a value, written from botocore's shape: any order, strangers in between."""
    if shape.type_name == "structure":
        inner = [written(shape.members[key], item, key, shuffle) for key, item in value.items()]
        text = "".join(shuffle([*inner, "<Stranger><Arn>x</Arn></Stranger>\n  "]))
    elif shape.type_name == "list":
        text = "".join(written(shape.member, item, "member", shuffle) for item in value)
    elif shape.type_name == "timestamp":
        text = format_timestamp(value)
    else:
        text = escape(str(value), {"\r": "&#13;"})
    return f"<{name}>{text}</{name}>"


@each_operation
@at_length
@given(data=st.data())
def test_we_read_what_the_model_describes(name: str, data: st.DataObject) -> None:
    shape = model.operation(name).output_shape
    operation = BY_NAME[name].operation
    needed = {member.wire_name for member in operation.output.members if member.required}
    result = data.draw(model.values(shape, every_member=True))
    kept = data.draw(st.sets(st.sampled_from(sorted(result)))) | needed
    result = {key: value for key, value in result.items() if key in kept}
    random = Random(data.draw(st.integers(0, 65535)))

    def shuffled(items: list[str]) -> list[str]:
        return random.sample(items, len(items))

    inner = written(shape, result, f"{name}Result", shuffled)
    xml = f'<{name}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n {inner}</{name}Response>'
    output = responses.parse(operation, Response(200, (), xml.encode()))
    assert output.to_dict() == result
    assert output == operation.output.from_dict(result)


@given(model.TEXT, st.sampled_from([*MODELLED, ServiceError]), st.sampled_from([400, 403, 500]))
def test_botocore_reads_our_faults(message: str, kind: type[ServiceError], status: int) -> None:
    body = faults.serialize(kind(message, status=status), "8a0e")[1]
    received = PARSER.parse({"status_code": status, "headers": {}, "body": body}, None)
    assert received["Error"]["Code"] == kind.code
    assert received["Error"]["Message"] == (message or None)
    assert received["ResponseMetadata"] == {"HTTPStatusCode": status, "HTTPHeaders": {}, "RequestId": "8a0e"}
