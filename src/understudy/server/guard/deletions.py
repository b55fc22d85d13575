"""The keys that a request to delete many objects names in its body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from understudy.server.guard.faults import GuardError
from understudy.server.guard.s3_actions import Permission
from understudy.server.guard.targets import Target, read_key_text

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST: Final = 2_097_152
"""Bytes of the body."""

_MOST_KEYS = 1000
_SCHEMA = (("Delete",), ("Object", "Quiet"), ("Key", "VersionId", "ETag", "LastModifiedTime", "Size"))


class _Keys:
    """Collects ``Object/Key`` and ``Object/VersionId``, and refuses what S3's own schema does not have."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._path: list[str] = []
        self._text: dict[str, str] = {}

    def start(self, name: str, _attributes: object) -> None:
        depth = len(self._path)
        if depth >= len(_SCHEMA) or name not in _SCHEMA[depth] or (depth == 2 and name in self._text):
            raise _malformed()
        self._path.append(name)
        if depth == 1:
            self._text = {}
        elif depth == 2:
            self._text[name] = ""

    def text(self, data: str) -> None:
        if self._path[1:2] == ["Object"] and len(self._path) == 3:
            self._text[self._path[2]] += data

    def end(self, _name: str) -> None:
        if self._path == ["Delete", "Object"]:
            self.found.append((self._text.get("Key", ""), self._text.get("VersionId", "")))
        self._path.pop()

    def doctype(self, *_arguments: object) -> None:
        raise _malformed()


def deletions(body: bytes, bucket: str) -> Sequence[Permission]:
    """A permission for each key; raises MalformedXML. A body that two parsers could read in two ways is malformed."""
    keys = _Keys()
    parser = expat.ParserCreate(namespace_separator=None)
    parser.StartElementHandler = keys.start
    parser.EndElementHandler = keys.end
    parser.CharacterDataHandler = keys.text
    parser.StartDoctypeDeclHandler = keys.doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise _malformed() from None
    if not 1 <= len(keys.found) <= _MOST_KEYS:
        raise _malformed()
    return [_permission(key, version, bucket) for key, version in keys.found]


def _permission(key: str, version: str, bucket: str) -> Permission:
    if not key:
        raise _malformed()
    action = "s3:DeleteObjectVersion" if version else "s3:DeleteObject"
    return Permission(action, Target(bucket, read_key_text(key)))


def _malformed() -> GuardError:
    text = "The XML you provided was not well-formed or did not validate against our published schema"
    return GuardError(text, "MalformedXML")
