"""The list of buckets: of all that the upstream has, a caller sees its own account's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from understudy.server.guard.exchange import Outcome, one_piece
from understudy.server.guard.faults import GuardError

if TYPE_CHECKING:
    from understudy.directory import Directory
    from understudy.server.guard.upstream import Answer

_LARGEST = 8_388_608
_BUCKET = re.compile(rb"<Bucket>.*?</Bucket>", re.DOTALL)
_NAME = re.compile(rb"<Name>([a-z0-9.-]{3,63})</Name>")


async def only_of(account: str, directory: Directory, answer: Answer) -> Outcome:
    """The upstream's list with the buckets of other accounts, and of none, taken out."""
    found = bytearray()
    async for piece in answer.body:
        found += piece
        if len(found) > _LARGEST:
            raise GuardError("We encountered an internal error. Please try again.", "InternalError", 500)

    def kept(match: re.Match[bytes]) -> bytes:
        name = _NAME.search(match[0])
        bucket = None if name is None else directory.bucket(name[1].decode("ascii"))
        return match[0] if bucket is not None and bucket.account == account else b""

    body = _BUCKET.sub(kept, bytes(found)) if answer.status == 200 else bytes(found)
    headers = [pair for pair in answer.headers if pair[0] not in ("content-length", "content-encoding")]
    return Outcome(answer.status, (*headers, ("content-length", str(len(body)))), one_piece(body))
