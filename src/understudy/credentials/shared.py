"""Sets of a role shared by processes through files: ours, and the cache of the AWS CLI.

A process that needs a set reads the file, takes its lock, reads again, and only then calls; so fifty processes that
start at once make one call. Files have mode 0600 and are replaced in one rename.
"""

from __future__ import annotations

import os

from understudy.credentials.files import ReplaceFile, lock_file
from understudy.credentials.windows import SERVE, Cached, decide
from understudy.flow import ReadFile
from understudy.identity import AWSCredentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from understudy.clock import Clock
    from understudy.credentials.request import Request
    from understudy.flow import Flow

    class CredentialFiles(Protocol):
        """Where processes share the sets of a role."""

        def shared(
            self, request: Request, fetch: Callable[[], Flow[AWSCredentials]], clock: Clock, rejected: str | None = None
        ) -> Flow[AWSCredentials]: ...


VERSION = 1
CLI_WINDOW = 900.0
"""Seconds under which the AWS CLI takes a set of its cache for expired."""


class SharedCache:
    """Understudy's own files, in `directory` (default ``$XDG_CACHE_HOME/understudy/credentials``, ``~/.cache/...``).

    The key holds who the source identity is, so that two sources of one role never meet.
    """

    __slots__ = ("directory",)

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        self.directory = os.fspath(directory) if directory is not None else _default_directory()

    def shared(
        self, request: Request, fetch: Callable[[], Flow[AWSCredentials]], clock: Clock, rejected: str | None = None
    ) -> Flow[AWSCredentials]:
        """A set of the file while it is not due, else a new one; a file that cannot be used is gone without."""
        path = self._path(request)
        if path is None:
            return (yield from fetch())
        found = yield from self._read(path, clock, rejected)
        if found is not None:
            return found
        try:
            lock = yield from lock_file(path, clock=clock)
        except OSError as error:
            _cannot_share(path, error)
            return (yield from fetch())
        try:
            found = yield from self._read(path, clock, rejected)
            return found if found is not None else (yield from self._renew(path, fetch, clock))
        finally:
            lock.release()

    def _renew(self, path: str, fetch: Callable[[], Flow[AWSCredentials]], clock: Clock) -> Flow[AWSCredentials]:
        import json

        given = yield from fetch()
        document = json.dumps(self._document(given, clock.time())).encode()
        try:
            yield ReplaceFile(path, document)
        except OSError as error:
            _cannot_share(path, error)
        return given

    def _read(self, path: str, clock: Clock, rejected: str | None) -> Flow[AWSCredentials | None]:
        """The set of a file, or None: no file, not ours, not whole, due, or rejected by a service."""
        import json

        try:
            content: bytes = yield ReadFile(path)
            found = self._usable(json.loads(content), clock.time())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return None if found is not None and found.access_key_id == rejected else found

    def _path(self, request: Request) -> str | None:
        return os.path.join(self.directory, f"{request.digest()}.json")

    def _usable(self, document: Any, now: float) -> AWSCredentials | None:
        from understudy.wire.scalars import parse_timestamp

        if document["Version"] != VERSION:
            return None
        found = AWSCredentials(
            document["AccessKeyId"],
            document["SecretAccessKey"],
            document["SessionToken"],
            expiration=parse_timestamp(document["Expiration"]),
            account_id=document["AccountId"],
            source="assume_role",
        )
        as_fetched = Cached(found, now=float(document["Fetched"]), static_stability=False)
        return found if decide(as_fetched, now) == SERVE else None

    def _document(self, given: AWSCredentials, now: float) -> dict[str, Any]:
        return {
            "Version": VERSION,
            "AccessKeyId": given.access_key_id,
            "SecretAccessKey": given.secret_access_key,
            "SessionToken": given.session_token,
            "Expiration": _text(given),
            "AccountId": given.account_id,
            "Fetched": now,
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.directory!r})"


class AwsCliCache(SharedCache):
    """The AWS CLI's and botocore's assume-role cache, ``~/.aws/cli/cache``: read, and with `write` shared.

    Its key leaves out who the source is: two sources of one role share a file. Use it only where that is meant. A
    request with members that the CLI does not know (tags, a source identity) is not shared.
    """

    __slots__ = ("write",)

    def __init__(self, directory: str | os.PathLike[str] | None = None, *, write: bool = True) -> None:
        super().__init__(directory if directory is not None else os.path.expanduser("~/.aws/cli/cache"))
        self.write = write

    def shared(
        self, request: Request, fetch: Callable[[], Flow[AWSCredentials]], clock: Clock, rejected: str | None = None
    ) -> Flow[AWSCredentials]:
        """A set of the CLI's file while it has 15 minutes left, else a new one, written there unless read-only."""
        path = self._path(request)
        if self.write or path is None:
            return (yield from super().shared(request, fetch, clock, rejected))
        found = yield from self._read(path, clock, rejected)
        return found if found is not None else (yield from fetch())

    def _path(self, request: Request) -> str | None:
        key = cli_key(request)
        return None if key is None else os.path.join(self.directory, f"{key}.json")

    def _usable(self, document: Any, now: float) -> AWSCredentials | None:
        given = document["Credentials"]
        expiration = cli_moment(given["Expiration"])
        if expiration.timestamp() - now < CLI_WINDOW:
            return None
        return AWSCredentials(
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
            expiration=expiration,
            account_id=given.get("AccountId"),
            source="assume_role",
        )

    def _document(self, given: AWSCredentials, now: float) -> dict[str, Any]:
        credentials = {
            "AccessKeyId": given.access_key_id,
            "SecretAccessKey": given.secret_access_key,
            "SessionToken": given.session_token,
            "Expiration": _text(given),
        }
        if given.account_id is not None:
            credentials["AccountId"] = given.account_id
        return {"Credentials": credentials}


_CLI_MEMBERS = ("role_arn", "role_session_name", "external_id", "serial_number", "duration_seconds", "policy")


def cli_key(request: Request) -> str | None:
    """The name of the CLI's file for a request; None for one that the CLI could not have made.

    SHA-1 of the sorted JSON of the members, the policy as an object, the session name only where it was configured.
    """
    import json
    from hashlib import sha1

    keyed: dict[str, Any] = {}
    for member in request.command.members:
        value = getattr(request.command, member.name)
        if value is None or (member.name == "role_session_name" and not request.named):
            continue
        if member.name not in _CLI_MEMBERS:
            return None
        keyed[member.wire_name] = json.loads(value) if member.name == "policy" else value
    return sha1(json.dumps(keyed, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def cli_moment(text: str) -> Any:
    """A moment of the CLI's files, whose end may be ``UTC`` in the place of ``Z``."""
    from understudy.wire.scalars import parse_timestamp

    return parse_timestamp(f"{text[:-3]}Z" if text.endswith("UTC") else text)


def _text(given: AWSCredentials) -> str | None:
    from understudy.wire.scalars import format_timestamp

    return None if given.expiration is None else format_timestamp(given.expiration)


def _cannot_share(path: str, error: OSError) -> None:
    from logging import getLogger

    getLogger("understudy.credentials").warning("credentials are not shared through %s: %s", path, error.strerror)


def _default_directory() -> str:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "understudy", "credentials")
