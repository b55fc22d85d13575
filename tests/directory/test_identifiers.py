import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.directory import identifiers

accounts = st.integers(0, 999_999_999_999).map(lambda number: f"{number:012d}")


@pytest.mark.parametrize(
    ("key_id", "account"),
    [
        ("ASIAQNZGKIQY56JQ7WML", "029608264753"),
        ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
        ("AKIARZPUZDIKGB2VALC4", "123456789012"),
        ("ASIAQAAAAAAAGMKEM7X5", "000000000000"),
    ],
)
def test_section_7_account_of_a_key_id(key_id, account):
    assert identifiers.account_of_key(key_id) == account


@pytest.mark.parametrize(
    "key_id", ["AKIAIOSFODNN7EXAMPLE", "AKIAP777777777777777", "AKIARZPUZDIKGB2VALC", "AKIA" + "1" * 16, ""]
)
def test_section_7_keys_of_the_old_form_carry_nothing(key_id):
    assert identifiers.account_of_key(key_id) is None


@given(accounts, st.integers(0, 2**64), st.sampled_from(["AKIA", "ASIA"]))
def test_section_7_a_made_key_id_carries_its_account(account, free, prefix):
    key_id = identifiers.access_key_id(prefix, account, free)
    assert len(key_id) == 20
    assert key_id.startswith(prefix)
    assert identifiers.account_of_key(key_id) == account


def test_derived_identifiers_are_the_same_everywhere_and_have_the_documented_lengths():
    assert identifiers.derived_access_key_id("123456789012", "user/alice") == identifiers.derived_access_key_id(
        "123456789012", "user/alice"
    )
    assert len(identifiers.derived_secret("AKIARZPUZDIKGB2VALC4")) == 40
    assert len(identifiers.derived_unique_id("AROA", "123456789012", "/Reader")) == 21


def test_another_generation_has_another_unique_id():
    one = identifiers.derived_unique_id("AROA", "123456789012", "/Reader")
    assert one != identifiers.derived_unique_id("AROA", "123456789012", "/Reader", "1")
