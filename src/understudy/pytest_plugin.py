"""The pytest plugin: a stand-in for each test that asks for one. Nothing is imported before that.

The server starts once in a process (so once in each worker of pytest-xdist, on a port of its own); each test gets an
empty directory, an untouched clock and new keys at the same address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from understudy.server.run import Running
    from understudy.testing import StandIn


@pytest.fixture(scope="session")
def understudy_server() -> Iterator[Running]:
    """The server behind the fixture `understudy`, one for the session."""
    try:
        from understudy.directory import MemoryDirectory
        from understudy.server.run import running
    except ModuleNotFoundError as error:
        pytest.fail(f"the fixture 'understudy' needs {error.name}: pip install 'understudy[server]'", pytrace=False)
    with running(MemoryDirectory()) as server:
        yield server


@pytest.fixture
def understudy_s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The same with S3 behind it: a server of the test's own that guards moto's S3 (the extra ``s3``).

    Signatures, session tokens, identity, session and bucket policies decide over every S3 request.
    """
    from understudy.server.guard import GuardSettings
    from understudy.server.run import running
    from understudy.testing.stand_in import Stage, StandIn

    pytest.importorskip("moto", reason="S3 behind the stand-in needs moto: pip install 'understudy[s3]'")
    stage = Stage()
    with running(stage.directory, stage.settings(), guard=GuardSettings()) as server:
        made = StandIn(server, stage=stage)
        _point_at(made, monkeypatch)
        yield made


@pytest.fixture
def understudy(understudy_server: Running, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """A stand-in for AWS STS: an `understudy.testing.StandIn`, to which the environment points every AWS SDK.

    The environment has no credentials until `sign_in`.
    """
    from understudy.testing import StandIn

    made = StandIn(understudy_server)
    _point_at(made, monkeypatch)
    return made


def _point_at(made: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment until the test ends."""
    import os
    import sys

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        # Known to monkeypatch even where it is not set, so that what `sign_in` sets is undone as well.
        monkeypatch.setenv(name, os.environ.get(name, ""))
    for name, value in made.environment().items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    if "boto3" in sys.modules:
        # boto3's session of the process keeps the credentials that it once found.
        monkeypatch.setattr(sys.modules["boto3"], "DEFAULT_SESSION", None)
