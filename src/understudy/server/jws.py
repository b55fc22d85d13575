"""Compact signed tokens (RFC 7515): taken apart without trust, verified with a key that the caller chose.

The algorithm and the key never come from each other or from the token's other headers: the key's own type says which
algorithms it may verify, and ``jwk``, ``jku``, ``x5c`` and ``x5u`` of a token are not looked at (RFC 8725, section
3.1 and 3.10). joserfc does the cryptography; it is imported at the first token, because it costs a server's start
more than all else.
"""

from __future__ import annotations

import re
import sys
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .strict_json import NotStrictJSON, parse_object

Key = Mapping[str, Any]

ALGORITHMS: dict[str, tuple[str, str | None]] = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
}
"""The algorithms that the service accepts, each with the one type and curve of key that may verify it."""

MINIMUM_RSA_BITS = 2048
_PUBLIC_MEMBERS = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}
_SEGMENT = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


class NotAToken(ValueError):
    """The text is not a compact signed token; the message says what is wrong, never the content."""


class SignedToken:
    """A token taken apart. Nothing in it is true before `verifies` said so."""

    __slots__ = ("_text", "claims", "header")

    def __init__(self, text: str, header: dict[str, Any], claims: dict[str, Any]) -> None:
        self._text = text
        self.header = header
        self.claims = claims

    @classmethod
    def parse(cls, text: str, *, limit: int = 20_000) -> SignedToken:
        """Take a token of at most `limit` characters apart; raises `NotAToken`."""
        if len(text) > limit:
            raise NotAToken(f"longer than {limit} characters")
        segments = text.split(".")
        if len(segments) != 3 or not all(segments):
            raise NotAToken("not three segments with dots between them")
        try:
            return cls(text, parse_object(_decode(segments[0])), parse_object(_decode(segments[1])))
        except NotStrictJSON as error:
            raise NotAToken(str(error)) from None

    @property
    def algorithm(self) -> str:
        """The algorithm that the header names, or an empty text."""
        named = self.header.get("alg")
        return named if isinstance(named, str) else ""

    @property
    def key_id(self) -> str | None:
        """The ``kid`` of the header; None where there is none or it is not a text."""
        named = self.header.get("kid")
        return named if isinstance(named, str) else None

    def verifies(self, key: Key) -> bool:
        """Whether this public key, of the type that the algorithm asks for, made the signature."""
        if not suits(key, self.algorithm):
            return False
        imported = _imported(tuple(key[name] for name in _PUBLIC_MEMBERS[key["kty"]]))
        if imported is None:
            return False
        from joserfc import errors, jws

        registry = jws.JWSRegistry(algorithms=[self.algorithm], strict_check_header=False)
        registry.max_header_length = registry.max_payload_length = len(self._text)
        try:
            jws.deserialize_compact(self._text, imported, registry=registry)
        except (errors.JoseError, ValueError, TypeError):
            return False
        return True

    def __repr__(self) -> str:
        return f"SignedToken(alg={self.algorithm!r}, {len(self._text)} characters)"


def suits(key: Key, algorithm: str) -> bool:
    """Whether a key is of the type, curve, use and algorithm that `algorithm` asks for (RFC 7517, section 4)."""
    if algorithm not in ALGORITHMS:
        return False
    kind, curve = ALGORITHMS[algorithm]
    return (
        key.get("kty") == kind
        and key.get("crv") == curve
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and all(isinstance(key.get(name), str) for name in _PUBLIC_MEMBERS[kind])
    )


@lru_cache(maxsize=512)
def _imported(members: tuple[str, ...]) -> Any:
    """The key that these public members make, or None."""
    from joserfc.jwk import ECKey, RSAKey

    kind = ECKey if members[0] == "EC" else RSAKey
    if kind is RSAKey and len(members[1]) * 6 < MINIMUM_RSA_BITS:
        return None
    try:
        made = kind.import_key(dict(zip(_PUBLIC_MEMBERS[members[0]], members, strict=True)))
    except Exception:
        # Whatever a stranger's key breaks inside the libraries: it verifies nothing.
        return None
    return made if kind is ECKey or made.raw_value.key_size >= MINIMUM_RSA_BITS else None


def is_loaded() -> bool:
    """Whether joserfc has been imported, so that the next verification starts at once."""
    return "joserfc.jws" in sys.modules


def load() -> None:
    """Import joserfc now (about 0.1 seconds)."""
    import joserfc.jws  # noqa: F401


def _decode(segment: str) -> bytes:
    if len(segment) % 4 == 1 or _SEGMENT.fullmatch(segment) is None:
        raise NotAToken("a segment is not base64url")
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
