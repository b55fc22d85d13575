"""How a provider asks its source: which address, how long, how often, and what to make of an answer.

A metadata address may be answered by anything: a proxy's HTML page, a captive portal, another service. So every answer
is read under bounds, and an error says what was asked and what kind of answer came, never the answer itself.
"""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.errors import CallTimeout, ConfigurationError, CredentialsError, ResponseError, TransportError
from understudy.flow import Send, Sleep
from understudy.http import Request, Response
from understudy.identity import AWSCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from typing import Any

    from understudy.clock import Clock
    from understudy.flow import Connections, Flow

ANSWER_LIMIT = 262_144  # bytes; a credential document is under 4 KB, a session token under 16 KB
_PASSING_STATUSES = frozenset({429, 500, 502, 503, 504})
_PASSING_CODES = frozenset(
    {
        "TooManyRequestsException",
        "TooManyRequestsError",
        "LimitExceededException",
        "ThrottlingException",
        "SlowDownException",
    }
)
_LONGEST_DELAY = 20.0


class Exchange:
    """Over which connections a source is asked, how many seconds an attempt may take, and how many attempts there are.

    Only failures that pass are tried again: no connection, no answer in time, 429, 500, 502, 503, 504 and the services'
    throttling codes. The delay is uniform in 0 .. 0.05 * 2^n seconds, 20 at most.
    """

    __slots__ = ("attempts", "clock", "connections", "random", "timeout")

    def __init__(
        self,
        connections: Connections,
        *,
        timeout: float,
        attempts: int,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[], float] | None = None,
    ) -> None:
        if attempts < 1:
            raise ConfigurationError(f"attempts is {attempts}, it must be 1 or more")
        if not timeout > 0:
            raise ConfigurationError(f"timeout is {timeout} seconds, it must be more than 0")
        self.connections = connections
        self.timeout = timeout
        self.attempts = attempts
        self.clock = clock
        self.random = random or _uniform

    def ask(self, what: str, request: Request) -> Flow[Response]:
        """The last answer, whatever its status; raises a recoverable `CredentialsError` when no attempt got one."""
        attempt = 0
        while True:
            attempt += 1
            outcome = yield from self._attempt(what, request)
            if isinstance(outcome, Response) and (attempt == self.attempts or not passes(outcome)):
                return bounded(what, request, outcome)
            if isinstance(outcome, TransportError) and attempt == self.attempts:
                raise unreachable(what, request, outcome, self.timeout) from outcome
            yield Sleep(self.random() * min(0.05 * 2 ** (attempt - 1), _LONGEST_DELAY), self.clock)

    def _attempt(self, what: str, request: Request) -> Flow[Response | TransportError]:
        try:
            response: Response = yield Send(request, self.connections, self.timeout)
        except TransportError as error:
            return error
        except ResponseError as error:  # beyond the transport's own bound
            raise CredentialsError(f"{what} at {address(request)}: {error}", recoverable=True) from error
        return response


def _uniform() -> float:
    from random import random

    return random()  # noqa: S311  spreads retries, guards nothing


def address(request: Request) -> str:
    """Where a request goes, without its query (which may hold what is nobody's business)."""
    return f"{request.scheme}://{request.host}{request.path}"


def request_to(
    url: str,
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    *,
    setting: str = "address",
) -> Request:
    """A request to an absolute URL; raises `ConfigurationError` for one that no client should follow."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{setting} {url!r} is not a URL: {error}") from error
    unclean = any(character <= " " or character in '\\"<>\x7f' for character in url)
    if parts.scheme not in ("http", "https") or not host or unclean or "@" in parts.netloc:
        raise ConfigurationError(f"{setting} {url!r} is not an http or https URL of a plain host")
    return Request(method, parts.netloc, parts.path or "/", parts.query, headers, body, parts.scheme)


def passes(response: Response) -> bool:
    """Whether the failure may be gone in a moment."""
    if response.status in _PASSING_STATUSES:
        return True
    return response.status >= 400 and error_code(response) in _PASSING_CODES


def bounded(what: str, request: Request, response: Response) -> Response:
    """The answer; raises where it is far larger than any credential document."""
    if len(response.body) <= ANSWER_LIMIT:
        return response
    raise CredentialsError(
        f"{what} at {address(request)} answered with {len(response.body)} bytes; at most {ANSWER_LIMIT} are read",
        recoverable=True,
    )


def unreachable(what: str, request: Request, error: TransportError, timeout: float) -> CredentialsError:
    """Nobody answered: the chain may ask elsewhere, and a cache may ask again."""
    how = f"did not answer within {timeout:g} s" if isinstance(error, CallTimeout) else f"cannot be reached: {error}"
    return CredentialsError(f"{what} at {address(request)} {how}", try_next=True, recoverable=True)


def refused(
    what: str,
    request: Request,
    response: Response,
    *,
    try_next: bool = False,
    recoverable: bool = True,
    hint: str | None = None,
) -> CredentialsError:
    """The error for an answer that is not a success, with the code and message of the source where it gave them."""
    where = f"{what} at {address(request)} answered"
    if 300 <= response.status < 400:
        said = f"with a redirect ({response.status}), which is not followed"
    else:
        said = f"{response.status}{_reason(response)}"
    return CredentialsError(f"{where} {said}", try_next=try_next, recoverable=recoverable, hint=hint)


def _reason(response: Response) -> str:
    document = _document(response.body)
    code = error_code(response)
    text = next((document[key] for key in ("message", "Message", "error_description") if key in document), None)
    said = ": ".join(part for part in (code, text[:300] if isinstance(text, str) else None) if part)
    return f" ({said})" if said else f" ({_kind(response)})"


def error_code(response: Response) -> str | None:
    """The error code of a JSON service, from the header or the body, without its namespace and its URL."""
    document = _document(response.body)
    named = response.header("x-amzn-errortype") or next(
        (document[key] for key in ("__type", "code", "Code", "error") if isinstance(document.get(key), str)), None
    )
    return named.split("#")[-1].split(":")[0][:100] if named else None


def _document(body: bytes) -> dict[str, Any]:
    import json

    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _kind(response: Response) -> str:
    if not response.body:
        return "an empty body"
    return f"{len(response.body)} bytes of {response.header('content-type') or 'no content type'}"


def json_object(what: str, request: Request, response: Response) -> dict[str, Any]:
    """The JSON object of a successful answer, whatever its content type says; raises for anything else."""
    document = _document(response.body)
    if not document:
        raise CredentialsError(
            f"{what} at {address(request)} answered {response.status} with {_kind(response)}, not with a JSON object",
            recoverable=True,
        )
    return document


STANDARD_KEYS = ("AccessKeyId", "SecretAccessKey", "Token", "Expiration", "AccountId")


def read_credentials(
    what: str,
    document: Mapping[str, Any],
    *,
    source: str,
    keys: tuple[str, str, str, str, str] = STANDARD_KEYS,
    account_id: str | None = None,
) -> AWSCredentials:
    """Credentials from a document with these five keys; raises, naming the members that are missing or malformed."""
    faulty = [key for key in keys[:3] if not isinstance(document.get(key), str) or not document[key]]
    if document.get(keys[3]) is None:
        faulty.append(keys[3])
    if faulty:
        raise CredentialsError(
            f"{what} gave no credentials: missing or malformed {', '.join(faulty)}", recoverable=True
        )
    told = document.get(keys[4])
    return AWSCredentials(
        document[keys[0]],
        document[keys[1]],
        document[keys[2]],
        expiration=_expiration(what, document[keys[3]]),
        account_id=told if isinstance(told, str) and told else account_id,
        source=source,
    )


def _expiration(what: str, given: object) -> datetime:
    try:
        return timestamp(given)
    except ValueError as error:
        raise CredentialsError(f"{what} gave an expiration that cannot be read: {error}", recoverable=True) from error


def timestamp(given: object) -> datetime:
    """A moment (aware, UTC) from RFC 3339 text (or the older CLIs' `...UTC`), epoch seconds or milliseconds.

    Text without a zone is UTC. Raises ValueError.
    """
    from datetime import UTC, datetime

    if isinstance(given, (int, float)) and not isinstance(given, bool):
        seconds = given / 1000 if given > 100_000_000_000 else given
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(f"{given!r} is no moment") from error
    if not isinstance(given, str):
        raise ValueError(f"{type(given).__name__} instead of a time")
    text = given.strip()
    try:
        moment = datetime.fromisoformat(text.removesuffix("UTC") + "Z" if text.endswith("UTC") else text)
    except ValueError:
        raise ValueError(f"{given[:40]!r} is not an RFC 3339 time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
