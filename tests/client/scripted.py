"""A transport that plays a script in memory, and a clock that only moves when told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from understudy.client.options import ClientOptions
from understudy.client.sync import STSClient
from understudy.http import Request, Response
from understudy.identity import AWSCredentials

NOW = 1_795_000_000.0
IDENTITY = (
    b"<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult>"
    b"<Arn>arn:aws:iam::123456789012:user/alice</Arn><UserId>AIDAALICE</UserId><Account>123456789012</Account>"
    b"</GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
    b"</GetCallerIdentityResponse>"
)
ALICE = AWSCredentials("AKIAALICE", "alice's secret", "alice's token")


class FakeClock:
    """Starts at `NOW`; sleeping moves it, and `slept` remembers by how much."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


Step = Response | BaseException | Callable[[Request, float | None], Response]


class Script:
    """Both kinds of transport in one: answers requests with the next step of the script, and keeps them."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[Request] = []
        self.timeouts: list[float | None] = []
        self.closed = 0

    def _play(self, request: Request, timeout: float | None) -> Response:
        self.requests.append(request)
        self.timeouts.append(timeout)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, BaseException):
            raise step
        return step if isinstance(step, Response) else step(request, timeout)

    def transport(self, _settings: object) -> ScriptedTransport:
        return ScriptedTransport(self)

    def async_transport(self, _settings: object) -> ScriptedAsyncTransport:
        return ScriptedAsyncTransport(self)


class ScriptedTransport:
    def __init__(self, script: Script) -> None:
        self.script = script

    def send(self, request: Request, timeout: float | None) -> Response:
        return self.script._play(request, timeout)

    def close(self) -> None:
        self.script.closed += 1


class ScriptedAsyncTransport:
    def __init__(self, script: Script) -> None:
        self.script = script

    async def send(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        return self.script._play(request, timeout)

    async def close(self) -> None:
        self.script.closed += 1


def identity(headers: Iterable[tuple[str, str]] = ()) -> Response:
    return Response(200, (("content-type", "text/xml"), ("x-amzn-requestid", "r-1"), *headers), IDENTITY)


def failure(status: int, code: str, message: str = "no", headers: Iterable[tuple[str, str]] = ()) -> Response:
    body = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>r-2</RequestId></ErrorResponse>"
    )
    return Response(status, (("content-type", "text/xml"), ("x-amzn-requestid", "r-2"), *headers), body.encode())


def options(script: Script, clock: FakeClock | None = None, **changes: Any) -> ClientOptions:
    """Options that look at nothing outside: no environment, no files, the highest jitter."""
    given: dict[str, Any] = {
        "region": "eu-west-1",
        "credentials": ALICE,
        "environ": {},
        "config_file": "/nonexistent/config",
        "credentials_file": "/nonexistent/credentials",
        "transport": script.transport,
        "async_transport": script.async_transport,
        "clock": clock or FakeClock(),
        "random": lambda: 1.0,
    }
    return ClientOptions(**{**given, **changes})


def client(script: Script, clock: FakeClock | None = None, **changes: Any) -> STSClient:
    return STSClient(options(script, clock, **changes))
