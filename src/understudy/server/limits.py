"""The limits of the service model, checked on what was received; every broken one is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from understudy.errors import ServiceError
from understudy.shape import Problem, validation_message
from understudy.types import SOURCE_IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from understudy.commands import Command
    from understudy.server.settings import Settings


def check_limits(command: Command[Any], settings: Settings) -> None:
    """Raise ValidationError with the service's text where a limit is broken."""
    problems = command.problems()
    if problems and settings.source_identity_max != SOURCE_IDENTITY.maximum:
        problems = list(_with_longest_source_identity(problems, command, settings.source_identity_max))
    if problems:
        raise ServiceError(validation_message(problems), code="ValidationError", status=400)


def _with_longest_source_identity(problems: list[Problem], command: Any, maximum: int) -> Iterator[Problem]:
    """The service model says 64; the service was seen to take 256. The stand-in has a setting."""
    usual = f"length less than or equal to {SOURCE_IDENTITY.maximum}"
    for problem in problems:
        if problem.path != ("SourceIdentity",) or usual not in problem.constraint:
            yield problem
        elif len(command.source_identity) > maximum:
            yield Problem(
                problem.path,
                problem.shown,
                problem.constraint.replace(usual, f"length less than or equal to {maximum}"),
            )
