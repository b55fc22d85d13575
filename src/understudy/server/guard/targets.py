"""Which bucket and key a request is about, read in one way only.

S3 takes keys with dot segments, doubled and encoded slashes; proxies and stores read them in more than one
way. What could be read in two ways is refused with InvalidURI, and what goes on is written anew from what was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.server.guard.faults import GuardError, invalid_argument, invalid_uri
from understudy.sigv4.encoding import percent_decode, percent_encode, query_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")
_LONGEST_KEY = 1024


@dataclass(frozen=True, slots=True)
class Target:
    """A bucket and a key, decoded; the key is None for the bucket itself, both are for the service."""

    bucket: str | None = None
    key: str | None = None

    @property
    def path(self) -> str:
        """The path in its one encoding, with the bucket first."""
        if self.bucket is None:
            return "/"
        return f"/{self.bucket}" if self.key is None else f"/{self.bucket}/{encoded_key(self.key)}"

    def arn(self, partition: str = "aws") -> str:
        """The resource that policies name."""
        if self.bucket is None:
            return "*"
        tail = "" if self.key is None else f"/{self.key}"
        return f"arn:{partition}:s3:::{self.bucket}{tail}"


def encoded_key(key: str) -> str:
    """A key in a path, its slashes kept."""
    return "/".join(percent_encode(segment) for segment in key.split("/"))


def read_target(path: str, host: str, base_hosts: Sequence[str] = ()) -> Target:
    """The target of a raw path (Latin-1) and host; raises InvalidURI or InvalidBucketName.

    ``bucket.BASE`` is a bucket by host name for every BASE in `base_hosts`, the longest that fits; any other host has
    the bucket in the path.
    """
    if not path.startswith("/"):
        raise invalid_uri(path)
    by_host = _bucket_of_host(host, base_hosts)
    if by_host is not None:
        return Target(_checked_bucket(by_host), _read_key(path[1:], path))
    bucket, slash, rest = path[1:].partition("/")
    if not bucket:
        if slash or rest:
            raise invalid_uri(path)
        return Target()
    return Target(_checked_bucket(bucket), _read_key(rest, path))


def read_copy_source(value: str) -> tuple[Target, str | None]:
    """The source of ``x-amz-copy-source``, and its version; raises as `read_target` does."""
    path, _, query = value.partition("?")
    parameters = dict(query_pairs(query))
    if set(parameters) - {"versionId"}:
        raise invalid_argument("Copy Source must mention the source bucket and key", "x-amz-copy-source", value)
    target = read_target(f"/{path.removeprefix('/')}", "")
    if target.key is None:
        raise invalid_argument("Copy Source must mention the source bucket and key", "x-amz-copy-source", value)
    return target, parameters.get("versionId")


def _bucket_of_host(host: str, base_hosts: Sequence[str]) -> str | None:
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    name = name.lower()
    for base in sorted(base_hosts, key=len, reverse=True):
        if name == base:
            return None
        if name.endswith(f".{base}"):
            return name[: -len(base) - 1]
    return None


def _checked_bucket(name: str) -> str:
    """A name by S3's rules; an encoded character is none of them."""
    if (
        3 <= len(name) <= 63
        and _NAME.issuperset(name)
        and ".." not in name
        and name[0] not in ".-"
        and name[-1] not in ".-"
    ):
        return name
    raise GuardError("The specified bucket is not valid.", "InvalidBucketName", 400, [("BucketName", name)])


def _read_key(raw: str, path: str) -> str | None:
    if not raw:
        return None
    escapes = raw.split("%")[1:]
    if any(len(piece) < 2 or not _HEXADECIMAL.issuperset(piece[:2]) for piece in escapes):
        raise invalid_uri(path)
    if any(piece[:2] in _ENCODED_SLASHES for piece in escapes):
        raise invalid_uri(path)
    try:
        key = percent_decode(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_uri(path) from None
    return read_key_text(key, path)


def read_key_text(key: str, path: str | None = None) -> str:
    """A decoded key as it came; raises InvalidURI for one that could be read in two ways, KeyTooLongError."""
    size = len(key.encode("utf-8", "surrogatepass"))
    if size > _LONGEST_KEY:
        raise GuardError("Your key is too long", "KeyTooLongError", 400, [("Size", str(size))])
    segments = key.split("/")
    if any(segment in (".", "..") for segment in segments) or "" in segments[:-1] or _has_control(key):
        raise invalid_uri(path or key)
    return key


_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_ENCODED_SLASHES = frozenset(("2f", "2F", "5c", "5C"))


def _has_control(key: str) -> bool:
    return any(character < " " or character == "\x7f" or character == "\\" for character in key)
