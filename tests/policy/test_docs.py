"""The page docs/policy.md runs, from top to bottom, and prints what it says it prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from understudy.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"
BLOCK = re.compile(r"^```(python|text|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_console(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each line after a ``$`` is a command; what follows is its output."""
    for command, _, output in (part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]):
        main(shlex.split(command)[1:])
        assert capsys.readouterr().out == output


def test_the_page_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text())
    assert len(blocks) > 10
    printed = ""
    for kind, text in blocks:
        if kind == "python":
            exec(compile(text, str(PAGE), "exec"), namespace)
            printed = capsys.readouterr().out
        elif kind == "text":
            assert printed == text
        else:
            run_console(text, capsys)
