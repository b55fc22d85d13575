"""Percent-encoding (RFC 3986, section 2), one for forms and for signatures: what is sent is what is signed."""

from __future__ import annotations

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
ESCAPES = [chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in range(256)]
"""Each byte as it is written: itself where it is unreserved, else in upper-case hexadecimal."""

_PLAIN = frozenset(UNRESERVED.decode("ascii"))


def percent_encode(text: str, errors: str = "strict") -> str:
    """Text as UTF-8 with every byte encoded that is not unreserved.

    `errors` is for lone surrogates, as in `str.encode`: by default they raise UnicodeEncodeError.
    """
    if _PLAIN.issuperset(text):
        return text
    return "".join([ESCAPES[byte] for byte in text.encode("utf-8", errors)])
