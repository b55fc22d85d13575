"""Which endpoint of the service a host is: the global one, a region's, or an address that stands for any."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

GLOBAL_HOST = "sts.amazonaws.com"
GLOBAL_REGION = "us-east-1"
_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn")

OPT_IN_REGIONS = frozenset(
    (
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
    )
)
"""Regions that an account switches on; tokens of the global endpoint are not good there."""


class Endpoint(NamedTuple):
    """An endpoint: its region (None: any that a signature names), and whether it is the global one."""

    region: str | None
    is_global: bool


@lru_cache(maxsize=256)
def endpoint_of(host: str, default_region: str | None) -> Endpoint:
    """The endpoint that a Host header names; a host that is no name of the service stands for `default_region`."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.lower()
    if name == GLOBAL_HOST:
        return Endpoint(GLOBAL_REGION, is_global=True)
    for suffix in _SUFFIXES:
        service, _, region = name.removesuffix(suffix).partition(".")
        if name.endswith(suffix) and service in ("sts", "sts-fips") and region and "." not in region:
            return Endpoint(region, is_global=False)
    return Endpoint(default_region, is_global=False)
