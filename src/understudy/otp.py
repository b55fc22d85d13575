"""The six digits of an MFA device: what a client computes from its seed, and what the stand-in verifies.

Source: RFC 4226, section 5.3, over the time steps of RFC 6238 (SHA-1, 30 seconds).
"""

from __future__ import annotations

STEP_SECONDS = 30


def code_at(seed: bytes, step: int) -> str:
    """The code of a time step; the low four bits of the last byte choose four bytes of the digest."""
    import hmac

    mac = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 15
    return f"{(int.from_bytes(mac[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"
