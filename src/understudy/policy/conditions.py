"""Condition operators: section 3 of the rules of IAM, compiled once per policy value."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from . import literals
from .variables import Template, Values
from .wildcards import Token, compile_tokens

if TYPE_CHECKING:
    from decimal import Decimal

Holds = Callable[[str, Values], "bool | None"]
"""Whether one request value fits any policy value. None: the request's value is malformed, which no operator
forgives.
"""


class Quantifier(Enum):
    """How an operator treats a multi-valued key. A plain operator never matches one [recorded]."""

    NONE = ""
    ALL = "ForAllValues:"
    ANY = "ForAnyValue:"


class Family(NamedTuple):
    """One group of operators: how its policy values compile, and which of them are malformed."""

    compile: Callable[[Sequence[str], bool], Holds]
    malformed: Callable[[str], bool]
    takes_variables: bool = False


class Operator(NamedTuple):
    """A base operator: its family, and whether it is the negated form of another."""

    family: Family
    negated: bool = False


class InvalidOperator(ValueError):
    """No such condition operator; the message quotes it."""


class Condition:
    """One operator on one key with its values, compiled."""

    __slots__ = (
        "_holds",
        "_missing",
        "_null",
        "key",
        "negated",
        "operator",
        "quantifier",
        "templates",
        "values",
        "wanted",
    )

    def __init__(self, operator: str, key: str, values: Sequence[str], *, variables: bool) -> None:
        quantifier, base, if_exists = split_operator(operator)
        self.operator, self.key, self.values = operator, key, tuple(values)
        self.wanted = key.lower()
        self.quantifier = quantifier
        self.negated = base != "Null" and OPERATORS[base].negated
        self._null = frozenset(map(literals.boolean, values)) if base == "Null" else None
        self._holds = _never if base == "Null" else OPERATORS[base].family.compile(values, variables)
        self._missing = _when_missing(quantifier, self.negated, if_exists)
        takes = base != "Null" and OPERATORS[base].family.takes_variables and variables
        self.templates = tuple(Template(value, wildcards=True, variables=takes) for value in values)

    def holds(self, context: Values) -> bool:
        """Whether the condition is met by a request's context."""
        value = context.get(self.wanted)
        if self._null is not None:
            return (value is None) in self._null
        if value is None:
            return self._missing
        if self.quantifier is Quantifier.NONE:
            return isinstance(value, str) and self.fits(value, context)
        each = (value,) if isinstance(value, str) else value
        if self.quantifier is Quantifier.ALL:
            return all(self.fits(one, context) for one in each)
        return any(self.fits(one, context) for one in each)

    def fits(self, value: str, context: Values) -> bool:
        """Whether one value of the request satisfies the operator: any policy value, or with a negated operator
        none.
        """
        held = self._holds(value, context)
        return held is not None and held is not self.negated

    def malformed_given(self, value: str) -> bool:
        """Whether the request's value is one that not even a negated operator matches."""
        return self._null is None and self._holds(value, {}) is None


def _when_missing(quantifier: Quantifier, negated: bool, if_exists: bool) -> bool:
    """Missing key: IfExists and ForAllValues match, ForAnyValue does not, else only a negated operator does."""
    if if_exists or quantifier is Quantifier.ALL:
        return True
    return negated and quantifier is Quantifier.NONE


def split_operator(name: str) -> tuple[Quantifier, str, bool]:
    """``ForAnyValue:StringLikeIfExists`` in its three parts; raises `InvalidOperator`. Null takes no IfExists."""
    quantifier = next(
        (each for each in (Quantifier.ALL, Quantifier.ANY) if name.startswith(each.value)), Quantifier.NONE
    )
    rest = name[len(quantifier.value) :]
    base = rest.removesuffix("IfExists")
    if base not in OPERATORS and rest != "Null":
        raise InvalidOperator(f"{name!r} is not a condition operator")
    return quantifier, base, base != rest


def _never(_value: str, _context: Values) -> bool:
    return False


def _strings(*, like: bool = False, lower: bool = False) -> Callable[[Sequence[str], bool], Holds]:
    def compile_values(values: Sequence[str], variables: bool) -> Holds:
        templates = [Template(value, wildcards=like, variables=variables, lower=lower) for value in values]
        fixed = frozenset(t.literal.lower() if lower else t.literal for t in templates if t.literal is not None)
        patterns = [template for template in templates if template.literal is None]
        if not patterns:
            return (
                (lambda value, _context: value.lower() in fixed) if lower else (lambda value, _context: value in fixed)
            )

        def holds(value: str, context: Values) -> bool:
            value = value.lower() if lower else value
            return value in fixed or any(pattern.matches(value, context) for pattern in patterns)

        return holds

    return compile_values


def _ordered(
    read: Callable[[str], Decimal | None], compare: Callable[[Decimal, Decimal], bool]
) -> Callable[[Sequence[str], bool], Holds]:
    """Numbers and dates: what cannot be converted equals nothing and stands before and after nothing."""

    def compile_values(values: Sequence[str], _variables: bool) -> Holds:
        wanted = [value for value in map(read, values) if value is not None]

        def holds(value: str, _context: Values) -> bool:
            given = read(value)
            return given is not None and any(compare(given, each) for each in wanted)

        return holds

    return compile_values


def _booleans(values: Sequence[str], _variables: bool) -> Holds:
    wanted = frozenset(map(literals.boolean, values))
    return lambda value, _context: literals.boolean(value) in wanted


def _binaries(values: Sequence[str], _variables: bool) -> Holds:
    wanted = frozenset(value for value in map(literals.binary, values) if value is not None)
    return lambda value, _context: literals.binary(value) in wanted


def _addresses(values: Sequence[str], _variables: bool) -> Holds:
    blocks = [block for block in map(literals.network, values) if block is not None]

    def holds(value: str, _context: Values) -> bool | None:
        given = literals.address(value)
        return None if given is None else any(literals.within(given, block) for block in blocks)

    return holds


def _arns(values: Sequence[str], variables: bool) -> Holds:
    """ARN operators compare each of the six parts by itself: a ``*`` crosses no colon, and a pattern of fewer parts
    matches nothing, not even one of ``*`` alone.
    """
    templates = [Template(value, wildcards=True, variables=variables) for value in values]
    fixed = [_arn_matcher(template.expand({})) for template in templates if not template.dynamic]
    dynamic = [template for template in templates if template.dynamic]

    def holds(value: str, context: Values) -> bool | None:
        parts = literals.arn_segments(value)
        if parts is None:
            return None
        return any(matches(parts) for matches in fixed) or any(
            _arn_matcher(template.expand(context))(parts) for template in dynamic
        )

    return holds


def _arn_matcher(tokens: list[Token] | None) -> Callable[[list[str]], bool]:
    patterns = literals.arn_patterns(tokens) if tokens is not None else None
    if patterns is None:
        return lambda _parts: False
    matchers = [compile_tokens(pattern) for pattern in patterns]
    return lambda parts: all(matches(part) for matches, part in zip(matchers, parts, strict=True))


def _malformed_arn(value: str) -> bool:
    return "${" not in value and (value.count(":") < 5 or not value.startswith(("arn:", "*:", "ar?:")))


def _malformed_boolean(value: str) -> bool:
    return value.lower() not in ("true", "false") and "${" not in value


def _unreadable(read: Callable[[str], object | None]) -> Callable[[str], bool]:
    return lambda value: read(value) is None


def _fine(_value: str) -> bool:
    return False


def _comparisons(prefix: str, read: Callable[[str], Decimal | None]) -> dict[str, Operator]:
    orders: dict[str, Callable[[Decimal, Decimal], bool]] = {
        "Equals": operator.eq,
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
    families = {name: Family(_ordered(read, order), _unreadable(read)) for name, order in orders.items()}
    named = {prefix + name: Operator(family) for name, family in families.items()}
    return {**named, prefix + "NotEquals": Operator(families["Equals"], negated=True)}


_EQUAL = Family(_strings(), _fine, takes_variables=True)
_EQUAL_IGNORING_CASE = Family(_strings(lower=True), _fine, takes_variables=True)
_LIKE = Family(_strings(like=True), _fine, takes_variables=True)
_ARN = Family(_arns, _malformed_arn, takes_variables=True)
_ADDRESS = Family(_addresses, _unreadable(literals.network))
NULL = Family(_booleans, _malformed_boolean)

OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_EQUAL),
    "StringNotEquals": Operator(_EQUAL, negated=True),
    "StringEqualsIgnoreCase": Operator(_EQUAL_IGNORING_CASE),
    "StringNotEqualsIgnoreCase": Operator(_EQUAL_IGNORING_CASE, negated=True),
    "StringLike": Operator(_LIKE),
    "StringNotLike": Operator(_LIKE, negated=True),
    **_comparisons("Numeric", literals.number),
    **_comparisons("Date", literals.date),
    "Bool": Operator(Family(_booleans, _malformed_boolean)),
    "BinaryEquals": Operator(Family(_binaries, _unreadable(literals.binary))),
    "IpAddress": Operator(_ADDRESS),
    "NotIpAddress": Operator(_ADDRESS, negated=True),
    "ArnEquals": Operator(_ARN),
    "ArnLike": Operator(_ARN),
    "ArnNotEquals": Operator(_ARN, negated=True),
    "ArnNotLike": Operator(_ARN, negated=True),
}
"""Every operator but Null, which tests only whether the key is there."""


def malformed(operator: str, value: str) -> bool:
    """Whether IAM's own writes would refuse the literal; a session policy may carry it, and it then equals nothing."""
    _, base, _ = split_operator(operator)
    return (NULL if base == "Null" else OPERATORS[base].family).malformed(value)
