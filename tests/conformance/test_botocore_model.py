"""The service as data against botocore's model, member by member: names, order, limits, what is required, what is
secret, and the errors with their codes and statuses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance import model

from understudy import errors
from understudy.commands import API_VERSION, BY_NAME, COMMANDS
from understudy.shape import Integer, Kind, ListOf, Nested, Shape, Text, Timestamp

pytestmark = pytest.mark.conformance

KINDS: dict[str, type[Kind]] = {
    "string": Text,
    "integer": Integer,
    "timestamp": Timestamp,
    "structure": Nested,
    "list": ListOf,
}
MORE_SECRET_THAN_THE_MODEL = {"SessionToken"}
each_operation = pytest.mark.parametrize("name", model.operations())


def differences(kind: Any, shape: Any, where: str) -> list[str]:
    """Where a kind of ours and a shape of botocore say different things."""
    if not isinstance(kind, KINDS[shape.type_name]):
        return [f"{where}: {type(kind).__name__} for {shape.type_name}"]
    found = []
    for ours, theirs in (("minimum", "min"), ("maximum", "max")):
        if getattr(kind, ours, None) != shape.metadata.get(theirs):
            found.append(f"{where}: {ours} {getattr(kind, ours, None)} for {shape.metadata.get(theirs)}")
    if isinstance(kind, Text):
        found += text_differences(kind, shape, where)
    if isinstance(kind, ListOf):
        found += differences(kind.item, shape.member, f"{where}.member")
    if isinstance(kind, Nested):
        found += shape_differences(kind.shape, shape, where, required=True)
    return found


def text_differences(kind: Text, shape: Any, where: str) -> list[str]:
    found = []
    pattern = kind.pattern.text if kind.pattern else None
    if pattern != shape.metadata.get("pattern"):
        found.append(f"{where}: pattern {pattern} for {shape.metadata.get('pattern')}")
    secret = shape.metadata.get("sensitive", False) or where.rpartition(".")[2] in MORE_SECRET_THAN_THE_MODEL
    if kind.sensitive != secret:
        found.append(f"{where}: sensitive {kind.sensitive} for {secret}")
    return found


def shape_differences(ours: type[Shape], theirs: Any, where: str, *, required: bool) -> list[str]:
    members = {member.wire_name: member for member in ours.members}
    if list(members) != list(theirs.members):
        return [f"{where}: {list(members)} for {list(theirs.members)}"]
    found = []
    for name, shape in theirs.members.items():
        if required and members[name].required != (name in theirs.required_members):
            found.append(f"{where}.{name}: required {members[name].required}")
        found += differences(members[name].kind, shape, f"{where}.{name}")
    return found


def test_the_commands_are_the_operations_in_the_order_of_the_model() -> None:
    assert [command.operation.name for command in COMMANDS] == model.operations()
    assert model.service().api_version == API_VERSION


@each_operation
def test_every_request_member_has_the_limits_of_the_model(name: str) -> None:
    theirs = model.operation(name).input_shape
    if theirs is None:
        assert BY_NAME[name].members == ()
    else:
        assert shape_differences(BY_NAME[name], theirs, name, required=True) == []


@each_operation
def test_every_result_member_has_the_limits_of_the_model(name: str) -> None:
    """The model requires no member of a result; ours are required where there is no result without them."""
    ours = BY_NAME[name].operation.output
    assert shape_differences(ours, model.operation(name).output_shape, name, required=False) == []


@each_operation
def test_the_errors_of_an_operation_are_the_models(name: str) -> None:
    ours = [kind.__name__ for kind in BY_NAME[name].operation.errors]
    assert ours == [shape.name for shape in model.operation(name).error_shapes]


@each_operation
def test_the_operations_that_go_unsigned_are_the_models(name: str) -> None:
    unsigned = model.operation(name).auth_type == "none"
    assert BY_NAME[name].operation.signed is not unsigned


def test_every_error_shape_has_a_class_with_its_code_status_and_retryability() -> None:
    shapes = {shape.name: shape for shape in model.service().error_shapes}
    assert {kind.__name__ for kind in errors.MODELLED} == set(shapes)
    for kind in errors.MODELLED:
        described = shapes[kind.__name__].metadata["error"]
        assert (kind.code, kind.status) == (described["code"], described["httpStatusCode"])
        assert kind("").fault == ("client" if described["senderFault"] else "server")
        assert kind.retryable is (kind is errors.IDPCommunicationErrorException)
        assert errors.error_class(described["code"]) is kind


@each_operation
def test_names_of_outputs_and_nested_shapes_are_the_models(name: str) -> None:
    for member in BY_NAME[name].members:
        kind = member.kind.item if isinstance(member.kind, ListOf) else member.kind
        if isinstance(kind, Nested):
            theirs = model.operation(name).input_shape.members[member.wire_name]
            theirs = theirs.member if theirs.type_name == "list" else theirs
            assert kind.shape.__name__ == theirs.name
