"""One hierarchy of errors, with one class for each code that the service models.

`ServiceError` serves both halves: the client raises it when the service says no, the stand-in raises it to say no.
No error carries a secret in its message, its arguments or its representation.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Literal, Self

    from understudy.shape import Problem
    from understudy.types import ResponseMetadata


class UnderstudyError(Exception):
    """Everything that Understudy raises on purpose. `hint` says what to do about it, where that is known."""

    hint: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint

    @property
    def message(self) -> str:
        """The text without any frame around it."""
        return str(self.args[0]) if self.args else ""


class ParameterError(UnderstudyError, ValueError):
    """A command breaks limits of the service model; `problems` holds each. Nothing was sent."""

    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, operation: str, problems: list[Problem]) -> Self:
        """One error that names every broken limit of a command."""
        listed = "\n".join(f"  - {problem.clause}" for problem in problems)
        plural = "limit" if len(problems) == 1 else "limits"
        made = cls(f"{operation} breaks {len(problems)} {plural} of the service, nothing was sent:\n{listed}")
        made.problems = tuple(problems)
        return made


class ConfigurationError(UnderstudyError, ValueError):
    """An option, a variable or a file is missing or wrong; the message names it and where it was looked for."""


class CredentialsError(UnderstudyError):
    """A provider gives no credentials. `try_next` tells a chain whether the next provider may be asked.

    `recoverable` tells a cache whether the source may well answer later (unreachable, busy, or handing back expired
    credentials), so that it may go on serving what it has; a login that has died is not recoverable.
    """

    try_next: bool = False
    recoverable: bool = False

    def __init__(
        self, message: str, *, try_next: bool = False, recoverable: bool = False, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.try_next = try_next
        self.recoverable = recoverable


class TransportError(UnderstudyError):
    """The request could not be carried out: connection, TLS, proxy or time-out. `sent` is False if nothing left."""

    def __init__(self, message: str, *, sent: bool = True, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.sent = sent


class ConnectFailed(TransportError):
    """No connection came about, so the service has seen nothing."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, sent=False, hint=hint)


class CallTimeout(TransportError, TimeoutError):
    """The time given for the call, the connection or an attempt ran out."""


class ResponseError(UnderstudyError):
    """The answer is not the service's: an empty or foreign body, or one beyond the bounds of the codec."""

    def __init__(self, message: str, *, status: int = 0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class ServiceError(UnderstudyError):
    """The service said no: `code`, `message`, `status`, `fault` (client or server), `request_id`, `operation`.

    A subclass exists for each code of the service model; any other code is a plain `ServiceError`.
    """

    code: str = "Unknown"
    status: int = 400
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str | None = "",
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        operation: str | None = None,
        metadata: ResponseMetadata | None = None,
    ) -> None:
        super().__init__(message or "")
        self.has_message = message is not None
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status
        self.request_id = request_id
        self.operation = operation
        self.metadata = metadata

    @property
    def fault(self) -> Literal["client", "server"]:
        """Whose fault: the service's for a status of 500 and above, else the caller's."""
        return "server" if self.status >= 500 else "client"

    def __str__(self) -> str:
        where = f" when calling {self.operation}" if self.operation else ""
        request = f" (request id {self.request_id})" if self.request_id else ""
        return f"{self.code}{where}: {self.message}{request}" if self.message else f"{self.code}{where}{request}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(code={self.code!r}, status={self.status}, message={self.message!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args[0], self.__dict__)


def _rebuild(kind: type[ServiceError], message: str, state: dict[str, Any]) -> ServiceError:
    made = kind(message)
    made.__dict__.update(state)
    return made


class AccessDenied(ServiceError):
    """A policy does not allow the call, or denies it. Not in the service model, but its most frequent answer."""

    code = "AccessDenied"
    status = 403


class ExpiredToken(ServiceError):
    """The session token that signed the request has expired. Not in the service model."""

    code = "ExpiredToken"
    status = 403


class ExpiredTokenException(ServiceError):
    """The web identity token or the assertion that was passed has expired."""

    code = "ExpiredTokenException"


class ExpiredTradeInTokenException(ServiceError):
    """The trade-in token has expired."""

    code = "ExpiredTradeInTokenException"


class IDPCommunicationErrorException(ServiceError):
    """The identity provider could not be reached by the service; the one modelled error that is worth a retry."""

    code = "IDPCommunicationError"
    retryable = True


class IDPRejectedClaimException(ServiceError):
    """The identity provider's claim is not accepted."""

    code = "IDPRejectedClaim"
    status = 403


class InvalidAuthorizationMessageException(ServiceError):
    """The encoded message cannot be decoded."""

    code = "InvalidAuthorizationMessageException"


class InvalidIdentityTokenException(ServiceError):
    """The web identity token or the assertion is not valid."""

    code = "InvalidIdentityToken"


class JWTPayloadSizeExceededException(ServiceError):
    """The token would carry more than the service allows."""

    code = "JWTPayloadSizeExceededException"


class MalformedPolicyDocumentException(ServiceError):
    """The session policy is not a valid policy."""

    code = "MalformedPolicyDocument"


class OutboundWebIdentityFederationDisabledException(ServiceError):
    """The account has not enabled outbound web identity federation."""

    code = "OutboundWebIdentityFederationDisabledException"
    status = 403


class PackedPolicyTooLargeException(ServiceError):
    """Session policies and tags do not fit the session token."""

    code = "PackedPolicyTooLarge"


class RegionDisabledException(ServiceError):
    """The service is not activated in this region for the account."""

    code = "RegionDisabledException"
    status = 403


class SessionDurationEscalationException(ServiceError):
    """The token asked for would outlive the calling session."""

    code = "SessionDurationEscalationException"
    status = 403


MODELLED: tuple[type[ServiceError], ...] = (
    ExpiredTokenException,
    ExpiredTradeInTokenException,
    IDPCommunicationErrorException,
    IDPRejectedClaimException,
    InvalidAuthorizationMessageException,
    InvalidIdentityTokenException,
    JWTPayloadSizeExceededException,
    MalformedPolicyDocumentException,
    OutboundWebIdentityFederationDisabledException,
    PackedPolicyTooLargeException,
    RegionDisabledException,
    SessionDurationEscalationException,
)
"""One class for each error shape of the service model."""

_WITH_CLASS: tuple[type[ServiceError], ...] = (*MODELLED, AccessDenied, ExpiredToken)
_BY_CODE: dict[str, type[ServiceError]] = {kind.code: kind for kind in _WITH_CLASS}


def error_class(code: str) -> type[ServiceError]:
    """The class for a code on the wire; `ServiceError` itself for codes that have none."""
    return _BY_CODE.get(code, ServiceError)
