"""How one stand-in behaves, where the service itself leaves a choice or differs over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import urandom
from typing import TYPE_CHECKING, Any

from understudy.clock import SYSTEM_CLOCK
from understudy.server.keyring import KeyRing

if TYPE_CHECKING:
    from understudy.clock import Clock

RequestLog = Callable[[Mapping[str, Any]], None]
"""Takes the record of one request: plain values, no secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be chosen.

    `region` is the one that a host which is no name of the service stands for; None takes the region from each
    signature's scope. `source_identity_max` is 64 in the service model, and was seen as 256. `issuer` is the address
    under which the tokens of GetWebIdentityToken name this stand-in; None takes
    the address that `serve` and `running` listen on, else ``http://localhost``.
    `explain_denials` puts the encoded message of a denial into the response header
    ``x-understudy-authorization-message``.
    """

    key_ring: KeyRing = field(default_factory=KeyRing.random)
    clock: Clock = SYSTEM_CLOCK
    random: Callable[[int], bytes] = urandom
    region: str | None = None
    source_identity_max: int = 64
    issuer: str | None = None
    explain_denials: bool = True
    log: RequestLog | None = None
