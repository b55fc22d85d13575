"""Credentials of an EC2 instance's role, from the instance metadata service (IMDS).

A session token of IMDSv2 is fetched by PUT and kept for its life. The newer listing (`security-credentials-extended`)
also tells the account; where it is absent, the older one is used from then on. A profile name is asked for once.
"""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK
from understudy.credentials.exchange import Exchange, json_object, read_credentials, refused, request_to
from understudy.errors import CallTimeout, ConfigurationError, CredentialsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from understudy.clock import Clock
    from understudy.config import Configuration
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.deferred import RefreshOptions
    from understudy.flow import Connections, Flow
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
        request, response = yield from self._get_once(path)
        if response.status == 401:
            self._token, self._version_1 = None, False
            if not fresh:
                return (yield from self._get_once(path))
        return request, response

    def _get_once(self, path: str) -> Flow[tuple[Request, Response]]:
        token = yield from self._session_token()
        headers = (("x-aws-ec2-metadata-token", token),) if token else ()
        request = request_to(self.endpoint + path, headers=headers)
        return request, (yield from self.exchange.ask(_WHAT, request))

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


def imds_provider(
    configuration: Configuration | None = None,
    connections: Connections | None = None,
    *,
    timeout: float | None = None,
    attempts: int | None = None,
    v1_disabled: bool | None = None,
    profile_name: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> InstanceMetadataProvider:
    """The provider as configured; raises a `CredentialsError` that lets a chain go on where IMDS is switched off."""
    from understudy.config import Configuration
    from understudy.credentials.connections import direct_connections

    configuration = configuration or Configuration.load()
    if configuration.flag("ec2_metadata_disabled"):
        raise CredentialsError(
            f"{_WHAT} is switched off by {configuration.where('ec2_metadata_disabled')}", try_next=True
        )
    wait = timeout or _seconds(configuration) or TIMEOUT
    times = attempts or configuration.integer("metadata_service_num_attempts") or ATTEMPTS
    mode, endpoint = (configuration.value(f"ec2_metadata_service_endpoint{part}") for part in ("_mode", ""))
    forbidden = v1_disabled if v1_disabled is not None else configuration.flag("ec2_metadata_v1_disabled")
    role = profile_name or configuration.variable("AWS_EC2_INSTANCE_PROFILE_NAME")
    return InstanceMetadataProvider(
        Exchange(connections or direct_connections(wait), timeout=wait, attempts=times, clock=clock),
        endpoint=endpoint_of(mode, endpoint),
        v1_disabled=bool(forbidden),
        profile_name=role or configuration.active.get("ec2_instance_profile_name"),
        clock=clock,
    )


def _seconds(configuration: Configuration) -> float | None:
    text = configuration.value("metadata_service_timeout")
    try:
        return float(text) if text else None
    except ValueError:
        where = configuration.where("metadata_service_timeout")
        raise ConfigurationError(f"metadata_service_timeout is {text!r} ({where}); it must be seconds") from None


def from_instance_metadata(
    *,
    timeout: float | None = None,
    attempts: int | None = None,
    v1_disabled: bool | None = None,
    profile_name: str | None = None,
    configuration: Configuration | None = None,
    connections: Connections | None = None,
    **options: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of the EC2 instance's role, served past their expiration while IMDS has an outage.

    What is left out comes from the environment and the profile: `timeout` (seconds, AWS_METADATA_SERVICE_TIMEOUT, 1),
    `attempts` (AWS_METADATA_SERVICE_NUM_ATTEMPTS, 1), `v1_disabled` (AWS_EC2_METADATA_V1_DISABLED, false),
    `profile_name` (the role, AWS_EC2_INSTANCE_PROFILE_NAME, asked of IMDS), the endpoint and its mode. No proxy is
    ever used.
    """
    from understudy.credentials.deferred import refreshing

    return refreshing(
        "imds",
        imds_provider,
        options,
        configuration=configuration,
        connections=connections,
        timeout=timeout,
        attempts=attempts,
        v1_disabled=v1_disabled,
        profile_name=profile_name,
    )
