"""SAML assertions: every rule and every text of the service, in the order of `understudy.server.saml`, and attacks."""

from __future__ import annotations

import base64
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.signer import XMLSigner

from understudy.errors import ExpiredTokenException, InvalidIdentityTokenException, ServiceError
from understudy.server import saml, xml_encryption
from understudy.server.saml_attributes import AWS
from understudy.server.saml_provider import SAMLIdentityProvider, encoded, new_encryption_key

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Reader"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
ISSUER = "https://idp.example.com/saml"
FRAME = "(Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: AuthSaml{}Exception; Request ID: req-1; Proxy: null)"
BAD_RESPONSE = "Invalid base64 SAMLResponse " + FRAME.format("InvalidSamlResponse")
S, P, D = f"{{{saml.SAML}}}", f"{{{saml.SAMLP}}}", f"{{{saml.DS}}}"


class FrozenClock:
    def time(self) -> float:
        return NOW.timestamp()

    monotonic = time

    def sleep(self, seconds: float) -> None: ...

    async def sleep_async(self, seconds: float) -> None: ...


class Provider:
    arn = PROVIDER
    account = ACCOUNT
    name = "Corp"

    def __init__(self, metadata: str, private_keys: tuple[str, ...] = ()) -> None:
        self.metadata = metadata
        self.private_keys = private_keys


@pytest.fixture(scope="session")
def idp() -> SAMLIdentityProvider:
    return SAMLIdentityProvider(ISSUER, clock=FrozenClock())


@pytest.fixture(scope="session")
def keys() -> tuple[str, str]:
    return new_encryption_key()


@pytest.fixture(scope="session")
def provider(idp: SAMLIdentityProvider, keys: tuple[str, str]) -> Provider:
    return Provider(idp.metadata(), (keys[0],))


def verify(response: str, provider: Any, now: datetime = NOW, role: str = ROLE) -> saml.SAMLIdentity:
    return saml.verify(response, provider, role, now, "req-1")


def refused(response: str, provider: Any, now: datetime = NOW) -> str:
    with pytest.raises(InvalidIdentityTokenException) as caught:
        verify(response, provider, now)
    assert (caught.value.code, caught.value.status) == ("InvalidIdentityToken", 400)
    return caught.value.message


def opened(response: str) -> etree._Element:
    return etree.fromstring(base64.b64decode(response))


def respond(idp: SAMLIdentityProvider, **changes: Any) -> str:
    return idp.response(ROLE, PROVIDER, **changes)


def with_attributes(idp: SAMLIdentityProvider, **changes: Any) -> str:
    named = {f"{AWS}{name.replace('__', ':')}": value for name, value in changes.items()}
    usual = {f"{AWS}Role": f"{ROLE},{PROVIDER}", f"{AWS}RoleSessionName": "alice"}
    return idp.wrapped(idp.assertion({name: value for name, value in {**usual, **named}.items() if value is not None}))


# What a good assertion gives


def test_a_good_assertion(idp: SAMLIdentityProvider, provider: Provider) -> None:
    response = respond(
        idp,
        tags={"Project": "Marketing", "Cost": "1"},
        transitive_tag_keys=["Project"],
        source_identity="alice",
        session_duration=1800,
        attributes={
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"],
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.6": "alice@example.com",
            "0.9.2342.19200300100.1.3": "first@example.com",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": "second@example.com",
            "unlisted": "x",
        },
    )
    identity = verify(response, provider)
    assert (identity.subject, identity.subject_type, identity.issuer) == ("alice", "persistent", ISSUER)
    assert identity.audience == "https://signin.aws.amazon.com/saml"
    assert identity.provider_arn == PROVIDER
    assert identity.session.session_name == "alice"
    assert identity.session.tags == {"Project": "Marketing", "Cost": "1"}
    assert identity.session.transitive_tag_keys == ("Project",)
    assert identity.session.source_identity == "alice"
    assert identity.session.duration == 1800
    assert identity.context == {
        "saml:aud": "https://signin.aws.amazon.com/saml",
        "saml:doc": f"{ACCOUNT}/Corp",
        "saml:iss": ISSUER,
        "saml:namequalifier": identity.name_qualifier,
        "saml:sub": "alice",
        "saml:sub_type": "persistent",
        "saml:edupersonaffiliation": ("staff", "member"),
        "saml:edupersonprincipalname": "alice@example.com",
        "saml:mail": "first@example.com",
    }
    assert set(identity.session_context) == {"saml:namequalifier", "saml:sub", "saml:sub_type"}


def test_the_name_qualifier_formula() -> None:
    """BASE64(SHA1("https://example.com/saml" + "123456789012" + "/MySAMLIdP")), worked out apart from the code."""
    assert saml.name_qualifier("https://example.com/saml", ACCOUNT, "MySAMLIdP") == "1uAJanUnBc2XeUkHURMht+xam2c="


async def test_in_a_thread(idp: SAMLIdentityProvider, provider: Provider) -> None:
    identity = await saml.verify_saml_response(respond(idp), provider=provider, role_arn=ROLE, now=NOW)
    assert identity.subject == "alice"


@pytest.mark.parametrize(
    ("given_format", "shown"),
    [
        ("urn:oasis:names:tc:SAML:2.0:nameid-format:transient", "transient"),
        (
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        ),
    ],
)
def test_subject_types(given_format: str, shown: str, idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert verify(respond(idp, subject_format=given_format), provider).subject_type == shown


def test_any_recipient_is_the_audience_and_replay_is_allowed(idp: SAMLIdentityProvider, provider: Provider) -> None:
    response = respond(idp, recipient="anything")
    assert [verify(response, provider).audience for _ in range(2)] == ["anything", "anything"]


def test_durations_only_shorten_and_may_fall_below_900(idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert verify(respond(idp, session_duration=43200), provider).duration(3600, NOW) == 3600
    assert verify(respond(idp, session_duration=900), provider).duration(3600, NOW) == 900
    both = verify(respond(idp, session_duration=900, session_lifetime=60), provider)
    assert both.session_not_on_or_after == NOW + timedelta(seconds=60)
    assert both.duration(3600, NOW) == 60


def test_rsa_signatures_too(provider: Provider) -> None:
    idp = SAMLIdentityProvider(ISSUER, algorithm="rsa-sha256", clock=FrozenClock())
    assert verify(respond(idp), Provider(idp.metadata())).subject == "alice"


def test_certificates_past_their_end_are_used(idp: SAMLIdentityProvider, provider: Provider) -> None:
    later = NOW + timedelta(days=10_000)
    assert verify(respond(idp, lifetime=1e9), provider, later).subject == "alice"


# Rule 1: shape


@pytest.mark.parametrize(
    "response",
    [
        "",
        "!!!!",
        "PD94",
        "a" * 100_001,
        encoded(etree.Element("Response")),
        encoded(etree.Element(f"{P}Response")),
        encoded(etree.Element(f"{S}Assertion")),
        base64.b64encode(b"<a>" * 300 + b"</a>" * 300).decode(),
        base64.b64encode(b"<?xml version='1.0' encoding='bogus'?><a/>").decode(),
    ],
)
def test_rule_1_what_is_no_response(response: str, provider: Provider) -> None:
    assert refused(response, provider) == BAD_RESPONSE


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>{}',
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>{}',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/evil.dtd">{}',
        "<!DOCTYPE r>{}",
    ],
)
def test_rule_1_document_types_are_refused(document: str, idp: SAMLIdentityProvider, provider: Provider) -> None:
    inner = base64.b64decode(respond(idp)).decode()
    assert refused(base64.b64encode(document.format(inner).encode()).decode(), provider) == BAD_RESPONSE


# Rule 2: decryption


@pytest.mark.parametrize("algorithm", sorted(xml_encryption.CONTENT))
@pytest.mark.parametrize("sign_response", [False, True])
def test_rule_2_encrypted_assertions(
    algorithm: str, sign_response: bool, idp: SAMLIdentityProvider, provider: Provider, keys: tuple[str, str]
) -> None:
    response = respond(idp, encrypt_to=keys[1], encryption=algorithm, sign_response=sign_response)
    assert b"alice" not in base64.b64decode(response)
    assert verify(response, provider).subject == "alice"


def test_rule_2_without_the_key(idp: SAMLIdentityProvider, keys: tuple[str, str]) -> None:
    response = respond(idp, encrypt_to=keys[1])
    for private_keys in ((), (new_encryption_key()[0],), ("nonsense",)):
        assert refused(response, Provider(idp.metadata(), private_keys)) == saml.UNDECRYPTABLE


def _flipped(text: str) -> str:
    content = bytearray(base64.b64decode(text))
    content[20] ^= 1
    return base64.b64encode(bytes(content)).decode()


@pytest.mark.parametrize("algorithm", sorted(xml_encryption.CONTENT))
def test_rule_2_changed_or_broken_ciphertext(
    algorithm: str, idp: SAMLIdentityProvider, provider: Provider, keys: tuple[str, str]
) -> None:
    good = opened(respond(idp, encrypt_to=keys[1], encryption=algorithm))
    for change in ("", "AAAA", "!!", None):
        broken = deepcopy(good)
        value = broken.findall(f".//{{{xml_encryption.XENC}}}CipherValue")[-1]
        value.text = _flipped(value.text or "") if change is None else change
        assert refused(encoded(broken), provider) in (saml.UNDECRYPTABLE, saml.BAD_SIGNATURE)


@pytest.mark.parametrize("name", ["EncryptionMethod", "CipherData", "EncryptedKey", "EncryptedData"])
def test_rule_2_missing_parts(name: str, idp: SAMLIdentityProvider, provider: Provider, keys: tuple[str, str]) -> None:
    root = opened(respond(idp, encrypt_to=keys[1]))
    for found in root.findall(f".//{{{xml_encryption.XENC}}}{name}"):
        found.getparent().remove(found)
    assert refused(encoded(root), provider) == saml.UNDECRYPTABLE


def test_rule_2_pkcs1_key_transport_is_not_offered(
    idp: SAMLIdentityProvider, provider: Provider, keys: tuple[str, str]
) -> None:
    root = opened(respond(idp, encrypt_to=keys[1]))
    method = root.findall(f".//{{{xml_encryption.XENC}}}EncryptionMethod")[-1]
    method.set("Algorithm", f"{xml_encryption.XENC}rsa-1_5")
    assert refused(encoded(root), provider) == saml.UNDECRYPTABLE


def test_rule_2_an_encrypted_assertion_must_be_signed_inside(
    idp: SAMLIdentityProvider, provider: Provider, keys: tuple[str, str]
) -> None:
    unsigned = idp.assertion({f"{AWS}Role": f"{ROLE},{PROVIDER}"}, sign=False)
    assert refused(idp.wrapped(unsigned, encrypt_to=keys[1], sign=True), provider) == "Response signature invalid"


# Rule 3: issuer


def test_rule_3_the_issuer_must_be_in_the_metadata(provider: Provider) -> None:
    other = SAMLIdentityProvider("https://other.example.com", clock=FrozenClock())
    expected = "Issuer not present in specified provider " + FRAME.format("InvalidSamlResponse")
    assert refused(respond(other), provider) == expected


@pytest.mark.parametrize("metadata", ["", "<a/>", "not xml", "<!DOCTYPE a><a/>"])
def test_rule_3_metadata_without_use(metadata: str, idp: SAMLIdentityProvider) -> None:
    assert refused(respond(idp), Provider(metadata)).startswith("Issuer not present in specified provider (")


def test_rule_3_a_provider_that_does_not_exist() -> None:
    error = saml.provider_missing("req-1")
    assert error.code == "InvalidIdentityToken"
    assert error.message == "Specified provider doesn't exist " + FRAME.format("ManifestNotFound")


# Rule 4: signature


def test_rule_4_a_stranger_who_uses_the_issuers_name(idp: SAMLIdentityProvider, provider: Provider) -> None:
    """The certificate inside the signature proves nothing; only the metadata's count."""
    stranger = SAMLIdentityProvider(ISSUER, clock=FrozenClock())
    assert refused(respond(stranger), provider) == "Response signature invalid"
    assert refused(respond(stranger, sign_response=True), provider) == "Response signature invalid"


def test_rule_4_the_signature_of_the_response_does_not_replace_the_assertions(
    idp: SAMLIdentityProvider, provider: Provider
) -> None:
    unsigned = idp.assertion({f"{AWS}Role": f"{ROLE},{PROVIDER}", f"{AWS}RoleSessionName": "alice"}, sign=False)
    assert refused(idp.wrapped(unsigned, sign=True), provider) == "Response signature invalid"
    assert refused(idp.wrapped(unsigned), provider) == "Response signature invalid"


def test_rule_4_a_response_signature_must_hold_where_there_is_one(
    idp: SAMLIdentityProvider, provider: Provider
) -> None:
    response = respond(idp, sign_response=True)
    assert verify(response, provider).subject == "alice"
    root = opened(response)
    root.set("Destination", "https://evil.example")
    assert refused(encoded(root), provider) == "Response signature invalid"


def _change_subject(root: etree._Element) -> None:
    root.find(f".//{S}NameID").text = "root"


def _change_role(root: etree._Element) -> None:
    root.find(f".//{S}AttributeValue").text = f"{ROLE},{PROVIDER} "


def _add_attribute(root: etree._Element) -> None:
    statement = root.find(f".//{S}AttributeStatement")
    statement.append(deepcopy(statement[0]))


def _remove_signature(root: etree._Element) -> None:
    signature = root.find(f".//{D}Signature")
    signature.getparent().remove(signature)


def _two_signatures(root: etree._Element) -> None:
    signature = root.find(f".//{D}Signature")
    signature.addnext(deepcopy(signature))


def _empty_reference(root: etree._Element) -> None:
    root.find(f".//{D}Reference").set("URI", "")


def _other_id(root: etree._Element) -> None:
    root.find(f"{S}Assertion").set("ID", "_other")


def _no_id(root: etree._Element) -> None:
    del root.find(f"{S}Assertion").attrib["ID"]


def _xpath_transform(root: etree._Element) -> None:
    root.findall(f".//{D}Transform")[1].set("Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116")


def _base64_transform(root: etree._Element) -> None:
    root.findall(f".//{D}Transform")[1].set("Algorithm", "http://www.w3.org/2000/09/xmldsig#base64")


def _hmac(root: etree._Element) -> None:
    root.find(f".//{D}SignatureMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")


def _sha1(root: etree._Element) -> None:
    root.find(f".//{D}SignatureMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1")


def _garbage_value(root: etree._Element) -> None:
    root.find(f".//{D}SignatureValue").text = "AAAA"


def _no_digest(root: etree._Element) -> None:
    root.find(f".//{D}DigestValue").text = ""


@pytest.mark.parametrize(
    "change",
    [
        *(_change_subject, _change_role, _add_attribute, _remove_signature, _two_signatures, _empty_reference),
        *(_other_id, _no_id, _xpath_transform, _base64_transform, _hmac, _sha1, _garbage_value, _no_digest),
    ],
)
def test_rule_4_any_change_is_noticed(
    change: Callable[[etree._Element], None], idp: SAMLIdentityProvider, provider: Provider
) -> None:
    root = opened(respond(idp))
    change(root)
    assert refused(encoded(root), provider) == "Response signature invalid"


def _forged(good: etree._Element) -> etree._Element:
    """The good assertion without its signature, for another subject."""
    forged = deepcopy(good)
    forged.remove(forged.find(f"{D}Signature"))
    forged.find(f".//{S}NameID").text = "root"
    return forged


def _wrap_beside(root: etree._Element, good: etree._Element) -> None:
    root.insert(0, _forged(good))


def _wrap_beside_after(root: etree._Element, good: etree._Element) -> None:
    root.append(_forged(good))


def _wrap_inside_extensions(root: etree._Element, good: etree._Element) -> None:
    root.replace(good, _forged(good))
    etree.SubElement(root, f"{P}Extensions").append(good)


def _wrap_nested(root: etree._Element, good: etree._Element) -> None:
    forged = _forged(good)
    root.replace(good, forged)
    forged.append(good)


def _wrap_nested_with_the_signature(root: etree._Element, good: etree._Element) -> None:
    forged, signature = _forged(good), good.find(f"{D}Signature")
    root.replace(good, forged)
    forged.set("ID", "_evil")
    forged.insert(1, signature)
    forged.append(good)


def _wrap_in_the_signatures_object(root: etree._Element, good: etree._Element) -> None:
    forged, signature = _forged(good), good.find(f"{D}Signature")
    root.replace(good, forged)
    forged.insert(1, signature)
    etree.SubElement(signature, f"{D}Object").append(good)


def _wrap_in_another_namespace(root: etree._Element, good: etree._Element) -> None:
    """The original hides under another name, so that only one Assertion is seen."""
    forged, signature = _forged(good), good.find(f"{D}Signature")
    root.replace(good, forged)
    forged.set("ID", "_evil")
    forged.insert(1, signature)
    hidden = etree.SubElement(forged, "{urn:x}Assertion", ID=good.get("ID"))
    hidden.extend(list(good))


def _wrap_with_the_same_id(root: etree._Element, good: etree._Element) -> None:
    _wrap_in_another_namespace(root, good)
    root.find(f"{S}Assertion").set("ID", good.get("ID"))


def _wrap_a_small_id(root: etree._Element, good: etree._Element) -> None:
    """Another spelling of the attribute carries the signed id."""
    _wrap_in_another_namespace(root, good)
    hidden = root.find(".//{urn:x}Assertion")
    hidden.set("Id", hidden.attrib.pop("ID"))


@pytest.mark.parametrize(
    "wrap",
    [
        *(_wrap_beside, _wrap_beside_after, _wrap_inside_extensions, _wrap_nested, _wrap_nested_with_the_signature),
        *(_wrap_in_the_signatures_object, _wrap_in_another_namespace, _wrap_with_the_same_id, _wrap_a_small_id),
    ],
)
def test_rule_4_signature_wrapping(
    wrap: Callable[[etree._Element, etree._Element], None], idp: SAMLIdentityProvider, provider: Provider
) -> None:
    root = opened(respond(idp))
    wrap(root, root.find(f"{S}Assertion"))
    assert refused(encoded(root), provider) in ("Response signature invalid", BAD_RESPONSE)


def _signed_otherwise(idp: SAMLIdentityProvider, reference: list[str]) -> etree._Element:
    """An assertion that the provider really signed, but not as a whole and once: both layers must refuse it."""
    root = _unsigned(idp)
    root.find(f"{S}Subject").set("ID", "_part")
    root.insert(1, etree.Element(f"{D}Signature", Id="placeholder", nsmap={"ds": saml.DS}))
    references = [each.replace("ROOT", root.get("ID") or "") for each in reference]
    return XMLSigner(
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    ).sign(root, key=idp._key, cert=[idp._certificate], reference_uri=references, id_attribute="ID")


PARTS = [["#_part"], ["#ROOT", "#_part"], ["#_part", "#ROOT"]]


@pytest.mark.parametrize("reference", PARTS, ids=str)
def test_rule_4_the_whole_assertion_must_be_signed_once(
    reference: list[str], idp: SAMLIdentityProvider, provider: Provider
) -> None:
    root = _signed_otherwise(idp, reference)
    assert not saml._has_plain_signature(etree.tostring(root))
    assert refused(idp.wrapped(root), provider) == "Response signature invalid"


@pytest.mark.parametrize("reference", PARTS, ids=str)
def test_rule_4_verification_alone_gives_the_whole_or_nothing(reference: list[str], idp: SAMLIdentityProvider) -> None:
    assert saml._verified(etree.tostring(_signed_otherwise(idp, reference)), idp._certificate) is None


def test_rule_4_what_is_read_is_what_was_signed(idp: SAMLIdentityProvider) -> None:
    """A comment is in the document and not in the signed bytes, so it is not in what is read either."""
    alone = etree.tostring(opened(respond(idp)).find(f"{S}Assertion"))
    verified = saml._verified(alone.replace(b"alice", b"al<!-- x -->ice", 1), idp._certificate)
    assert verified is not None
    assert b"<!--" not in etree.tostring(verified)
    assert verified.find(f"{D}Signature") is None
    assert verified.find(f".//{S}NameID").text == "alice"


def test_rule_4_a_transform_that_the_library_passes_over_is_refused_before(idp: SAMLIdentityProvider) -> None:
    root = opened(respond(idp)).find(f"{S}Assertion")
    assert saml._has_plain_signature(etree.tostring(root))
    _xpath_transform(root)
    assert not saml._has_plain_signature(etree.tostring(root))


def test_rule_4_a_comment_does_not_cut_a_name_short(idp: SAMLIdentityProvider, provider: Provider) -> None:
    """The signature does not cover comments, so one may be put in later; it must change nothing."""
    text = base64.b64decode(respond(idp, subject="admin@example.com.evil.example"))
    assert b"admin@example.com" in text
    changed = text.replace(b"admin@example.com", b"admin@example.com<!-- -->", 1)
    changed = changed.replace(b"https://idp", b"https://<!-- -->idp")
    identity = verify(base64.b64encode(changed).decode(), provider)
    assert identity.subject == "admin@example.com.evil.example"
    assert identity.issuer == ISSUER


# Rule 5: subject confirmation


@pytest.mark.parametrize("changes", [{"recipient": None}, {"recipient": ""}])
def test_rule_5_recipient(changes: dict[str, Any], idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert refused(respond(idp, **changes), provider) == (
        "Responses must contain SubjectConfirmatonData with a Recipient and NotOnOrAfter"
    )


def _unsigned(idp: SAMLIdentityProvider) -> etree._Element:
    return idp.assertion({f"{AWS}Role": f"{ROLE},{PROVIDER}", f"{AWS}RoleSessionName": "alice"}, sign=False)


@pytest.mark.parametrize("until", [None, "", "tomorrow", "99999"])
def test_rule_5_not_on_or_after(until: str | None, idp: SAMLIdentityProvider, provider: Provider) -> None:
    assertion = _unsigned(idp)
    data = assertion.find(f".//{S}SubjectConfirmationData")
    data.attrib.pop("NotOnOrAfter")
    if until is not None:
        data.set("NotOnOrAfter", until)
    assert refused(idp.wrapped(idp.signed(assertion)), provider) == saml.NO_CONFIRMATION


def test_rule_5_exactly_one_confirmation_of_the_bearer(idp: SAMLIdentityProvider, provider: Provider) -> None:
    twice, other, none = _unsigned(idp), _unsigned(idp), _unsigned(idp)
    subject = twice.find(f"{S}Subject")
    subject.append(deepcopy(subject[1]))
    other.find(f".//{S}SubjectConfirmation").set("Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")
    none.remove(none.find(f"{S}Subject"))
    for assertion in (twice, other, none):
        assert refused(idp.wrapped(idp.signed(assertion)), provider) == saml.NO_CONFIRMATION


def test_rule_5_expired(idp: SAMLIdentityProvider, provider: Provider) -> None:
    response = respond(idp, lifetime=300)
    assert verify(response, provider, NOW + timedelta(seconds=299)).subject == "alice"
    with pytest.raises(ExpiredTokenException) as caught:
        verify(response, provider, NOW + timedelta(seconds=300))
    assert caught.value.message == "Response has expired"


def test_a_session_that_has_ended_already(idp: SAMLIdentityProvider, provider: Provider) -> None:
    with pytest.raises(ExpiredTokenException, match="Response has expired"):
        verify(respond(idp, session_lifetime=0), provider)


# Rules 6 and 7: attributes


@pytest.mark.parametrize(
    "value",
    [f"{ROLE},{PROVIDER}", f"{PROVIDER},{ROLE}", f" {PROVIDER} ,\n {ROLE} ", ["arn:a,arn:b", f"{ROLE},{PROVIDER}"]],
)
def test_rule_6_the_pair_in_either_order_and_among_others(
    value: Any, idp: SAMLIdentityProvider, provider: Provider
) -> None:
    assert verify(with_attributes(idp, Role=value), provider).subject == "alice"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        ROLE,
        PROVIDER,
        f"{ROLE},{ROLE}",
        f"{ROLE},{PROVIDER},x",
        f"{ROLE}x,{PROVIDER}",
        [ROLE, PROVIDER],
        f"{ROLE};{PROVIDER}",
    ],
)
def test_rule_6_another_pair(value: Any, idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert refused(with_attributes(idp, Role=value), provider) == (
        "SAML Assertion doesn't contain the requested Role and Metadata in the attributes"
    )


@pytest.mark.parametrize("name", ["a", "a" * 65, "John Doe", "", "a/b", "ü" * 3, ["alice", "bob"]])
def test_rule_7_role_session_name(name: Any, idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert refused(with_attributes(idp, RoleSessionName=name), provider) == (
        "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
    )


def test_rule_7_no_role_session_name(idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert (
        refused(with_attributes(idp, RoleSessionName=None), provider) == "RoleSessionName is required in AuthnResponse"
    )


@pytest.mark.parametrize("value", ["a", "John Doe", "aws:x", ["a1", "b1"]])
def test_rule_7_source_identity(value: Any, idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert refused(with_attributes(idp, SourceIdentity=value), provider) == (
        'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
    )


@pytest.mark.parametrize("value", ["899", "43201", "1h", "", "9" * 5000, "٣٦٠٠", ["900", "901"]])
def test_rule_7_session_duration_ours(value: Any, idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert "SessionDuration" in refused(with_attributes(idp, SessionDuration=value), provider)


@pytest.mark.parametrize(
    "tags",
    [
        {"PrincipalTag__a": ["1", "2"]},
        {"PrincipalTag__": "1"},
        {"PrincipalTag__aws:x": "1"},
        {"PrincipalTag__a": "1", "PrincipalTag__A": "2"},
        {"PrincipalTag__a": "!"},
    ],
)
def test_rule_7_tags_ours(tags: dict[str, Any], idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert "PrincipalTag" in refused(with_attributes(idp, **tags), provider)


def test_rule_7_transitive_keys_must_be_tags(idp: SAMLIdentityProvider, provider: Provider) -> None:
    assert refused(respond(idp, tags={"a": "1"}, transitive_tag_keys=["b"]), provider) == (
        "The specified transitive tag key must be included in the requested tags."
    )


# Garbage


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_responses_raise_nothing_but_service_errors(
    idp: SAMLIdentityProvider, provider: Provider, data: st.DataObject
) -> None:
    content = bytearray(base64.b64decode(respond(idp)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=8))
    try:
        verify(base64.b64encode(bytes(content)).decode(), provider)
    except ServiceError as error:
        error.message.encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_encryption_raises_nothing_but_service_errors(
    idp: SAMLIdentityProvider, provider: Provider, keys: tuple[str, str], data: st.DataObject
) -> None:
    algorithm = data.draw(st.sampled_from(sorted(xml_encryption.CONTENT)))
    root = opened(respond(idp, encrypt_to=keys[1], encryption=algorithm))
    element = data.draw(st.sampled_from(list(root.iter())))
    change = data.draw(st.sampled_from(["text", "attribute", "remove", "twice"]))
    if change == "text":
        element.text = data.draw(st.sampled_from(["", "AAAA", "!!", "A" * 400]))
    elif change == "attribute":
        element.set("Algorithm", data.draw(st.sampled_from(["", *xml_encryption.CONTENT, xml_encryption.OAEP])))
    elif element.getparent() is not None:
        if change == "twice":
            element.addnext(deepcopy(element))
        else:
            element.getparent().remove(element)
    try:
        verify(encoded(root), provider)
    except ServiceError as error:
        error.message.encode()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_garbage_raises_nothing_but_service_errors(provider: Provider, text: str) -> None:
    with pytest.raises(ServiceError):
        verify(text, provider)
