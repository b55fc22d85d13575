"""Botocore's model of the service as a referee: its shapes, and random values for each of them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

import botocore.session
from hypothesis import strategies as st

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\t %+&=<>;#/\"'~"),
    max_size=40,
)
INTEGERS = st.integers(-(2**31), 2**31 - 1)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


@cache
def service() -> Any:
    """The service model that botocore ships."""
    return botocore.session.Session().get_service_model("sts")


def operations() -> list[str]:
    return list(service().operation_names)


def operation(name: str) -> Any:
    return service().operation_model(name)


def values(shape: Any, *, every_member: bool = False) -> st.SearchStrategy[Any]:
    """Random values of a shape; a structure has its members in a random order, and one at least."""
    if shape.type_name == "structure":
        return _structures(shape, every_member)
    if shape.type_name == "list":
        return st.lists(values(shape.member, every_member=every_member), min_size=int(every_member), max_size=4)
    return {"string": TEXT, "integer": INTEGERS, "timestamp": MOMENTS}[shape.type_name]


def _structures(shape: Any, every_member: bool) -> st.SearchStrategy[dict[str, Any]]:
    members = {name: values(inner, every_member=every_member) for name, inner in shape.members.items()}
    if not members:
        return st.just({})
    required = set(members) if every_member else set(shape.required_members)
    fixed = {name: inner for name, inner in members.items() if name in required}
    optional = {name: inner for name, inner in members.items() if name not in required}
    drawn = st.fixed_dictionaries(fixed, optional=optional)
    return st.builds(_shuffled, drawn, st.integers(0, 65535)).filter(bool)


def _shuffled(drawn: dict[str, Any], seed: int) -> dict[str, Any]:
    return dict(Random(seed).sample(list(drawn.items()), len(drawn)))


def parameters(name: str, *, every_member: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Random parameters of an operation, limits aside."""
    shape = operation(name).input_shape
    if shape is None or not shape.members:
        return st.just({})
    return st.booleans().flatmap(lambda full: values(shape, every_member=full or every_member))


def results(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Random results of an operation."""
    shape = operation(name).output_shape
    return st.booleans().flatmap(lambda full: values(shape, every_member=full))


def in_model_order(shape: Any, value: Any) -> Any:
    """The same value with the members of every structure in the order of the model."""
    if shape is None:
        return value
    if shape.type_name == "structure":
        return {name: in_model_order(inner, value[name]) for name, inner in shape.members.items() if name in value}
    if shape.type_name == "list":
        return [in_model_order(shape.member, item) for item in value]
    return value
