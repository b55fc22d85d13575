"""The condition keys of issuers that the service knows by name, beyond ``aud``, ``sub`` and ``amr``.

Source: the Service Authorization Reference of STS, action AssumeRoleWithWebIdentity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_GITHUB = (
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
)
_GITLAB = (
    "namespace_id",
    "pipeline_source",
    "project_id",
    "ref_protected",
    "runner_environment",
    "user_access_level",
    "user_email",
    "user_id",
    "user_login",
)
_BUILDKITE = (
    "build_branch",
    "cluster_id",
    "cluster_name",
    "organization_id",
    "organization_slug",
    "pipeline_id",
    "pipeline_slug",
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"

_CLAIMS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern, re.ASCII), claims)
    for pattern, claims in (
        (r"token\.actions\.githubusercontent\.com(?:/.+)?", _GITHUB),
        (rf"token\.actions\.{_LABEL}\.ghe\.com", _GITHUB),
        (r"github\.com/enterprises/[^/]+", _GITHUB),
        (r"gitlab\.com", _GITLAB),
        (r"agent\.buildkite\.com", _BUILDKITE),
        (rf"agent\.{_LABEL}\.buildkite\.(?:dev|site)", _BUILDKITE),
        (r"oidc\.circleci\.com/org/[^/]+", ("oidc.circleci.com/project-id",)),
        (r"accounts\.google\.com", ("google/organization_number",)),
        (rf"idcs-{_LABEL}\.identity\.oraclecloud\.com", ("rpst_id",)),
    )
)

GOOGLE = "accounts.google.com"
BUILT_IN = frozenset((GOOGLE, "cognito-identity.amazonaws.com"))
"""Issuers that trust policies name by their host, not by the ARN of a provider of the account."""


def claims_of(issuer: str) -> tuple[str, ...]:
    """The further claims of an issuer (``host/path``, no scheme) that become condition keys."""
    return next((claims for pattern, claims in _CLAIMS if pattern.fullmatch(issuer)), ())


def context_of(issuer: str, claims: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The condition keys that a verified token of a named issuer gives, as ``issuer:claim`` and its text."""
    for name in claims_of(issuer):
        value = _text(_found(claims, name))
        if value is not None:
            yield f"{issuer}:{name}", value


def _found(claims: Mapping[str, Any], name: str) -> Any:
    # Google nests: {"google": {"organization_number": 1}} is the key google/organization_number.
    if name in claims:
        return claims[name]
    outer, _, inner = name.partition("/")
    nested = claims.get(outer)
    return nested.get(inner) if isinstance(nested, Mapping) else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None
