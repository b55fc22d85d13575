"""requests: ``requests.get(url, auth=auth(credentials, region="eu-west-1", service="execute-api"))``."""

from __future__ import annotations

from understudy.bridges.signing import Signer
from understudy.bridges.source import current, is_expired_answer, reject
from understudy.clock import SYSTEM_CLOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.clock import Clock
    from understudy.identity import CredentialSource


class auth:
    """Signs each request, and once more with new credentials after an answer of ExpiredToken.

    A body that is a stream is sent unsigned (``UNSIGNED-PAYLOAD``), which only S3 takes.
    """

    def __init__(self, source: CredentialSource, *, region: str, service: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self.source = source
        self.signer = Signer(region, service, clock)

    def __call__(self, request: Any) -> Any:
        key = self._sign(request)

        def renew(response: Any, **options: Any) -> Any:
            error_type = response.headers.get("x-amzn-errortype")
            if not is_expired_answer(response.status_code, error_type, response.content) or not reject(
                self.source, key
            ):
                return response
            response.close()
            again = response.request.copy()
            again.hooks = {"response": []}
            self._sign(again)
            renewed = response.connection.send(again, **options)
            renewed.history.append(response)
            renewed.request = again
            return renewed

        request.register_hook("response", renew)
        return request

    def _sign(self, request: Any) -> str:
        credentials = current(self.source)
        body = request.body
        content = (
            body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"" if not body else None
        )
        headers = request.headers.items()
        request.headers.update(self.signer.headers(credentials, request.method, request.url, headers, content))
        return credentials.access_key_id
