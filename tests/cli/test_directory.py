"""``understudy directory``: YAML into a database and out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.cli import main
from understudy.directory.opening import is_database, open_directory
from understudy.directory.sql import SQLDirectory
from understudy.directory.yaml_file import SAMPLE, loads


def test_import_and_export_give_the_same_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/directory.db"
    assert main(["directory", "import", str(SAMPLE), url]) == 0
    assert "entities imported" in capsys.readouterr().out
    assert main(["directory", "export", url]) == 0
    exported = loads(capsys.readouterr().out)
    opened = open_directory(url)
    assert isinstance(opened, SQLDirectory)
    with opened:
        assert sorted(map(repr, exported.entities())) == sorted(map(repr, opened.entities()))


def test_a_file_that_clashes_with_the_database_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/directory.db"
    key = "access_keys: [{id: AKIARZPUZDIKGB2VALC4, secret: s}]"
    for name, status in (("alice", 0), ("bob", 1)):
        file = tmp_path / f"{name}.yaml"
        file.write_text(f"accounts: {{'123456789012': {{users: {{{name}: {{{key}}}}}}}}}")
        assert main(["directory", "import", str(file), url]) == status
    assert "another owner" in capsys.readouterr().err
    with SQLDirectory(url) as directory:
        assert directory.user("arn:aws:iam::123456789012:user/bob") is None


def test_a_database_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["directory", "export", "oracle9://x"]) == 1
    assert "does not name a database" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("sqlite:///x", True),
        ("postgresql+psycopg://h/d", True),
        ("directory.yaml", False),
        ("C://x", True),
        ("./a://b", False),
    ],
)
def test_what_is_a_database(location: str, expected: bool) -> None:
    assert is_database(location) is expected
