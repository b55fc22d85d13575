"""Trade-in tokens: what GetDelegatedAccessToken takes, and what the stand-in can make for a test.

At the service a product provider receives one when somebody approves its request for temporary access. Its form is
not published; this one is sealed like an authorization message, and names a user or a role, what narrows it, and for
how long.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from json import dumps, loads
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidTag

if TYPE_CHECKING:
    from collections.abc import Callable

    from understudy.server.keyring import KeyRing

_VERSION = 1
_HEADER = 5
_NONCE = 12
_PURPOSE = b"trade-in token"


class TradeIn(NamedTuple):
    """What a token grants: a principal's ARN, session policies, and moments in seconds since the epoch."""

    principal_arn: str
    expires: int
    duration_seconds: int = 3600
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    session_name: str = "delegated"


class TradeInUnreadable(ValueError):
    """The text is no trade-in token of this ring."""


class TradeInTokens:
    """Makes and opens trade-in tokens with a key ring."""

    def __init__(self, ring: KeyRing, random: Callable[[int], bytes]) -> None:
        self._ring = ring
        self._random = random

    def seal(self, granted: TradeIn) -> str:
        """The token, a secret."""
        key, nonce = self._ring.issuing, self._random(_NONCE)
        header = bytes((_VERSION,)) + key.key_id
        content = dumps(granted._asdict(), separators=(",", ":")).encode()
        sealed = header + nonce + key.messages.encrypt(nonce, content, header + _PURPOSE)
        return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def open(self, text: str) -> TradeIn:
        """What a token grants; raises `TradeInUnreadable`. Whether it has expired is not judged."""
        try:
            sealed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            key = self._ring.find(sealed[1:_HEADER])
            if key is None or sealed[0] != _VERSION:
                raise TradeInUnreadable
            nonce, header = sealed[_HEADER : _HEADER + _NONCE], sealed[:_HEADER]
            content = loads(key.messages.decrypt(nonce, sealed[_HEADER + _NONCE :], header + _PURPOSE))
        except (ValueError, IndexError, InvalidTag):
            raise TradeInUnreadable from None
        return TradeIn(**{**content, "policy_arns": tuple(content["policy_arns"])})
