"""Run a command of the user's for what it prints: credentials, codes."""

from __future__ import annotations

from understudy.errors import ConfigurationError, CredentialsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run(
    what: str,
    command: str | Sequence[str],
    timeout: float,
    variables: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> str:
    """The standard output of a command; a string is split as a shell would, but no shell runs it.

    Raises a recoverable `CredentialsError` when it fails or takes longer than `timeout` seconds. The error shows the
    end of its standard error, never its output.
    """
    import os
    import subprocess

    arguments = split(what, command)
    environment = {**(os.environ if environ is None else environ), **(variables or {})}
    try:
        done = subprocess.run(arguments, capture_output=True, timeout=timeout, check=False, env=environment)
    except subprocess.TimeoutExpired:
        raise CredentialsError(f"{what} {arguments[0]!r} did not end within {timeout:g} s", recoverable=True) from None
    except OSError as error:
        raise CredentialsError(f"{what} {arguments[0]!r} cannot be run: {error.strerror}") from error
    if done.returncode:
        complaint = done.stderr.decode("utf-8", "replace").strip()[-300:] or "no message"
        raise CredentialsError(
            f"{what} {arguments[0]!r} failed with status {done.returncode}: {complaint}", recoverable=True
        )
    return done.stdout.decode("utf-8", "replace")


def split(what: str, command: str | Sequence[str]) -> list[str]:
    """A command as its arguments; raises `ConfigurationError` for an empty one and for open quotes."""
    import os
    import shlex

    try:
        arguments = shlex.split(command, posix=os.name != "nt") if isinstance(command, str) else list(command)
    except ValueError as error:
        raise ConfigurationError(f"{what} cannot be read as a command: {str(error).lower()}") from None
    if not arguments:
        raise ConfigurationError(f"{what} is empty")
    return arguments
