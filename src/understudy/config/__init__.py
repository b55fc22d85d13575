"""Config owns the reading of AWS's files and environment: profiles, settings, and the place where each was found."""

from __future__ import annotations

from understudy.config.configuration import Configuration, expand
from understudy.config.files import CREDENTIAL_KEYS, Profile

__all__ = ["CREDENTIAL_KEYS", "Configuration", "Profile", "expand"]
