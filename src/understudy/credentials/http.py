"""Credentials from an HTTP endpoint of the container kind: ECS, EKS Pod Identity, Greengrass and their copies.

The request carries an authorization token that whoever answers could use, so the address must be https, this machine,
or one of the link-local addresses where AWS runs the endpoint.
"""

from __future__ import annotations

from understudy.credentials.exchange import Exchange, address, json_object, read_credentials, refused, request_to
from understudy.errors import ConfigurationError, CredentialsError
from understudy.flow import ReadFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from understudy.clock import Clock
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.deferred import RefreshOptions
    from understudy.flow import Connections, Flow
    from understudy.http import Request
    from understudy.identity import AWSCredentials

ECS_HOST = "169.254.170.2"
LINK_LOCAL_HOSTS = (ECS_HOST, "169.254.170.23", "fd00:ec2::23")
TIMEOUT = 2.0
ATTEMPTS = 3


class HttpProvider:
    """Asks one endpoint, with the authorization token read anew each time (a projected token file rotates).

    A relative URI wins over a full one, a token file over a token. Redirects are not followed and refusals (4xx) not
    repeated.
    """

    __slots__ = ("authorization_token", "authorization_token_file", "exchange", "name", "url")

    static_stability = True

    def __init__(
        self,
        exchange: Exchange,
        *,
        relative_uri: str | None = None,
        full_uri: str | None = None,
        authorization_token: str | None = None,
        authorization_token_file: str | None = None,
        name: str = "http",
    ) -> None:
        self.exchange = exchange
        self.url = _url(relative_uri, full_uri)
        self.authorization_token = authorization_token
        self.authorization_token_file = authorization_token_file
        self.name = name
        _require_allowed(self._request(()))

    def retrieve(self) -> Flow[AWSCredentials]:
        """One answer of the endpoint; raises `CredentialsError`."""
        what = "the container credentials endpoint"
        token = yield from self._authorization()
        request = self._request((("accept", "application/json"), *token))
        response = yield from self.exchange.ask(what, request)
        if response.status != 200:
            raise refused(what, request, response)
        return read_credentials(f"{what} at {address(request)}", json_object(what, request, response), source=self.name)

    def _request(self, headers: tuple[tuple[str, str], ...]) -> Request:
        return request_to(self.url, headers=headers, setting="container credentials URI")

    def _authorization(self) -> Flow[tuple[tuple[str, str], ...]]:
        if self.authorization_token_file is not None:
            token = yield from _read_token(self.authorization_token_file)
            return (("authorization", _header_value(token, repr(self.authorization_token_file))),)
        if self.authorization_token:
            return (("authorization", _header_value(self.authorization_token, "AWS_CONTAINER_AUTHORIZATION_TOKEN")),)
        return ()


def _url(relative_uri: str | None, full_uri: str | None) -> str:
    if relative_uri:
        # without the slash the "path" would go on with the host name: 169.254.170.2.example.com
        if not relative_uri.startswith("/"):
            raise ConfigurationError(f"relative container credentials URI {relative_uri!r} must begin with '/'")
        return f"http://{ECS_HOST}{relative_uri}"
    if full_uri:
        return full_uri
    raise CredentialsError(
        "no container credentials endpoint: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is set",
        try_next=True,
    )


def _require_allowed(request: Request) -> None:
    if request.scheme == "https":
        return
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    host = urlsplit(request.url).hostname or ""
    try:
        allowed = host in LINK_LOCAL_HOSTS or ip_address(host).is_loopback or ip_address(host) in _link_local()
    except ValueError:
        allowed = host == "localhost"
    if not allowed:
        raise ConfigurationError(
            f"container credentials URI {address(request)!r} is plain http to {host!r}; it must be https, a loopback "
            f"address, or one of {', '.join(LINK_LOCAL_HOSTS)}"
        )


def _link_local() -> tuple[object, ...]:
    from ipaddress import ip_address

    return tuple(ip_address(host) for host in LINK_LOCAL_HOSTS)


def _read_token(path: str) -> Flow[str]:
    try:
        content: bytes = yield ReadFile(path, 65_536)
        return content.decode("latin-1")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CredentialsError(
            f"container authorization token file {path!r} cannot be read: {reason}", recoverable=True
        ) from error


def _header_value(token: str, origin: str) -> str:
    if "\n" in token or "\r" in token or "\0" in token:
        raise CredentialsError(
            f"the container authorization token of {origin} holds a line break, which no header may",
            hint="write the token file without a trailing newline",
        )
    return token


RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105  (the name of a variable)
TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105


def from_http(
    *,
    relative_uri: str | None = None,
    full_uri: str | None = None,
    authorization_token: str | None = None,
    authorization_token_file: str | None = None,
    timeout: float = TIMEOUT,
    attempts: int = ATTEMPTS,
    environ: Mapping[str, str] | None = None,
    connections: Connections | None = None,
    **options: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of an endpoint of the container kind; what is left out is taken from the AWS_CONTAINER_* variables.

    `timeout` is seconds for each of `attempts`. The token file, read at each refresh, wins over the token.
    """
    from understudy.credentials.deferred import refreshing

    return refreshing(
        "http",
        _http_provider,
        options,
        relative_uri=relative_uri,
        full_uri=full_uri,
        authorization_token=authorization_token,
        authorization_token_file=authorization_token_file,
        timeout=timeout,
        attempts=attempts,
        environ=environ,
        connections=connections,
    )


def _http_provider(
    *,
    relative_uri: str | None,
    full_uri: str | None,
    authorization_token: str | None,
    authorization_token_file: str | None,
    timeout: float,
    attempts: int,
    environ: Mapping[str, str] | None,
    connections: Connections | None,
    clock: Clock,
) -> HttpProvider:
    import os

    environment = os.environ if environ is None else environ
    relative = relative_uri or (None if full_uri else environment.get(RELATIVE_URI))
    full = full_uri or environment.get(FULL_URI)
    # what code gives wins over the environment, and a file over a token of the same origin
    file = authorization_token_file or (None if authorization_token else environment.get(TOKEN_FILE))
    chosen = connections or endpoint_connections(relative, full)
    return HttpProvider(
        Exchange(chosen, timeout=timeout, attempts=attempts, clock=clock),
        relative_uri=relative,
        full_uri=full,
        authorization_token=authorization_token or environment.get(TOKEN),
        authorization_token_file=file or None,
    )


def endpoint_connections(relative_uri: str | None, full_uri: str | None) -> Connections:
    """Past every proxy, unless the endpoint is an https address out there."""
    from understudy.credentials.connections import direct_connections, outward_connections

    outward = not relative_uri and (full_uri or "").startswith("https:")
    return outward_connections() if outward else direct_connections()
