"""Credentials owns the cache that refreshes and the providers, one file each; nothing is imported before it is used."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.credentials.assume_role import from_temporary_credentials
    from understudy.credentials.assume_root import from_assume_root
    from understudy.credentials.cache import Refreshing, RefreshingCredentials
    from understudy.credentials.cognito import from_cognito_identity, from_cognito_identity_pool
    from understudy.credentials.container import from_container_metadata
    from understudy.credentials.delegated_access import from_trade_in_token
    from understudy.credentials.environment import from_env
    from understudy.credentials.federation_token import from_federation_token
    from understudy.credentials.function import from_function
    from understudy.credentials.http import from_http
    from understudy.credentials.identity_tokens import WebIdentityToken, token_function, web_identity_tokens
    from understudy.credentials.imds import from_instance_metadata
    from understudy.credentials.ini import from_ini
    from understudy.credentials.login import from_login_credentials
    from understudy.credentials.mfa import mfa_command, prompt, totp
    from understudy.credentials.process import from_process
    from understudy.credentials.provider_chain import chain, default_chain, from_provider_chain
    from understudy.credentials.saml import from_saml
    from understudy.credentials.session_token import from_session_token
    from understudy.credentials.shared import AwsCliCache, SharedCache
    from understudy.credentials.single_flight import Provider
    from understudy.credentials.sso import from_sso
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
    from understudy.credentials.web_identity import from_token_file, from_web_token

__all__ = [
    "AwsCliCache",
    "Provider",
    "Refreshing",
    "RefreshingCredentials",
    "SharedCache",
    "TokenSource",
    "WebIdentityToken",
    "chain",
    "default_chain",
    "from_assume_root",
    "from_cognito_identity",
    "from_cognito_identity_pool",
    "from_container_metadata",
    "from_env",
    "from_federation_token",
    "from_function",
    "from_http",
    "from_ini",
    "from_instance_metadata",
    "from_login_credentials",
    "from_process",
    "from_provider_chain",
    "from_saml",
    "from_session_token",
    "from_sso",
    "from_temporary_credentials",
    "from_token_file",
    "from_trade_in_token",
    "from_web_token",
    "mfa_command",
    "prompt",
    "token_from_azure",
    "token_from_command",
    "token_from_file",
    "token_from_gcp",
    "token_from_github_actions",
    "token_from_gitlab",
    "token_from_kubernetes",
    "token_function",
    "totp",
    "web_identity_tokens",
]

_HOME = {
    "AwsCliCache": "shared",
    "Provider": "single_flight",
    "Refreshing": "cache",
    "RefreshingCredentials": "cache",
    "SharedCache": "shared",
    "TokenSource": "token_sources",
    "WebIdentityToken": "identity_tokens",
    "chain": "provider_chain",
    "default_chain": "provider_chain",
    "from_assume_root": "assume_root",
    "from_cognito_identity": "cognito",
    "from_cognito_identity_pool": "cognito",
    "from_container_metadata": "container",
    "from_env": "environment",
    "from_federation_token": "federation_token",
    "from_function": "function",
    "from_http": "http",
    "from_ini": "ini",
    "from_instance_metadata": "imds",
    "from_login_credentials": "login",
    "from_process": "process",
    "from_provider_chain": "provider_chain",
    "from_saml": "saml",
    "from_session_token": "session_token",
    "from_sso": "sso",
    "from_temporary_credentials": "assume_role",
    "from_token_file": "web_identity",
    "from_trade_in_token": "delegated_access",
    "from_web_token": "web_identity",
    "mfa_command": "mfa",
    "prompt": "mfa",
    "token_from_azure": "token_sources",
    "token_from_command": "token_sources",
    "token_from_file": "token_sources",
    "token_from_gcp": "token_sources",
    "token_from_github_actions": "token_sources",
    "token_from_gitlab": "token_sources",
    "token_from_kubernetes": "token_sources",
    "token_function": "identity_tokens",
    "totp": "mfa",
    "web_identity_tokens": "identity_tokens",
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
