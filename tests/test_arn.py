"""ARNs: split at the first five colons, quoted when they are none."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.arn import Arn, InvalidArn, is_arn

PART = st.text(st.characters(exclude_characters=":"), max_size=8)


def test_the_parts_are_found() -> None:
    arn = Arn.parse("arn:aws-cn:iam::123456789012:role/path/to/Reader")
    assert (arn.partition, arn.service, arn.region, arn.account) == ("aws-cn", "iam", "", "123456789012")
    assert (arn.resource, arn.resource_type) == ("role/path/to/Reader", "role")
    assert (arn.resource_path, arn.name) == ("path/to/Reader", "Reader")


@given(PART.filter(bool), PART.filter(bool), PART, PART, st.text(min_size=1))
def test_what_is_parsed_prints_as_it_was(
    partition: str, service: str, region: str, account: str, resource: str
) -> None:
    text = f"arn:{partition}:{service}:{region}:{account}:{resource}"
    arn = Arn.parse(text)
    assert str(arn) == text
    assert arn == Arn(partition, service, region, account, resource)
    assert hash(arn) == hash(Arn.parse(text))
    assert arn.resource == resource


@pytest.mark.parametrize(
    "text",
    ["", "arn", "arn:aws:iam::1", "arn:aws:iam::1:", "arn::iam::1:x", "arn:aws:::1:x", "ARN:aws:iam::1:x", "x" * 30],
)
def test_what_is_no_arn_is_quoted_with_an_example(text: str) -> None:
    assert not is_arn(text)
    with pytest.raises(InvalidArn, match="is not an ARN; it must look like") as caught:
        Arn.parse(text)
    assert repr(text) in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_an_arn_is_frozen_and_survives_pickling() -> None:
    arn = Arn.parse("arn:aws:iam::1:root")
    with pytest.raises(AttributeError, match="immutable"):
        arn.account = "2"
    assert pickle.loads(pickle.dumps(arn)) == arn
    assert arn != "arn:aws:iam::1:root"
    assert repr(arn) == "Arn('arn:aws:iam::1:root')"
