"""Credentials as environment variables: a mapping for a child process, or text for a shell, in the CLI's formats."""

from __future__ import annotations

from understudy.bridges.source import current
from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from understudy.identity import CredentialSource


def variables(source: CredentialSource, *, min_ttl: float = 0.0) -> dict[str, str]:
    """AWS_ACCESS_KEY_ID and its companions, of credentials that live at least `min_ttl` seconds more."""
    from understudy.wire.scalars import format_timestamp

    given = current(source, min_ttl)
    members = {
        "AWS_ACCESS_KEY_ID": given.access_key_id,
        "AWS_SECRET_ACCESS_KEY": given.secret_access_key,
        "AWS_SESSION_TOKEN": given.session_token,
        "AWS_CREDENTIAL_EXPIRATION": format_timestamp(given.expiration) if given.expiration else None,
        "AWS_ACCOUNT_ID": given.account_id,
    }
    return {name: value for name, value in members.items() if value}


def export(source: CredentialSource, style: str = "env", *, min_ttl: float = 0.0) -> str:
    """Lines that set the variables, one each: ``eval "$(...)"`` and its like.

    `style`: ``env`` (``bash`` is the same), ``env-no-export`` (for files such as those of Docker), ``fish``,
    ``powershell``, ``windows-cmd``, or ``process`` for the document of a credential process.
    """
    if style == "process":
        from understudy.bridges.process import credential_process

        return credential_process(source, min_ttl=min_ttl)
    line = _STYLES.get(style)
    if line is None:
        raise ConfigurationError(f"there is no style {style!r}; there are {', '.join((*_STYLES, 'process'))}")
    given = variables(source, min_ttl=min_ttl)
    for name, value in given.items():
        if not value.isprintable():
            raise ConfigurationError(f"{name} holds characters that no shell takes")
    return "\n".join(line(name, value) for name, value in given.items())


def _posix(name: str, value: str) -> str:
    from shlex import quote

    return f"export {name}={quote(value)}"


def _bare(name: str, value: str) -> str:
    return f"{name}={value}"


def _fish(name: str, value: str) -> str:
    plain = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} {value}" if _is_plain(value) else f"set -gx {name} '{plain}'"


def _powershell(name: str, value: str) -> str:
    return f'$Env:{name}="{value}"' if _is_plain(value) else f"$Env:{name}='{value.replace(chr(39), chr(39) * 2)}'"


def _windows(name: str, value: str) -> str:
    if set(value) & set('&|<>^"%!\n'):
        raise ConfigurationError(f"{name} holds characters that cmd.exe would read as commands")
    return f"set {name}={value}"


def _is_plain(value: str) -> bool:
    return all(character.isalnum() or character in "+/=_-.:@," for character in value) and value.isascii()


_STYLES: dict[str, Callable[[str, str], str]] = {
    "env": _posix,
    "bash": _posix,
    "env-no-export": _bare,
    "fish": _fish,
    "powershell": _powershell,
    "windows-cmd": _windows,
}
