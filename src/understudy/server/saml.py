"""SAML assertions: verified against the metadata of a provider of the account, rule by rule.

The rules, in the order in which they speak; texts are the service's where the reference has one, the order is ours:

1. shape: base64 of well-formed XML without a document type, a Response around exactly one assertion, plain or
encrypted 2. decryption with one of the provider's private keys 3. issuer: the metadata describes it 4. signature: on
the assertion itself, by a certificate of that issuer; one on the Response must hold too, where there is one 5.
subject confirmation: exactly one, bearer, with Recipient and NotOnOrAfter; not past 6. the Role attribute names the
role and the provider that were asked for 7. the attributes of the session

Wrapping attacks have nothing to hold on to: the assertion is verified as a document of its own, whose root is what the
one reference must name, and everything after rule 4 reads the bytes that the signature covers and nothing else. Not
enforced, like at the service: AudienceRestriction, NotBefore, replay.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from understudy.errors import ExpiredTokenException, InvalidIdentityTokenException

from . import xml_documents
from .saml_attributes import (
    Attributes,
    InvalidAttributes,
    SessionAttributes,
    check_role,
    condition_keys,
    read_session,
)
from .saml_metadata import Metadata, UnusableMetadata, read_metadata

if TYPE_CHECKING:
    import lxml.etree as etree

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
LONGEST_RESPONSE = 100_000

BAD_SIGNATURE = "Response signature invalid"
NO_CONFIRMATION = "Responses must contain SubjectConfirmatonData with a Recipient and NotOnOrAfter"
EXPIRED = "Response has expired"
# Ours: no recording shows the text for an assertion that cannot be decrypted.
UNDECRYPTABLE = "Assertion could not be decrypted"

_FORMAT_PREFIX = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_TRANSFORMS = frozenset({f"{DS}enveloped-signature", _EXCLUSIVE, f"{_EXCLUSIVE}WithComments"})


class TrustedSAMLProvider(Protocol):
    """A SAML provider of an account: its metadata document, and private keys (PEM) for encrypted assertions."""

    @property
    def arn(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def metadata(self) -> str: ...
    @property
    def private_keys(self) -> Collection[str]: ...


@dataclass(frozen=True, slots=True)
class SAMLIdentity:
    """Who a verified assertion speaks for, and everything that a trust policy may ask about it.

    `session.duration` (seconds) and `session_not_on_or_after` only ever shorten a session. `context` holds the
    condition keys of the request, `session_context` those that stay with the session.
    """

    subject: str
    subject_type: str
    issuer: str
    audience: str
    name_qualifier: str
    provider_arn: str
    session: SessionAttributes
    session_not_on_or_after: datetime | None
    context: Mapping[str, str | tuple[str, ...]]

    @property
    def session_context(self) -> dict[str, str | tuple[str, ...]]:
        """The condition keys that AssumeRole knows of a SAML session: namequalifier, sub and sub_type."""
        return {key: self.context[key] for key in ("saml:namequalifier", "saml:sub", "saml:sub_type")}

    def duration(self, requested: int, now: datetime) -> int:
        """The seconds that a session gets when it asks for so many; may be less than 900."""
        bounds = [requested]
        if self.session.duration is not None:
            bounds.append(self.session.duration)
        if self.session_not_on_or_after is not None:
            bounds.append(int((self.session_not_on_or_after - now).total_seconds()))
        return min(bounds)


async def verify_saml_response(
    response: str, *, provider: TrustedSAMLProvider, role_arn: str, now: datetime, request_id: str = ""
) -> SAMLIdentity:
    """Verify a base64 Response for a role and its provider, in a thread (parsing and verifying take milliseconds).

    Raises `InvalidIdentityTokenException` or `ExpiredTokenException` with the service's text; `hint` says more for
    the log. `request_id` appears in some texts. Whether the provider exists is the caller's to know, see
    `provider_missing`.
    """
    return await asyncio.to_thread(verify, response, provider, role_arn, now, request_id)


def provider_missing(request_id: str) -> InvalidIdentityTokenException:
    """What to raise when no such provider is in the account."""
    return InvalidIdentityTokenException(_framed("Specified provider doesn't exist", "ManifestNotFound", request_id))


def verify(
    response: str, provider: TrustedSAMLProvider, role_arn: str, now: datetime, request_id: str = ""
) -> SAMLIdentity:
    """`verify_saml_response` in the calling thread."""
    root = _parsed(response, request_id)
    presented = _assertion(root, provider, request_id)
    metadata = _metadata(provider, request_id)
    issuer = _text(presented.find(f"{{{SAML}}}Issuer"))
    if issuer not in metadata.certificates:
        text = _framed("Issuer not present in specified provider", "InvalidSamlResponse", request_id)
        _refuse(text, f"the issuer {issuer[:200]!r} is none of {sorted(metadata.certificates)}")
    certificates = metadata.certificates[issuer]
    if root.find(f"{{{DS}}}Signature") is not None:
        _signed_content(root, certificates)
    assertion = _signed_content(presented, certificates)
    return _identity(assertion, issuer, provider, role_arn, now)


def _framed(message: str, kind: str, request_id: str) -> str:
    return (
        f"{message} (Service: AWSOpenIdDiscoveryService; Status Code: 400; "
        f"Error Code: AuthSaml{kind}Exception; Request ID: {request_id}; Proxy: null)"
    )


def _refuse(message: str, hint: str | None = None) -> NoReturn:
    error = InvalidIdentityTokenException(message)
    error.hint = hint
    raise error from None


def _parsed(response: str, request_id: str) -> etree._Element:
    text = _framed("Invalid base64 SAMLResponse", "InvalidSamlResponse", request_id)
    if len(response) > LONGEST_RESPONSE:
        _refuse(text, f"longer than {LONGEST_RESPONSE} characters")
    try:
        root = xml_documents.parse(b64decode("".join(response.split()), validate=True))
    except xml_documents.UnsafeXML as error:
        # Ours: the same text for what is base64 but not XML.
        _refuse(text, f"the response is XML that is {error}")
    except ValueError:
        _refuse(text, "not base64")
    if root.tag != f"{{{SAMLP}}}Response":
        _refuse(text, "the root element is not a Response of SAML 2.0")
    return root


def _assertion(root: etree._Element, provider: TrustedSAMLProvider, request_id: str) -> etree._Element:
    plain, sealed = root.findall(f"{{{SAML}}}Assertion"), root.findall(f"{{{SAML}}}EncryptedAssertion")
    everywhere = sum(1 for _ in root.iter(f"{{{SAML}}}Assertion", f"{{{SAML}}}EncryptedAssertion"))
    if len(plain) + len(sealed) != 1 or everywhere != 1:
        text = _framed("Invalid base64 SAMLResponse", "InvalidSamlResponse", request_id)
        _refuse(text, "a response must hold exactly one assertion, as its own child")
    if plain:
        return plain[0]
    from . import xml_encryption

    try:
        opened = xml_encryption.plain_assertion(sealed[0], provider.private_keys)
    except xml_encryption.CannotDecrypt:
        _refuse(UNDECRYPTABLE, "none of the provider's private keys opens it")
    if opened.tag != f"{{{SAML}}}Assertion":
        _refuse(UNDECRYPTABLE, "what was encrypted is not an assertion")
    return opened


def _metadata(provider: TrustedSAMLProvider, request_id: str) -> Metadata:
    try:
        return read_metadata(provider.metadata)
    except UnusableMetadata as error:
        _refuse(_framed("Issuer not present in specified provider", "InvalidSamlResponse", request_id), str(error))


def _signed_content(element: etree._Element, certificates: Collection[Any]) -> etree._Element:
    """The element as its own signature covers it, parsed anew from the signed bytes."""
    alone = _standing_alone(element)
    if not _has_plain_signature(alone):
        _refuse(BAD_SIGNATURE, f"no single signature that covers the whole {_local(element)} and nothing else")
    for certificate in certificates:
        found = _verified(alone, certificate)
        if found is not None:
            return found
    _refuse(BAD_SIGNATURE, f"no certificate of the issuer made the signature of the {_local(element)}")


def _standing_alone(element: etree._Element) -> bytes:
    import lxml.etree as etree

    return bytes(etree.tostring(element, with_tail=False))


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _has_plain_signature(alone: bytes) -> bool:
    """One signature as the root's child, one reference to the root's ID, and no transform that could pick a part."""
    root = xml_documents.parse(alone)
    signatures = root.findall(f"{{{DS}}}Signature")
    if len(signatures) != 1:
        return False
    references = signatures[0].findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    transforms = [each.get("Algorithm") for each in signatures[0].iter(f"{{{DS}}}Transform")]
    named = root.get("ID")
    return (
        bool(named)
        and [each.get("URI") for each in references] == [f"#{named}"]
        and set(transforms) <= _TRANSFORMS
        and transforms.count(f"{DS}enveloped-signature") == 1
    )


def _verified(alone: bytes, certificate: Any) -> etree._Element | None:
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    try:
        result: Any = XMLVerifier().verify(
            alone,
            x509_cert=certificate,
            id_attribute="ID",
            parser=xml_documents.new_parser(),
            expect_config=SignatureConfiguration(
                location="./", expect_references=1, verification_time=certificate.not_valid_before_utc
            ),
        )
    except Exception:
        # Whatever a stranger's signature breaks inside the library: it is not valid.
        return None
    signed = result.signed_xml
    root = xml_documents.parse(alone)
    return signed if signed is not None and (signed.tag, signed.get("ID")) == (root.tag, root.get("ID")) else None


def _identity(
    assertion: etree._Element, issuer: str, provider: TrustedSAMLProvider, role_arn: str, now: datetime
) -> SAMLIdentity:
    recipient = _recipient(assertion, now)
    attributes = _attributes(assertion)
    try:
        check_role(attributes, role_arn, provider.arn)
        session = read_session(attributes)
    except InvalidAttributes as error:
        _refuse(str(error))
    name_id = assertion.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    subject = _text(name_id)
    subject_type = ("" if name_id is None else name_id.get("Format") or "").removeprefix(_FORMAT_PREFIX)
    qualifier = name_qualifier(issuer, provider.account, provider.name)
    context: dict[str, str | tuple[str, ...]] = {
        "saml:aud": recipient,
        "saml:doc": f"{provider.account}/{provider.name}",
        "saml:iss": issuer,
        "saml:namequalifier": qualifier,
        "saml:sub": subject,
        "saml:sub_type": subject_type,
        **dict(condition_keys(attributes)),
    }
    limit = _session_end(assertion, now)
    return SAMLIdentity(subject, subject_type, issuer, recipient, qualifier, provider.arn, session, limit, context)


def name_qualifier(issuer: str, account: str, provider_name: str) -> str:
    """BASE64(SHA1(issuer + account + "/" + provider name)): with the subject it tells federated users apart."""
    text = f"{issuer}{account}/{provider_name}"
    return b64encode(sha1(text.encode(), usedforsecurity=False).digest()).decode()


def _recipient(assertion: etree._Element, now: datetime) -> str:
    confirmations = assertion.findall(f"{{{SAML}}}Subject/{{{SAML}}}SubjectConfirmation")
    data = confirmations[0].find(f"{{{SAML}}}SubjectConfirmationData") if len(confirmations) == 1 else None
    recipient = None if data is None else data.get("Recipient")
    until = None if data is None else _moment(data.get("NotOnOrAfter"))
    if not recipient or until is None or confirmations[0].get("Method") != BEARER:
        _refuse(NO_CONFIRMATION, "exactly one bearer confirmation with both attributes is needed")
    if now >= until:
        raise ExpiredTokenException(EXPIRED)
    return str(recipient)


def _session_end(assertion: etree._Element, now: datetime) -> datetime | None:
    ends = [
        moment
        for statement in assertion.findall(f"{{{SAML}}}AuthnStatement")
        if (moment := _moment(statement.get("SessionNotOnOrAfter"))) is not None
    ]
    if any(end <= now for end in ends):
        raise ExpiredTokenException(EXPIRED)
    return min(ends, default=None)


def _attributes(assertion: etree._Element) -> Attributes:
    found: dict[str, list[str]] = {}
    for attribute in assertion.findall(f"{{{SAML}}}AttributeStatement/{{{SAML}}}Attribute"):
        values = [_text(value) for value in attribute.findall(f"{{{SAML}}}AttributeValue")]
        found.setdefault(attribute.get("Name") or "", []).extend(values)
    return found


def _text(element: etree._Element | None) -> str:
    return "" if element is None else str(element.text or "").strip()


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    # SAML 2.0 core, section 1.3.3: times are in UTC and carry no time zone but Z.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
