"""Settings as the environment and the active profile give them, with the place of each."""

from __future__ import annotations

import os

from understudy.config.files import Files, Profile
from understudy.config.settings import ENVIRONMENT, FALSE, TRUE
from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

DEFAULT_CONFIG_FILE = "~/.aws/config"
DEFAULT_CREDENTIALS_FILE = "~/.aws/credentials"


class Configuration:
    """One view of environment and files. Nothing is read before it is asked for, and each file once."""

    __slots__ = ("_files", "_profile", "environ", "profile_name", "profile_origin")

    environ: Mapping[str, str]
    profile_name: str
    profile_origin: str | None

    def __init__(self, files: Files, environ: Mapping[str, str], profile_name: str, profile_origin: str | None) -> None:
        self._files = files
        self._profile: Profile | None = None
        self.environ = environ
        self.profile_name = profile_name
        self.profile_origin = profile_origin

    @classmethod
    def load(
        cls,
        *,
        profile: str | None = None,
        environ: Mapping[str, str] | None = None,
        config_file: str | os.PathLike[str] | None = None,
        credentials_file: str | os.PathLike[str] | None = None,
    ) -> Self:
        """The configuration of a profile: the one named here, in AWS_PROFILE or AWS_DEFAULT_PROFILE, or ``default``.

        Files are those named here, in AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or those in ``~/.aws``. A
        variable that is set to nothing counts as not set. `profile_origin` tells who named the profile: ``code``, the
        variable, or None.
        """
        environment = os.environ if environ is None else environ
        config = _path(environment, config_file, "AWS_CONFIG_FILE", DEFAULT_CONFIG_FILE)
        credentials = _path(environment, credentials_file, "AWS_SHARED_CREDENTIALS_FILE", DEFAULT_CREDENTIALS_FILE)
        name, origin = _active_profile(environment, profile)
        return cls(Files(config, credentials), environment, name, origin)

    def for_profile(self, name: str) -> Configuration:
        """The same environment and files (not read again) with another profile active, as if named in code."""
        return Configuration(self._files, self.environ, name, "code")

    def reread(self) -> Configuration:
        """The same view of the files as they are now."""
        files = Files(self._files.config_path, self._files.credentials_path)
        return Configuration(files, self.environ, self.profile_name, self.profile_origin)

    @property
    def config_file(self) -> str:
        """The path of the config file, whether or not it exists."""
        return self._files.config_path

    @property
    def credentials_file(self) -> str:
        """The path of the credentials file, whether or not it exists."""
        return self._files.credentials_path

    @property
    def profile_names(self) -> list[str]:
        """Every profile of both files."""
        return self._files.profile_names()

    def variable(self, *names: str) -> str | None:
        """The first of these environment variables that is set and not empty."""
        return next((value for name in names if (value := self.environ.get(name))), None)

    def has_profile(self, name: str) -> bool:
        """Whether either file has this profile."""
        return self._files.profile(name) is not None

    def profile(self, name: str | None = None) -> Profile:
        """A profile, or the active one; raises `ConfigurationError` that says where it was looked for."""
        wanted = self.profile_name if name is None else name
        found = self._files.profile(wanted)
        if found is None:
            raise ConfigurationError(f"there is no profile {wanted!r}: {self._files.explain_missing(wanted)}")
        return found

    def sso_session(self, name: str) -> Profile:
        """``[sso-session name]``; raises `ConfigurationError` where there is none."""
        return self._section("sso-session", name)

    def services(self, name: str) -> Profile:
        """``[services name]``, whose keys are nested by service; raises `ConfigurationError` where there is none."""
        return self._section("services", name)

    def _section(self, kind: str, name: str) -> Profile:
        found = self._files.section(kind, name)
        if found is None:
            raise ConfigurationError(f"there is no [{kind} {name}] in {self.config_file}")
        return found

    @property
    def active(self) -> Profile:
        """The active profile; empty where nobody named one and there is no default."""
        if self._profile is None:
            missing_is_empty = self.profile_origin is None and not self.has_profile(self.profile_name)
            self._profile = Profile(self.profile_name, {}) if missing_is_empty else self.profile()
        return self._profile

    def value(self, key: str) -> str | None:
        """A setting by its name in a profile: its environment variables first, then the active profile.

        ``endpoint_url`` is that of STS (see `endpoint`).
        """
        if key == "endpoint_url":
            return self.endpoint("sts")
        return self.variable(*ENVIRONMENT.get(key, ())) or self.active.get(key)

    def flag(self, key: str) -> bool | None:
        """A setting that is true or false; None where it is not set. Raises `ConfigurationError` for other words."""
        text = self.value(key)
        if text is None:
            return None
        if text.lower() not in TRUE + FALSE:
            raise ConfigurationError(f"{key} is {text!r} ({self.where(key)}); it must be true or false")
        return text.lower() in TRUE

    def integer(self, key: str) -> int | None:
        """A setting that is a whole number; None where it is not set. Raises `ConfigurationError` for other text."""
        text = self.value(key)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit():
            raise ConfigurationError(f"{key} is {text!r} ({self.where(key)}); it must be a whole number")
        return int(text)

    def endpoint(self, service: str) -> str | None:
        """The endpoint configured for a service (``sts``, ``sso_oidc``), or for all of them.

        Order: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's ``services`` section, its ``endpoint_url``;
        none of them where ``ignore_configured_endpoint_urls`` is true.
        """
        if self.flag("ignore_configured_endpoint_urls"):
            return None
        return next((value for _, value in self._endpoints(service) if value), None)

    def _endpoints(self, service: str) -> Iterator[tuple[str, str | None]]:
        for name in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
            yield name, self.variable(name)
        chosen = self.active.get("services")
        if chosen is not None:
            section = self.services(chosen)
            yield section.where(service, "endpoint_url"), section.nested(service).get("endpoint_url")
        yield self.active.where("endpoint_url"), self.active.get("endpoint_url")

    def where(self, key: str) -> str:
        """Where a setting was found, ``AWS_REGION`` or ``/home/me/.aws/config:7``; else where it was looked for."""
        names = ENVIRONMENT.get(key, ())
        found = next((name for name in names if self.environ.get(name)), None)
        if found is not None:
            return found
        if key == "endpoint_url":
            return self._where_endpoint()
        if key in self.active:
            return self.active.where(key)
        looked = (*names, f"{key} of {self._describe_profile()}")
        return f"not found; looked in {', '.join(looked)}"

    def _where_endpoint(self) -> str:
        candidates = list(self._endpoints("sts"))
        found = next((place for place, value in candidates if value), None)
        return found or f"not found; looked in {', '.join(place for place, _ in candidates)}"

    def _describe_profile(self) -> str:
        return f"profile {self.profile_name!r} ({self.config_file}, {self.credentials_file})"

    def __repr__(self) -> str:
        return f"Configuration(profile_name={self.profile_name!r}, config_file={self.config_file!r})"


def expand(path: str, environ: Mapping[str, str]) -> str:
    """A path with ``~`` and ``$NAME`` replaced, the home directory taken from this environment where it has one."""
    if path == "~" or path.startswith(("~/", "~\\")):
        home = environ.get("HOME") or (environ.get("USERPROFILE") if os.name == "nt" else None)
        path = home + path[1:] if home else os.path.expanduser(path)
    elif path.startswith("~"):
        path = os.path.expanduser(path)
    return os.path.expandvars(path) if "$" in path else path


def _path(environ: Mapping[str, str], given: str | os.PathLike[str] | None, name: str, default: str) -> str:
    return expand(os.fspath(given) if given is not None else environ.get(name) or default, environ)


def _active_profile(environ: Mapping[str, str], given: str | None) -> tuple[str, str | None]:
    if given is not None:
        return given, "code"
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        if environ.get(name):
            return environ[name], name
    return "default", None
