"""The user agent of a client: what the AWS SDKs call version 2.1 of it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_SYSTEMS: Final = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_MARKS: Final = frozenset("!$%&'*+-.^_`|~")
LONGEST_APP_ID: Final = 50


def user_agent(version: str, retry_mode: str, app_id: str | None) -> str:
    """``understudy/0.1.0 ua/2.1 os/linux lang/python#3.11.7 cfg/retry-mode#standard app/name``."""
    python = ".".join(map(str, sys.version_info[:3]))
    system = _SYSTEMS.get(sys.platform, "other")
    app = f" app/{_token(app_id)}" if app_id else ""
    return f"understudy/{version} ua/2.1 os/{system} lang/python#{python} cfg/retry-mode#{retry_mode}{app}"


def _token(text: str) -> str:
    """Only characters of a token (RFC 9110, section 5.6.2), others become a hyphen; so no header can be split."""
    return "".join(char if char.isascii() and (char.isalnum() or char in _MARKS) else "-" for char in text)
