"""Web identity tokens: verified against the OpenID Connect providers of an account, rule by rule.

The rules, in the order in which they speak. The texts are the service's; the order is ours, because none is published:
cheap and local first, so that only a token for a provider of the account can cause a fetch, and nothing that the token
says is used for anything but refusing it before its signature has been checked.

1. shape: a compact JWS of at most 20,000 characters, header and claims each one JSON object without a key twice
2. header: one of the six algorithms, no critical extensions
3. required claims: iss, sub, aud, iat, exp
4. claims that may not be empty
5. types: iss, sub, aud, azp are printable texts (aud a list of them too), the times are numbers
6. time, with five minutes of tolerance: exp, then iat, then nbf
7. provider: one of the account has this issuer
8. audience: azp where there is one, else the only aud; one of the provider's client ids
9. key: fetched or inline, by key id
10. signature
11. the claims for tags, source identity and roles
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from understudy.errors import ExpiredTokenException, InvalidIdentityTokenException

from . import jws, named_issuers
from .identity_claims import IdentityClaims, InvalidIdentityClaims, read_identity_claims
from .jwks import KeySource, NoKey, TrustedProvider

TOLERANCE = 300
"""Seconds by which the clocks of an issuer and of the service may differ."""
LONGEST_TOKEN = 20_000
REQUIRED_CLAIMS = ("iss", "sub", "aud", "iat", "exp")

NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
NOT_VALIDATED = (
    "The web identity token provided could not be validated. "
    "See the AssumeRoleWithWebIdentity documentation for requirements."
)
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)
THUMBPRINT = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
SEVERAL_AUDIENCES = "Token audience contains more than one audience while authorized party is not present"
WRONG_AUDIENCE = "Incorrect token audience"
BAD_TIMESTAMP = "Invalid timestamp in token claims."

_LATEST = 2**53  # further than any date, and exact as a float


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Who a verified token speaks for, and everything that a trust policy may ask about it.

    `audience` is the authorized party where the token names one, `provider` the issuer without its scheme,
    `provider_arn` what a trust policy calls it: the provider's ARN, the bare host for Google and Cognito,
    `context` the condition keys that the token alone gives; `condition_context` adds those that depend on the role.
    """

    subject: str
    audience: str
    issuer: str
    provider: str
    provider_arn: str
    amr: tuple[str, ...]
    tags: Mapping[str, str]
    transitive_tag_keys: tuple[str, ...]
    source_identity: str | None
    roles: tuple[str, ...] | None
    context: Mapping[str, str | tuple[str, ...]]
    claims: Mapping[str, Any] = field(repr=False)

    def authorises(self, role_arn: str) -> bool | None:
        """Whether the issuer's roles claim names exactly this role; None where the token has no such claim."""
        return None if self.roles is None else role_arn in self.roles

    def condition_context(self, role_arn: str) -> dict[str, str | tuple[str, ...]]:
        """The condition keys for assuming this role, with ``sts:RoleAuthorizedByIdp`` where the token lists roles."""
        context = dict(self.context)
        authorised = self.authorises(role_arn)
        if authorised is not None:
            context["sts:RoleAuthorizedByIdp"] = "true" if authorised else "false"
        return context

    @property
    def session_context(self) -> dict[str, str | tuple[str, ...]]:
        """The condition keys that stay with the session: aud, sub and amr only."""
        kept = tuple(f"{self.provider}:{name}" for name in ("aud", "sub", "amr"))
        return {key: self.context[key] for key in kept if key in self.context}


async def verify_web_identity(
    token: str, *, providers: Iterable[TrustedProvider], keys: KeySource, now: datetime
) -> WebIdentity:
    """Verify a token of one of these providers, all of the account whose role is asked for.

    Raises `InvalidIdentityTokenException` or `ExpiredTokenException` with the service's text; `hint` of the error says
    more than the service would, for the log. `now` must know its time zone.
    """
    signed = _parsed(token)
    _check_header(signed)
    claims = signed.claims
    _check_presence(claims)
    audiences, party = _check_types(claims)
    _check_times(claims, now.timestamp())
    provider = _provider(claims["iss"], providers)
    audience = _audience(audiences, party, provider)
    await _check_signature(signed, provider, keys)
    return _identity(claims, provider, audience, audiences[0])


def _refuse(message: str, hint: str | None = None) -> NoReturn:
    error = InvalidIdentityTokenException(message)
    error.hint = hint
    raise error from None


def _parsed(token: str) -> jws.SignedToken:
    try:
        return jws.SignedToken.parse(token, limit=LONGEST_TOKEN)
    except jws.NotAToken as error:
        _refuse(NOT_A_JWT, str(error))


def _check_header(signed: jws.SignedToken) -> None:
    if signed.algorithm not in jws.ALGORITHMS:
        _refuse(NOT_VALIDATED, f"the algorithm {signed.algorithm[:20]!r} is none of {', '.join(jws.ALGORITHMS)}")
    # RFC 7515, section 4.1.11: who does not understand a critical extension must refuse the token.
    if "crit" in signed.header or "b64" in signed.header:
        _refuse(NOT_VALIDATED, "the header asks for extensions that are not supported")
    if "kid" in signed.header and signed.key_id is None:
        _refuse(NOT_VALIDATED, "the key id is not a text")


def _check_presence(claims: Mapping[str, Any]) -> None:
    for name in REQUIRED_CLAIMS:
        if claims.get(name) is None:
            _refuse(f"Missing a required claim: {name}")
    for name in ("iss", "sub", "aud"):
        if claims[name] in ("", []):
            _refuse(f"Claim is not allowed to be empty: {name}")


def _check_types(claims: Mapping[str, Any]) -> tuple[list[str], str | None]:
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    party = claims.get("azp")
    texts = [claims["iss"], claims["sub"], *audiences, *([] if party is None else [party])]
    if not all(isinstance(value, str) and value.isprintable() for value in texts):
        _refuse(NOT_VALIDATED, "iss, sub, aud and azp must be printable texts")
    if not all(audiences):
        _refuse("Claim is not allowed to be empty: aud")
    times = [claims["iat"], claims["exp"], *([claims["nbf"]] if "nbf" in claims else [])]
    if not all(_is_time(value) for value in times):
        _refuse(BAD_TIMESTAMP)
    return audiences, party


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LATEST


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued, begins = int(claims["exp"]), int(claims["iat"]), int(claims.get("nbf", 0))
    earliest = int(now) - TOLERANCE
    if earliest >= expires:
        raise ExpiredTokenException(
            f"Token expired: current date/time {earliest} must be before the expiration date/time {expires}"
        )
    if issued > now + TOLERANCE:
        _refuse(f"Token issued in the future: {issued}")
    if begins > now + TOLERANCE:
        _refuse(f"Token not yet valid: {begins}")


def _provider(issuer: str, providers: Iterable[TrustedProvider]) -> TrustedProvider:
    # The whole address is compared: a path, a final slash or a plain http scheme make another issuer.
    for provider in providers:
        if provider.url == issuer:
            return provider
    _refuse(f"No OpenIDConnect provider found in your account for {issuer}")


def _audience(audiences: list[str], party: str | None, provider: TrustedProvider) -> str:
    if party is None and len(audiences) > 1:
        _refuse(SEVERAL_AUDIENCES)
    audience = audiences[0] if party is None else party
    if audience not in provider.client_ids:
        _refuse(WRONG_AUDIENCE, f"{audience[:200]!r} is none of the client ids of {provider.arn!r}")
    return audience


async def _check_signature(signed: jws.SignedToken, provider: TrustedProvider, keys: KeySource) -> None:
    try:
        found = await keys.find(provider, signed.key_id)
    except NoKey as error:
        _refuse(THUMBPRINT if error.pinned else NO_KEY, str(error))
    if not found and signed.key_id is None:
        _refuse(NOT_VALIDATED, "the token names no key id and the provider does not have exactly one key")
    if not found:
        # Ours: no recording shows which of the two texts an unknown key id gets.
        _refuse(NO_KEY, "the provider has no key with the token's key id")
    if not jws.is_loaded():
        await asyncio.to_thread(jws.load)
    if not any(signed.verifies(key) for key in found):
        _refuse(NOT_VALIDATED, f"no {signed.algorithm} key of the provider made the signature")


def _identity(claims: Mapping[str, Any], provider: TrustedProvider, audience: str, stated: str) -> WebIdentity:
    special = _special_claims(claims)
    name = provider.url.partition("://")[2] or provider.url
    amr = _methods(claims.get("amr"))
    return WebIdentity(
        subject=claims["sub"],
        audience=audience,
        issuer=claims["iss"],
        provider=name,
        provider_arn=name if name in named_issuers.BUILT_IN else provider.arn,
        amr=amr,
        tags=special.tags,
        transitive_tag_keys=special.transitive_tag_keys,
        source_identity=special.source_identity,
        roles=special.roles,
        context=_context(name, claims, audience, stated, amr),
        claims=claims,
    )


def _special_claims(claims: Mapping[str, Any]) -> IdentityClaims:
    try:
        return read_identity_claims(claims)
    except InvalidIdentityClaims as error:
        _refuse(error.message, error.hint)


def _methods(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(method for method in value if isinstance(method, str)) if isinstance(value, list) else ()


def _context(
    name: str, claims: Mapping[str, Any], audience: str, stated: str, amr: tuple[str, ...]
) -> dict[str, str | tuple[str, ...]]:
    context: dict[str, str | tuple[str, ...]] = {f"{name}:aud": audience, f"{name}:sub": claims["sub"]}
    if amr:
        context[f"{name}:amr"] = amr
    if name == named_issuers.GOOGLE:
        # Google's audience proper; aud is its authorized party where there is one.
        context[f"{name}:oaud"] = stated
    context.update(named_issuers.context_of(name, claims))
    return context
