"""Encrypted assertions (XML Encryption 1.1): AES with 128 or 256 bits, CBC or GCM, its key wrapped by RSA-OAEP.

Key transport by RSA with PKCS #1 v1.5 padding is not offered: its decryption is an oracle. Whatever fails, fails as one
error, because which step failed is what a padding oracle is made of.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from os import urandom
from typing import TYPE_CHECKING, Any

from . import xml_documents

if TYPE_CHECKING:
    import lxml.etree as etree
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
DS = "http://www.w3.org/2000/09/xmldsig#"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"

CONTENT = {
    f"{XENC}aes128-cbc": ("CBC", 16),
    f"{XENC}aes256-cbc": ("CBC", 32),
    f"{XENC11}aes128-gcm": ("GCM", 16),
    f"{XENC11}aes256-gcm": ("GCM", 32),
}
"""Algorithms of the content: mode and key length in bytes."""
OAEP_SHA1 = f"{XENC}rsa-oaep-mgf1p"
OAEP = f"{XENC11}rsa-oaep"
_DIGESTS = {
    f"{DS}sha1": "SHA1",
    f"{XENC}sha256": "SHA256",
    f"{XENC}sha512": "SHA512",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "SHA384",
}
_MASKS = {
    f"{XENC11}mgf1sha1": "SHA1",
    f"{XENC11}mgf1sha256": "SHA256",
    f"{XENC11}mgf1sha384": "SHA384",
    f"{XENC11}mgf1sha512": "SHA512",
}


class CannotDecrypt(ValueError):
    """The content cannot be decrypted with any of the keys. There is no more to say."""


def decrypt(element: etree._Element, private_keys: Iterable[str]) -> bytes:
    """The plain bytes inside an ``EncryptedAssertion``, with one of these keys (PEM); raises `CannotDecrypt`."""
    try:
        data = _only(element, f"{{{XENC}}}EncryptedData")
        mode, length = CONTENT[_algorithm(data, f"{{{XENC}}}EncryptionMethod")]
        wrapped = _encrypted_key(element, data)
        padding = _padding(_only(wrapped, f"{{{XENC}}}EncryptionMethod"))
        cipher = _value(wrapped)
        content = _value(data)
    except (KeyError, ValueError, TypeError):
        raise CannotDecrypt from None
    for pem in private_keys:
        try:
            key = _load(pem).decrypt(cipher, padding)
            if len(key) == length:
                return _opened(mode, key, content)
        except Exception:  # noqa: S112 (every failure must look the same)
            continue
    raise CannotDecrypt


def encrypt(content: bytes, public_key: RSAPublicKey, algorithm: str = f"{XENC11}aes256-gcm") -> etree._Element:
    """An ``EncryptedAssertion`` around these bytes."""
    import lxml.etree as etree

    mode, length = CONTENT[algorithm]
    key = urandom(length)
    root = etree.Element(f"{{{SAML}}}EncryptedAssertion", nsmap={"saml": SAML, "xenc": XENC, "ds": DS})
    data = etree.SubElement(root, f"{{{XENC}}}EncryptedData", Type=f"{XENC}Element")
    etree.SubElement(data, f"{{{XENC}}}EncryptionMethod", Algorithm=algorithm)
    info = etree.SubElement(data, f"{{{DS}}}KeyInfo")
    wrapped = etree.SubElement(info, f"{{{XENC}}}EncryptedKey")
    etree.SubElement(wrapped, f"{{{XENC}}}EncryptionMethod", Algorithm=OAEP_SHA1)
    _set_value(wrapped, public_key.encrypt(key, _oaep("SHA1", "SHA1")))
    _set_value(data, _sealed(mode, key, content))
    return root


def _only(parent: etree._Element, tag: str) -> etree._Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise ValueError(tag)
    return found[0]


def _algorithm(parent: etree._Element, tag: str) -> str:
    return _only(parent, tag).get("Algorithm") or ""


def _encrypted_key(element: etree._Element, data: etree._Element) -> etree._Element:
    # Inside the data's KeyInfo, or beside the data (SAML 2.0 core, section 2.3.4).
    info = data.find(f"{{{DS}}}KeyInfo")
    inside = [] if info is None else info.findall(f"{{{XENC}}}EncryptedKey")
    found = inside or element.findall(f"{{{XENC}}}EncryptedKey")
    if len(found) != 1:
        raise ValueError("EncryptedKey")
    return found[0]


def _value(parent: etree._Element) -> bytes:
    text = _only(_only(parent, f"{{{XENC}}}CipherData"), f"{{{XENC}}}CipherValue").text or ""
    return b64decode("".join(text.split()), validate=True)


def _set_value(parent: etree._Element, value: bytes) -> None:
    import lxml.etree as etree

    data = etree.SubElement(parent, f"{{{XENC}}}CipherData")
    etree.SubElement(data, f"{{{XENC}}}CipherValue").text = b64encode(value).decode()


def _padding(method: etree._Element) -> Any:
    algorithm = method.get("Algorithm")
    if algorithm not in (OAEP_SHA1, OAEP):
        raise ValueError("key transport")
    digest, mask = method.find(f"{{{DS}}}DigestMethod"), method.find(f"{{{XENC11}}}MGF")
    hashed = "SHA1" if digest is None else _DIGESTS[digest.get("Algorithm") or ""]
    masked = "SHA1" if mask is None or algorithm == OAEP_SHA1 else _MASKS[mask.get("Algorithm") or ""]
    return _oaep(hashed, masked)


def _oaep(digest: str, mask: str) -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    mask_function = padding.MGF1(getattr(hashes, mask)())
    return padding.OAEP(mgf=mask_function, algorithm=getattr(hashes, digest)(), label=None)


def _load(pem: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key


def _opened(mode: str, key: bytes, content: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if mode == "GCM":
        return AESGCM(key).decrypt(content[:12], content[12:], None)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(content[:16])).decryptor()
    plain = decryptor.update(content[16:]) + decryptor.finalize()
    # XML Encryption 1.1, section 5.2: only the last byte of the padding has a meaning.
    if not plain or not 1 <= plain[-1] <= 16:
        raise CannotDecrypt
    return plain[: -plain[-1]]


def _sealed(mode: str, key: bytes, content: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if mode == "GCM":
        nonce = urandom(12)
        return nonce + AESGCM(key).encrypt(nonce, content, None)
    vector, missing = urandom(16), 16 - len(content) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    padded = content + urandom(missing - 1) + bytes((missing,))
    return vector + encryptor.update(padded) + encryptor.finalize()


def plain_assertion(element: etree._Element, private_keys: Iterable[str]) -> etree._Element:
    """The root element inside an ``EncryptedAssertion``, parsed as strictly as all else; raises `CannotDecrypt`."""
    try:
        return xml_documents.parse(decrypt(element, private_keys))
    except xml_documents.UnsafeXML:
        raise CannotDecrypt from None
