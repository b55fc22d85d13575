"""Session tags and source identity: what a request may set, and what a calling session passes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from understudy.errors import ServiceError

if TYPE_CHECKING:
    from understudy.server.principals import ContextValue
    from understudy.server.sessions import Session

MOST_TAGS = 50
_RESERVED = "aws:"


class SessionTags(NamedTuple):
    """The tags of a new session, inherited ones included, and the keys that it passes on."""

    tags: Mapping[str, str]
    transitive: tuple[str, ...]

    def context(self) -> dict[str, ContextValue]:
        """``aws:RequestTag/key``, ``aws:TagKeys`` and ``sts:TransitiveTagKeys``; none of them without tags."""
        keys: dict[str, ContextValue] = {f"aws:RequestTag/{key}": value for key, value in self.tags.items()}
        if self.tags:
            keys["aws:TagKeys"] = tuple(self.tags)
        if self.transitive:
            keys["sts:TransitiveTagKeys"] = self.transitive
        return keys


NO_TAGS = SessionTags({}, ())


def tag_pairs(tags: Iterable[Any] | None) -> list[tuple[str, str]]:
    """The keys and values of a request's tags."""
    return [(tag.key, tag.value) for tag in tags or ()]


def session_tags(tags: Iterable[tuple[str, str]], transitive: Iterable[str], calling: Session | None) -> SessionTags:
    """The tags of a session that this request asks for, from a calling session or none; raises InvalidParameterValue.

    Transitive tags of the calling session follow, and can be set anew neither as a tag nor as a transitive key.
    """
    pairs = list(tags)
    wanted = tuple(dict.fromkeys(transitive))
    if not pairs and not wanted and (calling is None or not calling.transitive):
        return NO_TAGS
    given = _unique(pairs)
    _check_transitive(wanted, given)
    inherited = _inherited(calling)
    taken = {key.lower() for key in inherited}
    if any(key.lower() in taken for key in (*given, *wanted)):
        _refuse(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
    merged = {**inherited, **given}
    if (
        len(merged) > MOST_TAGS
    ):  # ours: the limit is the service's, the text for passing it with inherited tags is not known
        _refuse(f"The session would have more than {MOST_TAGS} tags.")
    return SessionTags(merged, (*inherited, *wanted))


def _unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    if len({key.lower() for key, _ in pairs}) != len(pairs):
        _refuse("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    for key, _ in pairs:
        if key.lower().startswith(_RESERVED):  # ours: that the prefix is reserved is documented, the text is not known
            _refuse(f"Tag keys beginning with {_RESERVED} are reserved for system use.")
    return dict(pairs)


def _check_transitive(wanted: tuple[str, ...], given: Mapping[str, str]) -> None:
    known = {key.lower() for key in given}
    if any(key.lower() not in known for key in wanted):
        _refuse("The specified transitive tag key must be included in the requested tags.")


def _inherited(calling: Session | None) -> dict[str, str]:
    if calling is None or not calling.transitive:
        return {}
    following = {key.lower() for key in calling.transitive}
    return {key: value for key, value in calling.tags.items() if key.lower() in following}


def source_identity(asked: str | None, calling: Session | None) -> str | None:
    """The source identity of a new session: inherited, or as asked; it never changes along a chain."""
    inherited = calling.source_identity if calling is not None else None
    if inherited and asked and asked != inherited:
        raise ServiceError(
            "The source identity is already set for this assume role session", code="ValidationError", status=400
        )
    return inherited or asked


def _refuse(message: str) -> NoReturn:
    raise ServiceError(message, code="InvalidParameterValue", status=400)
