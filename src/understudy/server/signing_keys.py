"""Private keys that sign tokens, and the public halves that are published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .jws import ALGORITHMS


class SigningKey:
    """One private key with its id and the one algorithm that it is used with."""

    __slots__ = ("_key", "algorithm", "key_id")

    def __init__(self, key: Any, algorithm: str, key_id: str | None = None) -> None:
        self._key = key
        self.algorithm = algorithm
        self.key_id: str = key_id or key.thumbprint()

    @classmethod
    def generate(cls, algorithm: str, key_id: str | None = None) -> SigningKey:
        """A new key: RSA of 2048 bits (about 0.1 seconds), or EC on the algorithm's curve (at once)."""
        from joserfc.jwk import ECKey, RSAKey

        if algorithm not in ALGORITHMS:
            raise ValueError(f"{algorithm!r} is not a signing algorithm; use one of {', '.join(ALGORITHMS)}")
        kind, curve = ALGORITHMS[algorithm]
        made = RSAKey.generate_key(2048) if kind == "RSA" else ECKey.generate_key(curve or "P-256")
        return cls(made, algorithm, key_id)

    @classmethod
    def from_pem(cls, pem: str | bytes, algorithm: str, key_id: str | None = None) -> SigningKey:
        """A key kept elsewhere, so that tokens outlive a restart."""
        from joserfc.jwk import ECKey, RSAKey

        kind = RSAKey if ALGORITHMS[algorithm][0] == "RSA" else ECKey
        return cls(kind.import_key(pem), algorithm, key_id)

    def to_pem(self) -> bytes:
        """The private key as PEM. It is a secret."""
        made: bytes = self._key.as_pem(private=True)
        return made

    def public_jwk(self) -> dict[str, Any]:
        """The public half for a JSON Web Key Set."""
        return {**self._key.as_dict(private=False), "kid": self.key_id, "use": "sig", "alg": self.algorithm}

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        """A compact token with these claims; members of `header` replace the usual ones, None leaves one out."""
        from joserfc import jws

        usual = {"alg": self.algorithm, "kid": self.key_id, "typ": "JWT", **(header or {})}
        protected = {name: value for name, value in usual.items() if value is not None}
        registry = jws.JWSRegistry(algorithms=[self.algorithm], strict_check_header=False)
        return jws.serialize_compact(protected, encoded(claims), self._key, registry=registry)

    def __repr__(self) -> str:
        return f"SigningKey({self.algorithm}, {self.key_id!r})"


def encoded(claims: Mapping[str, Any]) -> bytes:
    """The claims as compact JSON, the form whose size the service limits."""
    return json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
