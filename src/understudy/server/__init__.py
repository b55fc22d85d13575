"""The server owns the stand-in: an STS that verifies what it is told, says no as the service does, and knows why."""

from __future__ import annotations
