"""opensearch-py: ``OpenSearch(hosts, http_auth=auth(credentials, region="eu-west-1"))``; `async_auth` for tasks."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from understudy.bridges.botocore import BotocoreCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.identity import CredentialSource


def auth(source: CredentialSource, *, region: str, service: str = "es") -> Any:
    """For the default connection class, over urllib3; `service` is ``es``, or ``aoss`` for serverless."""
    from opensearchpy import Urllib3AWSV4SignerAuth

    return Urllib3AWSV4SignerAuth(BotocoreCredentials(source), region, service)


def requests_auth(source: CredentialSource, *, region: str, service: str = "es") -> Any:
    """For ``connection_class=RequestsHttpConnection``."""
    from opensearchpy import RequestsAWSV4SignerAuth

    return RequestsAWSV4SignerAuth(BotocoreCredentials(source), region, service)


def async_auth(source: CredentialSource, *, region: str, service: str = "es") -> Any:
    """For ``AsyncOpenSearch`` with ``connection_class=AsyncHttpConnection``.

    opensearch-py signs without awaiting, so that a refresh holds up the event loop; `RefreshingCredentials.akeep_fresh`
    refreshes ahead of it.
    """
    from opensearchpy import AWSV4SignerAsyncAuth

    return AWSV4SignerAsyncAuth(BotocoreCredentials(source), region, service)
