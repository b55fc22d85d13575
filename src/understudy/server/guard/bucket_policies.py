"""Bucket policies are the guard's own: it evaluates them, so it keeps them, in the directory, and shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from understudy.policy import PolicyError, PolicyKind
from understudy.server.guard.exchange import Outcome, one_piece
from understudy.server.guard.faults import GuardError, not_implemented
from understudy.server.policies import compiled

if TYPE_CHECKING:
    from understudy.directory import Bucket
    from understudy.server.guard.s3_calls import S3Call

ACTIONS: Final = frozenset(("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"))
LARGEST: Final = 20_480
"""Bytes of a bucket policy."""


def answer(call: S3Call, body: bytes) -> Outcome:
    """Carry the action out in the directory; raises MalformedPolicy, NoSuchBucketPolicy or NotImplemented."""
    bucket = call.guard.service.directory.bucket(call.target.bucket or "")
    if bucket is None:
        raise GuardError("The specified bucket does not exist", "NoSuchBucket", 404)
    if call.action == "s3:GetBucketPolicy":
        return _shown(bucket)
    _put(call, replace(bucket, policy=_read(body) if call.action == "s3:PutBucketPolicy" else None))
    return Outcome(204, (), one_piece(b""))


def _shown(bucket: Bucket) -> Outcome:
    if bucket.policy is None:
        raise GuardError("The bucket policy does not exist", "NoSuchBucketPolicy", 404, [("BucketName", bucket.name)])
    body = bucket.policy.encode()
    headers = (("content-type", "application/json"), ("content-length", str(len(body))))
    return Outcome(200, headers, one_piece(body))


def _read(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
        compiled(text, PolicyKind.RESOURCE)
    except UnicodeDecodeError:
        raise GuardError("This policy contains invalid Json", "MalformedPolicy") from None
    except PolicyError as error:
        raise GuardError(error.service_text, "MalformedPolicy") from None
    return text


def _put(call: S3Call, bucket: Bucket) -> None:
    put = getattr(call.guard.service.directory, "put", None)
    if put is None:
        raise not_implemented("policy")
    put(bucket)
