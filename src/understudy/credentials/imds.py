"""Credentials of an EC2 instance's role, from the instance metadata service (IMDS).

A session token of IMDSv2 is fetched by PUT and kept for its life. The newer listing (`security-credentials-extended`)
also tells the account; where it is absent, the older one is used from then on. A profile name is asked for once.
"""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.credentials.exchange import json_object, read_credentials, refused, request_to
from understudy.errors import CallTimeout, ConfigurationError, CredentialsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.clock import Clock
    from understudy.credentials.exchange import Exchange
    from understudy.flow import Flow
    from understudy.http import Request, Response
    from understudy.identity import AWSCredentials

IPV4 = "http://169.254.169.254"
IPV6 = "http://[fd00:ec2::254]"
TIMEOUT = 1.0
ATTEMPTS = 1
TOKEN_TTL = 21_600
_TOKEN_PATH = "/latest/api/token"  # noqa: S105
_LEGACY = "/latest/meta-data/iam/security-credentials/"
_EXTENDED = "/latest/meta-data/iam/security-credentials-extended/"
_TOKEN_MARGIN = 60.0  # seconds before its end that a token is not used any more
_ROLE_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@-_")
_WHAT = "the instance metadata service"


def endpoint_of(mode: str | None, endpoint: str | None) -> str:
    """The address of IMDS: the one configured, else that of the mode (IPv4 or IPv6, in any case)."""
    if endpoint:
        return request_to(endpoint, setting="ec2_metadata_service_endpoint").url.rstrip("/")
    known = {"ipv4": IPV4, "ipv6": IPV6}
    chosen = known.get((mode or "ipv4").lower())
    if chosen is None:
        raise ConfigurationError(f"ec2_metadata_service_endpoint_mode is {mode!r}, it must be IPv4 or IPv6")
    return chosen


class InstanceMetadataProvider:
    """Asks IMDS for the credentials of the instance's role.

    Where the PUT of a token is refused with 403, 404 or 405 or swallowed (the hop limit of a container), version 1 is
    used unless `v1_disabled`. Failures are recoverable, so a cache goes on serving what it has: the credentials of
    IMDS stay usable past their expiration when it has an outage.
    """

    __slots__ = (
        "_listing",
        "_role",
        "_token",
        "_token_ends",
        "_version_1",
        "clock",
        "endpoint",
        "exchange",
        "profile_name",
        "v1_disabled",
    )

    name = "imds"
    static_stability = True

    def __init__(
        self,
        exchange: Exchange,
        *,
        endpoint: str = IPV4,
        v1_disabled: bool = False,
        profile_name: str | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.exchange = exchange
        self.endpoint = endpoint
        self.v1_disabled = v1_disabled
        self.profile_name = profile_name
        self.clock = clock
        self._token: str | None = None
        self._token_ends = 0.0
        self._version_1 = False
        self._listing: str | None = None
        self._role: str | None = None

    def retrieve(self) -> Flow[AWSCredentials]:
        """The instance role's credentials; raises `CredentialsError`."""
        role, document = yield from self._role_document()
        code = document.get("Code", "Success")
        if code != "Success":
            said = document.get("Message")
            detail = f": {said[:300]}" if isinstance(said, str) and said else ""
            raise CredentialsError(
                f"{_WHAT} has no credentials for role {role!r} ({str(code)[:100]}{detail})", recoverable=True
            )
        return read_credentials(f"{_WHAT} at {self.endpoint}", document, source=self.name)

    def _role_document(self) -> Flow[tuple[str, dict[str, Any]]]:
        """The document of the role, found anew once where the instance has changed its profile."""
        known = self._role is not None
        for listing in self._listings():
            role = self.profile_name or self._role or (yield from self._list(listing))
            if role is None:
                continue
            request, response = yield from self._get(listing + role)
            if response.status == 200:
                self._listing, self._role = listing, role
                return role, json_object(_WHAT, request, response)
            if response.status != 404:
                raise refused(_WHAT, request, response)
        if not known:
            sought = f"no role {self.profile_name!r}" if self.profile_name else "no role"
            raise CredentialsError(
                f"{_WHAT} at {self.endpoint} has {sought} for this instance (404)", try_next=True, recoverable=True
            )
        self._listing = self._role = None
        return (yield from self._role_document())

    def _listings(self) -> tuple[str, ...]:
        return (self._listing,) if self._listing else (_EXTENDED, _LEGACY)

    def _list(self, listing: str) -> Flow[str | None]:
        request, response = yield from self._get(listing)
        if response.status == 404:
            return None
        if response.status != 200:
            raise refused(_WHAT, request, response)
        role = response.body.decode("latin-1").strip().partition("\n")[0].strip()
        if not role or len(role) > 256 or not _ROLE_CHARACTERS.issuperset(role):
            kind = response.header("content-type") or "no content type"
            raise CredentialsError(
                f"{_WHAT} at {self.endpoint} answered with {len(response.body)} bytes of {kind}, not with a role",
                try_next=True,
                recoverable=True,
            )
        return role

    def _get(self, path: str) -> Flow[tuple[Request, Response]]:
        """One GET; where the token is not accepted any more (401), once more with a new one."""
        fresh = not self._version_1 and (self._token is None or self.clock.monotonic() >= self._token_ends)
        for _ in range(2):
            token = yield from self._session_token()
            headers = (("x-aws-ec2-metadata-token", token),) if token else ()
            request = request_to(self.endpoint + path, headers=headers)
            response = yield from self.exchange.ask(_WHAT, request)
            if response.status != 401:
                break
            self._token, self._version_1 = None, False
            if fresh:
                break
            fresh = True
        return request, response

    def _session_token(self) -> Flow[str | None]:
        if self._version_1 or (self._token is not None and self.clock.monotonic() < self._token_ends):
            return self._token
        request = request_to(
            self.endpoint + _TOKEN_PATH, "PUT", (("x-aws-ec2-metadata-token-ttl-seconds", str(TOKEN_TTL)),)
        )
        began = self.clock.monotonic()
        try:
            response = yield from self.exchange.ask(_WHAT, request)
        except CredentialsError as error:
            # a token's answer may not travel more hops than the instance allows: inside a container it is lost
            if isinstance(error.__cause__, CallTimeout):
                return self._fall_back("the request for a token was not answered", error)
            raise
        if response.status in (403, 404, 405):
            return self._fall_back(f"a token was refused with {response.status}", None)
        if response.status != 200 or not _is_token(response.body):
            raise refused(f"{_WHAT}, asked for a token,", request, response, try_next=response.status != 400)
        self._token = response.body.decode("ascii").strip()
        self._token_ends = began + _ttl(response) - _TOKEN_MARGIN
        return self._token

    def _fall_back(self, why: str, cause: CredentialsError | None) -> str | None:
        if self.v1_disabled:
            raise CredentialsError(
                f"{_WHAT} at {self.endpoint}: {why}, and ec2_metadata_v1_disabled forbids version 1",
                try_next=True,
                recoverable=True,
            ) from cause
        self._token, self._version_1 = None, True
        return self._token


def _is_token(body: bytes) -> bool:
    text = body.strip()
    return bool(text) and len(text) <= 4096 and all(33 <= byte <= 126 and byte not in b'<>"' for byte in text)


def _ttl(response: Response) -> float:
    told = response.header("x-aws-ec2-metadata-token-ttl-seconds") or ""
    return float(told) if told.isascii() and told.isdigit() else float(TOKEN_TTL)
