"""OAuth bearer tokens for the brokers of MSK (SASL/OAUTHBEARER)."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.flow import drive
from understudy.http import Request
from understudy.tokens.presigning import SignedToken, presigned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.clock import Clock
    from understudy.flow import Flow
    from understudy.identity import CredentialSource

LIFETIME = 900.0


def msk_token(
    source: CredentialSource, *, region: str, user_agent: str = "understudy", clock: Clock = SYSTEM_CLOCK
) -> SignedToken:
    """A token for 15 minutes; Kafka clients want it with ``token.expiration`` in milliseconds."""
    return drive(_token(source, region, user_agent, clock))


def _token(source: CredentialSource, region: str, user_agent: str, clock: Clock) -> Flow[SignedToken]:
    from base64 import urlsafe_b64encode
    from urllib.parse import quote

    host = f"kafka.{region}.amazonaws.com"
    request = Request("GET", host, "/", "Action=kafka-cluster%3AConnect")
    signed, until = yield from presigned(
        request, source, region=region, service="kafka-cluster", lifetime=LIFETIME, clock=clock
    )
    # the agent is for the broker's log and comes after the signature, so it is not signed
    url = f"{signed.url}&User-Agent={quote(user_agent, safe='')}"
    return SignedToken(urlsafe_b64encode(url.encode()).rstrip(b"=").decode(), until)
