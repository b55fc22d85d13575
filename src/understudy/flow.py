"""Logic as generators, input and output as effects, and the two drivers that carry effects out.

A `Flow` yields effects and receives their results; it never blocks and never awaits. `drive` runs a flow in the calling
thread, `drive_async` in the running task. Errors of an effect are thrown into the flow where it stands, and the flow is
closed when the driver is left, by an error or a cancellation too, so ``finally`` in a flow always runs.
"""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from typing import Any, Protocol, TypeVar

    from understudy.clock import Clock
    from understudy.http import Request, Response

    T = TypeVar("T")
    Flow = Generator["Effect", Any, T]

    class Transport(Protocol):
        """Sends one request in the calling thread; raises `TransportError`. Safe for use by many threads."""

        def send(self, request: Request, timeout: float | None) -> Response: ...
        def close(self) -> None: ...

    class AsyncTransport(Protocol):
        """Sends one request in the running task; raises `TransportError`; a cancelled task cancels the request."""

        async def send(self, request: Request, timeout: float | None) -> Response: ...  # noqa: ASYNC109
        async def close(self) -> None: ...

    class Connections(Protocol):
        """Hands out the transports that share one configuration (proxy, CA bundle, pool), made when first asked for."""

        def transport(self) -> Transport: ...
        def async_transport(self) -> AsyncTransport: ...


class Effect:
    """Something that a flow asks its driver to do, in one of two ways."""

    __slots__ = ()

    def run(self) -> Any:
        """Carry it out in the calling thread."""
        raise NotImplementedError

    async def run_async(self) -> Any:
        """Carry it out in the running task."""
        raise NotImplementedError


class Send(Effect):
    """Send a request; gives a `Response`, whatever its status. `timeout` is seconds for the whole exchange."""

    __slots__ = ("connections", "request", "timeout")

    def __init__(self, request: Request, connections: Connections, timeout: float | None = None) -> None:
        self.request = request
        self.connections = connections
        self.timeout = timeout

    def run(self) -> Response:
        return self.connections.transport().send(self.request, self.timeout)

    async def run_async(self) -> Response:
        return await self.connections.async_transport().send(self.request, self.timeout)


class Sleep(Effect):
    """Wait this many seconds."""

    __slots__ = ("clock", "seconds")

    def __init__(self, seconds: float, clock: Clock = SYSTEM_CLOCK) -> None:
        self.seconds = seconds
        self.clock = clock

    def run(self) -> None:
        self.clock.sleep(self.seconds)

    async def run_async(self) -> None:
        await self.clock.sleep_async(self.seconds)


class ReadFile(Effect):
    """The bytes of a file, at most `limit` of them; raises OSError, or ValueError when the file is larger."""

    __slots__ = ("limit", "path")

    def __init__(self, path: str, limit: int = 1_048_576) -> None:
        self.path = path
        self.limit = limit

    def run(self) -> bytes:
        with open(self.path, "rb") as file:
            content = file.read(self.limit + 1)
        if len(content) > self.limit:
            raise ValueError(f"{self.path!r} is larger than {self.limit} bytes")
        return content

    async def run_async(self) -> bytes:
        import asyncio

        return await asyncio.to_thread(self.run)


class Bounded(Effect):
    """An effect that waits for something else, and that a time limit around its flow shortens to `limit` seconds."""

    __slots__ = ("limit",)

    def __init__(self) -> None:
        self.limit: float | None = None


class Perform(Effect):
    """Call one of two functions: `sync` in a thread's driver, `asynchronous` in a task's."""

    __slots__ = ("asynchronous", "sync")

    def __init__(self, sync: Callable[[], Any], asynchronous: Callable[[], Awaitable[Any]]) -> None:
        self.sync = sync
        self.asynchronous = asynchronous

    def run(self) -> Any:
        return self.sync()

    async def run_async(self) -> Any:
        return await self.asynchronous()


class CallUser(Effect):
    """Call a function that the user gave, plain or async, with these arguments.

    In a task a plain function runs in a worker thread, because it may block (on a prompt, on a command). In a thread an
    async function is run to its end in an event loop of its own.
    """

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments

    def run(self) -> Any:
        result = self.function(*self.arguments)
        if not hasattr(result, "__await__"):
            return result
        import asyncio

        return asyncio.run(_awaited(result))

    async def run_async(self) -> Any:
        import asyncio
        from inspect import iscoroutinefunction

        if iscoroutinefunction(self.function) or iscoroutinefunction(getattr(self.function, "__call__", None)):  # noqa: B004
            return await self.function(*self.arguments)
        result = await asyncio.to_thread(self.function, *self.arguments)
        return await result if hasattr(result, "__await__") else result


async def _awaited(result: Awaitable[T]) -> T:
    return await result


def drive(flow: Flow[T]) -> T:
    """Run a flow in the calling thread and return what it returns."""
    try:
        effect = next(flow)
        while True:
            try:
                result = effect.run()
            except BaseException as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as stop:
        returned: T = stop.value
        return returned
    finally:
        flow.close()


async def drive_async(flow: Flow[T]) -> T:
    """Run a flow in the running task and return what it returns."""
    try:
        effect = next(flow)
        while True:
            try:
                result = await effect.run_async()
            except BaseException as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as stop:
        returned: T = stop.value
        return returned
    finally:
        flow.close()
