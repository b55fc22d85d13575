"""The call: from a command to its output, as one flow that both clients drive.

Top to bottom: limits, form, then for each attempt credentials, signature, sending and reading, and after a failure the
question whether another attempt is worth it.
"""

from __future__ import annotations

from os import urandom

from understudy.client import retries
from understudy.client.endpoints import SERVICE
from understudy.client.hooks import Call
from understudy.client.skew import CODES as SKEW_CODES
from understudy.errors import ParameterError, ResponseError, ServiceError, TransportError, UnderstudyError
from understudy.flow import Send, Sleep
from understudy.http import Request
from understudy.sigv4.signing import sign
from understudy.types import ResponseMetadata
from understudy.wire import requests, responses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from understudy.client.call import Settings
    from understudy.commands import Command
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials
    from understudy.types import Output

    OutputT = TypeVar("OutputT", bound=Output)
    _Failure = ServiceError | TransportError | ResponseError

REJECTED = frozenset(("ExpiredToken", "ExpiredTokenException", "InvalidToken"))
"""What a service answers when the credentials that signed a request have ended before their time."""


def call(settings: Settings, command: Command[OutputT], deadline: float | None = None) -> Flow[OutputT]:
    """Make one call; `deadline` (monotonic) only keeps it from waiting for an attempt that cannot happen any more."""
    state = Call(command.operation, settings.endpoint, _invocation_id(), settings.max_attempts, deadline)
    try:
        output: OutputT = yield from _checked(settings, state, command)
    except UnderstudyError as error:
        for hook in settings.steps.on_error:
            hook(state, error)
        raise
    for seen in settings.steps.after_call:
        seen(state, output)
    return output


def _checked(settings: Settings, state: Call, command: Command[Any]) -> Flow[Any]:
    for hook in settings.steps.before_call:
        command = hook(state, command) or command
    problems = command.problems()
    if problems:
        raise ParameterError.of(command.operation.name, problems)
    return (yield from _attempts(settings, state, requests.serialize(command)))


def _attempts(settings: Settings, state: Call, body: bytes) -> Flow[Any]:
    """Attempts until one succeeds or the failure is final. Credentials are asked for outside of what is repeated."""
    while True:
        credentials = None
        if state.operation.signed:
            credentials = yield from settings.credentials().retrieve()
        yield from _wait_for_rate(settings, state)
        state.attempt += 1
        try:
            output = yield from _attempt(settings, state, body, credentials)
        except (ServiceError, TransportError, ResponseError) as error:
            yield from _recover(settings, state, error, credentials)
        else:
            settings.quota.give_back(state.drawn)
            output.with_metadata(_metadata(state))
            return output


def _wait_for_rate(settings: Settings, state: Call) -> Flow[None]:
    if settings.limiter is not None:
        wait = settings.limiter.wait(settings.clock.monotonic())
        if wait > 0:
            state.total_retry_delay += wait
            yield Sleep(wait, settings.clock)


def _attempt(settings: Settings, state: Call, body: bytes, credentials: AWSCredentials | None) -> Flow[Any]:
    state.response = None
    request = _signed(settings, state, _request(settings, state, body), credentials)
    for hook in settings.steps.before_send:
        request = hook(state, request) or request
    response = yield Send(request, settings.connections, settings.attempt_timeout)
    for answered in settings.steps.after_response:
        response = answered(state, response) or response
    state.response = response
    settings.skew.learn(response.header("date"), settings.clock.time())
    output = responses.parse(state.operation, response)
    if settings.limiter is not None:
        settings.limiter.observe(False, settings.clock.monotonic())
    return output


def _request(settings: Settings, state: Call, body: bytes) -> Request:
    endpoint = state.endpoint
    headers = (
        *settings.headers,
        ("amz-sdk-invocation-id", state.invocation_id),
        ("amz-sdk-request", f"attempt={state.attempt}; max={state.max_attempts}"),
    )
    return Request("POST", endpoint.host, endpoint.path, "", headers, body, endpoint.scheme)


def _signed(settings: Settings, state: Call, request: Request, credentials: AWSCredentials | None) -> Request:
    for hook in settings.steps.before_sign:
        request = hook(state, request) or request
    if credentials is None:
        return request
    state.offset = settings.skew.offset
    return sign(request, credentials, region=settings.region(), service=SERVICE, now=settings.now())


def _recover(settings: Settings, state: Call, error: _Failure, credentials: AWSCredentials | None) -> Flow[None]:
    """Wait as long as another attempt needs; raises the error if none is worth it."""
    if isinstance(error, ServiceError):
        error.metadata = _metadata(state)
        if credentials is not None and (yield from _is_cured(settings, state, error, credentials)):
            return
    kind = retries.classify(error)
    if settings.limiter is not None:
        settings.limiter.observe(kind == "throttling", settings.clock.monotonic())
    if kind is None or state.attempt >= state.max_attempts:
        raise error
    asked = retries.asked_delay(state.response, settings.now().timestamp())
    delay = retries.backoff(kind, state.attempt - 1, settings.random, asked)
    if _is_too_late(settings, state, delay) or not settings.quota.draw(retries.COST[kind]):
        raise error
    state.drawn = retries.COST[kind]
    yield from _pause(settings, state, error, delay)


def _is_too_late(settings: Settings, state: Call, delay: float) -> bool:
    return state.deadline is not None and settings.clock.monotonic() + delay >= state.deadline


def _pause(settings: Settings, state: Call, error: UnderstudyError, delay: float) -> Flow[None]:
    for hook in settings.steps.before_retry:
        hook(state, error, delay)
    state.total_retry_delay += delay
    yield Sleep(delay, settings.clock)


def _is_cured(settings: Settings, state: Call, error: ServiceError, credentials: AWSCredentials) -> Flow[bool]:
    """Whether the cause is gone: other credentials are to be had, or the clock's offset moved. Each once in a call."""
    cured = False
    if error.code in REJECTED and not state.renewed:
        state.renewed = True
        cured = yield from _has_others(settings, credentials)
    elif error.code in SKEW_CODES and not state.reset and settings.skew.moved_since(state.offset):
        state.reset = cured = True
    if cured:
        for hook in settings.steps.before_retry:
            hook(state, error, 0.0)
    return cured


def _has_others(settings: Settings, rejected: AWSCredentials) -> Flow[bool]:
    source = settings.credentials()
    invalidate = getattr(source, "invalidate", None)
    if invalidate is None:
        return False
    invalidate(rejected.access_key_id)
    fresh = yield from source.retrieve()
    return bool(fresh != rejected)


def _metadata(state: Call) -> ResponseMetadata:
    response = state.response
    if response is None:
        return ResponseMetadata(http_status_code=0, attempts=state.attempt, total_retry_delay=state.total_retry_delay)
    return ResponseMetadata(
        http_status_code=response.status,
        request_id=response.header("x-amzn-requestid"),
        attempts=state.attempt,
        total_retry_delay=state.total_retry_delay,
        headers=response.headers,
    )


def _invocation_id() -> str:
    """A random UUID (RFC 9562, version 4), the same for every attempt of a call."""
    digits = urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
