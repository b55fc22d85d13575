"""ARNs of requests, parsed once: clients ask for the same roles over and over."""

from __future__ import annotations

from functools import lru_cache

from understudy.arn import Arn, is_arn
from understudy.errors import ServiceError

parsed_arn = lru_cache(maxsize=4096)(Arn.parse)
"""`Arn.parse`, remembered; raises `InvalidArn`."""


def account_of_arn(text: str) -> str:
    """The account of an ARN that has been checked."""
    return parsed_arn(text).account


@lru_cache(maxsize=4096)
def _is_arn(text: str) -> bool:
    return is_arn(text)


def check_role_arn(role_arn: str) -> None:
    """A text of the right length that is no ARN has an error of its own."""
    if not _is_arn(role_arn):
        raise ServiceError(f"{role_arn} is invalid", code="ValidationError", status=400)
