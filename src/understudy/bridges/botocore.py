"""boto3 and botocore: sessions whose clients sign with credentials that refresh themselves.

``session(credentials, region_name="eu-west-1")`` is a boto3 session; `botocore_session` is one for botocore itself.
Their clients refresh once and try again when a service answers that the token has expired.
"""

from __future__ import annotations

from understudy.bridges.source import EXPIRED_CODES, current, reject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NamedTuple

    from understudy.identity import AWSCredentials, CredentialSource

    class Frozen(NamedTuple):
        """One set, in botocore's names."""

        access_key: str
        secret_key: str
        token: str | None
        account_id: str | None


METHOD = "understudy"
_CONTEXT_KEY = "understudy_access_key_id"


class BotocoreCredentials:
    """Credentials as botocore wants them, for whoever takes a botocore credentials object."""

    method = METHOD

    def __init__(self, source: CredentialSource) -> None:
        self.source = source

    def get_frozen_credentials(self) -> Frozen:
        """The set of the moment."""
        return frozen(current(self.source))

    def get_deferred_property(self, property_name: str) -> Callable[[], str | None]:
        """A function that gives one member of the set of its moment."""

        def member() -> str | None:
            value: str | None = getattr(frozen(current(self.source)), property_name)
            return value

        return member

    @property
    def access_key(self) -> str:
        return current(self.source).access_key_id

    @property
    def secret_key(self) -> str:
        return current(self.source).secret_access_key

    @property
    def token(self) -> str | None:
        return current(self.source).session_token

    @property
    def account_id(self) -> str | None:
        return current(self.source).account_id


class CredentialProvider:
    """The one link of a credential resolver."""

    METHOD = METHOD
    CANONICAL_NAME = METHOD

    def __init__(self, credentials: BotocoreCredentials) -> None:
        self.credentials = credentials

    def load(self) -> BotocoreCredentials:
        return self.credentials


def frozen(credentials: AWSCredentials) -> Frozen:
    """A named tuple of botocore's members."""
    return _frozen_type()(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token, credentials.account_id
    )


def _frozen_type() -> type[Frozen]:
    from botocore.credentials import ReadOnlyCredentials

    kind: Any = ReadOnlyCredentials
    return kind  # type: ignore[no-any-return]


def botocore_session(source: CredentialSource, session: Any = None) -> Any:
    """A botocore session (the one given, or a new one) whose clients use these credentials."""
    from botocore.credentials import CredentialResolver
    from botocore.session import Session

    made = session or Session()
    resolver = CredentialResolver([CredentialProvider(BotocoreCredentials(source))])
    made.register_component("credential_provider", resolver)
    renew_when_expired(made, source)
    return made


def session(source: CredentialSource, **options: Any) -> Any:
    """A boto3 session; the options are those of `boto3.Session`, such as ``region_name``."""
    from boto3 import Session

    return Session(botocore_session=botocore_session(source), **options)


def renew_when_expired(session: Any, source: CredentialSource) -> None:
    """Have the session's clients refresh, and try once more, when a service says that the token has expired."""

    def remember(request: Any, **_: Any) -> None:
        authorization = request.headers.get("Authorization", "")
        text = authorization.decode("latin-1") if isinstance(authorization, bytes) else authorization
        if "Credential=" in text:
            request.context[_CONTEXT_KEY] = text.partition("Credential=")[2].partition("/")[0]

    def renew(response: Any, request_dict: Any, attempts: int, **_: Any) -> int | None:
        code = response[1].get("Error", {}).get("Code") if response is not None else None
        key = request_dict["context"].get(_CONTEXT_KEY)
        if code not in EXPIRED_CODES or key is None or not reject(source, key):
            return None
        return 0 if attempts == 1 else None  # the delay before the next attempt

    session.register("request-created", remember, unique_id="understudy-remember")
    session.register("needs-retry", renew, unique_id="understudy-renew")
