"""aiohttp: ``ClientSession(middlewares=[middleware(credentials, region="eu-west-1", service="execute-api")])``."""

from __future__ import annotations

from understudy.bridges.signing import Signer
from understudy.bridges.source import acurrent, is_expired_answer, reject
from understudy.clock import SYSTEM_CLOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.clock import Clock
    from understudy.identity import CredentialSource


class middleware:
    """Signs each request, and once more with new credentials after an answer of ExpiredToken. Needs aiohttp 3.12."""

    def __init__(self, source: CredentialSource, *, region: str, service: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self.source = source
        self.signer = Signer(region, service, clock)

    async def __call__(self, request: Any, handler: Any) -> Any:
        key = await self._sign(request)
        response = await handler(request)
        if response.status not in (400, 401, 403):
            return response
        body = await response.read()
        error_type = response.headers.get("x-amzn-errortype")
        if not is_expired_answer(response.status, error_type, body) or not reject(self.source, key):
            return response
        response.release()
        await self._sign(request)
        return await handler(request)

    async def _sign(self, request: Any) -> str:
        credentials = await acurrent(self.source)
        body = request.body
        content = body if isinstance(body, bytes) else await body.as_bytes()
        headers = request.headers.items()
        signed = self.signer.headers(credentials, request.method, str(request.url), headers, content)
        request.headers.update(signed)
        return credentials.access_key_id
