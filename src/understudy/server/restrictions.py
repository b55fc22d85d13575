"""What each kind of temporary credentials may call at all, before any policy is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from understudy.errors import AccessDenied
from understudy.server.denials import short_text
from understudy.server.sessions import SessionKind

if TYPE_CHECKING:
    from understudy.commands import Command
    from understudy.server.principals import Caller

_SESSION_MAKERS = frozenset(("GetSessionToken", "GetFederationToken"))
_USER_SESSIONS = frozenset(("AssumeRole", "GetCallerIdentity"))
_FEDERATED_SESSIONS = frozenset(("GetCallerIdentity",))


def check_credentials(caller: Caller, command: Command[Any]) -> None:
    """Raise AccessDenied where credentials of this kind cannot call the operation.

    Source: "Request temporary security credentials", IAM User Guide. The texts for GetSessionToken and
    GetWebIdentityToken are recorded, the others follow them and are ours.
    """
    if caller.session is None:
        return
    operation = command.operation.name
    kind = caller.session.kind
    if kind is SessionKind.FEDERATED_USER:
        allowed = operation in _FEDERATED_SESSIONS
    elif kind in (SessionKind.USER, SessionKind.ROOT):
        allowed = operation in _USER_SESSIONS
    else:
        allowed = operation not in _SESSION_MAKERS
    if not allowed:
        raise AccessDenied(_text(caller, kind, operation, getattr(command, "role_arn", "*")))


def _text(caller: Caller, kind: SessionKind, operation: str, resource: str) -> str:
    if kind is SessionKind.FEDERATED_USER and operation == "GetWebIdentityToken":
        return "GetWebIdentityToken does not support federated user sessions"
    if kind is SessionKind.FEDERATED_USER and operation == "AssumeRole":
        return short_text(caller.arn, "sts:AssumeRole", resource)
    return f"Cannot call {operation} with session credentials"
