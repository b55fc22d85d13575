"""Regions that an account has not switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.errors import RegionDisabledException

if TYPE_CHECKING:
    from understudy.directory import Account


def check_region_enabled(region: str, account: Account | None) -> None:
    """Raise RegionDisabledException where the account has the region switched off."""
    if account is not None and region in account.disabled_regions:
        raise RegionDisabledException(
            f"STS is not activated in this region for account:{account.account_id}. "
            "Your account administrator can activate STS in this region using the IAM Console."
        )
