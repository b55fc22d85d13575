"""The stand-in itself: a request in, a response out, through dispatch, authentication, limits, authorisation,
operation.

Nothing here knows sockets: `app` carries requests in and responses out.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from understudy.errors import ServiceError
from understudy.http import Response
from understudy.server.authentication import authenticate
from understudy.server.calls import Call
from understudy.server.denials import Refused
from understudy.server.dispatch import dispatch, form_of
from understudy.server.endpoints import OPT_IN_REGIONS, endpoint_of
from understudy.server.issuer import TokenIssuer
from understudy.server.jwks import ProviderKeys
from understudy.server.limits import check_limits
from understudy.server.messages import AuthorizationMessages
from understudy.server.mfa import CodeVerifier
from understudy.server.operations.table import HANDLERS
from understudy.server.policies import PolicySource
from understudy.server.principals import Caller, Principals
from understudy.server.regions import check_region_enabled
from understudy.server.restrictions import check_credentials
from understudy.server.sessions import SessionTokens
from understudy.server.settings import Settings
from understudy.server.trade_in import TradeInTokens
from understudy.server.trust import Authorizer
from understudy.types import Output
from understudy.wire import faults, requests, responses

if TYPE_CHECKING:
    from understudy.commands import Operation
    from understudy.directory import Directory
    from understudy.http import Request

_LOG = logging.getLogger("understudy.server")
MESSAGE_HEADER = "x-understudy-authorization-message"
_REGIONAL_ONLY = {
    "AssumeRoot": "Unknown Operation",
    "GetWebIdentityToken": "Operation not supported on STS global endpoint",
}
"""What the global endpoint says of operations that it does not have."""

INTERNAL = "The request processing has failed because of an unknown error, exception or failure."


class Service:
    """One stand-in: a directory, a key ring, and everything that is remembered between requests."""

    def __init__(self, directory: Directory, settings: Settings | None = None) -> None:
        self.directory = directory
        self.settings = settings or Settings()
        self.clock = self.settings.clock
        self.tokens = SessionTokens(self.settings.key_ring, self.settings.random)
        self.messages = AuthorizationMessages(self.settings.key_ring, self.settings.random)
        self.principals = Principals(directory, self.tokens)
        self.authorizer = Authorizer(PolicySource(directory))
        self.codes = CodeVerifier(self.clock.time)
        self.provider_keys = ProviderKeys(clock=self.clock)
        self.trade_ins = TradeInTokens(self.settings.key_ring, self.settings.random)
        self.issuer = TokenIssuer(self.settings.issuer or "http://localhost", clock=self.clock)

    async def respond(self, request: Request, source_ip: str) -> Response:
        """The answer to a request; never raises, and never shows more of an internal error than that there was one."""
        now = self.clock.time()
        elsewhere = self.issuer.respond(request) or dispatch(request)
        if elsewhere is not None:
            return _with_date(elsewhere, now)
        endpoint = endpoint_of(request.host, self.settings.region)
        call = Call(request, self._request_id(), source_ip, now, endpoint)
        accept_json = _accepts_json(request)
        error: ServiceError | None = None
        try:
            operation, output = await self._answer(call)
            status, (kind, body) = 200, responses.serialize(operation, output, call.request_id, accept_json)
        except ServiceError as refusal:
            error, status = refusal, refusal.status
            kind, body = faults.serialize(refusal, call.request_id, accept_json)
        except Exception:
            _LOG.exception("request %s failed", call.request_id)
            error, status = ServiceError(INTERNAL, code="InternalFailure", status=500), 500
            kind, body = faults.serialize(error, call.request_id, accept_json)
        return self._finished(call, status, kind, body, error)

    async def _answer(self, call: Call) -> tuple[Operation, Output]:
        parsed = requests.parse(form_of(call.request))
        operation = parsed.shape.operation
        call.action = operation.name
        if call.endpoint.is_global and operation.name in _REGIONAL_ONLY:
            raise ServiceError(_REGIONAL_ONLY[operation.name], code="InvalidAction", status=400)
        if operation.name not in HANDLERS:
            raise ServiceError("Unknown Operation", code="InvalidAction", status=400)
        if operation.signed:
            self._authenticate(call)
        command = parsed.command
        check_limits(command, self.settings)
        if operation.signed:
            check_credentials(call.caller, command)
        output = HANDLERS[operation.name](self, call, command)
        return operation, output if isinstance(output, Output) else await output

    def _authenticate(self, call: Call) -> None:
        now = datetime.fromtimestamp(call.now, UTC)
        verified = authenticate(call.request, self.principals, now=now, region=call.endpoint.region)
        caller: Caller = verified.identity
        call.authenticated_as(caller, verified.region)
        self.check_region(verified.region, caller)

    def check_region(self, region: str, caller: Caller) -> None:
        """Tokens of the global endpoint are not good in opt-in regions, and a region may be off for an account."""
        session = caller.session
        if session is not None and session.from_global_endpoint and region in OPT_IN_REGIONS:
            message = "The security token included in the request is invalid."
            raise ServiceError(message, code="InvalidClientTokenId", status=403)
        check_region_enabled(region, caller.account)

    def _request_id(self) -> str:
        """A UUID of version 4 (RFC 9562)."""
        digits = self.settings.random(16).hex()
        variant = _VARIANTS[digits[16]]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def _finished(self, call: Call, status: int, kind: str, body: bytes, error: ServiceError | None) -> Response:
        headers = [
            ("x-amzn-requestid", call.request_id),
            ("x-amz-sts-extended-request-id", _extended_request_id(call)),
            ("content-type", kind),
            ("content-length", str(len(body))),
            ("date", _http_date(int(call.now))),
        ]
        message = None
        if isinstance(error, Refused) and self.settings.explain_denials:
            message = self.messages.seal(error.decision, error.account)
            headers.append((MESSAGE_HEADER, message))
        if self.settings.log is not None:
            self.settings.log(_record(call, status, error, message))
        return Response(status, headers, b"" if call.request.method == "HEAD" else body)


def _accepts_json(request: Request) -> bool:
    return "application/json" in (request.header("accept") or "")


def _extended_request_id(call: Call) -> str:
    """A text of the service's form; what its own hides is not published."""
    return b64encode(f"1:{call.region}:S:{int(call.now * 1000)}:R:{call.request_id[:5]}".encode()).decode("ascii")


_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_dates: dict[int, str] = {}


def _http_date(second: int) -> str:
    found = _dates.get(second)
    if found is None:
        _dates.clear()
        found = _dates[second] = formatdate(second, usegmt=True)
    return found


def _with_date(response: Response, now: float) -> Response:
    return Response(response.status, (*response.headers, ("date", _http_date(int(now)))), response.body)


def _record(call: Call, status: int, error: ServiceError | None, message: str | None) -> dict[str, Any]:
    """One request for the log: who asked for what, and how it ended. Nothing that the caller sent but its action."""
    caller = call.known_caller
    record: dict[str, Any] = {
        "time": datetime.fromtimestamp(call.now, UTC).isoformat(timespec="milliseconds"),
        "request_id": call.request_id,
        "action": call.action,
        "status": status,
        "region": call.region,
        "source_ip": call.source_ip,
        "user_agent": call.request.header("user-agent"),
        "caller": None if caller is None else caller.arn,
        "access_key_id": None if caller is None else caller.access_key_id,
    }
    if error is not None:
        record["code"], record["message"] = error.code, error.message
    if error is not None and error.hint:
        record["hint"] = error.hint
    if message is not None:
        record["authorization_message"] = message
    return record
