"""Which sets of a role are interchangeable: those of one request, to one endpoint, by one identity."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.commands import AssumeRoleCommand
    from understudy.identity import AWSCredentials, CredentialSource


class Request:
    """What makes two sets interchangeable: what is asked, where, and by whom."""

    __slots__ = ("command", "endpoint", "named", "who")

    def __init__(self, command: AssumeRoleCommand, endpoint: str, who: str, *, named: bool) -> None:
        self.command = command
        self.endpoint = endpoint
        self.who = who
        self.named = named

    def digest(self) -> str:
        """SHA-256 over all three."""
        from hashlib import sha256

        from understudy.wire.requests import serialize

        parts = (self.endpoint.encode(), self.who.encode(), serialize(self.command), b"named" if self.named else b"")
        return sha256(b"\0".join(parts)).hexdigest()


def identity_of(source: CredentialSource, given: AWSCredentials) -> str:
    """Who a source is, the same for each set that it gives where it can tell; else the access key of this set."""
    provider = getattr(source, "provider", source)
    tell = getattr(provider, "identity", None)
    told: str = tell(given) if tell is not None else given.access_key_id
    return told
