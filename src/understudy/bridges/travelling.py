"""Functions that libraries pickle: back in their own process they find the same cache, elsewhere they bring a copy.

icechunk keeps nothing but the pickle and loads it for each set; without this each load would be a cache of its own, and
each set a call to the source.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.identity import CredentialSource

_BY_TICKET: dict[str, CredentialSource] = {}
"""Every source that was pickled, for the life of the process, since the pickle may be all that a library keeps."""


class Travelling:
    """A function over a source, equal in its pickles for one source."""

    def __init__(self, source: CredentialSource) -> None:
        self.source = source

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrive, (type(self), _ticket(self.source), _portable(self.source))


def _ticket(source: CredentialSource) -> str:
    known = next((ticket for ticket, each in _BY_TICKET.items() if each is source), None)
    if known is None:
        from secrets import token_hex

        known = token_hex(16)
        _BY_TICKET[known] = source
    return known


def _portable(source: CredentialSource) -> bytes | None:
    """The source's own pickle; None where it cannot leave its process."""
    from pickle import dumps

    try:
        return dumps(source)
    except Exception:
        return None


def _arrive(kind: type[Travelling], ticket: str, pickled: bytes | None) -> Travelling:
    source = _BY_TICKET.get(ticket)
    if source is None:
        if pickled is None:
            raise TypeError(
                "these credentials cannot be used in another process, because their provider cannot be pickled; "
                "make them in the process that uses them"
            )
        from pickle import loads

        source = _BY_TICKET[ticket] = loads(pickled)  # noqa: S301  (part of the pickle that is being loaded)
    return kind(source)
