"""GetAccessKeyInfo: the account that an access key id belongs to, read from the id itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.commands import GetAccessKeyInfoCommand
from understudy.directory.identifiers import account_of_key
from understudy.errors import ServiceError
from understudy.types import GetAccessKeyInfoOutput

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.service import Service


def get_access_key_info(service: Service, call: Call, command: GetAccessKeyInfoCommand) -> GetAccessKeyInfoOutput:
    """Any well-formed key, whether it exists or not; ids of the old form carry nothing and are looked up."""
    service.authorizer.require(call, "sts:GetAccessKeyInfo", None)
    owner = service.directory.access_key(command.access_key_id)
    account = owner.account.account_id if owner is not None else account_of_key(command.access_key_id)
    if account is None:  # ours: what the service says of an id that it never gave out is not established
        raise ServiceError(f"{command.access_key_id} is invalid", code="ValidationError", status=400)
    return GetAccessKeyInfoOutput.of({"account": account})
