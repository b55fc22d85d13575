"""Authorisation: every decision of the stand-in is made here, by `understudy.policy`, from all policies that
have a say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.policy import Principal, Request, evaluate
from understudy.server.arns import account_of_arn
from understudy.server.denials import Refused, long_text, short_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from understudy.directory import Role
    from understudy.policy import Decision
    from understudy.server.calls import Call
    from understudy.server.policies import PolicySource
    from understudy.server.principals import ContextValue


class Authorizer:
    """Decides whether a caller may do something; refusals raise `Refused`."""

    def __init__(self, policies: PolicySource) -> None:
        self._policies = policies

    def require_on_role(
        self, call: Call, role: Role | None, action: str, role_arn: str, context: Mapping[str, ContextValue]
    ) -> Decision:
        """Raise the refusal of AssumeRole unless trust policy and caller's policies allow the action on the role."""
        caller, account = call.caller, account_of_arn(role_arn)
        request = Request(caller.principal, action, role_arn, account, context)
        decision = evaluate(request, self._policies.on_role(caller, account, role))
        if not decision.allowed:
            raise Refused(short_text(caller.arn, action, role_arn), decision, caller.account.account_id)
        return decision

    def require_federated(
        self,
        principal: Principal,
        role: Role | None,
        action: str,
        role_arn: str,
        context: Mapping[str, ContextValue],
    ) -> Decision:
        """The same for a web identity or SAML caller, who has no account and no policies of its own."""
        account = account_of_arn(role_arn)
        request = Request(principal, action, role_arn, account, context)
        decision = evaluate(request, self._policies.of_stranger(account, role))
        if not decision.allowed:
            raise Refused(f"Not authorized to perform {action}", decision, account)
        return decision

    def require(
        self, call: Call, action: str, resource: str | None, context: Mapping[str, ContextValue] | None = None
    ) -> Decision:
        """Raise the long refusal unless the caller's own policies allow the action."""
        caller = call.caller
        request = Request(caller.principal, action, resource or "*", None, context or call.context())
        decision = evaluate(request, self._policies.of_caller(caller))
        if not decision.allowed:
            raise Refused(long_text(caller.arn, action, resource, decision), decision, caller.account.account_id)
        return decision
