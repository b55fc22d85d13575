"""docs/client.md: its examples run, and it names every option."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from understudy import ClientOptions

TEXT = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_every_option_has_its_row() -> None:
    missing = [name for name in ClientOptions.__slots__ if not re.search(rf"^\|[^|]*`{name}`", TEXT, re.MULTILINE)]
    assert missing == []


@pytest.mark.parametrize("example", EXAMPLES[1:], ids=range(1, len(EXAMPLES)))
def test_the_examples_run(example: str) -> None:
    exec(compile(example, "docs/client.md", "exec"), {"__name__": "example"})


def test_the_first_example_is_understood() -> None:
    compile(EXAMPLES[0], "docs/client.md", "exec")
    assert "get_caller_identity" in EXAMPLES[0]
