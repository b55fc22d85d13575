"""GetCallerIdentity: who the service says you are. No permission is needed, and none can be denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.commands import GetCallerIdentityCommand
from understudy.types import GetCallerIdentityOutput

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.service import Service


def get_caller_identity(service: Service, call: Call, command: GetCallerIdentityCommand) -> GetCallerIdentityOutput:
    """User id, account and ARN of whoever signed."""
    caller = call.caller
    return GetCallerIdentityOutput.of(
        {"user_id": caller.principal.userid, "account": caller.account.account_id, "arn": caller.arn}
    )
