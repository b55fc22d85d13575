"""A SAML identity provider for tests and demonstrations: it makes signed assertions, plain or encrypted."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from understudy.clock import SYSTEM_CLOCK

from .saml import BEARER, DS, SAML, SAMLP
from .saml_attributes import AWS
from .saml_metadata import MD

if TYPE_CHECKING:
    import lxml.etree as etree

    from understudy.clock import Clock

SIGN_IN = "https://signin.aws.amazon.com/saml"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


class SAMLIdentityProvider:
    """Signs assertions under an entity id, with a key and a self-signed certificate made when first needed.

    `algorithm` is ``"ecdsa-sha256"`` (made at once) or ``"rsa-sha256"`` (about 0.1 seconds).
    """

    def __init__(
        self,
        entity_id: str = "https://idp.example.com/saml",
        *,
        algorithm: str = "ecdsa-sha256",
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.entity_id = entity_id
        self.algorithm = algorithm
        self._clock = clock

    def metadata(self) -> str:
        """The metadata document, to be kept with a SAML provider of an account."""
        import lxml.etree as etree
        from cryptography.hazmat.primitives.serialization import Encoding

        root = etree.Element(f"{{{MD}}}EntityDescriptor", entityID=self.entity_id, nsmap={None: MD, "ds": DS})
        role = etree.SubElement(root, f"{{{MD}}}IDPSSODescriptor", protocolSupportEnumeration=SAMLP)
        descriptor = etree.SubElement(role, f"{{{MD}}}KeyDescriptor", use="signing")
        data = etree.SubElement(etree.SubElement(descriptor, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
        certificate = b64encode(self._certificate.public_bytes(Encoding.DER)).decode()
        etree.SubElement(data, f"{{{DS}}}X509Certificate").text = certificate
        return str(etree.tostring(root, encoding="unicode"))

    def response(
        self,
        role_arn: str,
        provider_arn: str,
        *,
        subject: str = "alice",
        session_name: str | None = None,
        subject_format: str = PERSISTENT,
        recipient: str | None = SIGN_IN,
        lifetime: float = 300,
        session_lifetime: float | None = None,
        session_duration: int | None = None,
        source_identity: str | None = None,
        tags: Mapping[str, str] | None = None,
        transitive_tag_keys: Sequence[str] = (),
        attributes: Mapping[str, str | Sequence[str]] | None = None,
        sign_response: bool = False,
        encrypt_to: str | None = None,
        encryption: str = "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    ) -> str:
        """A base64 Response for one role, valid from now for `lifetime` seconds.

        `encrypt_to` is a public key (PEM); `attributes` add to or replace those that the other arguments make.
        """
        made: dict[str, str | Sequence[str]] = {
            f"{AWS}Role": f"{role_arn},{provider_arn}",
            f"{AWS}RoleSessionName": session_name or subject,
            **{f"{AWS}PrincipalTag:{key}": value for key, value in (tags or {}).items()},
        }
        optional = {
            "TransitiveTagKeys": transitive_tag_keys,
            "SessionDuration": None if session_duration is None else str(session_duration),
            "SourceIdentity": source_identity,
        }
        made.update({f"{AWS}{name}": value for name, value in optional.items() if value})
        assertion = self.assertion(
            {**made, **(attributes or {})},
            subject=subject,
            subject_format=subject_format,
            recipient=recipient,
            lifetime=lifetime,
            session_lifetime=session_lifetime,
        )
        return self.wrapped(assertion, sign=sign_response, encrypt_to=encrypt_to, encryption=encryption)

    def assertion(
        self,
        attributes: Mapping[str, str | Sequence[str]],
        *,
        subject: str = "alice",
        subject_format: str = PERSISTENT,
        recipient: str | None = SIGN_IN,
        lifetime: float = 300,
        session_lifetime: float | None = None,
        sign: bool = True,
    ) -> etree._Element:
        """An assertion with exactly these attributes."""
        root = self._begun(f"{{{SAML}}}Assertion", {"saml": SAML})
        person = _child(root, "Subject")
        _child(person, "NameID", subject, Format=subject_format)
        confirmation = _child(person, "SubjectConfirmation", Method=BEARER)
        bounds = {"NotOnOrAfter": self._moment(lifetime), "Recipient": recipient}
        _child(confirmation, "SubjectConfirmationData", **{k: v for k, v in bounds.items() if v is not None})
        session = {} if session_lifetime is None else {"SessionNotOnOrAfter": self._moment(session_lifetime)}
        _child(root, "AuthnStatement", AuthnInstant=self._moment(0), **session)
        statement = _child(root, "AttributeStatement")
        for name, values in attributes.items():
            attribute = _child(statement, "Attribute", Name=name)
            for value in (values,) if isinstance(values, str) else values:
                _child(attribute, "AttributeValue", value)
        return self.signed(root) if sign else root

    def wrapped(
        self,
        assertion: etree._Element,
        *,
        sign: bool = False,
        encrypt_to: str | None = None,
        encryption: str = "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    ) -> str:
        """A base64 Response around an assertion, which is encrypted and signed around where that is asked for."""
        root = self._begun(f"{{{SAMLP}}}Response", {"samlp": SAMLP, "saml": SAML})
        status = _child(root, "Status", namespace=SAMLP)
        _child(status, "StatusCode", namespace=SAMLP, Value="urn:oasis:names:tc:SAML:2.0:status:Success")
        root.append(assertion if encrypt_to is None else _encrypted(assertion, encrypt_to, encryption))
        return encoded(self.signed(root) if sign else root)

    def signed(self, root: etree._Element) -> etree._Element:
        """The element with an enveloped signature after its Issuer (SAML 2.0 core, section 5.4)."""
        import lxml.etree as etree
        from signxml.algorithms import CanonicalizationMethod, SignatureMethod
        from signxml.signer import XMLSigner

        place = etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS})
        root.insert(1, place)
        signer = XMLSigner(
            signature_algorithm=SignatureMethod(f"http://www.w3.org/2001/04/xmldsig-more#{self.algorithm}"),
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        signed: etree._Element = signer.sign(
            root, key=self._key, cert=[self._certificate], reference_uri=f"#{root.get('ID')}", id_attribute="ID"
        )
        return signed

    def _begun(self, tag: str, namespaces: Mapping[str, str]) -> etree._Element:
        import lxml.etree as etree

        root = etree.Element(tag, nsmap=dict(namespaces))
        for name, value in {"ID": f"_{token_hex(16)}", "Version": "2.0", "IssueInstant": self._moment(0)}.items():
            root.set(name, value)
        _child(root, "Issuer", self.entity_id)
        return root

    def _moment(self, seconds: float) -> str:
        moment = datetime.fromtimestamp(self._clock.time() + seconds, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @cached_property
    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        if self.algorithm.startswith("rsa"):
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def _certificate(self) -> Any:
        from cryptography import x509
        from cryptography.hazmat.primitives.hashes import SHA256

        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "identity provider")])
        now = datetime.fromtimestamp(self._clock.time(), UTC)
        return (
            x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .sign(self._key, SHA256())
        )

    def __repr__(self) -> str:
        return f"SAMLIdentityProvider({self.entity_id!r})"


def encoded(root: etree._Element) -> str:
    """The base64 text of an element, as AssumeRoleWithSAML takes it."""
    import lxml.etree as etree

    return b64encode(etree.tostring(root)).decode()


def new_encryption_key() -> tuple[str, str]:
    """A private and a public key (PEM): one for the account's provider, one for `encrypt_to`."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _encrypted(assertion: etree._Element, public_key: str, algorithm: str) -> etree._Element:
    import lxml.etree as etree
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    from .xml_encryption import encrypt

    loaded: Any = load_pem_public_key(public_key.encode())
    return encrypt(etree.tostring(assertion), loaded, algorithm)


def _child(
    parent: etree._Element, name: str, text: str | None = None, *, namespace: str = SAML, **attributes: str
) -> etree._Element:
    import lxml.etree as etree

    made = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    made.text = text
    return made
