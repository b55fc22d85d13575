"""The last step of every operation that gives credentials: sizes checked, session sealed, credentials made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from understudy import types
from understudy.errors import PackedPolicyTooLargeException
from understudy.server.sessions import LONGEST_TOKEN, bytes_of, token_length

if TYPE_CHECKING:
    from understudy.server.role_sessions import SessionPolicies
    from understudy.server.sessions import Session, SessionTokens

LONGEST_PLAINTEXT = 2048
"""Characters of the inline and managed session policies of an operation together; AssumeRole has no such limit
any more.
"""


class Issued(NamedTuple):
    """Credentials, and how much of a session token's 4,096 characters they and the policies take, in percent."""

    credentials: types.Credentials
    token_size: int
    utilization: int
    packed_policy_size: int | None

    def members(self) -> dict[str, object]:
        """The members that outputs have in common, by their Python names; an output takes those that it knows."""
        return {
            "credentials": self.credentials,
            "packed_policy_size": self.packed_policy_size,
            "session_token_utilization": self.utilization,
            "session_token_size": self.token_size,
        }


def issue(tokens: SessionTokens, session: Session, *, minimum_size: int | None = None) -> Issued:
    """Seal a session; raises PackedPolicyTooLarge where its token would be longer than 4,096 characters.

    `minimum_size` pads the token to at least so many characters. What the service packs how is not known; here the
    packed size is the share of the token's limit that session policies and tags take.
    """
    packed = _packed_size(session)
    sealed = tokens.seal(_padded(session, minimum_size or 0))
    size = len(sealed.session_token)
    if size > LONGEST_TOKEN:
        raise _too_large(session, percent(size))
    credentials = types.Credentials.of(
        {
            "access_key_id": session.access_key_id,
            "secret_access_key": sealed.secret_access_key,
            "session_token": sealed.session_token,
            "expiration": datetime.fromtimestamp(session.expires, UTC),
        }
    )
    return Issued(credentials, size, percent(size), packed)


def check_plaintext(policies: SessionPolicies) -> None:
    """Inline and managed session policies may have 2,048 characters together. The answer for more is ours."""
    length = len(policies.inline or "") + sum(map(len, policies.arns))
    if length > LONGEST_PLAINTEXT:
        raise _policy_too_large(-(-length * 100 // LONGEST_PLAINTEXT))


def percent(size: int) -> int:
    """The share of the longest token, rounded up."""
    return -(-size * 100 // LONGEST_TOKEN)


def _packed_size(session: Session) -> int | None:
    """None without policies and tags: the service then leaves the member out."""
    if not (session.policy or session.policy_arns or session.tags):
        return None
    bare = replace(session, policy=None, policy_arns=(), tags={}, transitive=())
    return max(1, percent(token_length(session) - token_length(bare)))


def _padded(session: Session, minimum: int) -> Session:
    """Padding takes a byte for its number and at least one more."""
    missing = bytes_of(minimum) - bytes_of(token_length(session)) if minimum else 0
    return replace(session, padding=max(1, missing - 1)) if missing > 0 else session


def _too_large(session: Session, share: int) -> PackedPolicyTooLargeException:
    if session.policy is None and not session.policy_arns:
        return PackedPolicyTooLargeException(f"Packed size of session tags consumes {share}% of allotted space.")
    return _policy_too_large(share)


def _policy_too_large(share: int) -> PackedPolicyTooLargeException:
    return PackedPolicyTooLargeException(
        f"Packed policy consumes {share}% of allotted space, please use smaller policy."
    )
