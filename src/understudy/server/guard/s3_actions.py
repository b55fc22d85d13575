"""Which permissions a request to S3 needs: the action from method and sub-resource, the resource from the target.

Source: "Actions, resources, and condition keys for Amazon S3" in the Service Authorization Reference, and "Required
permissions for Amazon S3 API operations". What is not in these tables is not forwarded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from understudy.server.guard.faults import GuardError, invalid_argument, not_implemented
from understudy.server.guard.targets import Target, read_copy_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Permission(NamedTuple):
    """An action on a target that policies must allow."""

    action: str
    target: Target


_BUCKET_CONFIGURATION: Final = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "analytics": "AnalyticsConfiguration",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "intelligent-tiering": "IntelligentTieringConfiguration",
    "inventory": "InventoryConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "logging": "BucketLogging",
    "metrics": "MetricsConfiguration",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
"""Sub-resources of a bucket that are read by ``s3:Get…`` and written by ``s3:Put…``."""

_DELETED_BY_PUT: Final = (
    "analytics", "cors", "encryption", "intelligent-tiering", "inventory", "lifecycle", "metrics", "ownershipControls",
    "publicAccessBlock", "replication", "tagging",
)  # fmt: skip

_BUCKET: Final = {
    **{("GET", name): f"s3:Get{noun}" for name, noun in _BUCKET_CONFIGURATION.items()},
    **{("PUT", name): f"s3:Put{noun}" for name, noun in _BUCKET_CONFIGURATION.items()},
    **{("DELETE", name): f"s3:Put{_BUCKET_CONFIGURATION[name]}" for name in _DELETED_BY_PUT},
    ("DELETE", "policy"): "s3:DeleteBucketPolicy",
    ("DELETE", "website"): "s3:DeleteBucketWebsite",
    ("GET", "policyStatus"): "s3:GetBucketPolicyStatus",
    ("GET", "location"): "s3:GetBucketLocation",
    ("GET", "uploads"): "s3:ListBucketMultipartUploads",
    ("GET", "versions"): "s3:ListBucketVersions",
    ("GET", ""): "s3:ListBucket",
    ("HEAD", ""): "s3:ListBucket",
    ("PUT", ""): "s3:CreateBucket",
    ("DELETE", ""): "s3:DeleteBucket",
}

_OBJECT: Final = {
    ("GET", ""): "s3:GetObject",
    ("GET", "acl"): "s3:GetObjectAcl",
    ("GET", "attributes"): "s3:GetObjectAttributes",
    ("GET", "legal-hold"): "s3:GetObjectLegalHold",
    ("GET", "retention"): "s3:GetObjectRetention",
    ("GET", "tagging"): "s3:GetObjectTagging",
    ("GET", "uploadId"): "s3:ListMultipartUploadParts",
    ("HEAD", ""): "s3:GetObject",
    ("PUT", ""): "s3:PutObject",
    ("PUT", "acl"): "s3:PutObjectAcl",
    ("PUT", "legal-hold"): "s3:PutObjectLegalHold",
    ("PUT", "retention"): "s3:PutObjectRetention",
    ("PUT", "tagging"): "s3:PutObjectTagging",
    ("PUT", "uploadId"): "s3:PutObject",
    ("POST", "restore"): "s3:RestoreObject",
    ("POST", "uploads"): "s3:PutObject",
    ("POST", "uploadId"): "s3:PutObject",
    ("DELETE", ""): "s3:DeleteObject",
    ("DELETE", "tagging"): "s3:DeleteObjectTagging",
    ("DELETE", "uploadId"): "s3:AbortMultipartUpload",
}

_OF_VERSION: Final = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
}

_SUBRESOURCES: Final = frozenset(name for table in (_BUCKET, _OBJECT) for _, name in table if name) | {"delete"}

_MODIFIERS: Final = frozenset(
    (
        "bucket-region", "continuation-token", "delimiter", "encoding-type", "fetch-owner", "id", "key-marker",
        "list-type", "marker", "max-buckets", "max-keys", "max-parts", "max-uploads", "part-number-marker",
        "partNumber", "prefix", "response-cache-control", "response-content-disposition",
        "response-content-encoding", "response-content-language", "response-content-type", "response-expires",
        "start-after", "upload-id-marker", "version-id-marker", "versionId", "x-id",
    )
)  # fmt: skip
"""Parameters that change how a request is carried out, but not what it needs."""

_ALSO_NEEDED: Final = {
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-acl": "s3:PutObjectAcl",
    "x-amz-grant-full-control": "s3:PutObjectAcl",
    "x-amz-grant-read": "s3:PutObjectAcl",
    "x-amz-grant-read-acp": "s3:PutObjectAcl",
    "x-amz-grant-write-acp": "s3:PutObjectAcl",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-retain-until-date": "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
    "x-amz-bypass-governance-retention": "s3:BypassGovernanceRetention",
}
"""Headers by which a request about an object does more than its action says."""


def subresource(parameters: Mapping[str, str]) -> str:
    """The one sub-resource that the parameters name, empty for none; raises for two, and for names nobody knows."""
    named = [name for name in parameters if name in _SUBRESOURCES]
    unknown = [name for name in parameters if name not in _SUBRESOURCES and name not in _MODIFIERS]
    if unknown:
        raise not_implemented(unknown[0])
    if len(named) > 1:
        listed = ", ".join(sorted(named))
        raise invalid_argument(f"Conflicting query string parameters: {listed}", "ResourceType", named[1])
    return named[0] if named else ""


def single_parameters(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Parameters by name; one given twice could be read in two ways and is refused."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise invalid_argument("A query parameter may be given only once", name, value)
        found[name] = value
    return found


def required(
    method: str, target: Target, parameters: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[Permission, ...]:
    """Every permission that a request needs, its own action first; raises MethodNotAllowed or NotImplemented.

    ``POST ?delete`` names its keys in the body: see `deletions`.
    """
    named = subresource(parameters)
    if target.bucket is None:
        return (_of_service(method, named, target),)
    if target.key is None:
        return (Permission(_found(_BUCKET, method, named), target),)
    action = _found(_OBJECT, method, named)
    if "versionId" in parameters:
        action = _OF_VERSION.get(action, action)
    return (Permission(action, target), *_implied(action, target, headers))


def _of_service(method: str, named: str, target: Target) -> Permission:
    if method != "GET" or named:
        raise _not_allowed(method)
    return Permission("s3:ListAllMyBuckets", target)


def _found(table: Mapping[tuple[str, str], str], method: str, named: str) -> str:
    action = table.get((method, named))
    if action is not None:
        return action
    if method in ("GET", "HEAD", "PUT", "POST", "DELETE") and named and (method, "") in table:
        raise not_implemented(named)
    raise _not_allowed(method)


def _implied(action: str, target: Target, headers: Mapping[str, str]) -> list[Permission]:
    implied = []
    if action.startswith(("s3:Put", "s3:Delete")):
        needed = {_ALSO_NEEDED[name] for name in headers if name in _ALSO_NEEDED}
        implied += [Permission(each, target) for each in sorted(needed - {action})]
    if action in ("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"):
        implied.append(Permission(action.removesuffix("Attributes"), target))
    source = headers.get("x-amz-copy-source")
    if source is not None:
        copied, version = read_copy_source(source)
        implied.append(Permission("s3:GetObjectVersion" if version else "s3:GetObject", copied))
    return implied


def _not_allowed(method: str) -> GuardError:
    text = "The specified method is not allowed against this resource."
    return GuardError(text, "MethodNotAllowed", 405, [("Method", method)])
