"""Shared files: the lock excludes, the change is whole or not at all."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from tests.doubles.clock import FakeClock

from understudy.credentials.files import ReplaceFile, lock_file, replace_file
from understudy.errors import CredentialsError
from understudy.flow import drive, drive_async

if TYPE_CHECKING:
    from pathlib import Path

    from understudy.flow import Flow


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_held_lock_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    clock = FakeClock()
    held = drive(lock_file(str(tmp_path / "t.json")))
    with pytest.raises(CredentialsError, match=r"t\.json\.lock.* was held by another process for 5 s") as caught:
        drive(lock_file(str(tmp_path / "t.json"), clock=clock, patience=5))
    assert caught.value.recoverable
    assert sum(clock.slept) == pytest.approx(5, abs=0.1)
    held.release()
    held.release()
    drive(lock_file(str(tmp_path / "t.json"), clock=clock)).release()


def test_the_lock_excludes_other_processes(tmp_path: Path) -> None:
    path = str(tmp_path / "t.json")
    program = (
        "import sys; from understudy.flow import drive; from understudy.credentials.files import lock_file\n"
        f"drive(lock_file({path!r})); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "src"},
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CredentialsError):
            drive(lock_file(path, clock=FakeClock(), patience=1))
        holder.kill()  # the operating system gives the lock of a dead process back
        holder.wait()
    drive(lock_file(path, clock=FakeClock(), patience=1)).release()


def test_threads_and_tasks_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")

    def count() -> Flow[None]:
        lock = yield from lock_file(str(path))
        try:
            yield ReplaceFile(str(path), str(int(path.read_text()) + 1).encode())
        finally:
            lock.release()

    async def tasks() -> None:
        await asyncio.gather(*(drive_async(count()) for _ in range(10)))

    threads = [threading.Thread(target=drive, args=(count(),)) for _ in range(10)]
    for thread in threads:
        thread.start()
    asyncio.run(tasks())
    for thread in threads:
        thread.join()
    assert path.read_text() == "20"


def test_a_cancelled_wait_closes_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = drive(lock_file(str(tmp_path / "t.json")))
    closed: list[int] = []
    close = os.close
    monkeypatch.setattr(os, "close", lambda descriptor: (closed.append(descriptor), close(descriptor)))

    async def cancelled() -> None:
        waiting = asyncio.create_task(drive_async(lock_file(str(tmp_path / "t.json"))))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(cancelled())
    assert len(closed) == 1
    held.release()


def test_directories_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    drive(lock_file(str(tmp_path / "a" / "t.json"))).release()
    assert mode(tmp_path / "a") == 0o700
    assert mode(tmp_path / "a" / "t.json.lock") == 0o600


def test_the_new_file_is_for_the_owner_alone_whatever_the_old_one_was(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text("old")
    path.chmod(0o644)
    drive(replacing(path, b"new"))
    assert path.read_bytes() == b"new"
    assert mode(path) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.json"]


def replacing(path: Path, content: bytes) -> Flow[None]:
    yield ReplaceFile(str(path), content)


def test_readers_of_the_old_file_keep_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text("old")
    with path.open() as reader:
        replace_file(str(path), b"new")
        assert reader.read() == "old"


def test_a_symbolic_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "t.json", tmp_path / "t.json"
    target.write_text("old")
    link.symlink_to(target)
    replace_file(str(link), b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_failed_replacement_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.json"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        replace_file(str(path), b"new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.json"]
