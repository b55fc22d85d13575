"""Authorisation: every decision of the stand-in is made here, by `understudy.policy`, from all policies that
have a say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from understudy.arn import Arn
from understudy.policy import PolicySet, Principal, Request, evaluate
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

    def role_policies(self, call: Call, role_account: str, role: Role | None) -> PolicySet:
        """Everything with a say when the caller wants a role: its trust policy and the caller's own policies."""
        rcps, management = self._policies.guarding(role_account)
        own = self._policies.of_caller(call.caller) if call.known_caller is not None else PolicySet()
        return replace(own, trust=self._policies.trust(role), rcps=rcps, resource_in_management_account=management)

    def require_on_role(
        self, call: Call, policies: PolicySet, action: str, role_arn: str, context: Mapping[str, ContextValue]
    ) -> Decision:
        """Raise the refusal of AssumeRole unless trust policy and caller's policies allow the action on the role."""
        request = Request(call.caller.principal, action, role_arn, Arn.parse(role_arn).account, context)
        decision = evaluate(request, policies)
        if not decision.allowed:
            text = short_text(call.caller.arn, action, role_arn)
            raise Refused(text, decision, call.caller.account.account_id)
        return decision

    def require_federated(
        self,
        call: Call,
        principal: Principal,
        role: Role | None,
        action: str,
        role_arn: str,
        context: Mapping[str, ContextValue],
    ) -> Decision:
        """The same for a web identity or SAML caller, who has no account and no policies of its own."""
        account = Arn.parse(role_arn).account
        request = Request(principal, action, role_arn, account, context)
        decision = evaluate(request, self.role_policies(call, account, role))
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
