"""Files that several processes share: a lock to hold while one changes, and a change that is one atomic rename.

The lock is advisory and sits beside the file (`<file>.lock`), since the file itself is replaced. Peers that take no
lock still never see half a file.
"""

from __future__ import annotations

import os

from understudy.clock import SYSTEM_CLOCK
from understudy.errors import CredentialsError
from understudy.flow import Effect, Sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.clock import Clock
    from understudy.flow import Flow

_POLL = 0.05  # seconds between two tries; the holder keeps the lock for one call to a service
PATIENCE = 30.0  # seconds; longer than any call that is made under the lock


class FileLock:
    """A lock that is held; `release` gives it back. The operating system gives it back when the process dies."""

    __slots__ = ("descriptor", "path")

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self.descriptor: int | None = descriptor

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            _unlock(descriptor)
            os.close(descriptor)


def lock_file(path: str, *, clock: Clock = SYSTEM_CLOCK, patience: float = PATIENCE) -> Flow[FileLock]:
    """Wait for the lock of a file, whose directory is made (0700) where it is missing; the caller releases it.

    Raises OSError where no lock can be made, such as on a read-only file system, and a recoverable `CredentialsError`
    when another process holds it for longer than `patience` seconds.
    """
    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        give_up = clock.monotonic() + patience
        while not _try_lock(descriptor):
            if clock.monotonic() >= give_up:
                raise CredentialsError(
                    f"{path + '.lock'!r} was held by another process for {patience:g} s", recoverable=True
                )
            yield Sleep(_POLL, clock)
    except BaseException:
        os.close(descriptor)
        raise
    return FileLock(path, descriptor)


if os.name == "nt":  # pragma: no cover

    def _try_lock(descriptor: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]

else:

    def _try_lock(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)


class ReplaceFile(Effect):
    """Replace a file in one atomic rename, with mode 0600; a symbolic link stays, its target is replaced."""

    __slots__ = ("content", "path")

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content

    def run(self) -> None:
        replace_file(self.path, self.content)

    async def run_async(self) -> None:
        import asyncio

        await asyncio.to_thread(self.run)


def replace_file(path: str, content: bytes) -> None:
    """Write beside the file, flush to the disk, rename over it. Raises OSError; the old file is then untouched."""
    from tempfile import mkstemp

    target = os.path.realpath(path)
    descriptor, temporary = mkstemp(dir=os.path.dirname(target), prefix=f".{os.path.basename(target)}.")  # mode 0600
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
