"""Web identity tokens from where a workload finds them, as functions that fetch a token anew at each call.

Each `token_from_*` gives a `TokenSource`: call it for a token, ``await source.acall()`` in a task, or hand it to
`from_web_token`, which asks it again at each refresh.
"""

from __future__ import annotations

import os

from understudy.clock import SYSTEM_CLOCK
from understudy.credentials.exchange import Exchange, address, json_object, refused, request_to
from understudy.errors import ConfigurationError, CredentialsError
from understudy.flow import CallUser, ReadFile, drive, drive_async

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from understudy.clock import Clock
    from understudy.flow import Connections, Flow
    from understudy.http import Request, Response

TOKEN_LIMIT = 20_000  # characters that AssumeRoleWithWebIdentity takes
EKS_TOKEN_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"  # noqa: S105  (a path)
KUBERNETES_TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105


class TokenSource:
    """A web identity token, fetched anew each time. `name` says from where; no token is kept."""

    __slots__ = ("_fetch", "name")

    def __init__(self, name: str, fetch: Callable[[], Flow[str]]) -> None:
        self.name = name
        self._fetch = fetch

    def retrieve(self) -> Flow[str]:
        """A flow that gives a token; raises `CredentialsError`."""
        text = yield from self._fetch()
        return checked_token(self.name, text)

    def __call__(self) -> str:
        """A token, fetched in the calling thread."""
        return drive(self.retrieve())

    async def acall(self) -> str:
        """A token, fetched in the running task."""
        return await drive_async(self.retrieve())

    def __repr__(self) -> str:
        return f"TokenSource({self.name!r})"


def checked_token(name: str, text: str) -> str:
    """A token without the white space around it (files end in a newline); raises for what cannot be a token."""
    token = text.strip()
    if not token:
        raise CredentialsError(f"{name} gave no token", recoverable=True)
    if len(token) > TOKEN_LIMIT:
        raise CredentialsError(
            f"{name} gave {len(token)} characters, a token has at most {TOKEN_LIMIT}", recoverable=True
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise CredentialsError(
            f"{name} gave text that is not one token: it holds spaces, line breaks or foreign characters"
        )
    return token


def token_from_file(path: str | os.PathLike[str]) -> TokenSource:
    """The content of a file that something else rotates."""
    from understudy.config.configuration import expand

    place = expand(os.fspath(path), os.environ)
    return TokenSource(f"the token file {place!r}", lambda: _read(place))


def _read(path: str) -> Flow[str]:
    try:
        content: bytes = yield ReadFile(path, TOKEN_LIMIT * 4)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CredentialsError(f"the token file {path!r} cannot be read: {reason}", recoverable=True) from error
    return content.decode("utf-8", "replace")


def token_from_kubernetes(*, path: str | None = None, environ: Mapping[str, str] | None = None) -> TokenSource:
    """The projected token of a pod's service account, which the kubelet rotates.

    The file is `path`, AWS_WEB_IDENTITY_TOKEN_FILE, the one that EKS projects, or the account's default one (whose
    audience is the cluster, so that AWS will seldom take it).
    """
    environment = os.environ if environ is None else environ
    chosen = path or environment.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    if not chosen:
        chosen = EKS_TOKEN_FILE if os.path.exists(EKS_TOKEN_FILE) else KUBERNETES_TOKEN_FILE
    return token_from_file(chosen)


def token_from_command(command: str | Sequence[str], *, timeout: float = 60.0) -> TokenSource:
    """What a command prints. A string is split as a shell would; no shell runs it. `timeout` is in seconds."""
    import shlex

    arguments = shlex.split(command) if isinstance(command, str) else list(command)
    if not arguments:
        raise ConfigurationError("the token command is empty")
    name = f"the token command {arguments[0]!r}"

    def fetch() -> Flow[str]:
        output: str = yield CallUser(_run, name, arguments, timeout)
        return output

    return TokenSource(name, fetch)


def _run(name: str, arguments: list[str], timeout: float) -> str:
    import subprocess

    try:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise CredentialsError(f"{name} did not end within {timeout:g} s", recoverable=True) from None
    except OSError as error:
        raise CredentialsError(f"{name} cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        complaint = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise CredentialsError(
            f"{name} failed with status {done.returncode}: {complaint or 'no message'}", recoverable=True
        )
    return done.stdout.decode("utf-8", "replace")


def token_from_gitlab(variable: str = "AWS_ID_TOKEN", *, environ: Mapping[str, str] | None = None) -> TokenSource:
    """The token that the job's `id_tokens` put into a variable. It lives as long as the job; nobody renews it."""
    environment = os.environ if environ is None else environ

    def fetch() -> Flow[str]:
        token = environment.get(variable)
        if not token:
            raise CredentialsError(
                f"the variable {variable!r} holds no token",
                try_next=True,
                hint=f"give the job 'id_tokens: {{{variable}: {{aud: ...}}}}' in .gitlab-ci.yml",
            )
        return token
        yield  # a flow without effects

    return TokenSource(f"GitLab's variable {variable!r}", fetch)


class TokenService:
    """The one request of a token service, and where in its answer the token is (None: the body is the token)."""

    __slots__ = ("exchange", "member", "name", "request", "required")

    def __init__(
        self,
        name: str,
        request: Callable[[], Request],
        exchange: Exchange,
        *,
        member: str | None,
        required: tuple[str, str] | None = None,
    ) -> None:
        self.name = name
        self.request = request
        self.exchange = exchange
        self.member = member
        self.required = required

    def fetch(self) -> Flow[str]:
        """The token of one answer."""
        request = self.request()
        response: Response = yield from self.exchange.ask(self.name, request)
        if response.status != 200:
            raise refused(self.name, request, response)
        if self.required is not None and response.header(self.required[0]) != self.required[1]:
            raise CredentialsError(
                f"whoever answered at {address(request)} is not {self.name}: no header {self.required[0]!r}",
                try_next=True,
            )
        if self.member is None:
            return response.body.decode("utf-8", "replace")
        token = json_object(self.name, request, response).get(self.member)
        if not isinstance(token, str):
            raise CredentialsError(
                f"{self.name} at {address(request)} answered without {self.member!r}", recoverable=True
            )
        return token

    def source(self) -> TokenSource:
        """As a token source."""
        return TokenSource(self.name, self.fetch)


def token_from_github_actions(
    audience: str = "sts.amazonaws.com",
    *,
    environ: Mapping[str, str] | None = None,
    connections: Connections | None = None,
    timeout: float = 10.0,
    attempts: int = 3,
    clock: Clock = SYSTEM_CLOCK,
) -> TokenSource:
    """The OIDC token of a GitHub Actions job, for an audience. The job needs the permission ``id-token: write``."""
    environment = os.environ if environ is None else environ

    def request() -> Request:
        url, bearer = (environment.get(f"ACTIONS_ID_TOKEN_REQUEST_{part}") for part in ("URL", "TOKEN"))
        if not url or not bearer:
            raise CredentialsError(
                "ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set: this is no GitHub "
                "Actions job that may ask for a token",
                try_next=True,
                hint="give the job 'permissions: {id-token: write}'",
            )
        separator = "&" if "?" in url else "?"
        headers = (("authorization", f"bearer {bearer}"), ("accept", "application/json; api-version=2.0"))
        return request_to(
            f"{url}{separator}{_query(audience=audience)}", headers=headers, setting="ACTIONS_ID_TOKEN_REQUEST_URL"
        )

    exchange = Exchange(connections or _outward(), timeout=timeout, attempts=attempts, clock=clock)
    return TokenService("the GitHub Actions token service", request, exchange, member="value").source()


def token_from_gcp(
    audience: str,
    *,
    service_account: str = "default",
    environ: Mapping[str, str] | None = None,
    connections: Connections | None = None,
    timeout: float = 5.0,
    attempts: int = 3,
    clock: Clock = SYSTEM_CLOCK,
) -> TokenSource:
    """The identity token of a Google Cloud machine's service account, from its metadata server (GCE_METADATA_HOST)."""
    environment = os.environ if environ is None else environ

    def request() -> Request:
        host = environment.get("GCE_METADATA_HOST") or "metadata.google.internal"
        path = f"/computeMetadata/v1/instance/service-accounts/{_quoted(service_account)}/identity"
        query = _query(audience=audience, format="full")
        return request_to(
            f"http://{host}{path}?{query}", headers=(("metadata-flavor", "Google"),), setting="GCE_METADATA_HOST"
        )

    exchange = Exchange(connections or _direct(), timeout=timeout, attempts=attempts, clock=clock)
    name = "the Google Cloud metadata server"
    return TokenService(name, request, exchange, member=None, required=("metadata-flavor", "Google")).source()


def token_from_azure(
    resource: str,
    *,
    client_id: str | None = None,
    environ: Mapping[str, str] | None = None,
    connections: Connections | None = None,
    timeout: float = 5.0,
    attempts: int = 3,
    clock: Clock = SYSTEM_CLOCK,
) -> TokenSource:
    """The token of an Azure managed identity for a resource (the application id URI that AWS trusts as audience).

    Asks the machine's metadata service, or where they are set IDENTITY_ENDPOINT and IDENTITY_HEADER (App Service,
    Container Apps, Functions). `client_id` chooses among several identities.
    """
    environment = os.environ if environ is None else environ

    def request() -> Request:
        endpoint, header = environment.get("IDENTITY_ENDPOINT"), environment.get("IDENTITY_HEADER")
        chosen = {"client_id": client_id} if client_id else {}
        if endpoint and header:
            query = _query(**{"api-version": "2019-08-01", "resource": resource, **chosen})
            return request_to(
                f"{endpoint}?{query}", headers=(("x-identity-header", header),), setting="IDENTITY_ENDPOINT"
            )
        query = _query(**{"api-version": "2018-02-01", "resource": resource, **chosen})
        host = (environment.get("AZURE_POD_IDENTITY_AUTHORITY_HOST") or "http://169.254.169.254").rstrip("/")
        return request_to(f"{host}/metadata/identity/oauth2/token?{query}", headers=(("metadata", "true"),))

    exchange = Exchange(connections or _direct(), timeout=timeout, attempts=attempts, clock=clock)
    return TokenService("the Azure managed identity endpoint", request, exchange, member="access_token").source()


def _query(**parameters: str) -> str:
    from urllib.parse import quote, urlencode

    return urlencode(parameters, quote_via=quote)


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="@")


def _direct() -> Connections:
    from understudy.credentials.connections import direct_connections

    return direct_connections()


def _outward() -> Connections:
    from understudy.credentials.connections import outward_connections

    return outward_connections()
