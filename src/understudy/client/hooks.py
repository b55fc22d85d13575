"""Hooks: functions of the user's around a call, one for each step that a call goes through.

========================  =====================================================================================
`Hooks.before_call`       before limits are checked; may give another command        (JS SDK: initialize)
`Hooks.before_sign`       each attempt: the request with its body, before signing     (serialize, build)
`Hooks.before_send`       each attempt: the signed request, as it will leave          (finalizeRequest)
`Hooks.after_response`    each attempt that was answered, before the answer is read   (deserialize)
`Hooks.before_retry`      a failed attempt that will be repeated after `delay` seconds
`Hooks.after_call`        the output, with its metadata
`Hooks.on_error`          the error that ends the call
========================  =====================================================================================

They run in the order of `ClientOptions.hooks`, in the thread or task of the call, so they must not block. What they
raise ends the call. A header added in `before_sign` is signed with the rest; a change in `before_send` is not.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from logging import Logger
    from typing import Any

    from understudy.client.endpoints import Endpoint
    from understudy.commands import Command, Operation
    from understudy.errors import UnderstudyError
    from understudy.http import Request, Response
    from understudy.types import Output


class Call:
    """One call as the hooks see it. `notes` is theirs, to pass things from one step to a later one."""

    __slots__ = (
        "attempt",
        "deadline",
        "drawn",
        "endpoint",
        "invocation_id",
        "max_attempts",
        "notes",
        "offset",
        "operation",
        "renewed",
        "reset",
        "response",
        "total_retry_delay",
    )

    def __init__(
        self,
        operation: Operation,
        endpoint: Endpoint,
        invocation_id: str,
        max_attempts: int,
        deadline: float | None = None,
    ) -> None:
        self.operation = operation
        self.endpoint = endpoint
        self.invocation_id = invocation_id
        self.max_attempts = max_attempts
        self.attempt = 0
        self.total_retry_delay = 0.0
        self.response: Response | None = None
        self.notes: dict[str, Any] = {}
        self.deadline = deadline
        self.drawn = 0
        self.offset = 0.0
        self.renewed = False
        self.reset = False

    def __repr__(self) -> str:
        return f"Call({self.operation.name}, attempt {self.attempt} of {self.max_attempts})"


class Hooks:
    """Subclass this and write the steps that you need; returning None leaves things as they are."""

    def before_call(self, call: Call, command: Command[Any]) -> Command[Any] | None:
        """Before limits are checked; gives another command of the same operation, or None."""

    def before_sign(self, call: Call, request: Request) -> Request | None:
        """Before an attempt is signed; gives another request, or None."""

    def before_send(self, call: Call, request: Request) -> Request | None:
        """Before an attempt leaves; the request carries its signature, and nothing here may be logged unredacted."""

    def after_response(self, call: Call, response: Response) -> Response | None:
        """After an attempt was answered, whatever the status; gives another response, or None."""

    def before_retry(self, call: Call, error: UnderstudyError, delay: float) -> None:
        """Before the wait (seconds) that precedes another attempt."""

    def after_call(self, call: Call, output: Output) -> None:
        """After a call that succeeded."""

    def on_error(self, call: Call, error: UnderstudyError) -> None:
        """After a call that failed."""


class Steps:
    """The hooks that really do something, sorted by step, so that a call without hooks pays nothing for them."""

    __slots__ = STEPS = (
        "after_call",
        "after_response",
        "before_call",
        "before_retry",
        "before_send",
        "before_sign",
        "on_error",
    )

    after_call: tuple[Callable[[Call, Output], None], ...]
    after_response: tuple[Callable[[Call, Response], Response | None], ...]
    before_call: tuple[Callable[[Call, Command[Any]], Command[Any] | None], ...]
    before_retry: tuple[Callable[[Call, UnderstudyError, float], None], ...]
    before_send: tuple[Callable[[Call, Request], Request | None], ...]
    before_sign: tuple[Callable[[Call, Request], Request | None], ...]
    on_error: tuple[Callable[[Call, UnderstudyError], None], ...]

    def __init__(self, hooks: Iterable[object]) -> None:
        given = tuple(hooks)
        for step in self.STEPS:
            setattr(self, step, tuple(getattr(hook, step) for hook in given if _does(hook, step)))


def _does(hook: object, step: str) -> bool:
    return hasattr(hook, step) and getattr(type(hook), step, None) is not getattr(Hooks, step)


class LoggingHooks(Hooks):
    """The `logger` option: attempts at DEBUG, retries and failures at INFO; never a body, a signature or a token."""

    def __init__(self, logger: Logger) -> None:
        self.logger = logger

    def before_send(self, call: Call, request: Request) -> None:
        self.logger.debug(
            "%s attempt %d of %d to %s", call.operation.name, call.attempt, call.max_attempts, call.endpoint.url
        )

    def after_response(self, call: Call, response: Response) -> None:
        request_id = response.header("x-amzn-requestid")
        self.logger.debug("%s answered with status %d, request id %s", call.operation.name, response.status, request_id)

    def before_retry(self, call: Call, error: UnderstudyError, delay: float) -> None:
        self.logger.info("%s is repeated in %.3f s after %s", call.operation.name, delay, error)

    def on_error(self, call: Call, error: UnderstudyError) -> None:
        self.logger.info("%s failed after %d attempts: %s", call.operation.name, call.attempt, error)
