"""Guard owns the stand-in's place in front of another service: it verifies, authorises, and only then forwards."""

from __future__ import annotations

from understudy.server.guard.application import Guard, GuardSettings
from understudy.server.guard.front import Front
from understudy.server.guard.upstream import Upstream

__all__ = ["Front", "Guard", "GuardSettings", "Upstream"]
