"""The claims that carry session tags, a source identity and roles in a web identity token.

Source: "Passing session tags using AssumeRoleWithWebIdentity", IAM User Guide: the tags claim is nested
(``https://aws.amazon.com/tags`` with ``principal_tags`` and ``transitive_tag_keys``) or flattened
(``https://aws.amazon.com/tags/principal_tags/Key``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from understudy import patterns

TAGS = "https://aws.amazon.com/tags"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
ROLES = "https://aws.amazon.com/roles"

BAD_TAGS = "principal_tags passed in claim is not in correct format."
# Ours: no recording shows the texts for these two.
BAD_SOURCE_IDENTITY = "source_identity passed in claim is not in correct format."
BAD_ROLES = "roles passed in claim is not in correct format."

MOST_TAGS = 50
_MOST_ROLES = 1000


@dataclass(frozen=True, slots=True)
class IdentityClaims:
    """What the three claims say; `roles` is None where the claim is missing."""

    tags: Mapping[str, str]
    transitive_tag_keys: tuple[str, ...]
    source_identity: str | None
    roles: tuple[str, ...] | None


class InvalidIdentityClaims(ValueError):
    """One of the claims has the wrong form: `message` is for the caller, `hint` for the log."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def read_identity_claims(claims: Mapping[str, Any]) -> IdentityClaims:
    """Read the three claims of a verified token; raises `InvalidIdentityClaims`."""
    tags, transitive = _tags(claims)
    return IdentityClaims(tags, transitive, _source_identity(claims.get(SOURCE_IDENTITY)), _roles(claims.get(ROLES)))


def _tags(claims: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    nested = claims.get(TAGS, {})
    if not isinstance(nested, Mapping) or not isinstance(nested.get("principal_tags", {}), Mapping):
        raise InvalidIdentityClaims(BAD_TAGS, f"the claim {TAGS} must be an object with an object principal_tags")
    pairs = [*nested.get("principal_tags", {}).items(), *_flattened(claims)]
    tags = {key: _value(key, given) for key, given in pairs}
    if len(tags) > MOST_TAGS or len({key.lower() for key in tags}) != len(pairs):
        raise InvalidIdentityClaims(BAD_TAGS, f"more than {MOST_TAGS} tags, or one key twice (case does not matter)")
    transitive = nested.get("transitive_tag_keys", claims.get(f"{TAGS}/transitive_tag_keys", []))
    return tags, _transitive(transitive, tags)


def _flattened(claims: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    prefix = f"{TAGS}/principal_tags/"
    return ((name.removeprefix(prefix), value) for name, value in claims.items() if name.startswith(prefix))


def _value(key: str, given: Any) -> str:
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    if not isinstance(given, str) or len(given) > 256 or not patterns.TAG_VALUE.matches(given):
        raise InvalidIdentityClaims(BAD_TAGS, f"the tag {key[:128]!r} must have one text of at most 256 characters")
    if not 1 <= len(key) <= 128 or not patterns.TAG_KEY.matches(key) or key.lower().startswith("aws:"):
        raise InvalidIdentityClaims(BAD_TAGS, f"{key[:128]!r} is not a tag key")
    return given


def _transitive(given: Any, tags: Mapping[str, str]) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(key, str) for key in given):
        raise InvalidIdentityClaims(BAD_TAGS, "transitive_tag_keys must be a list of texts")
    known = {key.lower() for key in tags}
    if not all(key.lower() in known for key in given):
        raise InvalidIdentityClaims(
            "The specified transitive tag key must be included in the requested tags.",
            "a transitive tag key is not among the principal tags",
        )
    return tuple(given)


def _source_identity(given: Any) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or not 2 <= len(given) <= 64 or not patterns.NAME.matches(given):
        raise InvalidIdentityClaims(BAD_SOURCE_IDENTITY, "2 to 64 characters of [A-Za-z0-9_+=,.@-]")
    return given


def _roles(given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    listed = given.split(";") if isinstance(given, str) else given
    if not isinstance(listed, list) or len(listed) > _MOST_ROLES or not all(isinstance(arn, str) for arn in listed):
        raise InvalidIdentityClaims(BAD_ROLES, "a list of role ARNs, or one text with semicolons between them")
    return tuple(arn.strip() for arn in listed if arn.strip())
