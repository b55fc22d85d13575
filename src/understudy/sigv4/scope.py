"""The credential scope: for which day, region and service a signing key is good."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

TERMINATOR: Final = "aws4_request"


class InvalidScope(ValueError):
    """The text is not a credential of five elements; the message quotes it."""


class CredentialScope:
    """``date/region/service/terminator``; the date is eight digits in UTC, the terminator ``aws4_request``."""

    __slots__ = ("date", "region", "service", "terminator")

    def __init__(self, date: str, region: str, service: str, terminator: str = TERMINATOR) -> None:
        self.date = date
        self.region = region
        self.service = service
        self.terminator = terminator

    @classmethod
    def parse_credential(cls, credential: str) -> tuple[str, CredentialScope]:
        """Read ``keyid/date/region/service/terminator``; raises `InvalidScope` unless there are five elements.

        The elements are not judged: a verifier says which of them is wrong.
        """
        parts = credential.split("/")
        if len(parts) != 5:
            raise InvalidScope(f"{credential!r} must be keyid/date/region/service/{TERMINATOR}")
        return parts[0], cls(*parts[1:])

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"

    def __repr__(self) -> str:
        return f"CredentialScope({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CredentialScope) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))
