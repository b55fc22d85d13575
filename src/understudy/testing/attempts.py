"""Attempts to assume a role, and what they show: the outcome, and the decision behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from understudy.server.denials import Refused
from understudy.server.trust import Authorizer

if TYPE_CHECKING:
    from collections.abc import Callable

    from understudy.errors import ServiceError
    from understudy.policy import Decision
    from understudy.types import Credentials


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended. True when credentials were given; `error` is what the caller was told."""

    role_arn: str
    credentials: Credentials | None = field(default=None, repr=False)
    error: ServiceError | None = None
    decisions: tuple[Decision, ...] = ()
    hint: str | None = None

    def __bool__(self) -> bool:
        return self.credentials is not None

    def why(self) -> str:
        """The decision for people; what the caller was told where it did not come to a decision."""
        told = [] if self.error is None else [f"{self.error.code}: {self.error.message}"]
        told += [f"({self.hint})"] if self.hint else []
        return "\n".join([*told, *(decision.why() for decision in self._telling())])

    def _telling(self) -> tuple[Decision, ...]:
        """All decisions of what was allowed; the last, which refused, of what was not."""
        return self.decisions if self else self.decisions[-1:]


class RecordingAuthorizer(Authorizer):
    """Decides like any other, and keeps its decisions."""

    def __init__(self, authorizer: Authorizer) -> None:
        super().__init__(authorizer._policies)
        self.decisions: list[Decision] = []

    def require_on_role(self, *arguments: Any, **named: Any) -> Decision:
        return self._kept(lambda: super(RecordingAuthorizer, self).require_on_role(*arguments, **named))

    def require_federated(self, *arguments: Any, **named: Any) -> Decision:
        return self._kept(lambda: super(RecordingAuthorizer, self).require_federated(*arguments, **named))

    def require(self, *arguments: Any, **named: Any) -> Decision:
        return self._kept(lambda: super(RecordingAuthorizer, self).require(*arguments, **named))

    def _kept(self, decide: Callable[[], Decision]) -> Decision:
        try:
            decision = decide()
        except Refused as refused:
            self.decisions.append(refused.decision)
            raise
        self.decisions.append(decision)
        return decision
