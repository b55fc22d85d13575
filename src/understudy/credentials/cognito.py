"""Credentials of a Cognito identity: guests, and users who bring tokens of login providers. No request is signed."""

from __future__ import annotations

from understudy.credentials.exchange import error_code, json_object, passes, read_credentials, refused, request_to
from understudy.errors import ConfigurationError, CredentialsError
from understudy.flow import CallUser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping
    from typing import Any, TypeVar, Unpack

    from understudy.clock import Clock
    from understudy.config import Configuration
    from understudy.credentials.cache import RefreshingCredentials
    from understudy.credentials.deferred import RefreshOptions
    from understudy.credentials.exchange import Exchange
    from understudy.flow import Connections, Flow
    from understudy.identity import AWSCredentials

    P = TypeVar("P")
    Login = str | Callable[[], str] | Callable[[], Awaitable[str]]

_TARGET = "AWSCognitoIdentityService"
_KEYS = ("AccessKeyId", "SecretKey", "SessionToken", "Expiration", "AccountId")
_IDENTITY_IDS: dict[str, str] = {}  # guests of one process stay one identity per pool


def region_of(identity: str) -> str:
    """The region in front of an identity id or identity pool id, ``eu-west-1:1f2e...``."""
    region, colon, rest = identity.partition(":")
    if not colon or not region or not rest:
        raise ConfigurationError(f"{identity!r} is not a Cognito identity: it must be '<region>:<guid>'")
    return region


class CognitoService:
    """The two calls of the identity service, in its JSON 1.1 form."""

    __slots__ = ("exchange", "url")

    def __init__(self, exchange: Exchange, url: str) -> None:
        self.exchange = exchange
        self.url = url

    def call(self, operation: str, members: dict[str, Any]) -> Flow[dict[str, Any]]:
        """The output of an operation; raises `CredentialsError`."""
        import json

        what = f"Cognito {operation}"
        headers = (("content-type", "application/x-amz-json-1.1"), ("x-amz-target", f"{_TARGET}.{operation}"))
        body = json.dumps({key: value for key, value in members.items() if value}).encode()
        request = request_to(f"{self.url}/", "POST", headers, body, setting="Cognito endpoint")
        response = yield from self.exchange.ask(what, request)
        if response.status != 200:
            code = error_code(response)
            decided = 400 <= response.status < 500 and not passes(response) and code != "InternalErrorException"
            error = refused(what, request, response, recoverable=not decided)
            if code in ("ResourceNotFoundException", "NotAuthorizedException"):
                raise _IdentityRefused(error.message)
            raise error
        return json_object(what, request, response)


class _IdentityRefused(CredentialsError):
    """The identity is gone or not for these logins, so its id need not be remembered."""


class CognitoIdentityProvider:
    """Credentials of one known identity. `logins` maps login providers to tokens, or functions that fetch them."""

    __slots__ = ("account_id", "custom_role_arn", "identity_id", "logins", "service")

    name = "cognito_identity"
    static_stability = True

    def __init__(
        self,
        service: CognitoService,
        *,
        identity_id: str,
        logins: Mapping[str, Login] | None = None,
        custom_role_arn: str | None = None,
        account_id: str | None = None,
    ) -> None:
        region_of(identity_id)
        self.service = service
        self.identity_id = identity_id
        self.logins = dict(logins or {})
        self.custom_role_arn = custom_role_arn
        self.account_id = account_id

    def retrieve(self) -> Flow[AWSCredentials]:
        """The identity's credentials; raises `CredentialsError`."""
        logins = yield from resolve_logins(self.logins)
        return (
            yield from credentials_for(self.service, self.identity_id, logins, self.custom_role_arn, self.account_id)
        )


class CognitoIdentityPoolProvider:
    """Credentials of an identity of a pool: of the one remembered for this user, else of the one that GetId names.

    Identity ids are remembered in `identity_ids`, by pool and `user_identifier`; without logins the user is a guest,
    and all guests of a process share one identity per pool. With logins and no `user_identifier` nothing is
    remembered.
    """

    __slots__ = (
        "account_id",
        "custom_role_arn",
        "identity_ids",
        "identity_pool_id",
        "logins",
        "service",
        "user_identifier",
    )

    name = "cognito_identity_pool"
    static_stability = True

    def __init__(
        self,
        service: CognitoService,
        *,
        identity_pool_id: str,
        account_id: str | None = None,
        logins: Mapping[str, Login] | None = None,
        custom_role_arn: str | None = None,
        user_identifier: str | None = None,
        identity_ids: MutableMapping[str, str] | None = None,
    ) -> None:
        region_of(identity_pool_id)
        self.service = service
        self.identity_pool_id = identity_pool_id
        self.account_id = account_id
        self.logins = dict(logins or {})
        self.custom_role_arn = custom_role_arn
        self.user_identifier = user_identifier or (None if self.logins else "ANONYMOUS")
        self.identity_ids = _IDENTITY_IDS if identity_ids is None else identity_ids

    def retrieve(self) -> Flow[AWSCredentials]:
        """The identity's credentials; raises `CredentialsError`."""
        logins = yield from resolve_logins(self.logins)
        identity_id = yield from self._identity_id(logins)
        try:
            return (
                yield from credentials_for(self.service, identity_id, logins, self.custom_role_arn, self.account_id)
            )
        except _IdentityRefused:
            if self._key is not None:
                self.identity_ids.pop(self._key, None)
            raise

    @property
    def _key(self) -> str | None:
        return f"{self.identity_pool_id}:{self.user_identifier}" if self.user_identifier else None

    def _identity_id(self, logins: dict[str, str]) -> Flow[str]:
        known = self.identity_ids.get(self._key) if self._key is not None else None
        if known:
            return known
        members = {"AccountId": self.account_id, "IdentityPoolId": self.identity_pool_id, "Logins": logins}
        output = yield from self.service.call("GetId", members)
        identity_id = output.get("IdentityId")
        if not isinstance(identity_id, str) or not identity_id:
            raise CredentialsError("Cognito GetId answered without IdentityId", recoverable=True)
        if self._key is not None:
            self.identity_ids[self._key] = identity_id
        return identity_id


def credentials_for(
    service: CognitoService,
    identity_id: str,
    logins: dict[str, str],
    custom_role_arn: str | None,
    account_id: str | None,
) -> Flow[AWSCredentials]:
    """GetCredentialsForIdentity."""
    members = {"IdentityId": identity_id, "Logins": logins, "CustomRoleArn": custom_role_arn}
    output = yield from service.call("GetCredentialsForIdentity", members)
    document = output.get("Credentials")
    if not isinstance(document, dict):
        raise CredentialsError("Cognito GetCredentialsForIdentity answered without Credentials", recoverable=True)
    if account_id is None and custom_role_arn is not None:
        account_id = custom_role_arn.split(":")[4] if custom_role_arn.count(":") >= 5 else None
    return read_credentials(
        "Cognito GetCredentialsForIdentity", document, source="cognito_identity", keys=_KEYS, account_id=account_id
    )


def resolve_logins(logins: Mapping[str, Login]) -> Flow[dict[str, str]]:
    """The tokens of all login providers, those given as functions fetched anew."""
    resolved: dict[str, str] = {}
    for provider, given in logins.items():
        login = (yield CallUser(given)) if callable(given) else given
        if not isinstance(login, str) or not login.strip():
            raise CredentialsError(f"the login for {provider!r} gave no token")
        resolved[provider] = login.strip()
    return resolved


def from_cognito_identity(
    *,
    identity_id: str,
    logins: Mapping[str, Login] | None = None,
    custom_role_arn: str | None = None,
    account_id: str | None = None,
    region: str | None = None,
    configuration: Configuration | None = None,
    connections: Connections | None = None,
    **options: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of a known Cognito identity. `logins` maps login providers to tokens or functions that fetch one.

    The region is the one in front of the identity id, unless given.
    """
    from understudy.credentials.deferred import refreshing

    home = region or region_of(identity_id)
    return refreshing(
        "cognito_identity",
        _provider,
        options,
        kind=CognitoIdentityProvider,
        region=home,
        configuration=configuration,
        connections=connections,
        identity_id=identity_id,
        logins=logins,
        custom_role_arn=custom_role_arn,
        account_id=account_id,
    )


def from_cognito_identity_pool(
    *,
    identity_pool_id: str,
    account_id: str | None = None,
    logins: Mapping[str, Login] | None = None,
    custom_role_arn: str | None = None,
    user_identifier: str | None = None,
    identity_ids: MutableMapping[str, str] | None = None,
    region: str | None = None,
    configuration: Configuration | None = None,
    connections: Connections | None = None,
    **options: Unpack[RefreshOptions],
) -> RefreshingCredentials:
    """Credentials of an identity of a Cognito pool: a guest, or the user whom the `logins` prove.

    Identity ids are remembered in `identity_ids` (default: for the process) under the pool and `user_identifier`.
    """
    from understudy.credentials.deferred import refreshing

    home = region or region_of(identity_pool_id)
    return refreshing(
        "cognito_identity_pool",
        _provider,
        options,
        kind=CognitoIdentityPoolProvider,
        region=home,
        configuration=configuration,
        connections=connections,
        identity_pool_id=identity_pool_id,
        account_id=account_id,
        logins=logins,
        custom_role_arn=custom_role_arn,
        user_identifier=user_identifier,
        identity_ids=identity_ids,
    )


def _provider(
    *,
    kind: Callable[..., P],
    region: str,
    configuration: Configuration | None,
    connections: Connections | None,
    clock: Clock,
    **members: Any,
) -> P:
    from understudy.config import Configuration
    from understudy.credentials.connections import service_exchange
    from understudy.credentials.services import COGNITO_IDENTITY, service_url

    chosen = configuration or Configuration.load()
    service = CognitoService(
        service_exchange(chosen, connections, clock), service_url(chosen, COGNITO_IDENTITY, region)
    )
    return kind(service, **members)
