"""The credential value that every provider gives and every signer takes, and the one protocol between them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, NoReturn, Protocol

    from understudy.flow import Flow

    class CredentialSource(Protocol):
        """Whatever gives credentials: a provider (asks each time) or a cache over one (remembers and refreshes)."""

        def retrieve(self) -> Flow[AWSCredentials]:
            """A flow that gives credentials or raises `CredentialsError`, `ServiceError` or `TransportError`."""
            ...


class AWSCredentials:
    """An access key, with a session token and an expiration (aware, UTC) where it is temporary.

    `account_id` is the account of the key where the source told it; `source` names the provider that gave it. The
    secret and the token never appear in the representation.
    """

    __slots__ = ("access_key_id", "account_id", "expiration", "secret_access_key", "session_token", "source")

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    expiration: datetime | None
    account_id: str | None
    source: str | None

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None = None,
        *,
        expiration: datetime | None = None,
        account_id: str | None = None,
        source: str | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "access_key_id", access_key_id)
        put(self, "secret_access_key", secret_access_key)
        put(self, "session_token", session_token)
        put(self, "expiration", expiration)
        put(self, "account_id", account_id)
        put(self, "source", source)

    @classmethod
    def of(cls, given: Any, *, source: str | None = None) -> AWSCredentials:
        """From anything with the attributes of credentials, such as the `Credentials` of an output."""
        if isinstance(given, AWSCredentials):
            return given
        return cls(
            given.access_key_id,
            given.secret_access_key,
            getattr(given, "session_token", None),
            expiration=getattr(given, "expiration", None),
            account_id=getattr(given, "account_id", None),
            source=source or "explicit",
        )

    def retrieve(self) -> Flow[AWSCredentials]:
        """Credentials are a source of themselves."""
        return self
        yield

    def __repr__(self) -> str:
        until = f", expiration={self.expiration.isoformat()}" if self.expiration else ""
        source = f", source={self.source!r}" if self.source else ""
        return f"AWSCredentials(access_key_id={self.access_key_id!r}{until}{source})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AWSCredentials):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _COMPARED)

    def __hash__(self) -> int:
        return hash((self.access_key_id, self.session_token))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"credentials are immutable; {name!r} cannot be set")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, tuple(getattr(self, name) for name in (*_COMPARED, "source"))


_COMPARED = ("access_key_id", "secret_access_key", "session_token", "expiration", "account_id")


def _rebuild(
    access_key_id: str,
    secret_access_key: str,
    session_token: str | None,
    expiration: datetime | None,
    account_id: str | None,
    source: str | None,
) -> AWSCredentials:
    return AWSCredentials(
        access_key_id,
        secret_access_key,
        session_token,
        expiration=expiration,
        account_id=account_id,
        source=source,
    )
