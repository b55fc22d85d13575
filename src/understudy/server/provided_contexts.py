"""ProvidedContexts: context assertions of trusted providers, whose claims become condition keys of the session.

The service's context provider is IAM Identity Center; how its assertions are made is not published. The stand-in
reads a JSON object of texts, plain or in base64, and does not verify a signature: what they say is for tests to
choose.
"""

from __future__ import annotations

from base64 import b64decode
from json import loads
from typing import TYPE_CHECKING, Any, NamedTuple

from understudy.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from understudy.server.principals import ContextValue


class ProvidedContexts(NamedTuple):
    """The claims of all assertions, and the ARNs of who made them."""

    values: Mapping[str, str]
    providers: tuple[str, ...]

    def context(self) -> dict[str, ContextValue]:
        """``sts:RequestContext/key`` and ``sts:RequestContextProviders``."""
        keys: dict[str, ContextValue] = {f"sts:RequestContext/{key}": value for key, value in self.values.items()}
        if self.providers:
            keys["sts:RequestContextProviders"] = self.providers
        return keys


NO_CONTEXTS = ProvidedContexts({}, ())


def read_provided_contexts(given: Iterable[Any] | None) -> ProvidedContexts:
    """The contexts of a request; raises ValidationError for an assertion that cannot be read (the text is ours)."""
    if not given:
        return NO_CONTEXTS
    values: dict[str, str] = {}
    providers = []
    for each in given:
        providers.append(each.provider_arn or "")
        values.update(_claims(each.context_assertion or ""))
    if len({key.lower() for key in values}) != len(values):
        raise _invalid()
    return ProvidedContexts(values, tuple(providers))


def _claims(assertion: str) -> dict[str, str]:
    text = assertion.strip()
    try:
        claims = loads(text if text.startswith("{") else b64decode(text, validate=True))
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict) or not claims or not all(isinstance(value, str) for value in claims.values()):
        raise _invalid()
    return claims


def _invalid() -> ServiceError:
    """Ours: no recording of an error about contexts is known."""
    return ServiceError("The context assertion is invalid", code="ValidationError", status=400)
