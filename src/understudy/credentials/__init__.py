"""Credentials owns the cache that refreshes and the providers, one file each; nothing is imported before it is used."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.credentials.cache import (
        Refreshing,
        RefreshingCredentials,
    )
    from understudy.credentials.cognito import (
        from_cognito_identity,
        from_cognito_identity_pool,
    )
    from understudy.credentials.container import (
        from_container_metadata,
    )
    from understudy.credentials.http import (
        from_http,
    )
    from understudy.credentials.imds import (
        from_instance_metadata,
    )
    from understudy.credentials.login import (
        from_login_credentials,
    )
    from understudy.credentials.single_flight import (
        Provider,
    )
    from understudy.credentials.sso import (
        from_sso,
    )
    from understudy.credentials.token_sources import (
        TokenSource,
        token_from_azure,
        token_from_command,
        token_from_file,
        token_from_gcp,
        token_from_github_actions,
        token_from_gitlab,
        token_from_kubernetes,
    )

__all__ = [
    "Provider",
    "Refreshing",
    "RefreshingCredentials",
    "TokenSource",
    "from_cognito_identity",
    "from_cognito_identity_pool",
    "from_container_metadata",
    "from_http",
    "from_instance_metadata",
    "from_login_credentials",
    "from_sso",
    "token_from_azure",
    "token_from_command",
    "token_from_file",
    "token_from_gcp",
    "token_from_github_actions",
    "token_from_gitlab",
    "token_from_kubernetes",
]

_HOME = {
    "Provider": "single_flight",
    "Refreshing": "cache",
    "RefreshingCredentials": "cache",
    "TokenSource": "token_sources",
    "from_cognito_identity": "cognito",
    "from_cognito_identity_pool": "cognito",
    "from_container_metadata": "container",
    "from_http": "http",
    "from_instance_metadata": "imds",
    "from_login_credentials": "login",
    "from_sso": "sso",
    "token_from_azure": "token_sources",
    "token_from_command": "token_sources",
    "token_from_file": "token_sources",
    "token_from_gcp": "token_sources",
    "token_from_github_actions": "token_sources",
    "token_from_gitlab": "token_sources",
    "token_from_kubernetes": "token_sources",
}


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
