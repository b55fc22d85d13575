"""Understudy owns both halves of AWS STS for Python: the client, and a stand-in that really verifies."""

from __future__ import annotations

__version__ = "0.1.0"
