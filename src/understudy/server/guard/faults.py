"""What the guard says no with: errors in the words of S3, and the documents that carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from understudy.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from understudy.policy import Decision


class GuardError(ServiceError):
    """A refusal with the elements that S3 adds to the message; `decision` is there where policies refused."""

    def __init__(
        self,
        message: str,
        code: str,
        status: int = 400,
        details: Iterable[tuple[str, str]] = (),
        *,
        decision: Decision | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.details = tuple(details)
        self.decision = decision


def denied(message: str = "Access Denied", *details: tuple[str, str], decision: Decision | None = None) -> GuardError:
    """AccessDenied, 403."""
    return GuardError(message, "AccessDenied", 403, details, decision=decision)


def invalid_uri(path: str) -> GuardError:
    """A path that the guard and what stands behind it could read in two ways."""
    return GuardError("Couldn't parse the specified URI.", "InvalidURI", 400, [("URI", path)])


def invalid_argument(message: str, name: str, value: str) -> GuardError:
    return GuardError(message, "InvalidArgument", 400, [("ArgumentName", name), ("ArgumentValue", value)])


def not_implemented(what: str) -> GuardError:
    """A header or a parameter whose action the guard does not know, so that nobody can have allowed it."""
    text = "A header or query parameter you provided implies functionality that is not implemented"
    return GuardError(text, "NotImplemented", 501, [("Header", what)])


def incomplete_body() -> GuardError:
    text = "You did not provide the number of bytes specified by the Content-Length HTTP header"
    return GuardError(text, "IncompleteBody")


def s3_document(error: ServiceError, request_id: str, host_id: str) -> bytes:
    """The body of an error of S3; the elements that S3 adds stand after the message."""
    details: Any = getattr(error, "details", ())
    elements = [("Code", error.code), ("Message", error.message), *details]
    elements += [("RequestId", request_id), ("HostId", host_id)]
    inner = "".join(f"<{name}>{escaped(value)}</{name}>" for name, value in elements)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode("utf-8", "replace")


def escaped(text: str) -> str:
    """Text for an element: what XML 1.0 cannot hold becomes a replacement character."""
    kept = "".join(c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in text)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
