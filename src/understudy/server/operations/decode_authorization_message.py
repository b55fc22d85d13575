"""DecodeAuthorizationMessage: the decision behind a refusal, for callers of the account that it concerns."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING

from understudy.commands import DecodeAuthorizationMessageCommand
from understudy.errors import InvalidAuthorizationMessageException
from understudy.server.messages import MessageUnreadable
from understudy.types import DecodeAuthorizationMessageOutput

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.service import Service

UNREADABLE = "Message is not valid"
"""Ours: the code is the service's, its text is not known."""


def decode_authorization_message(
    service: Service, call: Call, command: DecodeAuthorizationMessageCommand
) -> DecodeAuthorizationMessageOutput:
    """A message of another account is as unreadable as one that was never sealed."""
    service.authorizer.require(call, "sts:DecodeAuthorizationMessage", None)
    try:
        opened = service.messages.open(command.encoded_message)
    except MessageUnreadable:
        raise InvalidAuthorizationMessageException(UNREADABLE) from None
    if opened.account != call.caller.account.account_id:
        raise InvalidAuthorizationMessageException(UNREADABLE)
    return DecodeAuthorizationMessageOutput.of({"decoded_message": dumps(opened.message, separators=(",", ":"))})
