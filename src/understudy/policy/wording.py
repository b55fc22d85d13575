"""The sentences in which a change of a request is told."""

from __future__ import annotations

from .candidates import Value
from .conditions import Condition, Quantifier, split_operator
from .wildcards import compile_pattern


def told(condition: Condition, before: Value, wanted: tuple[str, ...]) -> str:
    """What the request has, what the policy wants, and why they are not the same."""
    base = split_operator(condition.operator)[1]
    subject = subject_of(condition.key)
    if base == "Null":
        return f"{subject} must be {'absent' if before is not None else 'present'}"
    wants = f"the policy wants {_operator_words(condition)}{quoted(wanted)}"
    if before is None:
        return f"{subject} is not in the request, {wants}"
    if isinstance(before, tuple) and condition.quantifier is Quantifier.NONE:
        return f"{subject} is multi-valued, which {condition.operator} never matches; ForAnyValue or ForAllValues can"
    given = before if isinstance(before, str) else ", ".join(before)
    reason = "" if condition.negated else difference(given, wanted[0], like="Like" in base) if len(wanted) == 1 else ""
    return f"{subject} is `{given}`, {wants}{reason}"


def needed(condition: Condition, wanted: tuple[str, ...]) -> str:
    """What a request needs, without a look at what it has: ``sts:ExternalId is `x1```."""
    if split_operator(condition.operator)[1] == "Null":
        return f"{subject_of(condition.key)} is {'absent' if 'true' in wanted else 'present'}"
    return f"{subject_of(condition.key)} is {_operator_words(condition)}{quoted(wanted)}"


def avoided(condition: Condition, before: Value, wanted: tuple[str, ...]) -> str:
    """What the request has that a Deny is about."""
    given = "absent" if before is None else f"`{before if isinstance(before, str) else ', '.join(before)}`"
    return f"{subject_of(condition.key)} is {given}, which a Deny catches ({condition.operator} {quoted(wanted)})"


def subject_of(key: str) -> str:
    """What people call the key."""
    name = key.rpartition(":")[2].lower()
    return {"sub": "the subject", "aud": "the audience"}.get(name, key) if not key.startswith("aws:") else key


_WORDS = {
    "LessThan": "less than ",
    "LessThanEquals": "at most ",
    "GreaterThan": "more than ",
    "GreaterThanEquals": "at least ",
}


def _operator_words(condition: Condition) -> str:
    base = split_operator(condition.operator)[1]
    order = next((words for name, words in reversed(_WORDS.items()) if base.endswith(name)), "")
    return f"{'anything but ' if condition.negated else ''}{order}"


def quoted(values: tuple[str, ...]) -> str:
    """The first few values, in backquotes."""
    more = f" or {len(values) - 3} more" if len(values) > 3 else ""
    return " or ".join(f"`{value}`" for value in values[:3]) + more


def difference(given: str, wanted: str, *, like: bool) -> str:
    """Why two texts that look alike are not the same."""
    matches = compile_pattern(wanted)
    if not like and ("*" in wanted or "?" in wanted) and matches(given):
        return ": the operator takes `*` and `?` literally, StringLike or ArnLike would match"
    if given.strip() != given and matches(given.strip()):
        return ": there is white space around it"
    if compile_pattern(wanted.lower())(given.lower()):
        return ": the case differs"
    return ""
