"""The errors that every transport raises, worded once."""

from __future__ import annotations

from understudy.errors import CallTimeout, ConnectFailed, ResponseError, TransportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.http import Request


def connect_failed(request: Request, cause: object) -> ConnectFailed:
    """No connection: refused, unknown host, or a TLS handshake that one side gave up."""
    text = str(cause)
    hint = "check the endpoint, the network and the proxy settings"
    if "certificate" in text.lower():
        hint = "if the certificate is from a private authority, name its PEM file in ca_bundle or AWS_CA_BUNDLE"
    return ConnectFailed(f"no connection to {_place(request)}: {text}", hint=hint)


def connect_timed_out(request: Request, seconds: float) -> CallTimeout:
    """The connection did not come about in its time; the service has seen nothing."""
    return CallTimeout(
        f"no connection to {_place(request)} within {seconds:g} s", sent=False, hint="raise connect_timeout"
    )


def timed_out(request: Request, seconds: float | None) -> CallTimeout:
    """The exchange took too long; the service may have acted on the request."""
    given = "" if seconds is None else f" within {seconds:g} s"
    return CallTimeout(f"no answer from {_place(request)}{given}", hint="raise attempt_timeout or timeout")


def broken(request: Request, cause: object) -> TransportError:
    """The connection broke while the request was under way; the service may have acted on it."""
    return TransportError(f"the exchange with {_place(request)} broke off: {cause}")


def too_large(request: Request, status: int, limit: int) -> ResponseError:
    """The body is larger than any answer of the service; the rest was not read."""
    return ResponseError(f"the answer of {_place(request)} is larger than {limit} bytes", status=status)


def _place(request: Request) -> str:
    return f"{request.scheme}://{request.host}"
