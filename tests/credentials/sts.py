"""STS in memory: transports that read each request, keep it, and issue numbered sets or say no."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime
from typing import Any

from tests.credentials.doubles import FakeClock

from understudy import types
from understudy.client.options import ClientOptions
from understudy.errors import ServiceError
from understudy.http import Request, Response
from understudy.identity import AWSCredentials
from understudy.wire import faults, requests, responses

USER = AWSCredentials("AKIAUSERUSERUSER", "user's secret", account_id="111122223333", source="explicit")
ROLE = "arn:aws:iam::123456789012:role/reader"


class Call:
    """One request that arrived: its command, who signed it, in which region, at which host."""

    def __init__(self, request: Request) -> None:
        parsed = requests.parse(request.body)
        self.action = parsed.action
        self.command: Any = parsed.command
        self.host = request.host
        self.request = request
        scope = (request.header("authorization") or "").partition("Credential=")[2].partition(",")[0].split("/")
        self.access_key_id = scope[0] or None
        self.region = scope[2] if len(scope) > 2 else None


class ScriptedSts:
    """Answers like STS; `error` is what it says instead, `calls` what it was asked."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls: list[Call] = []
        self.error: ServiceError | BaseException | None = None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.made = 0

    @property
    def actions(self) -> list[str | None]:
        return [call.action for call in self.calls]

    def options(self, **changes: Any) -> ClientOptions:
        """Options of a client that ends here and looks at nothing outside."""
        given: dict[str, Any] = {
            "region": "eu-west-1",
            "credentials": USER,
            "environ": {},
            "config_file": "/nonexistent/config",
            "credentials_file": "/nonexistent/credentials",
            "transport": self.make_transport,
            "async_transport": self.make_async_transport,
            "clock": self.clock,
        }
        return ClientOptions(**{**given, **changes})

    def make_transport(self, _settings: object) -> Transport:
        self.made += 1
        return Transport(self)

    def make_async_transport(self, _settings: object) -> AsyncTransport:
        self.made += 1
        return AsyncTransport(self)

    def answer(self, request: Request) -> Response:
        with self._lock:
            call = Call(request)
            self.calls.append(call)
            number = next(self._numbers)
        if isinstance(self.error, ServiceError):
            content_type, body = faults.serialize(self.error, "r", False)
            return Response(self.error.status, (("content-type", content_type),), body)
        if self.error is not None:
            raise self.error
        output = self._output(call.command, number)
        content_type, body = responses.serialize(call.command.operation, output, "r", False)
        return Response(200, (("content-type", content_type), ("x-amzn-requestid", "r")), body)

    def _output(self, command: Any, number: int) -> types.Output:
        seconds = getattr(command, "duration_seconds", None) or 3600
        expiration = datetime.fromtimestamp(self.clock.now + seconds, UTC)
        name = type(command).operation.name
        if name == "GetWebIdentityToken":
            return types.GetWebIdentityTokenOutput(web_identity_token=f"token-{number}", expiration=expiration)
        issued = types.Credentials(
            access_key_id=f"ASIAISSUED{number:06d}",
            secret_access_key=f"secret {number}",
            session_token=f"session {number}",
            expiration=expiration,
        )
        if name == "GetSessionToken":
            return types.GetSessionTokenOutput(credentials=issued)
        if name == "GetFederationToken":
            user = types.FederatedUser(
                federated_user_id=f"123456789012:{command.name}",
                arn=f"arn:aws:sts::123456789012:federated-user/{command.name}",
            )
            return types.GetFederationTokenOutput(credentials=issued, federated_user=user)
        if name == "AssumeRoot":
            return types.AssumeRootOutput(credentials=issued)
        if name == "GetDelegatedAccessToken":
            principal = "arn:aws:iam::123456789012:role/partner"
            return types.GetDelegatedAccessTokenOutput(credentials=issued, assumed_principal=principal)
        account = command.role_arn.split(":")[4]
        session = getattr(command, "role_session_name", "saml")
        user = types.AssumedRoleUser(
            assumed_role_id=f"AROAEXAMPLEEXAMPLE:{session}",
            arn=f"arn:aws:sts::{account}:assumed-role/{command.role_arn.rpartition('/')[2]}/{session}",
        )
        return type(command).operation.output(credentials=issued, assumed_role_user=user)


class Transport:
    def __init__(self, sts: ScriptedSts) -> None:
        self.sts = sts

    def send(self, request: Request, timeout: float | None) -> Response:
        return self.sts.answer(request)

    def close(self) -> None:
        return


class AsyncTransport:
    def __init__(self, sts: ScriptedSts) -> None:
        self.sts = sts

    async def send(self, request: Request, timeout: float | None) -> Response:  # noqa: ASYNC109
        return self.sts.answer(request)

    async def close(self) -> None:
        return
