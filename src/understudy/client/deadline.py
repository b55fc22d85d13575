"""A time limit around a flow: every effect gets what is left of it."""

from __future__ import annotations

from understudy.errors import CallTimeout
from understudy.flow import Bounded, Send, Sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from understudy.clock import Clock
    from understudy.flow import Effect, Flow

    T = TypeVar("T")


def within(flow: Flow[T], deadline: float, seconds: float, clock: Clock) -> Flow[T]:
    """The same flow, ended with `CallTimeout` when `deadline` (monotonic) has passed; nested flows are under it too."""
    try:
        effect = next(flow)
        while True:
            left = deadline - clock.monotonic()
            if left <= 0:
                effect = flow.throw(CallTimeout(f"the call took longer than {seconds:g} s", hint="raise timeout"))
                continue
            _clip(effect, left)
            try:
                result = yield effect
            except BaseException as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as stop:
        returned: T = stop.value
        return returned
    finally:
        flow.close()


def _clip(effect: Effect, left: float) -> None:
    if isinstance(effect, Send):
        effect.timeout = left if effect.timeout is None else min(effect.timeout, left)
    elif isinstance(effect, Sleep):
        effect.seconds = min(effect.seconds, left)
    elif isinstance(effect, Bounded):
        effect.limit = left
