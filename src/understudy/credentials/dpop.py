"""DPoP proofs (RFC 9449): a JWT, signed with ES256, that shows possession of the key that a token is bound to."""

from __future__ import annotations

from understudy.errors import CredentialsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def proof(pem: str, method: str, url: str, now: float, *, identifier: str | None = None) -> str:
    """A proof for one request (`url` without query and fragment, section 4.2), issued at `now`.

    Raises `CredentialsError` where `cryptography` is not installed, or the key is not one of P-256.
    """
    import json
    from uuid import uuid4

    key = _load(pem)
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": _base64(numbers.x.to_bytes(32)), "y": _base64(numbers.y.to_bytes(32))}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
    claims = {"jti": identifier or str(uuid4()), "htm": method, "htu": url, "iat": int(now)}
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
    signing_input = ".".join(_base64(part) for part in parts)
    return f"{signing_input}.{_base64(_sign(key, signing_input.encode()))}"


def _load(pem: str) -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        raise CredentialsError(
            "login credentials need the package 'cryptography' to prove possession of their key",
            hint="install 'understudy[login]'",
        ) from error
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        raise CredentialsError("the login's dpopKey is not a private key in PEM", hint="run 'aws login'") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise CredentialsError("the login's dpopKey is not a key of the curve P-256", hint="run 'aws login'")
    return key


def _sign(key: Any, message: bytes) -> bytes:
    """ES256 wants r and s side by side, 32 bytes each (RFC 7518, section 3.4), not their DER form."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def _base64(content: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(content).rstrip(b"=").decode()
