"""The grammar of the two files."""

from __future__ import annotations

import pytest

from understudy.config.ini import parse
from understudy.errors import ConfigurationError


def values(text: str) -> dict[str, dict[str, str]]:
    return {section.header: {k: e.text for k, e in section.entries.items()} for section in parse(text, "f")}


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("a key and its value", "[a]\nregion = eu-west-1\n", {"a": {"region": "eu-west-1"}}),
        ("no white space around =", "[a]\nregion=eu-west-1", {"a": {"region": "eu-west-1"}}),
        ("only the first = splits", "[a]\nk = a=b==\n", {"a": {"k": "a=b=="}}),
        ("a colon splits too", "[a]\nk: v\n", {"a": {"k": "v"}}),
        (
            "a colon after = belongs to the value",
            "[a]\nrole_arn = arn:aws:iam::1:role/r",
            {"a": {"role_arn": "arn:aws:iam::1:role/r"}},
        ),
        ("keys are lower case", "[a]\nRegion = x\n", {"a": {"region": "x"}}),
        ("sections keep their case", "[Profile A]\nk = v", {"Profile A": {"k": "v"}}),
        ("comment lines", "# x\n[a]\n; y\n  # z\nk = v\n", {"a": {"k": "v"}}),
        ("a comment after white space", "[a]\nk = v # w\nl = v ; w\n", {"a": {"k": "v", "l": "v"}}),
        ("a hash inside a word stays", "[a]\nk = v#w;x\n", {"a": {"k": "v#w;x"}}),
        ("a comment after a header", "[a] # mine\nk = v", {"a": {"k": "v"}}),
        ("a byte order mark", "\ufeff[a]\nk = v", {"a": {"k": "v"}}),
        ("CRLF", "[a]\r\nk = v\r\n", {"a": {"k": "v"}}),
        ("an empty value", "[a]\nk =\nl = v", {"a": {"k": "", "l": "v"}}),
        ("a continuation line", "[a]\nk = one\n  two\n", {"a": {"k": "one\ntwo"}}),
        ("a section indented as a whole", "[a]\n  k = v\n  l = w\n", {"a": {"k": "v", "l": "w"}}),
        ("a key written twice: the later one", "[a]\nk = 1\nk = 2", {"a": {"k": "2"}}),
        ("an empty file", "", {}),
        ("an empty section", "[a]\n[b]\n", {"a": {}, "b": {}}),
        ("a form feed does not end a line", "[a]\nk = a\x0cb", {"a": {"k": "a\x0cb"}}),
    ],
)
def test_grammar(rule: str, text: str, expected: dict[str, dict[str, str]]) -> None:
    assert values(text) == expected, rule


def test_indented_lines_below_an_empty_value_are_nested_keys() -> None:
    (section,) = parse(
        "[services s]\nsts =\n  endpoint_url = http://a  # c\n\n  other = b\nsso =\n  endpoint_url = http://c", "f"
    )
    nested = {name: inner.text for name, inner in section.entries["sts"].nested.items()}
    assert nested == {"endpoint_url": "http://a", "other": "b"}
    assert section.entries["sso"].nested["endpoint_url"].text == "http://c"


def test_positions_count_lines_from_one() -> None:
    (section,) = parse("# c\n\n[a]\nk = v\nn =\n  x = y\n", "/dir/config")
    assert section.where == "/dir/config:3"
    assert section.entries["k"].where == "/dir/config:4"
    assert section.entries["n"].nested["x"].where == "/dir/config:6"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k = v", "f:1: a key stands before the first section; put [default] or another section above it"),
        ("[a\nk = v", "f:1: the section '[a' must end with ']'"),
        ("[a] b", "f:1: the section '[a] b' must end with ']'"),
        ("[]", "f:1: the section has no name"),
        ("[a]\nregion", "f:2: 'region' is not followed by '='; write 'key = value'"),
        ("[a]\n= v", "f:2: there is no key before '='"),
        ("[a]\nsts =\n  endpoint_url", "f:3: 'endpoint_url' is not followed by '='; write 'key = value'"),
    ],
)
def test_errors_name_file_and_line(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "f")
    assert caught.value.message == message


def test_a_broken_line_that_may_be_a_secret_is_not_quoted() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse("[a]\nwJalrXUtnFEMI/K7MDENG", "f")
    assert "wJalr" not in str(caught.value)
