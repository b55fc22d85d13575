"""Percent-encoding as Signature Version 4 wants it: every byte but the unreserved ones, in upper-case hexadecimal.

Source: RFC 3986 section 2, and "Create a signed AWS API request" (UriEncode) in the IAM User Guide.
"""

from __future__ import annotations

from understudy import percent
from understudy.percent import ESCAPES, UNRESERVED

_PLAIN_QUERY = UNRESERVED + b"=&"
_ENCODED_PATH = [*ESCAPES]
_ENCODED_PATH[ord("/")] = "/"
_DECODED = {
    first + second: int(first + second, 16) for first in "0123456789abcdefABCDEF" for second in "0123456789abcdefABCDEF"
}


def percent_encode(text: str) -> str:
    """Text as UTF-8 with every byte encoded that is not unreserved; bytes of no UTF-8 survive as surrogates."""
    return percent.percent_encode(text, "surrogateescape")


def encode_path(path: str) -> str:
    """A raw path (text of Latin-1) encoded once more, slashes kept: a percent sign becomes ``%25``."""
    raw = path.encode("latin-1")
    return "".join([_ENCODED_PATH[byte] for byte in raw]) if raw.translate(None, UNRESERVED + b"/") else path


def percent_decode(text: str, *, plus_is_space: bool = False) -> bytes:
    """The bytes that an encoded text stands for. A percent sign without two hexadecimal digits stands for itself."""
    if plus_is_space:
        text = text.replace("+", " ")
    first, *escapes = text.split("%")
    found = bytearray(first, "latin-1")
    for piece in escapes:
        byte = _DECODED.get(piece[:2])
        if byte is None:
            found += b"%" + piece.encode("latin-1")
        else:
            found.append(byte)
            found += piece[2:].encode("latin-1")
    return bytes(found)


def is_plain_query(query: str) -> bool:
    """Whether a raw query has nothing but unreserved characters and its separators, so that it needs no encoding."""
    return not query.encode("latin-1").translate(None, _PLAIN_QUERY)


def recoded(component: str) -> str:
    """A name or value of a raw query in its one canonical encoding."""
    return "".join([ESCAPES[byte] for byte in percent_decode(component, plus_is_space=True)])


def query_pairs(query: str) -> list[tuple[str, str]]:
    """The decoded names and values of a raw query, in order; text is UTF-8, other bytes survive as surrogates."""
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((_text(name), _text(value)))
    return pairs


def _text(component: str) -> str:
    if "%" not in component and "+" not in component and component.isascii():
        return component
    return percent_decode(component, plus_is_space=True).decode("utf-8", "surrogateescape")
