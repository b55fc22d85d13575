"""Encoded authorization messages: the decision behind a refusal, sealed for the account that may decode it."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from json import dumps, loads
from os import urandom
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.exceptions import InvalidTag

if TYPE_CHECKING:
    from collections.abc import Callable

    from understudy.policy import Decision
    from understudy.server.keyring import KeyRing

LONGEST = 10_240
"""Characters that DecodeAuthorizationMessage takes."""

_VERSION = 1
_HEADER = 5
_NONCE = 12
_LARGEST_CONTENT = 1_048_576


class MessageUnreadable(ValueError):
    """The text is no message of this ring."""


class Opened(NamedTuple):
    """A message: whose it is, the documented JSON, and the decision told for people (empty where it had no room)."""

    account: str
    message: dict[str, Any]
    explanation: str


class AuthorizationMessages:
    """Seals and opens messages with a key ring, under a key of their own."""

    def __init__(self, ring: KeyRing, random: Callable[[int], bytes] = urandom) -> None:
        self._ring = ring
        self._random = random

    def seal(self, decision: Decision, account: str) -> str:
        """The message of a decision, at most 10,240 characters; what has no room is left out, longest first."""
        message = decision.authorization_message()
        whole = {"account": account, "message": message, "why": decision.why()}
        short = {"account": account, "message": message, "why": ""}
        statements = {**message, "matchedStatements": {"items": []}}
        for content in (whole, short, {**short, "message": statements}):
            sealed = self._sealed(content)
            if len(sealed) <= LONGEST:
                return sealed
        conditions = {**statements["context"], "conditions": {"items": []}}
        return self._sealed({**short, "message": {**statements, "context": conditions}})

    def _sealed(self, content: dict[str, Any]) -> str:
        key, nonce = self._ring.issuing, self._random(_NONCE)
        header = bytes((_VERSION,)) + key.key_id
        packed = zlib.compress(dumps(content, separators=(",", ":")).encode(), 9)
        sealed = header + nonce + key.messages.encrypt(nonce, packed, header)
        return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def open(self, text: str) -> Opened:
        """The message behind a text; raises `MessageUnreadable`."""
        try:
            sealed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            if urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii") != text:
                raise MessageUnreadable
            key = self._ring.find(sealed[1:_HEADER])
            if key is None or sealed[0] != _VERSION:
                raise MessageUnreadable
            nonce, header = sealed[_HEADER : _HEADER + _NONCE], sealed[:_HEADER]
            packed = key.messages.decrypt(nonce, sealed[_HEADER + _NONCE :], header)
        except (ValueError, IndexError, InvalidTag):
            raise MessageUnreadable from None
        content = loads(zlib.decompressobj().decompress(packed, _LARGEST_CONTENT))
        return Opened(content["account"], content["message"], content["why"])
