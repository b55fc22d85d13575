"""The two files as profiles, SSO sessions and services: which section means what, and which file wins."""

from __future__ import annotations

from understudy.config.ini import Entry, Section, parse
from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CREDENTIAL_KEYS = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "aws_account_id",
)
"""Keys that belong together: they are taken from one file or from the other, never from both."""

_PAIR = CREDENTIAL_KEYS[:2]


class Profile:
    """The keys of one named section, from both files: a read-only mapping of text that knows where each stands."""

    __slots__ = ("_entries", "kind", "name")

    def __init__(self, name: str, entries: Mapping[str, Entry], kind: str = "profile") -> None:
        self.name = name
        self.kind = kind
        self._entries = entries

    def get(self, key: str) -> str | None:
        """The text of a key, or None where it is missing or empty."""
        entry = self._entries.get(key)
        return entry.text or None if entry is not None else None

    def nested(self, key: str) -> dict[str, str]:
        """The keys indented below a key, such as ``endpoint_url`` below ``sts``; empty without any."""
        entry = self._entries.get(key)
        return {} if entry is None else {name: inner.text for name, inner in entry.nested.items()}

    def where(self, key: str, nested: str | None = None) -> str:
        """``file:line`` of a key (or of a key nested in it); of the profile's name where it has no such key."""
        entry = self._entries.get(key)
        if entry is not None and nested is not None:
            entry = entry.nested.get(nested)
        return entry.where if entry is not None else f"{self.kind} {self.name!r}"

    def require(self, key: str) -> str:
        """The text of a key; raises `ConfigurationError` that names the profile where it is missing."""
        value = self.get(key)
        if value is None:
            raise ConfigurationError(f"{self.kind} {self.name!r} has no {key!r}{self._beside()}")
        return value

    def _beside(self) -> str:
        first = next(iter(self._entries.values()), None)
        return f" (its keys begin at {first.where})" if first is not None else ""

    def __getitem__(self, key: str) -> str:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Profile({self.name!r}, keys={sorted(self._entries)})"


class Files:
    """Both files, each read when first needed and once."""

    __slots__ = ("_config", "_credentials", "config_path", "credentials_path")

    def __init__(self, config_path: str, credentials_path: str) -> None:
        self.config_path = config_path
        self.credentials_path = credentials_path
        self._config: list[Section] | None = None
        self._credentials: list[Section] | None = None

    @property
    def config(self) -> list[Section]:
        """The sections of the config file; none where there is no such file."""
        if self._config is None:
            self._config = read(self.config_path)
        return self._config

    @property
    def credentials(self) -> list[Section]:
        """The sections of the credentials file; none where there is no such file."""
        if self._credentials is None:
            self._credentials = read(self.credentials_path)
        return self._credentials

    def profile(self, name: str) -> Profile | None:
        """A profile from both files, or None where neither has it."""
        in_config = self._config_profile(name)
        in_credentials = _merged(section for section in self.credentials if section.header == name)
        if in_config is None and in_credentials is None:
            return None
        return Profile(name, _combine(in_config or {}, in_credentials or {}))

    def _config_profile(self, name: str) -> dict[str, Entry] | None:
        """``[profile x]``; for the default profile ``[default]`` where there is no ``[profile default]``."""
        prefixed = _merged(s for s in self.config if kind_and_name(s.header) == ("profile", name))
        if prefixed is None and name == "default":
            return _merged(s for s in self.config if s.header == "default")
        return prefixed

    def section(self, kind: str, name: str) -> Profile | None:
        """``[kind name]`` of the config file: an ``sso-session`` or ``services``."""
        entries = _merged(s for s in self.config if kind_and_name(s.header) == (kind, name))
        return None if entries is None else Profile(name, entries, kind)

    def profile_names(self) -> list[str]:
        """Every profile of both files, in their order."""
        found = [name for kind, name in map(kind_and_name, (s.header for s in self.config)) if kind == "profile"]
        found += [s.header for s in self.config if s.header == "default"]
        found += [s.header for s in self.credentials if kind_and_name(s.header)[0] != "profile"]
        return list(dict.fromkeys(found))

    def explain_missing(self, name: str) -> str:
        """Where a profile was looked for, and the section that was probably meant for it."""
        looked = f"looked in {_shown(self.config_path)} and {_shown(self.credentials_path)}"
        meant = next((s for s in self.config if s.header == name), None)
        if meant is not None:
            return f"{looked}; {meant.where} has [{name}], which the config file must spell [profile {name}]"
        wrong = next((s for s in self.credentials if kind_and_name(s.header) == ("profile", name)), None)
        if wrong is not None:
            return f"{looked}; {wrong.where} has [profile {name}], which the credentials file must spell [{name}]"
        return looked


def read(path: str) -> list[Section]:
    """The sections of a file; a missing file has none. Raises `ConfigurationError` for one that cannot be read."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 (at byte {error.start})") from None
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    return parse(text, path)


def kind_and_name(header: str) -> tuple[str, str]:
    """``profile x`` as its two parts, quotes around the name removed; an empty kind for a header of one word.

    Names with white space need quotes, as in botocore; without them the section is nobody's.
    """
    kind, _, name = header.partition(" ") if " " in header else header.partition("\t")
    name = name.strip()
    if name[:1] in ("'", '"') and name[-1:] == name[:1] and len(name) > 1:
        return kind, name[1:-1]
    return (kind, name) if name and not any(map(str.isspace, name)) else ("", header)


def _merged(sections: Iterator[Section]) -> dict[str, Entry] | None:
    entries: dict[str, Entry] | None = None
    for section in sections:
        entries = {**(entries or {}), **section.entries}
    return entries


def _combine(config: dict[str, Entry], credentials: dict[str, Entry]) -> dict[str, Entry]:
    """Keys of the credentials file win one by one, except that the credentials themselves come from one file."""
    owner = credentials if any(key in credentials for key in _PAIR) else config
    other = config if owner is credentials else credentials
    combined = {**config, **credentials}
    for key in CREDENTIAL_KEYS:
        if key in other and key not in owner:
            del combined[key]
        elif key in owner:
            combined[key] = owner[key]
    return combined


def _shown(path: str) -> str:
    import os

    return path if os.path.exists(path) else f"{path} (no such file)"
