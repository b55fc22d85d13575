"""What goes on to the upstream: a request written anew from what was judged, with nothing in it that was not.

Headers are forwarded by a list of what S3 understands, so that no header by which some server between here and there
rewrites methods, hosts or addresses can pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from understudy.http import Request
from understudy.server.guard.s3_claims import AUTH_PARAMETERS
from understudy.sigv4.encoding import percent_encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from understudy.server.guard.targets import Target

_PASSED: Final = frozenset(
    (
        "accept", "cache-control", "content-disposition", "content-language", "content-md5", "content-type", "expires",
        "if-match", "if-modified-since", "if-none-match", "if-unmodified-since", "range",
    )
)  # fmt: skip

_OURS: Final = frozenset(
    (
        "x-amz-content-sha256", "x-amz-date", "x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner",
        "x-amz-decoded-content-length", "x-amz-security-token", "x-amz-trailer",
        "x-amz-sdk-checksum-algorithm", "x-amz-target", "x-amz-copy-source",
    )
)  # fmt: skip
"""Headers of S3 that speak of the caller's signature or framing, or that are written anew."""

_ALGORITHM: Final = "x-amz-sdk-checksum-algorithm"
"""Passed on with the checksum that it names and not without, which S3 refuses: one that trailed the body was checked
and taken off here."""


def s3_headers(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers that go on, from canonical values."""
    passed = [(name, value) for name, value in headers.items() if name in _PASSED]
    passed += [(name, value) for name, value in headers.items() if name.startswith("x-amz-") and name not in _OURS]
    if f"x-amz-checksum-{headers.get(_ALGORITHM, '').lower()}" in headers:
        passed.append((_ALGORITHM, headers[_ALGORITHM]))
    encoding = _without_chunking(headers.get("content-encoding", ""))
    return [*passed, ("content-encoding", encoding)] if encoding else passed


def _without_chunking(encoding: str) -> str:
    """Content codings without aws-chunked, which is taken off here."""
    return ",".join(part for each in encoding.split(",") if (part := each.strip()) and part.lower() != "aws-chunked")


def s3_request(
    method: str, host: str, scheme: str, target: Target, parameters: Mapping[str, str], headers: Mapping[str, str]
) -> Request:
    """The request that goes on: target and parameters in one encoding each, the caller's signature left out."""
    pairs = [(name, value) for name, value in parameters.items() if name not in AUTH_PARAMETERS]
    query = "&".join(
        f"{percent_encode(name)}={percent_encode(value)}" if value else percent_encode(name) for name, value in pairs
    )
    return Request(method, host, target.path, query, s3_headers(headers), scheme=scheme)
