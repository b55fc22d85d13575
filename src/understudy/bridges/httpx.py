"""httpx and httpx2: ``Client(auth=auth(credentials, region="eu-west-1", service="execute-api"))``, sync and async."""

from __future__ import annotations

from understudy.bridges.signing import Signer
from understudy.bridges.source import acurrent, current, is_expired_answer, reject
from understudy.clock import SYSTEM_CLOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from typing import Any

    from understudy.clock import Clock
    from understudy.identity import AWSCredentials, CredentialSource


def auth(
    source: CredentialSource, *, region: str, service: str, clock: Clock = SYSTEM_CLOCK, library: str = "httpx"
) -> Any:
    """An ``Auth`` that signs each request, and once more with new credentials after an answer of ExpiredToken.

    `library` is the one whose ``Auth`` it shall be: ``httpx`` or ``httpx2``.
    """
    from importlib import import_module

    kind = type("SigV4Auth", (_Flows, import_module(library).Auth), {"requires_request_body": True})
    return kind(source, Signer(region, service, clock))


class _Flows:
    def __init__(self, source: CredentialSource, signer: Signer) -> None:
        self.source = source
        self.signer = signer

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        request.read()
        credentials = current(self.source)
        response = yield self._signed(request, credentials)
        if response.status_code in (400, 401, 403):
            response.read()
            if self._expired(response) and reject(self.source, credentials.access_key_id):
                yield self._signed(request, current(self.source))

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        await request.aread()
        credentials = await acurrent(self.source)
        response = yield self._signed(request, credentials)
        if response.status_code in (400, 401, 403):
            await response.aread()
            if self._expired(response) and reject(self.source, credentials.access_key_id):
                yield self._signed(request, await acurrent(self.source))

    def _expired(self, response: Any) -> bool:
        return is_expired_answer(response.status_code, response.headers.get("x-amzn-errortype"), response.content)

    def _signed(self, request: Any, credentials: AWSCredentials) -> Any:
        headers = request.headers.items()
        request.headers.update(
            self.signer.headers(credentials, request.method, str(request.url), headers, request.content)
        )
        return request
