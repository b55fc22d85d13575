"""Wire owns the bytes: awsQuery requests, XML and JSON responses and faults, each written and read side by side."""

from __future__ import annotations
