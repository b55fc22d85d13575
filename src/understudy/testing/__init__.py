"""testing owns the stand-in as tests want it: declared in a few lines, with tokens, codes, a clock and asserts."""

from __future__ import annotations

from understudy.testing.attempts import Attempt
from understudy.testing.clock import MovableClock
from understudy.testing.stand_in import DeclaredUser, StandIn, standing_in

__all__ = ["Attempt", "DeclaredUser", "MovableClock", "StandIn", "standing_in"]
