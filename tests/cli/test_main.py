"""The command itself: what it does with what it cannot do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from understudy.cli import main

SRC = Path(__file__).parents[2] / "src"


@pytest.mark.parametrize(
    ("words", "extra"), [(["serve", "--port", "0"], "server"), (["demo"], "demo"), (["keyring", "ring"], "server")]
)
def test_a_command_without_its_packages_names_the_extra(words, extra, tmp_path):
    """As after a plain ``pip install understudy``: no package but the standard library."""
    script = f"import sys; sys.path.insert(0, {str(SRC)!r}); from understudy.cli import main; sys.exit(main({words!r}))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert done.returncode == 1
    assert f"pip install 'understudy[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_two_and_lists_the_known(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["assume-everything"])
    assert ended.value.code == 2
    assert "whoami" in capsys.readouterr().err
