"""The MFA code that a request brings along: whose device it is of, and whether it is good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.errors import AccessDenied

if TYPE_CHECKING:
    from understudy.server.calls import Call
    from understudy.server.service import Service

WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
WRONG_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
INCOMPLETE = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
"""For one without the other; no recording of the service's own text is known."""


def verify_second_factor(service: Service, call: Call, serial_number: str | None, token_code: str | None) -> int | None:
    """When the caller last proved a second factor (epoch seconds): now, with a good code; raises AccessDenied.

    Without a code, a session of GetSessionToken that was begun with one still counts. The device must be the caller's
    own.
    """
    caller = call.caller
    if serial_number is None and token_code is None:
        return caller.session.mfa_at if caller.session is not None and not caller.is_chaining else None
    if serial_number is None or token_code is None:
        raise AccessDenied(INCOMPLETE)
    owner = service.directory.mfa_device(serial_number)
    own = owner is not None and caller.role is None and owner.account == caller.account.account_id
    if owner is None or not own or owner.user != caller.user:
        raise AccessDenied(WRONG_DEVICE)
    if not service.codes.verify(owner.device, token_code):
        raise AccessDenied(WRONG_CODE)
    return int(call.now)
