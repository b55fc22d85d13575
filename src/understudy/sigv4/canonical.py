"""The canonical request and the string to sign: the same functions for who signs and who verifies.

Source: "Create a signed AWS API request" in the IAM User Guide and "Signature Calculations for the Authorization
Header" in the S3 API Reference. Everything works on raw text of Latin-1 (one character per byte of the wire).
"""

from __future__ import annotations

from hashlib import sha256

from understudy.sigv4.encoding import encode_path, is_plain_query, recoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import ClassVar, Final

    from understudy.http import Request

ALGORITHM: Final = "AWS4-HMAC-SHA256"
EMPTY_PAYLOAD_HASH: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
STREAMING_PAYLOAD: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_PAYLOAD_TRAILER: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_PAYLOAD_TRAILER: Final = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNATURE_PARAMETER: Final = "X-Amz-Signature"


class PathStyle:
    """How a path enters the canonical request.

    `PathStyle.DEFAULT` removes empty and dot segments and encodes the path a second time. `PathStyle.S3` takes it as it
    stands on the wire, because a key may hold any of these.
    """

    __slots__ = ("name",)
    DEFAULT: ClassVar[PathStyle]
    S3: ClassVar[PathStyle]

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"PathStyle.{self.name}"


PathStyle.DEFAULT = PathStyle("DEFAULT")
PathStyle.S3 = PathStyle("S3")


class Stages:
    """What a signature was computed from, to look at when two sides disagree. It holds no key and no secret.

    The canonical request shows the session token where that is a signed header or a parameter.
    """

    __slots__ = ("canonical_request", "signature", "string_to_sign")

    def __init__(self, canonical_request: str, string_to_sign: str, signature: str) -> None:
        self.canonical_request = canonical_request
        self.string_to_sign = string_to_sign
        self.signature = signature


def canonical_request(
    request: Request,
    signed_headers: Sequence[str],
    payload_hash: str,
    style: PathStyle = PathStyle.DEFAULT,
) -> str:
    """The canonical request as text of Latin-1. `signed_headers` are lower-case names in order.

    The parameter ``X-Amz-Signature`` never takes part. The method enters as it stands.
    """
    return assemble(request, header_values(request), signed_headers, payload_hash, style)


def assemble(
    request: Request,
    values: Mapping[str, str],
    signed_headers: Sequence[str],
    payload_hash: str,
    style: PathStyle,
) -> str:
    """`canonical_request` from header values that are canonical already."""
    lines = "\n".join([f"{name}:{values.get(name, '')}" for name in signed_headers])
    path = canonical_path(request.path, style)
    query = canonical_query(request.query) if request.query else ""
    return f"{request.method}\n{path}\n{query}\n{lines}\n\n{';'.join(signed_headers)}\n{payload_hash}"


def string_to_sign(timestamp: str, scope: str, canonical: str) -> str:
    """The text that the signing key signs; `timestamp` is ISO 8601 basic, `scope` date/region/service/aws4_request."""
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{sha256(canonical.encode('latin-1')).hexdigest()}"


def payload_hash(body: bytes) -> str:
    """The SHA-256 of a body in lower-case hexadecimal."""
    return sha256(body).hexdigest() if body else EMPTY_PAYLOAD_HASH


def header_values(request: Request) -> dict[str, str]:
    """Each header's canonical value: trimmed, runs of spaces made one, several of one name joined by commas.

    ``host`` is always among them: the header where there is one, else the request's host.
    """
    values: dict[str, str] = {}
    for name, value in request.headers:
        value = _trimmed(value)
        values[name] = f"{values[name]},{value}" if name in values else value
    if "host" not in values:
        values["host"] = request.host
    return values


def _trimmed(value: str) -> str:
    if "\t" in value:
        value = value.replace("\t", " ")
    if "  " in value:
        value = " ".join(filter(None, value.split(" ")))
    return value.strip(" ")


def canonical_path(path: str, style: PathStyle = PathStyle.DEFAULT) -> str:
    """The path as it enters the canonical request."""
    if path == "/" or not path:
        return "/"
    return path if style is PathStyle.S3 else encode_path(_without_dot_segments(path))


def _without_dot_segments(path: str) -> str:
    """RFC 3986 section 5.2.4; and empty segments go, as services other than S3 have it."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment and segment != ".":
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{end}"


def canonical_query(query: str) -> str:
    """The parameters in one encoding, sorted by name, then by value; the signature itself left out."""
    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    if not is_plain_query(query):
        pairs = [(recoded(name), recoded(value)) for name, value in pairs]
    return "&".join([f"{name}={value}" for name, value in sorted(pairs) if name != SIGNATURE_PARAMETER])


UNSIGNABLE: Final = frozenset(
    (
        "authorization",
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    )
)
"""Headers that a hop on the way may change or that carry the signature; the list is botocore's."""


def signable(names: Iterable[str]) -> list[str]:
    """The names of headers to sign, in canonical order."""
    return sorted([name for name in names if name not in UNSIGNABLE])
