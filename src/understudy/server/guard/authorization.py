"""Whether a caller may do what a request needs: identity, boundary, session, bucket and organization policies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from understudy.policy import Decision, PolicyKind, PolicySet, Principal, Request, evaluate
from understudy.server.guard.faults import GuardError, denied
from understudy.server.policies import PolicySource, compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from understudy.directory import Bucket, Directory
    from understudy.server.guard.s3_actions import Permission
    from understudy.server.principals import Caller, ContextValue

ANONYMOUS = Principal.anonymous()
_TAKEN = (
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
    "Please select a different name and try again."
)


class Authorizer:
    """Decides for S3 and for other services; refusals are `GuardError` with the decision inside."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._policies = PolicySource(directory)

    def require_s3(
        self, caller: Caller | None, permissions: Iterable[Permission], context: Mapping[str, ContextValue]
    ) -> None:
        """Raise AccessDenied unless every permission is allowed, NoSuchBucket for a bucket that nobody owns."""
        for permission in permissions:
            decision = self.decide_s3(caller, permission, context)
            if not decision.allowed:
                raise denied(_text(caller, permission.action, decision), decision=decision)

    def decide_s3(self, caller: Caller | None, permission: Permission, context: Mapping[str, ContextValue]) -> Decision:
        """The decision on one permission; `caller` is None for an anonymous request."""
        bucket = self._bucket(permission, caller)
        account = bucket.account if bucket is not None else None
        partition = bucket.partition if bucket is not None else "aws"
        keys = {**context, **self._owner_keys(account)}
        request = Request(
            ANONYMOUS if caller is None else caller.principal,
            permission.action,
            permission.target.arn(partition),
            account,
            keys,
        )
        return evaluate(request, self._s3_policies(caller, bucket))

    def _owner_keys(self, account: str | None) -> dict[str, ContextValue]:
        """The condition keys that say whose the resource is."""
        if account is None:
            return {}
        keys: dict[str, ContextValue] = {"aws:ResourceAccount": account, "s3:ResourceAccount": account}
        organization = self._directory.organization(account)
        if organization is not None:
            home = [unit.path for unit in organization.units_above(account)[-1:]]
            keys["aws:ResourceOrgID"] = organization.organization_id
            keys["aws:ResourceOrgPaths"] = ("/".join((organization.organization_id, *home, "")),)
        return keys

    def _bucket(self, permission: Permission, caller: Caller | None) -> Bucket | None:
        """The bucket of a permission; one that is to be created will be the caller's."""
        name = permission.target.bucket
        if name is None:
            return None
        bucket = self._directory.bucket(name)
        if permission.action == "s3:CreateBucket" and caller is not None:
            if bucket is not None and bucket.account != caller.account.account_id:
                raise GuardError(_TAKEN, "BucketAlreadyExists", 409, [("BucketName", name)])
            return bucket
        if bucket is None:
            raise GuardError("The specified bucket does not exist", "NoSuchBucket", 404, [("BucketName", name)])
        return bucket

    def _s3_policies(self, caller: Caller | None, bucket: Bucket | None) -> PolicySet:
        own = PolicySet() if caller is None else self._policies.of_caller(caller)
        if bucket is None:
            return own
        rcps, management = self._policies.guarding(bucket.account)
        resource = () if bucket.policy is None else (compiled(bucket.policy, PolicyKind.RESOURCE, bucket.name),)
        return replace(own, resource=resource, rcps=rcps, resource_in_management_account=management)

    def require(self, caller: Caller, action: str, context: Mapping[str, ContextValue]) -> None:
        """Raise AccessDenied unless the caller's own policies allow an action of another service on every resource."""
        decision = evaluate(Request(caller.principal, action, "*", None, context), self._policies.of_caller(caller))
        if not decision.allowed:
            reason = decision.denial_reason()
            tail = f" {reason.text}" if reason is not None else ""
            text = f"User: {caller.arn} is not authorized to perform: {action} on resource: *{tail}"
            raise denied(text, decision=decision)


def _text(caller: Caller | None, action: str, decision: Decision) -> str:
    """S3 says why within one account and, since the caller need not know of another's policies, nothing across accounts
    ("Troubleshoot access denied (403 Forbidden) errors in Amazon S3").
    """
    if caller is None or not decision.request.same_account:
        return "Access Denied"
    reason = decision.denial_reason()
    tail = f" {reason.text}" if reason is not None else ""
    resource = decision.request.resource
    return f'User: {caller.arn} is not authorized to perform: {action} on resource: "{resource}"{tail}'
