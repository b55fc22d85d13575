"""Where the six digits of a device come from: a function, a command, or the seed that the device itself holds."""

from __future__ import annotations

from _thread import allocate_lock

from understudy.clock import SYSTEM_CLOCK
from understudy.errors import ConfigurationError, CredentialsError
from understudy.flow import CallUser, Sleep
from understudy.otp import STEP_SECONDS, code_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol, TypeAlias

    from understudy.clock import Clock
    from understudy.flow import Flow

    class CodeSource(Protocol):
        """Gives a code for a device's serial number; `interactive` where a person may be asked."""

        interactive: bool

        def code(self, serial_number: str) -> Flow[str]: ...

    Mfa: TypeAlias = CodeSource | Callable[[str], Any]

COMMAND_TIMEOUT = 120.0


def code_source(given: Mfa) -> CodeSource:
    """A function of a serial number (plain or async) as a `CodeSource`; one that is already is given back."""
    if hasattr(given, "code"):
        return given  # type: ignore[return-value]
    if callable(given):
        return Asked(given)
    raise ConfigurationError(
        f"mfa cannot be a {type(given).__name__}; give a function of the serial number, mfa_command(...) or totp(...)"
    )


def prompt(serial_number: str) -> str:
    """Ask at the terminal, without an echo; pass this function as ``mfa=``."""
    from getpass import getpass

    return getpass(f"MFA code for {serial_number}: ")


def mfa_command(command: str | Sequence[str], *, timeout: float = COMMAND_TIMEOUT) -> CommandCode:
    """The code that a command prints on its first line; a string is split as a shell would, no shell runs it.

    Its environment has the serial number as ``MFA_SERIAL``. `timeout` is in seconds.
    """
    return CommandCode(command, timeout)


def totp(seed: str, *, clock: Clock = SYSTEM_CLOCK) -> TotpCode:
    """The codes of a virtual device, from the base32 seed that it was set up with (RFC 6238, SHA-1, 30 s, 6 digits)."""
    return TotpCode(seed, clock)


class Asked:
    """A code from a function of the user's."""

    __slots__ = ("function",)
    interactive = True

    def __init__(self, function: Callable[[str], Any]) -> None:
        self.function = function

    def code(self, serial_number: str) -> Flow[str]:
        given: object = yield CallUser(self.function, serial_number)
        return checked_code(given, serial_number)


class CommandCode:
    """A code from the standard output of a command."""

    __slots__ = ("command", "timeout")
    interactive = True

    def __init__(self, command: str | Sequence[str], timeout: float = COMMAND_TIMEOUT) -> None:
        self.command = command
        self.timeout = timeout

    def code(self, serial_number: str) -> Flow[str]:
        from understudy.credentials.processes import run

        output: str = yield CallUser(run, "mfa_process", self.command, self.timeout, {"MFA_SERIAL": serial_number})
        return checked_code(output.strip().split("\n")[0], serial_number)

    def __repr__(self) -> str:
        return f"mfa_command({self.command!r})"


class TotpCode:
    """Codes computed from a seed. The service takes each code once, so a second one waits for the next step."""

    __slots__ = ("_clock", "_key", "_lock", "_used")
    interactive = False

    def __init__(self, seed: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self._key = _decoded(seed)
        self._clock = clock
        self._lock = allocate_lock()
        self._used = -1

    def code(self, serial_number: str) -> Flow[str]:
        step = self._reserve()
        wait = step * STEP_SECONDS - self._clock.time()
        if wait > 0:
            yield Sleep(wait, self._clock)
        return code_at(self._key, step)

    def _reserve(self) -> int:
        """The first step, from now on, whose code nobody has been given."""
        with self._lock:
            self._used = max(int(self._clock.time()) // STEP_SECONDS, self._used + 1)
            return self._used

    def __repr__(self) -> str:
        return "totp(***)"

    def __reduce__(self) -> tuple[Any, ...]:
        return _totp_of_key, (self._key,)


def _totp_of_key(key: bytes) -> TotpCode:
    from base64 import b32encode

    return TotpCode(b32encode(key).decode("ascii"))


def _decoded(seed: str) -> bytes:
    from base64 import b32decode

    text = seed.replace(" ", "").replace("-", "").upper()
    try:
        key = b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        key = b""
    if not key:
        raise ConfigurationError("the TOTP seed is not base32 text, the letters A to Z and digits 2 to 7")
    return key


def checked_code(given: object, serial_number: str) -> str:
    """Six digits without white space; the error never shows what was given."""
    text = str(given).strip() if isinstance(given, (str, int)) else ""
    if len(text) != 6 or not (text.isascii() and text.isdigit()):
        raise CredentialsError(f"the MFA code for {serial_number!r} must be six digits, not {len(text)} characters")
    return text
