"""Policy variables: ``${aws:username}``, ``${aws:PrincipalTag/team, 'none'}``, ``${*}``, ``${?}`` and ``${$}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .wildcards import Matcher, Token, Wildcard, compile_tokens, tokenize

Values = Mapping[str, "str | tuple[str, ...]"]
"""Condition keys, in lower case, with their values: a text is single-valued, a tuple is multi-valued."""

_ESCAPES = {"*", "?", "$"}


class Variable(NamedTuple):
    """One ``${key, 'default'}``; the key in lower case, because key names are case-insensitive."""

    key: str
    default: str | None

    def resolve(self, values: Values) -> str | None:
        """The text to put in, or None: a multi-valued key cannot be expanded, not even with a default [recorded]."""
        value = values.get(self.key)
        if value is None:
            return self.default
        return value if isinstance(value, str) else None


Part = Token | Variable


class Template:
    """A policy value with its wildcards and variables found once, and compiled once when there is no variable."""

    __slots__ = ("_matcher", "lower", "parts", "text")

    def __init__(self, text: str, *, wildcards: bool, variables: bool, lower: bool = False) -> None:
        self.text = text
        self.lower = lower
        self.parts = _parts(text, wildcards, variables)
        self._matcher: Matcher | None = None
        if not self.dynamic:
            self._matcher = compile_tokens([self._cased(part) for part in self.parts if not isinstance(part, Variable)])

    @property
    def dynamic(self) -> bool:
        return any(isinstance(part, Variable) for part in self.parts)

    @property
    def literal(self) -> str | None:
        """The whole value when it has neither wildcard nor variable."""
        return "".join(map(str, self.parts)) if all(isinstance(part, str) for part in self.parts) else None

    def _cased(self, token: Token) -> Token:
        return token.lower() if self.lower and isinstance(token, str) else token

    def expand(self, values: Values) -> list[Token] | None:
        """The tokens with every variable's value as a literal; None when a variable has no value."""
        out: list[Token] = []
        for part in self.parts:
            if isinstance(part, Variable):
                text = part.resolve(values)
                if text is None:
                    return None
                part = text
            out.append(self._cased(part))
        return out

    def matches(self, text: str, values: Values) -> bool:
        """Whether the text fits; a value whose variable is unresolved fits nothing [recorded]. Lower the text
        yourself.
        """
        if self._matcher is not None:
            return self._matcher(text)
        tokens = self.expand(values)
        return tokens is not None and compile_tokens(tokens)(text)

    def shown(self, values: Values) -> str:
        """The value as a reader sees it, variables replaced; an unresolved one stays as it is written."""
        tokens = self.expand(values)
        if tokens is None:
            return self.text
        return "".join(token.value if isinstance(token, Wildcard) else token for token in tokens)


def _parts(text: str, wildcards: bool, variables: bool) -> tuple[Part, ...]:
    parts: list[Part] = []
    done = 0
    opening = text.find("${") if variables else -1
    while opening >= 0:
        closing = _closing(text, opening + 2)
        if closing < 0:
            break
        inside = text[opening + 2 : closing]
        parts += _tokens(text[done:opening], wildcards)
        parts.append(inside if inside in _ESCAPES else _variable(inside))
        done = closing + 1
        opening = text.find("${", done)
    return (*parts, *_tokens(text[done:], wildcards))


def _tokens(text: str, wildcards: bool) -> list[Token]:
    return tokenize(text) if wildcards else [text] if text else []


def _closing(text: str, start: int) -> int:
    """The brace that closes the variable, which is not one inside the quotes of a default; -1 without one."""
    quoted = False
    for index in range(start, len(text)):
        character = text[index]
        if character == "'":
            quoted = not quoted
        elif character == "}" and not quoted:
            return index
    return -1


def _variable(inside: str) -> Variable:
    key, comma, default = inside.partition(",")
    quoted = default.strip()
    if comma and len(quoted) >= 2 and quoted[0] == quoted[-1] == "'":
        return Variable(key.strip().lower(), quoted[1:-1])
    return Variable(inside.strip().lower(), None)
