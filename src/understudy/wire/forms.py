"""Forms, ``application/x-www-form-urlencoded``: names and values to bytes and back.

Written with the encoding of RFC 3986, as every AWS SDK but botocore does (it writes a space as ``+``); both are read.
The standard library's reader takes more than half of the time of a whole request, because it decodes name by name and
value by value. This one undoes the escapes of a whole form at once, but for the few that would become separators.
"""

from __future__ import annotations

from understudy.errors import ServiceError
from understudy.percent import percent_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Pairs = list[tuple[str, str]]

_HEX = "0123456789abcdefABCDEF"
_SEPARATORS = "&=%"
_COMMON = [(f"%{ord(character):02X}", character) for character in ':/ ",*+@{}[]']
_MANY = 40
_CHARACTERS: dict[str, str] = {}
"""What stands for each two hexadecimal digits; filled by the first decoder, as only a server has one."""


def encode(pairs: Iterable[tuple[str, str]]) -> bytes:
    """The form of these pairs, in their order; names are taken to need no encoding, as those of the service do not."""
    return "&".join([f"{name}={percent_encode(value)}" for name, value in pairs]).encode()


def decode(form: bytes | str) -> Pairs:
    """The pairs of a form, in wire order; raises `ServiceError` (MalformedQueryString) for a bad escape.

    A name without an equals sign has an empty value, empty pieces are skipped, and bytes that are not UTF-8 become
    U+FFFD: a form never fails for its character set. A str holds one byte per character, as `http.Request.query` does.
    """
    text = form if isinstance(form, str) else form.decode("latin-1")
    text = text.replace("+", " ")
    if "%" in text:
        text = _unescape(text)
    if not text.isascii():
        text = _characters_of(text)
    pairs = [(name, value) for name, _, value in [piece.partition("=") for piece in text.split("&") if piece]]
    return [(_separators(name), _separators(value)) for name, value in pairs] if "%" in text else pairs


def _unescape(text: str) -> str:
    """Undo every escape but those of separators, which stay escaped, in capitals.

    Where there are many, as in a policy, the frequent ones go first. None of their characters can complete or begin an
    escape, so the rest is undone afterwards.
    """
    pieces = text.split("%")
    if len(pieces) > _MANY:
        for escape, character in _COMMON:
            text = text.replace(escape, character)
        pieces = text.split("%")
    characters = _CHARACTERS or _fill()
    try:
        return pieces[0] + "".join([characters[piece[:2]] + piece[2:] for piece in pieces[1:]])
    except KeyError as error:
        raise _malformed(error.args[0]) from None


def _separators(text: str) -> str:
    """Undo the escapes that `_unescape` left; the percent sign last, so that it begins no new one."""
    return text.replace("%26", "&").replace("%3D", "=").replace("%25", "%") if "%" in text else text


def _characters_of(latin: str) -> str:
    try:
        return latin.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return latin.encode("utf-8", "replace").decode()


def _fill() -> dict[str, str]:
    for high in _HEX:
        for low in _HEX:
            character = chr(int(high + low, 16))
            _CHARACTERS[high + low] = f"%{high}{low}".upper() if character in _SEPARATORS else character
    return _CHARACTERS


def _malformed(after: str) -> ServiceError:
    """The text tells an escape that the end of its pair cuts off from one with other characters."""
    after = after.partition("&")[0]
    if len(after) < 2:
        return ServiceError("Incomplete trailing escape % sequence", code="MalformedQueryString")
    return ServiceError(f"Illegal hex character in escape % pattern: %{after}", code="MalformedQueryString")
