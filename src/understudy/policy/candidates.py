"""Values that would satisfy a condition, or break it: what a nearest change is made of."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from . import literals
from .conditions import Condition, split_operator
from .variables import Template, Values
from .wildcards import Token, Wildcard, compile_tokens

Value = str | tuple[str, ...] | None
"""A key's value in a request; None is a request without the key."""

_MOST = 8


def satisfying(condition: Condition, context: Values) -> list[Value]:
    """Values of the key that make the condition hold, nearest first, at most eight; each one is tried."""
    return _that(condition, context, True)


def breaking(condition: Condition, context: Values) -> list[Value]:
    """Values of the key that make the condition fail, nearest first, at most eight; each one is tried."""
    return _that(condition, context, False)


def _that(condition: Condition, context: Values, wanted: bool) -> list[Value]:
    found: list[Value] = []
    for value in _proposals(condition, context):
        changed = {**context, condition.wanted: value} if value is not None else _without(context, condition.wanted)
        if value not in found and condition.holds(changed) is wanted:
            found.append(value)
            if len(found) == _MOST:
                break
    return found


def _without(context: Values, key: str) -> dict[str, str | tuple[str, ...]]:
    return {name: value for name, value in context.items() if name != key}


def _proposals(condition: Condition, context: Values) -> Iterator[Value]:
    given = context.get(condition.wanted)
    each = (given,) if isinstance(given, str) else given or ()
    singles = [value for template in condition.templates for value in _examples(condition, template, each, context)]
    if isinstance(given, tuple):
        yield from given
        for value in singles:
            yield (*given, value)
            yield (value,)
    yield from singles
    for value in singles:
        yield (value,)
    yield None
    yield "other"


def _examples(condition: Condition, template: Template, given: tuple[str, ...], context: Values) -> Iterator[str]:
    """Values that fit one policy value of the condition, those made from what the request has before all others."""
    tokens = template.expand(context)
    base = split_operator(condition.operator)[1]
    if tokens is None:
        return
    if base.startswith(("Numeric", "Date")):
        yield from _around(template.text)
    elif base.endswith("IpAddress"):
        block = literals.network(template.text)
        yield str(block[0]) if block is not None else "192.0.2.1"
    elif base == "Null":
        yield "present"
    elif "Like" in base or base.startswith("Arn"):
        yield from (fitted for value in given if (fitted := refit(tokens, value)) is not None)
        yield example(tokens)
    else:
        yield template.shown(context)
    yield "false" if template.text.lower() == "true" else "true" if base == "Bool" else f"not-{example(tokens)}"


def _around(text: str) -> Iterator[str]:
    value = literals.number(text)
    if value is not None:
        yield text
        yield str(value - Decimal(1))
        yield str(value + Decimal(1))
    else:
        yield text
        yield "1970-01-01T00:00:00Z"
        yield "9999-01-01T00:00:00Z"


def example(tokens: list[Token]) -> str:
    """The shortest text that fits the pattern."""
    return "".join(token if isinstance(token, str) else "" if token is Wildcard.RUN else "x" for token in tokens)


def refit(tokens: list[Token], value: str) -> str | None:
    """The value with the letters' case as the pattern wants it; None when more than the case differs."""
    lower = [token.lower() if isinstance(token, str) else token for token in tokens]
    if len(value.lower()) != len(value) or not compile_tokens(lower)(value.lower()):
        return None
    return _recase(tokens, value)


def _recase(tokens: list[Token], value: str) -> str | None:
    """Lay each literal over the first place where it fits but for its case, the closing one over the end."""
    out, position = "", 0
    for index, token in enumerate(tokens):
        if token is Wildcard.RUN:
            continue
        width = len(token) if isinstance(token, str) else 1
        last = index == len(tokens) - 1 and isinstance(token, str)
        start = len(value) - width if last else _place(token, value, position)
        if start < position:
            return None
        out += value[position:start] + (token if isinstance(token, str) else value[start])
        position = start + width
    fitted = out + value[position:]
    return fitted if compile_tokens(tokens)(fitted) else None


def _place(token: Token, value: str, position: int) -> int:
    return value.lower().find(token.lower(), position) if isinstance(token, str) else position
