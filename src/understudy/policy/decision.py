"""A decision is a value: the verdict, and the way there when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .evaluation import Ground, PolicySet, PolicyType, Ruling, Verdict, rule, take_votes
from .request import Request

if TYPE_CHECKING:
    from .trace import PolicyStep, StatementStep


def evaluate(request: Request, policies: PolicySet) -> Decision:
    """Decide a request. Pure: the same request and policies give the same decision; nothing is read, nothing is
    kept.
    """
    return Decision(request, policies, rule(request, take_votes(request, policies)))


@dataclass(frozen=True, slots=True)
class Denial:
    """Which type of policy denied, and how. ``text`` is the tail of the service's long AccessDenied messages."""

    type: PolicyType
    explicit: bool
    text: str


class Decision:
    """The outcome of `evaluate`. Everything beyond the verdict is computed when it is first asked for."""

    __slots__ = ("_ruling", "_steps", "policies", "request")

    def __init__(self, request: Request, policies: PolicySet, ruling: Ruling) -> None:
        self.request, self.policies = request, policies
        self._ruling = ruling
        self._steps: tuple[PolicyStep, ...] | None = None

    @property
    def verdict(self) -> Verdict:
        """Allow, implicit deny or explicit deny."""
        return self._ruling.verdict

    @property
    def allowed(self) -> bool:
        """Whether the request may be carried out."""
        return self._ruling.verdict is Verdict.ALLOW

    @property
    def ground(self) -> Ground:
        """The rule of evaluation that settled it."""
        return self._ruling.ground

    @property
    def steps(self) -> tuple[PolicyStep, ...]:
        """Every policy that was heard, with every statement, element and condition and the values compared."""
        if self._steps is None:
            from .trace import trace

            self._steps = trace(self.request, self.policies)
        return self._steps

    @property
    def matched_statements(self) -> tuple[tuple[PolicyStep, StatementStep], ...]:
        """The statements that apply, each with its policy."""
        return tuple((policy, each) for policy in self.steps for each in policy.statements if each.matched)

    def denial_reason(self) -> Denial | None:
        """Which type of policy denied; None for an allow, and where no policy is at fault (a root caller)."""
        policy_type = self._ruling.type
        if policy_type is None:
            return None
        explicit = self.verdict is Verdict.EXPLICIT_DENY
        return Denial(policy_type, explicit, _denial_text(policy_type, explicit, self.request.action))

    def why(self, *, width: int = 100) -> str:
        """The decision for people, in lines of at most ``width`` columns (at least 40)."""
        from .explanation import explain

        return explain(self, max(width, 40))

    def to_dict(self) -> dict[str, Any]:
        """The decision as plain values, as `to_json` writes them."""
        reason = self.denial_reason()
        return {
            "allowed": self.allowed,
            "verdict": self.verdict.value,
            "ground": self.ground.value,
            "denial": {"type": reason.type.value, "explicit": reason.explicit, "text": reason.text} if reason else None,
            "request": _request_dict(self.request),
            "policies": [_policy_dict(step) for step in self.steps],
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """`to_dict` as JSON text."""
        import json

        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def authorization_message(self) -> dict[str, Any]:
        """What DecodeAuthorizationMessage shows for this decision ("Decoded authorization message", STS API
        reference).
        """
        from .message import authorization_message

        return authorization_message(self)

    def __repr__(self) -> str:
        asked = f"{self.request.action} on {self.request.resource} by {self.request.principal}"
        return f"<Decision {self.verdict.value}: {asked}>"


def _denial_text(policy_type: PolicyType, explicit: bool, action: str) -> str:
    if not explicit:
        return f"because no {policy_type.value} allows the {action} action"
    if policy_type is PolicyType.TRUST:
        return "with an explicit deny in the role trust policy"
    article = "an" if policy_type.value[0] in "aeiou" else "a"
    return f"with an explicit deny in {article} {policy_type.value}"


def _request_dict(request: Request) -> dict[str, Any]:
    return {
        "principal": {"kind": request.principal.kind.value, "name": str(request.principal)},
        "action": request.action,
        "resource": request.resource,
        "resource_account": request.resource_account,
        "context": {key: value if isinstance(value, str) else list(value) for key, value in request.context.items()},
    }


def _policy_dict(step: PolicyStep) -> dict[str, Any]:
    plain = {key: _without_empty(value) for key, value in asdict(step).items() if value is not None}
    return {**plain, "type": step.type.value}


def _without_empty(value: Any) -> Any:
    """Lists for tuples, and no member that says nothing."""
    if isinstance(value, Mapping):
        return {key: _without_empty(each) for key, each in value.items() if each is not None and each != ""}
    return [_without_empty(each) for each in value] if isinstance(value, list | tuple) else value
