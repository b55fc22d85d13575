"""Session tokens: everything about a session, sealed, so that no database is needed to open one.

The text is base64 (URL alphabet, no padding) of: version (1 byte), id of the sealing key (4), nonce (12), and
AES-256-GCM of the session with the first five bytes as associated data. The access key id is inside, which binds the
token to it; the secret follows from the ring's key, the nonce and the access key id, so it needs no place in the
token.
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from hmac import digest
from os import urandom
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidTag

from understudy.directory import identifiers
from understudy.server import encoding

if TYPE_CHECKING:
    from collections.abc import Callable

    from understudy.server.keyring import KeyRing, RingKey

VERSION = 1
LONGEST_TOKEN = 4096
_HEADER = 1 + 4
_NONCE = 12
_TAG = 16
_KEPT = 4096


class SessionKind(IntEnum):
    """What gave the session. The numbers stand in tokens and never change their meaning."""

    ROLE = 1
    """A role: AssumeRole and its siblings."""
    USER = 2
    """An IAM user, by GetSessionToken."""
    FEDERATED_USER = 3
    """A federated user, by GetFederationToken."""
    ROOT = 4
    """An account's root, by GetSessionToken."""
    ROOT_TASK = 5
    """A member account's root for one task, by AssumeRoot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a session token carries. Times are seconds since the epoch.

    `unique_id` and `name` (with its path, ``/team/Reader``) are those of the role, of the user, or of the user who
    called GetFederationToken; `session_name` is the role session's or the federated user's name. `policy_arns` are
    live references. `facts` are condition keys that stay with the session, such as those of its identity provider.
    """

    kind: SessionKind
    access_key_id: str
    issued: int
    expires: int
    unique_id: str = ""
    name: str = ""
    session_name: str = ""
    partition: str = "aws"
    source_identity: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    task_policy_arn: str | None = None
    mfa_at: int | None = None
    chained: bool = False
    from_global_endpoint: bool = False
    facts: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    padding: int = 0

    @property
    def account(self) -> str:
        """The account, which the access key id carries."""
        return identifiers.account_of_key(self.access_key_id) or ""

    @property
    def role_arn(self) -> str:
        """The ARN of the role with its path."""
        return f"arn:{self.partition}:iam::{self.account}:role{self.name}"


class IssuedSession(NamedTuple):
    """A sealed session: the two secrets that go to the caller. Never log one."""

    session: Session
    session_token: str
    secret_access_key: str

    def __repr__(self) -> str:
        return f"IssuedSession({self.session.access_key_id!r})"


class TokenMalformed(ValueError):
    """The text is no token of this ring: not base64, another version, an unknown key, or changed."""


class TokenUnbound(ValueError):
    """The token is a session's, but not of the access key id that came with it."""


class SessionTokens:
    """Seals and opens session tokens with a key ring. The last few opened are kept, because clients use them often."""

    __slots__ = ("_kept", "_random", "_ring")

    def __init__(self, ring: KeyRing, random: Callable[[int], bytes] = urandom) -> None:
        self._ring = ring
        self._random = random
        self._kept: dict[str, IssuedSession] = {}

    def new_access_key_id(self, account: str) -> str:
        """A temporary key id of the account. Ids may repeat: token and secret tell sessions apart."""
        free = int.from_bytes(self._random(5), "big")
        return identifiers.access_key_id(identifiers.TEMPORARY, account, free)

    def seal(self, session: Session) -> IssuedSession:
        """The token and the secret of a new session."""
        key, nonce = self._ring.issuing, self._random(_NONCE)
        header = bytes((VERSION,)) + key.key_id
        sealed = header + nonce + key.tokens.encrypt(nonce, encoding.encode(session), header)
        token = urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")
        return IssuedSession(session, token, _secret(key, nonce, session.access_key_id))

    def open(self, token: str, access_key_id: str) -> IssuedSession:
        """The session behind a token; raises `TokenMalformed` or `TokenUnbound`. Whether it has expired is not
        judged.
        """
        found = self._kept.get(token) or self._opened(token)
        if found.session.access_key_id != access_key_id:
            raise TokenUnbound
        return found

    def _opened(self, token: str) -> IssuedSession:
        sealed = _decoded(token)
        header, nonce = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE]
        key = self._ring.find(header[1:])
        if header[0] != VERSION or key is None:
            raise TokenMalformed
        try:
            session = encoding.decode(key.tokens.decrypt(nonce, sealed[_HEADER + _NONCE :], header))
        except (InvalidTag, encoding.NotASession):
            raise TokenMalformed from None
        return self._keep(token, IssuedSession(session, token, _secret(key, nonce, session.access_key_id)))

    def _keep(self, token: str, opened: IssuedSession) -> IssuedSession:
        if len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[token] = opened
        return opened


def _decoded(token: str) -> bytes:
    """The bytes of a token; the one text that encodes them is taken, no other."""
    if len(token) > 2 * LONGEST_TOKEN or not token.isascii():
        raise TokenMalformed
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise TokenMalformed from None
    if len(sealed) <= _HEADER + _NONCE + _TAG or urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii") != token:
        raise TokenMalformed
    return sealed


def _secret(key: RingKey, nonce: bytes, access_key_id: str) -> str:
    derived = digest(key.secrets, nonce + access_key_id.encode("ascii"), "sha256")
    return b64encode(derived[:30]).decode("ascii")


def bytes_of(length: int) -> int:
    """How many bytes a token of so many characters holds, or the next longer one."""
    whole = length * 3 // 4
    return whole if -(-whole * 4 // 3) >= length else whole + 1


def token_length(session: Session) -> int:
    """How many characters the token of a session will have, without sealing it."""
    return -(-(_HEADER + _NONCE + _TAG + len(encoding.encode(session))) * 4 // 3)
