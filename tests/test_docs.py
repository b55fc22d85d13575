"""The Python blocks of the pages that have no test of their own run, and print something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("page", ["stand-in.md", "guard.md"])
def test_every_block_of_the_page_runs(page, capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {"__name__": "page"})
    assert "arn:aws:iam::123456789012:user/alice" in capsys.readouterr().out


def test_the_directory_on_the_page_of_the_stand_in_loads():
    from understudy.directory.yaml_file import loads

    (directory,) = re.findall(r"^```yaml\n(.*?)^```", (DOCS / "stand-in.md").read_text(), re.MULTILINE | re.DOTALL)
    role = loads(directory).role("arn:aws:iam::123456789012:role/team/Reader")
    assert role is not None
    assert role.max_session_duration == 7200


def test_the_buckets_on_the_page_of_the_guard_load():
    from understudy.directory.yaml_file import loads

    (directory,) = re.findall(r"^```yaml\n(.*?)^```", (DOCS / "guard.md").read_text(), re.MULTILINE | re.DOTALL)
    bucket = loads(directory).bucket("shared-bucket")
    assert bucket is not None
    assert bucket.account == "987654321098"


def test_no_link_of_a_page_leads_nowhere():
    root = DOCS.parent
    for page in [root / "README.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
