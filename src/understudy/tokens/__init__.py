"""Tokens owns what other systems accept in place of a password because it is signed with AWS credentials.

Such a token dies with the credentials that signed it, whatever its own expiry says. So each function first makes sure
that they live as long as it promises, and has them refreshed where they would not.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.tokens.databases import dsql_token, elasticache_token, rds_token
    from understudy.tokens.eks import eks_exec_credential, eks_token
    from understudy.tokens.gcp import gcp_subject_token
    from understudy.tokens.msk import msk_token
    from understudy.tokens.presigning import SignedToken
    from understudy.tokens.vault import vault_login

__all__ = [
    "SignedToken",
    "dsql_token",
    "eks_exec_credential",
    "eks_token",
    "elasticache_token",
    "gcp_subject_token",
    "msk_token",
    "rds_token",
    "vault_login",
]

_HOME = {
    "SignedToken": "presigning",
    "dsql_token": "databases",
    "eks_exec_credential": "eks",
    "eks_token": "eks",
    "elasticache_token": "databases",
    "gcp_subject_token": "gcp",
    "msk_token": "msk",
    "rds_token": "databases",
    "vault_login": "vault",
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
