"""Which part may import which, and what the import of the client costs.

Imports inside functions and for types alone count as well: they show who knows whom.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"
MODULES = sorted(SOURCE.joinpath("understudy").rglob("*.py"))

SERVICE = {"shape", "patterns", "types", "errors", "commands"}
VALUES = {"arn", "http", "clock", "flow", "identity", "otp", "percent"}
BELOW = SERVICE | VALUES

ALLOWED: dict[str, set[str]] = {
    "arn": set(),
    "clock": set(),
    "http": set(),
    "otp": set(),
    "percent": set(),
    "patterns": set(),
    "flow": {"clock", "http"},
    "identity": {"flow"},
    "shape": {"patterns"},
    "types": {"shape", "patterns"},
    "errors": {"shape", "types"},
    "commands": {"shape", "patterns", "types", "errors"},
    "config": {"errors"},
    "wire": BELOW,
    "sigv4": BELOW,
    "client": BELOW | {"config", "wire", "sigv4", "__version__"},
    "credentials": BELOW | {"config", "wire", "sigv4", "client", "__version__"},
    "tokens": BELOW | {"config", "wire", "sigv4", "client", "credentials", "__version__"},
    "bridges": BELOW | {"config", "wire", "sigv4", "client", "credentials", "__version__"},
    "policy": {"arn"},
    "directory": BELOW | {"policy"},
    "server": BELOW | {"wire", "sigv4", "policy", "directory", "__version__"},
}
"""Packages and modules of the first level, and what each may import besides itself; the others import what they like."""

EXCEPTIONS = {("understudy.client.call", "credentials")}
"""The default chain of credentials, imported late by the client: who gives credentials does not pay for it."""

TRANSPORTS = "understudy.client.transports"
"""What the stand-in may use of the client: it fetches the keys of identity providers."""

HEAVY = {
    "argparse",
    "asyncio",
    "collections",
    "contextlib",
    "ctypes",
    "dataclasses",
    "email",
    "enum",
    "functools",
    "http",
    "importlib.metadata",
    "inspect",
    "json",
    "logging",
    "pathlib",
    "pyreqwest",
    "re",
    "socket",
    "ssl",
    "subprocess",
    "threading",
    "typing",
    "urllib",
    "xml",
}
"""What costs milliseconds at import, and is imported by the function that needs it."""

LIGHT = {
    *("__future__", "datetime", "hashlib", "hmac", "importlib", "math", "operator", "time", "warnings"),
    *("genericpath", "ntpath", "os", "posixpath", "stat"),
}
"""What the client imports of the standard library, measured; about two milliseconds together."""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> set[str]:
    """The full names of what a module imports of the project."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            found.add(absolute(path, node))
        elif isinstance(node, ast.ImportFrom) and node.module == "understudy":
            found.update(f"understudy.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.startswith("understudy.")}


def absolute(path: Path, node: ast.ImportFrom) -> str:
    """The full name of a relative import; the directory of a module is its package."""
    package = ("understudy", *path.relative_to(SOURCE / "understudy").parent.parts)
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


def wrong(path: Path) -> list[str]:
    """The imports of a module that its place does not allow."""
    name = module_name(path)
    own = name.split(".")[1] if "." in name else ""
    if own not in ALLOWED:
        return []
    permitted = ALLOWED[own] | {own}
    return [
        f"{name} imports {target}"
        for target in sorted(imported(path))
        if target.split(".")[1] not in permitted
        and (name, target.split(".")[1]) not in EXCEPTIONS
        and not (own == "server" and target.startswith(TRANSPORTS))
    ]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_one_way(path: Path) -> None:
    assert wrong(path) == []


def test_the_check_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "understudy" / "policy" / "broken.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "def late():\n    from understudy.server import app\n    from understudy import client\n"
        "from ..wire import requests\nfrom .own import x\nimport json\n"
    )
    monkeypatch.setitem(globals(), "SOURCE", tmp_path)
    assert wrong(path) == [
        "understudy.policy.broken imports understudy.client",
        "understudy.policy.broken imports understudy.server",
        "understudy.policy.broken imports understudy.wire",
    ]


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=module_name)
def test_every_package_opens_with_what_it_owns(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert " owns " in text.split("\n\n")[0], f"{path} must open with one sentence 'X owns ...'"


def loaded(statement: str) -> set[str]:
    """The modules that a statement loads in a fresh interpreter, beyond those that it starts with."""
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); before = set(sys.modules)\n{statement}\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import understudy",
        "from understudy import STSClient",
        "import understudy.commands, understudy.wire.requests, understudy.wire.responses",
        "import understudy.sigv4.signing",
        "from understudy import STSClient, AWSCredentials as C; STSClient(region='us-east-1', credentials=C('A', 's'))",
        "from understudy.wire import requests; from understudy.commands import GetCallerIdentityCommand as W; requests.serialize(W())",
    ],
)
def test_the_client_imports_nothing_heavy(statement: str) -> None:
    found = loaded(statement)
    assert not {name for name in found if name in HEAVY or name.split(".")[0] in HEAVY}
    tops = {name.split(".")[0] for name in found if not name.startswith("_") or name == "__future__"}
    assert tops - {"understudy"} <= LIGHT


@pytest.mark.parametrize("package", ["server", "directory", "policy", "cli", "bridges", "tokens", "demo", "testing"])
def test_the_client_loads_no_part_that_it_does_not_use(package: str) -> None:
    found = loaded("from understudy import STSClient")
    assert not {name for name in found if name.split(".")[:2] == ["understudy", package]}


def test_the_bare_package_loads_next_to_nothing() -> None:
    assert {name for name in loaded("import understudy") if name.startswith("understudy.")} == set()


def test_reading_an_answer_loads_expat_and_the_calendar_only() -> None:
    found = loaded(
        "from understudy.commands import GetSessionTokenCommand as G\n"
        "from understudy.http import Response\n"
        "from understudy.wire import responses\n"
        "body = b'<GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>a</AccessKeyId>"
        "<SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken>"
        "<Expiration>2026-11-22T09:30:00Z</Expiration></Credentials></GetSessionTokenResult></GetSessionTokenResponse>'\n"
        "assert responses.parse(G.operation, Response(200, (), body)).credentials.access_key_id == 'a'"
    )
    public = {name for name in found if not name.startswith(("_", "understudy"))}
    assert public <= {"pyexpat", "pyexpat.errors", "pyexpat.model", *LIGHT}
