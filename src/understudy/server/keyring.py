"""The keys that seal session tokens and authorization messages: one issues, all of them open.

Rotation: put a new key first and keep the old ones until the last session that they sealed has ended (36 hours at
most). Every process that shares the ring opens what any of them sealed, without a database.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from hmac import digest
from os import PathLike, urandom
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from understudy.errors import ConfigurationError

KEY_BYTES = 32
ID_BYTES = 4


class RingKey:
    """One key of the ring. What seals tokens, what seals messages and what secrets follow from are derived apart."""

    __slots__ = ("key_id", "messages", "secrets", "tokens")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ConfigurationError(f"a key of the key ring has {len(key)} bytes; it must have {KEY_BYTES}")
        self.key_id = _derive(key, b"id")[:ID_BYTES]
        self.tokens = AESGCM(_derive(key, b"session tokens"))
        self.messages = AESGCM(_derive(key, b"authorization messages"))
        self.secrets = _derive(key, b"secret access keys")

    def __repr__(self) -> str:
        return f"RingKey({self.key_id.hex()})"


class KeyRing:
    """Keys in order: the first one issues, every one opens. Raises `ConfigurationError` for none or a wrong length."""

    __slots__ = ("_by_id", "issuing")

    def __init__(self, keys: Iterable[bytes]) -> None:
        ring = [RingKey(key) for key in keys]
        if not ring:
            raise ConfigurationError("the key ring is empty; it needs at least one key of 32 bytes")
        self.issuing = ring[0]
        self._by_id = {key.key_id: key for key in ring}

    @classmethod
    def random(cls) -> KeyRing:
        """A ring with one new key: what it seals cannot be opened by another process."""
        return cls([urandom(KEY_BYTES)])

    @classmethod
    def load(cls, path: str | PathLike[str]) -> KeyRing:
        """A ring from a file: one key in base64 on each line, the issuing one first; ``#`` starts a comment."""
        return cls(_keys_of(path))

    def find(self, key_id: bytes) -> RingKey | None:
        """The key of an id, None when it is not, or no longer, in the ring."""
        return self._by_id.get(key_id)

    def __repr__(self) -> str:
        return f"KeyRing(issuing={self.issuing!r}, {len(self._by_id)} keys)"


def new_key() -> str:
    """A key as a line of a key ring file."""
    return b64encode(urandom(KEY_BYTES)).decode("ascii")


def rotate(path: str | PathLike[str], *, keep: int = 1) -> int:
    """Put a new issuing key first in a key ring file, keep that many of the old ones, and give how many those are.

    A file that is not there is made, readable by its owner alone; it is replaced in one rename, so that nobody
    reads half a ring. Sessions sealed by a key that is dropped end with it; one lasts 36 hours at most.
    """
    file = Path(path)
    old = _keys_of(file) if file.exists() else []
    kept = old[:keep]
    new = file.with_name(f".{file.name}.{urandom(4).hex()}")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write("# keys that seal session tokens: the first issues, all verify\n")
            out.writelines(f"{line}\n" for line in [new_key(), *(b64encode(key).decode("ascii") for key in kept)])
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise ConfigurationError(f"cannot write the key ring {str(path)!r}: {error.strerror}") from None
    return len(kept)


def _keys_of(path: str | PathLike[str]) -> list[bytes]:
    try:
        lines = Path(path).read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read the key ring {str(path)!r}: {error}") from None
    return _decoded(lines, str(path))


def _decoded(lines: Sequence[str], path: str) -> list[bytes]:
    keys = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            keys.append(b64decode(text, validate=True))
        except ValueError:
            raise ConfigurationError(f"{path}:{number}: this line is not a key in base64") from None
    return keys


def _derive(key: bytes, purpose: bytes) -> bytes:
    """HKDF's expand step (RFC 5869, section 2.3) for one block: the ring's keys are uniformly random already."""
    return digest(key, b"understudy 1 " + purpose + b"\x01", "sha256")
