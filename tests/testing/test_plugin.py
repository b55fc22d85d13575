"""The plugin as another project meets it: in a pytest of its own, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "test_github_trust.py"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "understudy.pytest_plugin", "-q", "-c", os.devnull, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("arguments", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "xdist"])
def test_the_example_passes(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / EXAMPLE.name).write_text(EXAMPLE.read_text())
    result = run(tmp_path, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "6 passed" in result.stdout


def test_the_example_fails_when_the_condition_is_loosened(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    loosened = text.replace('"StringEquals": {', '"StringLike": {').replace(
        '"repo:octo/app:ref:refs/heads/main"', '"repo:octo/*"'
    )
    assert loosened != text
    (tmp_path / EXAMPLE.name).write_text(loosened)
    result = run(tmp_path)
    assert result.returncode == 1
    assert "4 failed, 2 passed" in result.stdout
    assert "wanted: repo:octo/*" in result.stdout
    assert "given:  repo:octo/app:pull_request" in result.stdout


def test_the_plugin_costs_nothing_before_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n"
        "def test_nothing():\n"
        "    ours = sorted(name for name in sys.modules if name.startswith('understudy'))\n"
        "    assert ours == ['understudy', 'understudy.pytest_plugin']\n"
        "    assert not {'cryptography', 'uvicorn', 'yaml', 'joserfc', 'lxml'} & set(sys.modules)\n"
    )
    result = run(tmp_path)
    assert result.returncode == 0, result.stdout


def test_the_entry_point_names_the_plugin() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"understudy.pytest_plugin": "understudy.pytest_plugin"}
