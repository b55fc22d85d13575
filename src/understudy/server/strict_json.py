"""JSON of strangers, read strictly: one object, no key twice, no numbers that are none, no endless depth."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class NotStrictJSON(ValueError):
    """The text is not one JSON object, or says something twice; the message says what, never the content."""


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Read one JSON object; raises `NotStrictJSON`.

    RFC 8259 leaves open which of two members of one name counts, so two readers may differ on what was signed
    (RFC 7519, section 4, and RFC 8725, section 2.4): such an object is refused.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if "\\u" in text:
            # An escaped half of a surrogate pair is no character: it could not be printed, logged or answered.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except NotStrictJSON:
        raise
    except (ValueError, RecursionError) as error:
        raise NotStrictJSON(f"not JSON: {type(error).__name__}") from None
    if not isinstance(value, dict):
        raise NotStrictJSON("not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotStrictJSON("an object holds the same key twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise NotStrictJSON(f"{name} is not a JSON number")
