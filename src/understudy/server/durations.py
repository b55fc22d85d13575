"""How long sessions last, in seconds; the schema's own limits are checked before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.errors import ServiceError

if TYPE_CHECKING:
    from understudy.directory import Role

ROLE_DEFAULT = 3600
CHAINED_MAXIMUM = 3600
USER_DEFAULT = 43_200
ROOT_MAXIMUM = 3600


def role_session_duration(asked: int | None, role: Role, *, chained: bool) -> int:
    """The duration of a role session; raises ValidationError for the role's own maximum first, then for chaining's."""
    duration = ROLE_DEFAULT if asked is None else asked
    if duration > role.max_session_duration:
        _refuse("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if chained and duration > CHAINED_MAXIMUM:
        _refuse("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
    return duration


def user_session_duration(asked: int | None, *, root: bool) -> int:
    """The duration of GetSessionToken and GetFederationToken: root's is cut to an hour, without a word."""
    duration = USER_DEFAULT if asked is None else asked
    return min(duration, ROOT_MAXIMUM) if root else duration


def _refuse(message: str) -> None:
    raise ServiceError(message, code="ValidationError", status=400)
