"""What the attributes of a verified assertion say: roles, session, tags, and the condition keys ``saml:*``.

Source: "Configuring SAML assertions for the authentication response", IAM User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from understudy import patterns

AWS = "https://aws.amazon.com/SAML/Attributes/"

NO_ROLE = "SAML Assertion doesn't contain the requested Role and Metadata in the attributes"
NO_SESSION_NAME = "RoleSessionName is required in AuthnResponse"
BAD_SESSION_NAME = "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
BAD_SOURCE_IDENTITY = 'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
# Ours: no recording shows the texts for these.
BAD_DURATION = "SessionDuration in AuthnResponse must be a number of seconds from 900 to 43200"
BAD_TAGS = "PrincipalTag in AuthnResponse is not in correct format."
BAD_TRANSITIVE = "The specified transitive tag key must be included in the requested tags."

_EDU_PERSON = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
_EDU_ORG = "urn:oid:1.3.6.1.4.1.5923.1.2.1."
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

_LISTS = {
    f"{_EDU_PERSON}1": "edupersonaffiliation",
    f"{_EDU_PERSON}2": "edupersonnickname",
    f"{_EDU_PERSON}4": "edupersonorgunitdn",
    f"{_EDU_PERSON}7": "edupersonentitlement",
    f"{_EDU_PERSON}9": "edupersonscopedaffiliation",
    f"{_EDU_PERSON}10": "edupersontargetedid",
    f"{_EDU_PERSON}11": "edupersonassurance",
    f"{_EDU_ORG}2": "eduorghomepageuri",
    f"{_EDU_ORG}3": "eduorgidentityauthnpolicyuri",
    f"{_EDU_ORG}4": "eduorglegalname",
    f"{_EDU_ORG}5": "eduorgsuperioruri",
    f"{_EDU_ORG}6": "eduorgwhitepagesuri",
    "urn:oid:2.5.4.3": "cn",
}
_TEXTS = {
    f"{_EDU_PERSON}3": "edupersonorgdn",
    f"{_EDU_PERSON}5": "edupersonprimaryaffiliation",
    f"{_EDU_PERSON}6": "edupersonprincipalname",
    f"{_EDU_PERSON}8": "edupersonprimaryorgunitdn",
    f"{_CLAIMS}name": "name",
    "http://schemas.xmlsoap.org/claims/CommonName": "commonName",
    f"{_CLAIMS}givenname": "givenName",
    f"{_CLAIMS}surname": "surname",
    f"{_CLAIMS}emailaddress": "mail",
    # The guide's table says uid here; the list of condition keys has this name, which nothing else could give.
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "primaryGroupSID",
    "2.5.4.3": "commonName",
    "2.5.4.4": "surname",
    "2.4.5.42": "givenName",
    "2.5.4.45": "x500UniqueIdentifier",
    "0.9.2342.19200300100.1.1": "uid",
    "0.9.2342.19200300100.1.3": "mail",
    "0.9.2342.19200300.100.1.45": "organizationStatus",
}

Attributes = Mapping[str, Sequence[str]]


class InvalidAttributes(ValueError):
    """An attribute that the service reads is missing or has the wrong form; the message is the service's text."""


@dataclass(frozen=True, slots=True)
class SessionAttributes:
    """The attributes that shape the session. `duration` is seconds, None without the attribute."""

    session_name: str
    source_identity: str | None
    duration: int | None
    tags: Mapping[str, str]
    transitive_tag_keys: tuple[str, ...]


def check_role(attributes: Attributes, role_arn: str, provider_arn: str) -> None:
    """Whether some value of the Role attribute names exactly this pair, in either order; raises `InvalidAttributes`."""
    wanted = {role_arn, provider_arn}
    for value in attributes.get(f"{AWS}Role", ()):
        pair = [arn.strip() for arn in value.split(",")]
        if len(pair) == 2 and set(pair) == wanted:
            return
    raise InvalidAttributes(NO_ROLE)


def read_session(attributes: Attributes) -> SessionAttributes:
    """The attributes that shape the session; raises `InvalidAttributes`."""
    names = attributes.get(f"{AWS}RoleSessionName", ())
    if not names:
        raise InvalidAttributes(NO_SESSION_NAME)
    if len(names) != 1 or not _is_name(names[0]):
        raise InvalidAttributes(BAD_SESSION_NAME)
    tags = dict(_tags(attributes))
    return SessionAttributes(
        names[0], _source_identity(attributes), _duration(attributes), tags, _transitive(attributes, tags)
    )


def condition_keys(attributes: Attributes) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """The condition keys that attributes give; of several attributes for one key the first counts."""
    seen = set()
    for name, values in attributes.items():
        key = _LISTS.get(name) or _TEXTS.get(name)
        if key is None or not values or key in seen:
            continue
        seen.add(key)
        yield f"saml:{key}", tuple(values) if name in _LISTS else values[0]


def _is_name(value: str) -> bool:
    return 2 <= len(value) <= 64 and patterns.NAME.matches(value)


def _source_identity(attributes: Attributes) -> str | None:
    values = attributes.get(f"{AWS}SourceIdentity", ())
    if not values:
        return None
    if len(values) != 1 or not _is_name(values[0]) or values[0].lower().startswith("aws:"):
        raise InvalidAttributes(BAD_SOURCE_IDENTITY)
    return values[0]


def _duration(attributes: Attributes) -> int | None:
    values = attributes.get(f"{AWS}SessionDuration", ())
    if not values:
        return None
    text = values[0].strip()
    if len(values) != 1 or not text.isascii() or not text.isdigit() or len(text) > 5 or not 900 <= int(text) <= 43200:
        raise InvalidAttributes(BAD_DURATION)
    return int(text)


def _tags(attributes: Attributes) -> Iterator[tuple[str, str]]:
    prefix = f"{AWS}PrincipalTag:"
    seen: set[str] = set()
    for name, values in attributes.items():
        if not name.startswith(prefix):
            continue
        key = name.removeprefix(prefix)
        if key.lower() in seen or len(values) != 1 or not _is_tag(key, values[0]) or len(seen) == 50:
            raise InvalidAttributes(BAD_TAGS)
        seen.add(key.lower())
        yield key, values[0]


def _is_tag(key: str, value: str) -> bool:
    well_formed = patterns.TAG_KEY.matches(key) and patterns.TAG_VALUE.matches(value)
    return well_formed and 1 <= len(key) <= 128 and len(value) <= 256 and not key.lower().startswith("aws:")


def _transitive(attributes: Attributes, tags: Mapping[str, str]) -> tuple[str, ...]:
    keys = tuple(attributes.get(f"{AWS}TransitiveTagKeys", ()))
    known = {key.lower() for key in tags}
    if not all(key.lower() in known for key in keys):
        raise InvalidAttributes(BAD_TRANSITIVE)
    return keys
