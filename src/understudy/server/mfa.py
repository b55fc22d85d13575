"""MFA codes: TOTP of RFC 6238, with the service's window, its one use of each code and its rate limit."""

from __future__ import annotations

from collections.abc import Callable
from time import time
from typing import TYPE_CHECKING

from understudy.otp import STEP_SECONDS, code_at

if TYPE_CHECKING:
    from understudy.directory import MFADevice

WINDOW_STEPS = 2
"""A code is good two steps before and after its own."""

VERIFICATIONS_PER_WINDOW = 9
LIMIT_WINDOW_SECONDS = 180
"""Nine verifications for each device in each three minutes of UTC, right or wrong; further codes are refused unseen."""

_KEPT_DEVICES = 65_536


def totp(seed: bytes, moment: float) -> str:
    """The code that a device shows at a moment (seconds since the epoch)."""
    return code_at(seed, int(moment) // STEP_SECONDS)


class _Uses:
    """What a device's codes have been used for."""

    __slots__ = ("attempts", "steps", "window")

    def __init__(self) -> None:
        self.steps: set[int] = set()
        self.window = -1
        self.attempts = 0


class CodeVerifier:
    """Verifies codes and remembers which were used; that memory is this process's own."""

    def __init__(self, now: Callable[[], float] = time) -> None:
        self._now = now
        self._uses: dict[str, _Uses] = {}

    def verify(self, device: MFADevice, code: str) -> bool:
        """Whether the code is good now, and was not used before. An older unused one is good after a newer one."""
        now = self._now()
        uses = self._uses_of(device.serial_number)
        if not self._within_limit(uses, now):
            return False
        current = int(now) // STEP_SECONDS
        uses.steps = {step for step in uses.steps if step >= current - WINDOW_STEPS}
        for step in range(current - WINDOW_STEPS, current + WINDOW_STEPS + 1):
            if step not in uses.steps and _equal(code_at(device.seed, step), code):
                uses.steps.add(step)
                return True
        return False

    def _uses_of(self, serial_number: str) -> _Uses:
        found = self._uses.get(serial_number)
        if found is None:
            if len(self._uses) >= _KEPT_DEVICES:
                del self._uses[next(iter(self._uses))]
            found = self._uses[serial_number] = _Uses()
        return found

    @staticmethod
    def _within_limit(uses: _Uses, now: float) -> bool:
        window = int(now) // LIMIT_WINDOW_SECONDS
        if uses.window != window:
            uses.window, uses.attempts = window, 0
        uses.attempts += 1
        return uses.attempts <= VERIFICATIONS_PER_WINDOW


def _equal(expected: str, given: str) -> bool:
    from hmac import compare_digest

    return compare_digest(expected.encode(), given.encode())
