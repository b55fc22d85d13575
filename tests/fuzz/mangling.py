"""Requests that are wrong in ways that nobody thought of: from good ones, by chance, with a seed that brings them back.

Three kinds: members of any form that get past the signature, signatures that are nearly right, and bytes that are
nearly HTTP. Policies, web identity tokens and SAML responses are well-formed on the outside, so that their insides are
looked at.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from urllib.parse import quote

from tests.conformance.raw import FORM, Message, Signing

from understudy.commands import BY_NAME
from understudy.shape import Integer, Kind, ListOf, Nested

ARNS = (
    "arn:aws:iam::987654321098:role/CrossAccountRole",
    "arn:aws:iam::987654321098:role/WebRole",
    "arn:aws:iam::987654321098:role/SamlRole",
    "arn:aws:iam::123456789012:mfa/alice-bad",
    "arn:aws:iam::987654321098:saml-provider/Directory",
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials",
    "arn:aws:iam::aws:contextProvider/IdentityCenter",
    "arn:aws:iam::123456789012:user/alice",
    "arn:aws:iam:::role/x-x-x-x-x-x",
    "arn:aws:iam::987654321098:role/",
    "arn:aws:iam::987654321098:role//x",
    "arn:aws-cn:iam::987654321098:role/x",
    "arn:aws:sts::987654321098:assumed-role/CrossAccountRole/x",
    "arn::::::::::::::::::::::",
)
TEXTS = (
    "",
    " ",
    "a",
    "demo",
    "0",
    "-1",
    "+900",
    "900",
    "3600",
    "43200",
    "2147483647",
    "99999999999999999999",
    "1e9",
    "NaN",
    "null",
    "true",
    "123456",
    "RS256",
    "ES384",
    "987654321098",
    "\x00",
    "\r\n",
    "\u2028",
    "é",
    "ſ",
    "İ",
    "\ud7ff",
    "\ufffd",
    "\ufffe",
    "😀",
    "<a>&amp;</a>",
    "]]>",
    "%",
    "%00",
    "${aws:username}",
    "*",
    "aws:x",
    "AKIARZPUZDIKGB2VALC4",
    "ASIAQAAAAAAAGMKEM7X5",
    "a" * 65,
    "a" * 3000,
    "../../../etc/passwd",
    "{}",
    "[]",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    1e308,
    2**70,
    "",
    "*",
    "x",
    [],
    {},
    [[]],
    [None],
    {"": ""},
    "sts:*",
    "Allow",
    "Deny",
    ["sts:*", 1],
    {"AWS": "*"},
    {"StringLike": {"aws:x": [None, 1, {}]}},
    {"NumericLessThan": {"aws:EpochTime": "x"}},
    {"IpAddress": {"aws:SourceIp": "999.0.0.0/99"}},
    {"ForAllValues:Null": {"x": "y"}},
)
SAML = (
    '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
    'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:Issuer>x</saml:Issuer>'
    "<saml:Assertion><saml:Issuer>x</saml:Issuer><saml:Subject/></saml:Assertion></samlp:Response>"
)
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Id": "x",
    "Statement": [
        {
            "Sid": "x",
            "Effect": "Allow",
            "Action": ["s3:Get*", "sts:*"],
            "Resource": "arn:aws:s3:::b/${aws:username}/*",
            "Condition": {
                "StringEquals": {"aws:RequestedRegion": ["us-east-1"]},
                "Bool": {"aws:SecureTransport": "true"},
            },
        }
    ],
}


class Mangler:
    """Makes wrong requests for one stand-in. `keys` are the credentials to sign with, `token` signs claims as given,
    `saml` attributes as given.
    """

    def __init__(
        self,
        seed: int,
        host: str,
        now: Callable[[], float],
        keys: list[Mapping[str, str]],
        token: Callable[[Mapping[str, Any], Mapping[str, Any]], str],
        saml: Callable[[Mapping[str, Any]], str],
    ) -> None:
        self.random = Random(seed)
        self.host = host
        self.now = now
        self.keys = keys
        self.token = token
        self.saml = saml

    def message(self) -> Message:
        """A request whose members are wrong, mostly signed well, so that they are looked at."""
        random = self.random
        pairs = self._form()
        safe = random.choice(["", "", "-._~"])
        body = "&".join(f"{name}={quote(value, safe=safe, errors='replace')}" for name, value in pairs)
        if random.random() < 0.05:
            body = self._spoiled_text(body)
        headers = {"host": random.choice([self.host] * 9 + ["sts.amazonaws.com", "sts.eu-west-1.amazonaws.com", ""])}
        if random.random() < 0.1:
            headers["accept"] = "application/json"
        if random.random() < 0.15:
            message = Message("GET", f"/?{body}", headers, b"")
        else:
            message = Message("POST", "/", {**headers, "content-type": FORM}, body.encode("latin-1", "replace"))
        self._sign(message)
        return message

    def bytes(self) -> bytes:
        """A request with some bytes changed, put in or taken out, anywhere."""
        random, data = self.random, bytearray(self.message().bytes)
        for _ in range(random.choice([1, 1, 2, 5, 20])):
            place = random.randrange(len(data) + 1) if random.random() < 0.5 else random.randrange(min(len(data), 300))
            chosen = random.choice(
                [b"\x00", b"\xff", b"\r\n", b":", b" ", b"%", b"&", b"=", b"\r\n\r\n", bytes([random.randrange(256)])]
            )
            cut = random.choice([0, 0, 1, 1, 3, 30])
            data[place : place + cut] = chosen if random.random() < 0.7 else b""
        return bytes(data[: random.randrange(len(data) + 1)]) if random.random() < 0.05 else bytes(data)

    def _form(self) -> list[tuple[str, str]]:
        random = self.random
        name = random.choice(sorted(BY_NAME))
        pairs = [("Action", name), ("Version", "2011-06-15")]
        for member in BY_NAME[name].members:
            if member.required or random.random() < 0.35:
                pairs += self._member(member.wire_name, member.kind)
        for _ in range(random.choice([0, 0, 0, 1, 2])):
            self._spoil_pairs(pairs)
        return pairs

    def _member(self, name: str, kind: Kind) -> list[tuple[str, str]]:
        random = self.random
        if isinstance(kind, ListOf):
            if random.random() < 0.05:
                return [(name, "")]
            count = random.choice([1, 1, 2, 3, 10, 51])
            return [pair for n in range(1, count + 1) for pair in self._member(f"{name}.member.{n}", kind.item)]
        if isinstance(kind, Nested):
            return [pair for m in kind.shape.members for pair in self._member(f"{name}.{m.wire_name}", m.kind)]
        if isinstance(kind, Integer):
            return [(name, random.choice(["900", "3600", "0", "60"] if random.random() < 0.8 else TEXTS))]
        return [(name, self._text(name))]

    def _text(self, name: str) -> str:
        random = self.random
        if random.random() < 0.15:
            return random.choice(TEXTS)
        if name.endswith("Policy"):
            return self._document()
        if name == "WebIdentityToken":
            return self._jwt()
        if name == "SAMLAssertion":
            return self._saml()
        if name.endswith(("Arn", "arn", "SerialNumber", "TargetPrincipal")):
            return random.choice(ARNS[:5] * 3 + ARNS)
        if name in ("EncodedMessage", "TradeInToken", "ContextAssertion") or name.endswith(".ContextAssertion"):
            return self._opaque()
        good = {"RoleSessionName": "demo", "Name": "carl", "TokenCode": "123456", "SigningAlgorithm": "RS256"}
        return good.get(name, random.choice(["demo", "Team", "a b"]))

    def _document(self) -> str:
        text = json.dumps(self._spoiled_value(json.loads(json.dumps(POLICY))))
        return self._spoiled_text(text) if self.random.random() < 0.1 else text

    def _spoiled_value(self, value: Any) -> Any:
        """The value with something inside replaced, taken out or given another name."""
        random = self.random
        if random.random() < 0.08:
            return random.choice(VALUES)
        if isinstance(value, dict):
            kept = {k: self._spoiled_value(v) for k, v in value.items() if random.random() > 0.04}
            if random.random() < 0.05:
                kept[random.choice(["NotAction", "Principal", "NotPrincipal", "NotResource", "Nonsense", ""])] = (
                    random.choice(VALUES)
                )
            return kept
        if isinstance(value, list):
            return [self._spoiled_value(item) for item in value] * random.choice([1, 1, 1, 0, 3])
        return value

    def _jwt(self) -> str:
        random, now = self.random, int(self.now())
        claims: dict[str, Any] = {
            "iss": "https://idp.example.com",
            "sub": "repo:understudy/demo",
            "aud": "sts.amazonaws.com",
            "iat": now,
            "exp": now + 900,
        }
        if random.random() < 0.5:
            claims["https://aws.amazon.com/tags"] = {"principal_tags": {"Team": ["x"]}, "transitive_tag_keys": ["Team"]}
            claims["https://aws.amazon.com/source_identity"] = "alice"
            claims["https://aws.amazon.com/roles"] = [ARNS[1]]
            claims["amr"], claims["nbf"], claims["azp"] = ["x"], now, "sts.amazonaws.com"
        header = self._spoiled_value({"kid": "x", "typ": "JWT", "crit": ["x"]}) if random.random() < 0.1 else {}
        try:
            token = self.token(self._spoiled_value(claims), header if isinstance(header, dict) else {})
        except Exception:  # the signer refuses headers that are too wrong
            token = "e30.e30.e30"
        return self._spoiled_text(token) if random.random() < 0.1 else token

    def _saml(self) -> str:
        random = self.random
        if random.random() < 0.6:
            text = base64.b64decode(self.saml(self._attributes())).decode()
        else:
            text = random.choice([SAML, "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a/>", "", "\x00"])
        if random.random() < 0.4:
            text = self._spoiled_text(text)
        encoded = base64.b64encode(text.encode("utf-8", "replace")).decode()
        return self._spoiled_text(encoded) if random.random() < 0.1 else encoded

    def _attributes(self) -> dict[str, Any]:
        """Attributes of an assertion that is signed rightly, whatever they say."""
        random, aws = self.random, "https://aws.amazon.com/SAML/Attributes/"
        names = (
            "Role",
            "RoleSessionName",
            "SessionDuration",
            "PrincipalTag:Team",
            "PrincipalTag:",
            "TransitiveTagKeys",
            "SourceIdentity",
            "x",
        )
        texts = [text for text in (*TEXTS, *ARNS) if text.isprintable()]
        chosen = random.sample(names, random.choice([0, 1, 1, 2, 4]))
        return {aws + name: random.choice([random.choice(texts), random.sample(texts, 2), []]) for name in chosen}

    def _opaque(self) -> str:
        random = self.random
        made = base64.urlsafe_b64encode(random.randbytes(random.choice([0, 1, 16, 60, 300]))).decode()
        return random.choice([made, made.rstrip("="), "é", "====", json.dumps(random.choice(VALUES)), made + "\n"])

    def _spoiled_text(self, text: str) -> str:
        random = self.random
        place = random.randrange(len(text) + 1)
        cut = random.choice([0, 1, 1, 5])
        return (
            text[:place]
            + random.choice(["", "%", "%zz", "\xff", "&", "=", ".", "{", '"', "\\", "A"])
            + text[place + cut :]
        )

    def _spoil_pairs(self, pairs: list[tuple[str, str]]) -> None:
        random = self.random
        place = random.randrange(len(pairs))
        name, value = pairs[place]
        spoiled = random.choice(
            [
                (name, random.choice(TEXTS)),
                (
                    name
                    + random.choice([".member.1", ".member.0", ".member.-1", ".member.x", ".", ".x", ".member.10.Key"]),
                    value,
                ),
                (name.replace(".1", random.choice([".01", ".11", ".2", ".", ".1.1"])), value),
                (random.choice(["", "Action", "Version", "Tags", "PolicyArns.member.9.arn", "\x00"]), value),
            ]
        )
        random.choice(
            [lambda: pairs.append(spoiled), lambda: pairs.insert(0, spoiled), lambda: pairs.__setitem__(place, spoiled)]
        )()

    def _sign(self, message: Message) -> None:
        random = self.random
        if random.random() < 0.05:
            return
        wanted: dict[str, Any] = {}
        if random.random() < 0.15:
            spoiled = random.choice(
                [
                    "key_id",
                    "secret",
                    "token",
                    "date",
                    "scope_date",
                    "region",
                    "service",
                    "terminator",
                    "algorithm",
                    "credential",
                ]
            )
            wanted[spoiled] = random.choice([text for text in TEXTS if text.isprintable() and text.isascii()])
        elif random.random() < 0.05:
            wanted["authorization"] = random.choice(
                ["", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 =", "AWS4-HMAC-SHA256 Credential=,,;=", "x"]
            )
        elif random.random() < 0.05:
            wanted["skew"] = random.choice([-(10**9), 10**9, 901, -901])
        signing = Signing(random.choice(self.keys), self.now(), wanted)
        (signing.by_query if random.random() < 0.1 else signing.by_header)(message)
