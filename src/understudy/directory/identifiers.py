"""The identifiers of the service: access key ids that carry their account, unique ids, secrets.

An access key id is four letters (``AKIA`` lasting, ``ASIA`` temporary) and sixteen of base32, eighty bits. The
first bit is set in every key that carries its account; the forty after it are the account; the rest is free. Keys
whose fifth character is ``A`` to ``P`` are of the old form, which carries nothing.
"""

from __future__ import annotations

from base64 import b32encode, b64encode
from hashlib import sha256
from hmac import digest

LASTING = "AKIA"
TEMPORARY = "ASIA"
USER = "AIDA"
ROLE = "AROA"
GROUP = "AGPA"
MANAGED_POLICY = "ANPA"

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE32 = frozenset(_ALPHABET)
_AS_BASE_32_NUMBER = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
"""`int` reads base 32 much faster than `base64` does; it only has other digits."""

_CARRIES_ACCOUNT = 1 << 79
_FREE_BITS = 39
_BODY_LENGTH = 16


def access_key_id(prefix: str, account: str, free: int) -> str:
    """The key id of an account (twelve digits); the low 39 bits of `free` fill what the account leaves."""
    body = _CARRIES_ACCOUNT | int(account) << _FREE_BITS | free & ((1 << _FREE_BITS) - 1)
    return prefix + b32encode(body.to_bytes(10, "big")).decode("ascii")


def account_of_key(key_id: str) -> str | None:
    """The account that a key id carries, as twelve digits; None for the old form and for what is no key id."""
    body = key_id[4:]
    if len(body) != _BODY_LENGTH or not _BASE32.issuperset(body):
        return None
    bits = bits_of(key_id)
    if not bits & _CARRIES_ACCOUNT:
        return None
    return f"{(bits ^ _CARRIES_ACCOUNT) >> _FREE_BITS:012d}"


def bits_of(key_id: str) -> int:
    """The eighty bits of a well-formed key id; raises ValueError."""
    return int(key_id[4:].translate(_AS_BASE_32_NUMBER), 32)


def derived_access_key_id(account: str, owner: str, index: int = 0) -> str:
    """The lasting key id of an owner whose file gives none: the same for the same names, everywhere."""
    return access_key_id(LASTING, account, int.from_bytes(_derive("key", account, owner, str(index))[:5], "big"))


def derived_secret(access_key: str) -> str:
    """The secret of a key whose file gives none: forty characters, the same for the same key id. For tests only."""
    return b64encode(_derive("secret", access_key)[:30]).decode("ascii")


def derived_unique_id(prefix: str, account: str, name: str, generation: str = "") -> str:
    """``AIDA...``, ``AROA...``: twenty-one characters; another `generation` gives another id."""
    return prefix + b32encode(_derive("id", prefix, account, name, generation)).decode("ascii")[:17]


def _derive(*parts: str) -> bytes:
    """Bytes that differ for different parts; the label only keeps them apart from other hashes, it hides nothing."""
    return digest(b"understudy directory", b"\0".join(part.encode() for part in parts), sha256)
