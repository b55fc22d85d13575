"""The public names: all there, lazy, and the same for type checkers and for the interpreter."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import understudy

SOURCE = Path(understudy.__file__ or "").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", understudy.__all__)
def test_every_public_name_resolves_to_its_own_module(name: str) -> None:
    found = getattr(understudy, name)
    home = next(module for module, names in understudy._HOMES.items() if name in names)
    assert found is getattr(sys.modules[home], name)


def test_type_checkers_see_the_same_names_as_the_interpreter() -> None:
    block = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    seen = {
        (node.module, alias.name) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen == {(module, name) for module, names in understudy._HOMES.items() for name in names}
    assert sorted(understudy.__all__) == sorted(name for _, name in seen)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        understudy.nonsense


def test_dir_lists_names_that_are_not_imported_yet() -> None:
    assert {"STSClient", "AssumeRoleCommand"} <= set(dir(understudy))


HEAVY = ("asyncio", "dataclasses", "email", "http.client", "importlib.metadata", "inspect", "json", "logging", "re")
HEAVY += ("ssl", "typing", "urllib.parse", "uuid")


def modules_after(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True, env=_env()
    )
    return set(found.stdout.split())


def _env() -> dict[str, str]:
    source = str(Path(understudy.__file__ or "").parent.parent)
    return {"PYTHONPATH": source}


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    loaded = {name for name in modules_after("import understudy") if name.startswith("understudy")}
    assert loaded == {"understudy"}


@pytest.mark.parametrize("code", ["from understudy import STSClient, AssumeRoleCommand, AWSCredentials, ServiceError"])
def test_the_sync_client_imports_nothing_heavy(code: str) -> None:
    assert not modules_after(code) & set(HEAVY)
