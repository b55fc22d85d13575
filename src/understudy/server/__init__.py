"""Server owns the stand-in: an STS that verifies, authorises and issues credentials."""

from __future__ import annotations
