"""The environment that points every AWS SDK and the AWS CLI at a stand-in, and at nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_OTHERS = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_SESSION_NAME"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ENDPOINT_URL"),
    *("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
    *("AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID"),
)
"""Variables that would lead an SDK elsewhere, or that contradict what is set."""


def endpoint_environment(url: str, region: str) -> dict[str, str | None]:
    """Variables to set (a text) and to take away (None), without credentials.

    The files of the person who runs the tests are not read, nor is instance metadata asked; loopback needs no proxy.
    """
    own = {
        "AWS_ENDPOINT_URL_STS": url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_STS_REGIONAL_ENDPOINTS": "regional",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    proxies = {name: _with_loopback(os.environ.get(name, "")) for name in ("NO_PROXY", "no_proxy")}
    return {**dict.fromkeys((*_OTHERS, *CREDENTIALS)), **own, **proxies}


def credential_environment(credentials: Any) -> dict[str, str | None]:
    """The variables of credentials; all None without."""
    if credentials is None:
        return dict.fromkeys(CREDENTIALS)
    token = getattr(credentials, "session_token", None)
    return dict(zip(CREDENTIALS, (credentials.access_key_id, credentials.secret_access_key, token), strict=True))


def applied(changes: Mapping[str, str | None]) -> dict[str, str | None]:
    """Change this process's environment; gives what undoes it."""
    before = {name: os.environ.get(name) for name in changes}
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return before


def _with_loopback(exempt: str) -> str:
    return ",".join(dict.fromkeys([*filter(None, exempt.split(",")), "127.0.0.1", "localhost"]))
