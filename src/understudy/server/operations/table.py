"""Which function carries out which command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from understudy.server.operations.assume_role import assume_role
from understudy.server.operations.assume_role_with_saml import assume_role_with_saml
from understudy.server.operations.assume_role_with_web_identity import assume_role_with_web_identity
from understudy.server.operations.assume_root import assume_root
from understudy.server.operations.decode_authorization_message import decode_authorization_message
from understudy.server.operations.get_access_key_info import get_access_key_info
from understudy.server.operations.get_caller_identity import get_caller_identity
from understudy.server.operations.get_delegated_access_token import get_delegated_access_token
from understudy.server.operations.get_federation_token import get_federation_token
from understudy.server.operations.get_session_token import get_session_token
from understudy.server.operations.get_web_identity_token import get_web_identity_token

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.service import Service
    from understudy.types import Output

Handler = Callable[["Service", "Call", Any], "Output | Awaitable[Output]"]

HANDLERS: dict[str, Handler] = {
    "AssumeRole": assume_role,
    "AssumeRoleWithSAML": assume_role_with_saml,
    "AssumeRoleWithWebIdentity": assume_role_with_web_identity,
    "AssumeRoot": assume_root,
    "DecodeAuthorizationMessage": decode_authorization_message,
    "GetAccessKeyInfo": get_access_key_info,
    "GetCallerIdentity": get_caller_identity,
    "GetDelegatedAccessToken": get_delegated_access_token,
    "GetFederationToken": get_federation_token,
    "GetSessionToken": get_session_token,
    "GetWebIdentityToken": get_web_identity_token,
}
"""By the operation's name."""
