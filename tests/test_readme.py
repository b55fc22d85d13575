"""Every Python block of the README runs, in order, against the stand-in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from understudy.directory.yaml_file import SAMPLE, load
from understudy.server.run import running

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def as_alice(monkeypatch, tmp_path):
    """The environment of somebody who follows the README: alice's key and the stand-in's address."""
    with running(load(SAMPLE)) as stand_in:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "AKIARZPUZDIKAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWS_ENDPOINT_URL_STS": stand_in.url,
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        }.items():
            monkeypatch.setenv(name, value)
        yield stand_in


def test_every_block_runs(as_alice, capsys):
    namespace: dict[str, object] = {"__name__": "readme"}
    for block in BLOCKS:
        exec(compile(block, str(README), "exec"), namespace)
    printed = capsys.readouterr().out
    assert "arn:aws:iam::123456789012:user/alice" in printed
    assert "arn:aws:sts::987654321098:assumed-role/CrossAccountRole/my-app" in printed
    assert "implicit deny" in printed
