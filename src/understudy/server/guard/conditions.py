"""The condition keys that a request to S3 supplies.

Source: "Actions, resources, and condition keys for Amazon S3". Not supplied: keys that need a look at the stored
object, such as ``s3:ExistingObjectTag``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from understudy.sigv4.encoding import query_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from understudy.server.guard.s3_claims import S3Claim
    from understudy.server.principals import ContextValue

_OF_PARAMETER: Final = {
    "prefix": "s3:prefix",
    "delimiter": "s3:delimiter",
    "max-keys": "s3:max-keys",
    "versionId": "s3:VersionId",
}

_OF_HEADER: Final = {
    "x-amz-acl": "s3:x-amz-acl",
    "x-amz-copy-source": "s3:x-amz-copy-source",
    "x-amz-grant-full-control": "s3:x-amz-grant-full-control",
    "x-amz-grant-read": "s3:x-amz-grant-read",
    "x-amz-grant-read-acp": "s3:x-amz-grant-read-acp",
    "x-amz-grant-write": "s3:x-amz-grant-write",
    "x-amz-grant-write-acp": "s3:x-amz-grant-write-acp",
    "x-amz-metadata-directive": "s3:x-amz-metadata-directive",
    "x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
    "x-amz-object-lock-mode": "s3:object-lock-mode",
    "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
    "x-amz-object-ownership": "s3:x-amz-object-ownership",
    "x-amz-server-side-encryption": "s3:x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class": "s3:x-amz-storage-class",
    "x-amz-website-redirect-location": "s3:x-amz-website-redirect-location",
}


def s3_conditions(
    parameters: Mapping[str, str], headers: Mapping[str, str], found: S3Claim | None, now: datetime
) -> dict[str, ContextValue]:
    """The ``s3:`` keys of a request; `found` is None for an anonymous one."""
    keys: dict[str, ContextValue] = {key: parameters[name] for name, key in _OF_PARAMETER.items() if name in parameters}
    keys.update({key: headers[name] for name, key in _OF_HEADER.items() if name in headers})
    tags = dict(query_pairs(headers.get("x-amz-tagging", "")))
    if tags:
        keys.update({f"s3:RequestObjectTag/{key}": value for key, value in tags.items()})
        keys["s3:RequestObjectTagKeys"] = tuple(tags)
    if found is not None:
        keys["s3:authType"] = "REST-QUERY-STRING" if found.claim.presigned else "REST-HEADER"
        keys["s3:signatureversion"] = "AWS4-HMAC-SHA256"
        keys["s3:signatureAge"] = str(max(0, int((now - found.moment).total_seconds() * 1000)))
        keys["s3:x-amz-content-sha256"] = found.payload_hash
    return keys
