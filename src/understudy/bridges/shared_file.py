"""The shared credentials file: one profile written, everything else in it left as it was."""

from __future__ import annotations

import os

from understudy.bridges.source import acurrent, current
from understudy.errors import ConfigurationError
from understudy.flow import drive, drive_async

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.flow import Flow
    from understudy.identity import AWSCredentials, CredentialSource

_OWNED = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "aws_account_id",
    "x_security_token_expires",
)


def write_profile(
    source: CredentialSource, profile: str, *, path: str | os.PathLike[str] | None = None, min_ttl: float = 0.0
) -> str:
    """Write the credentials of the moment under ``[profile]``; gives the path (AWS_SHARED_CREDENTIALS_FILE).

    Other sections, other keys of the profile and comments stay. The file is locked, replaced in one rename, and has
    mode 0600 afterwards. Raises OSError where it cannot be written. The file does not refresh: hand the function to
    `RefreshingCredentials.on_refresh` by a lambda, or write again.
    """
    given, target = current(source, min_ttl), _path(path)
    drive(_replace(given, _checked(profile), target))
    return target


async def awrite_profile(
    source: CredentialSource, profile: str, *, path: str | os.PathLike[str] | None = None, min_ttl: float = 0.0
) -> str:
    """As `write_profile`, for tasks."""
    given, target = await acurrent(source, min_ttl), _path(path)
    await drive_async(_replace(given, _checked(profile), target))
    return target


def _path(given: str | os.PathLike[str] | None) -> str:
    from understudy.config import Configuration

    return os.path.expanduser(os.fspath(given)) if given is not None else Configuration.load().credentials_file


def _checked(profile: str) -> str:
    if not profile or not profile.isprintable() or set(profile) & set("[]#;") or profile != profile.strip():
        raise ConfigurationError(f"{profile!r} cannot be the name of a profile in the credentials file")
    return profile


def _replace(given: AWSCredentials, profile: str, path: str) -> Flow[None]:
    from understudy.credentials.files import ReplaceFile, lock_file
    from understudy.flow import ReadFile

    lock = yield from lock_file(path)
    try:
        try:
            before: bytes = yield ReadFile(path)
        except FileNotFoundError:
            before = b""
        yield ReplaceFile(
            path,
            with_profile(before.decode("utf-8", "surrogateescape"), profile, given).encode("utf-8", "surrogateescape"),
        )
    finally:
        lock.release()


def with_profile(text: str, profile: str, given: AWSCredentials) -> str:
    """The text of the file with this profile's credentials in place of whatever it had."""
    lines = text.splitlines()
    begin = next((index for index, line in enumerate(lines) if _section(line) == profile), None)
    if begin is None:
        gap = [""] if lines and lines[-1].strip() else []
        return "\n".join([*lines, *gap, f"[{profile}]", *_members(given)]) + "\n"
    end = next((index for index in range(begin + 1, len(lines)) if _section(lines[index]) is not None), len(lines))
    kept = _without_owned(lines[begin + 1 : end])
    return "\n".join([*lines[: begin + 1], *_members(given), *kept, *lines[end:]]) + "\n"


def _section(line: str) -> str | None:
    stripped = line.strip()
    if not stripped.startswith("["):
        return None
    return stripped[1:].partition("]")[0].strip()


def _without_owned(lines: list[str]) -> list[str]:
    """The other keys and comments, without ours and the indented lines that continue ours."""
    kept: list[str] = []
    dropping = False
    for line in lines:
        continues = line[:1] in (" ", "\t") and bool(line.strip())
        if not continues:
            dropping = line.partition("=")[0].strip().lower() in _OWNED
        if not dropping:
            kept.append(line)
    return kept


def _members(given: AWSCredentials) -> list[str]:
    from understudy.wire.scalars import format_timestamp

    members = {
        "aws_access_key_id": given.access_key_id,
        "aws_secret_access_key": given.secret_access_key,
        "aws_session_token": given.session_token,
        "aws_account_id": given.account_id,
        "x_security_token_expires": format_timestamp(given.expiration) if given.expiration else None,
    }
    return [f"{name} = {value}" for name, value in members.items() if value]
