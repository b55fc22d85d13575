"""Bearer tokens for the API of an EKS cluster: a presigned GetCallerIdentity that names the cluster."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.flow import drive
from understudy.http import Request
from understudy.tokens.presigning import SignedToken, presigned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from understudy.clock import Clock
    from understudy.flow import Flow
    from understudy.identity import CredentialSource

PREFIX = "k8s-aws-v1."
LIFETIME = 840.0
"""Seconds: EKS takes a token for 15 minutes after it was signed, and clients renew a minute earlier."""
_SIGNED_EXPIRY = 60
_DEFAULT_API_VERSION = "client.authentication.k8s.io/v1beta1"


def eks_token(
    source: CredentialSource, *, cluster: str, region: str, endpoint: str | None = None, clock: Clock = SYSTEM_CLOCK
) -> SignedToken:
    """A token for the cluster, good for 14 minutes. `endpoint` is a host in place of the region's STS."""
    return drive(_token(source, cluster, region, endpoint, clock))


def eks_exec_credential(
    source: CredentialSource,
    *,
    cluster: str,
    region: str,
    endpoint: str | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> str:
    """The JSON that kubectl reads from an exec plugin, in the version that KUBERNETES_EXEC_INFO asks for."""
    import json
    import os

    from understudy.wire.scalars import format_timestamp

    made = eks_token(source, cluster=cluster, region=region, endpoint=endpoint, clock=clock)
    environment = os.environ if environ is None else environ
    document = {
        "kind": "ExecCredential",
        "apiVersion": _api_version(environment.get("KUBERNETES_EXEC_INFO")),
        "spec": {},
        "status": {"expirationTimestamp": format_timestamp(made.expiration), "token": str(made)},
    }
    return json.dumps(document)


def _api_version(info: str | None) -> str:
    import json

    try:
        asked = json.loads(info or "{}").get("apiVersion")
    except (ValueError, AttributeError):
        asked = None
    if isinstance(asked, str) and asked.startswith("client.authentication.k8s.io/"):
        return asked
    return _DEFAULT_API_VERSION


def _token(
    source: CredentialSource, cluster: str, region: str, endpoint: str | None, clock: Clock
) -> Flow[SignedToken]:
    from base64 import urlsafe_b64encode

    from understudy.client.endpoints import resolve

    host = endpoint or resolve(region).host
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    request = Request("GET", host, "/", query, [("x-k8s-aws-id", cluster)])
    signed, until = yield from presigned(
        request, source, region=region, service="sts", lifetime=LIFETIME, expires=_SIGNED_EXPIRY, clock=clock
    )
    return SignedToken(PREFIX + urlsafe_b64encode(signed.url.encode()).rstrip(b"=").decode(), until)
