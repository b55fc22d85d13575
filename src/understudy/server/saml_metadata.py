"""What the stand-in needs of a SAML provider's metadata: the issuers and the certificates that they sign with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from . import xml_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"


class UnusableMetadata(ValueError):
    """The document is no metadata of an identity provider; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Issuers (entity ids) with the certificates that may sign for each.

    Certificates past their end are used too: "IAM doesn't evaluate or take action regarding the expiration of X.509
    certificates in metadata documents" (IAM User Guide).
    """

    certificates: dict[str, tuple[Any, ...]]


@lru_cache(maxsize=64)
def read_metadata(text: str) -> Metadata:
    """Read a metadata document; raises `UnusableMetadata`."""
    try:
        root = xml_documents.parse(text, largest=10_000_000)
    except xml_documents.UnsafeXML as error:
        raise UnusableMetadata(f"the metadata is {error}") from None
    certificates = {
        entity.get("entityID") or "": tuple(_certificates(entity))
        for entity in root.iter(f"{{{MD}}}EntityDescriptor")
        if entity.find(f"{{{MD}}}IDPSSODescriptor") is not None
    }
    if not certificates:
        raise UnusableMetadata("the metadata describes no identity provider (IDPSSODescriptor)")
    return Metadata(certificates)


def _certificates(entity: Any) -> Iterator[Any]:
    from base64 import b64decode

    from cryptography.x509 import load_der_x509_certificate

    for descriptor in entity.findall(f"{{{MD}}}IDPSSODescriptor/{{{MD}}}KeyDescriptor"):
        if descriptor.get("use", "signing") != "signing":
            continue
        for found in descriptor.iter(f"{{{DS}}}X509Certificate"):
            try:
                yield load_der_x509_certificate(b64decode("".join((found.text or "").split())))
            except ValueError as error:
                raise UnusableMetadata(f"a certificate cannot be read: {error}") from None
