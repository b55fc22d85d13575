"""Every wrong request of ``bad_requests.yaml``, over a socket of its own: the documented status, code and text.

None of them may be an internal failure or leave a trace in the log, and the stand-in answers after each as before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
import yaml
from tests.conformance.conftest import A, B, Stage
from tests.conformance.raw import FORM, Answer, Message, Signing, exchange, signed

pytestmark = pytest.mark.conformance

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("bad_requests.yaml").read_text())
BY_DEFAULT = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
SHORTHANDS: dict[str, dict[str, Any]] = {
    "assume": {"Action": "AssumeRole", "RoleArn": "{role}", "RoleSessionName": "demo"},
    "web": {
        "Action": "AssumeRoleWithWebIdentity",
        "RoleArn": "{web_role}",
        "RoleSessionName": "demo",
        "WebIdentityToken": "{token}",
    },
    "session": {"Action": "GetSessionToken"},
    "federate": {"Action": "GetFederationToken", "Name": "carl"},
    "decode": {"Action": "DecodeAuthorizationMessage", "EncodedMessage": "nonsense"},
    "key": {"Action": "GetAccessKeyInfo", "AccessKeyId": "AKIARZPUZDIKGB2VALC4"},
    "web_token": {"Action": "GetWebIdentityToken", "Audience.member.1": "x", "SigningAlgorithm": "RS256"},
    "root": {
        "Action": "AssumeRoot",
        "TargetPrincipal": B,
        "TaskPolicyArn.arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials",
    },
    "trade": {"Action": "GetDelegatedAccessToken", "TradeInToken": "nonsense"},
    "saml": {
        "Action": "AssumeRoleWithSAML",
        "RoleArn": "{role}",
        "PrincipalArn": f"arn:aws:iam::{B}:saml-provider/Nobody",
        "SAMLAssertion": "bm9uc2Vuc2U=",
    },
}
"""A member of a case with one of these names is a form that starts from these values; null takes one away."""


class Sessions:
    """Temporary credentials to sign with, good and stale, begun when the first case asks."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._made: dict[str, dict[str, str]] = {}

    def keys(self, name: str) -> dict[str, str]:
        if name in ("alice", "bob", "carol", "root"):
            return self.stage.keys(name)
        if name not in self._made:
            self._made[name] = getattr(self, f"_{name}")()
        return self._made[name]

    def _begin(self, form: Mapping[str, str], offset: float = 0.0) -> dict[str, str]:
        self.stage.clock.offset = offset
        try:
            message = signed_by(self.stage, self.stage.keys("alice"), form)
            answer = exchange(self.stage.host, message.bytes)
        finally:
            self.stage.clock.offset = 0.0
        assert answer.status == 200, answer
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        return {name: text_of(answer.body, name) or "" for name in names}

    def _role(self, offset: float = 0.0) -> dict[str, str]:
        return self._begin(
            {"Action": "AssumeRole", "RoleArn": self.stage.role, "RoleSessionName": "bad", "DurationSeconds": "900"},
            offset,
        )

    def _other(self) -> dict[str, str]:
        return self._role()

    def _user_session(self) -> dict[str, str]:
        return self._begin({"Action": "GetSessionToken"})

    def _federated(self) -> dict[str, str]:
        return self._begin({"Action": "GetFederationToken", "Name": "carl"})

    def _expired(self) -> dict[str, str]:
        return self._role(offset=-7200)

    def _spliced(self) -> dict[str, str]:
        """The keys of one session with the token of another."""
        return {**self.keys("role"), "SessionToken": self.keys("other")["SessionToken"]}

    def _tampered(self) -> dict[str, str]:
        token = self.keys("role")["SessionToken"]
        middle = len(token) // 2
        changed = "A" if token[middle] != "A" else "B"
        return {**self.keys("role"), "SessionToken": token[:middle] + changed + token[middle + 1 :]}

    def _cut(self) -> dict[str, str]:
        return {**self.keys("role"), "SessionToken": self.keys("role")["SessionToken"][:-8]}

    def _foreign(self) -> dict[str, str]:
        """A session of another stand-in, which has the same directory but keys of its own."""
        import asyncio

        from understudy.http import Request
        from understudy.server.service import Service

        form = {"Action": "AssumeRole", "RoleArn": self.stage.role, "RoleSessionName": "bad"}
        message = signed_by(self.stage, self.stage.keys("alice"), form)
        request = Request("POST", self.stage.host, headers=message.headers.items(), body=message.body)
        response = asyncio.run(Service(self.stage.running.directory).respond(request, "127.0.0.1"))
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        return {name: text_of(response.body, name) or "" for name in names}


def signed_by(stage: Stage, keys: Mapping[str, str], form: Mapping[str, str]) -> Message:
    """A request as it should be."""
    return signed(stage.host, keys, {**BY_DEFAULT, **form}, stage.clock.time())


def text_of(body: bytes, name: str) -> str | None:
    found = ElementTree.fromstring(body).find(f".//{{*}}{name}")
    return None if found is None else found.text or ""


@pytest.fixture(scope="module")
def sessions(stage: Stage) -> Sessions:
    return Sessions(stage)


@pytest.fixture(scope="module")
def words(stage: Stage) -> dict[str, str]:
    """What stands in braces in the corpus."""
    return {
        "role": stage.role,
        "web_role": stage.web_role,
        "token": stage.token(),
        "token_of_another": stage.token("repo:other/x"),
        "token_for_another": stage.token(audience="other"),
        "token_of_another_issuer": stage.token(iss="https://other.example.com"),
        "old_token": stage.token(lifetime=-3600),
        "early_token": stage.token(iat=int(stage.clock.time()) + 3600),
        "alice": f"arn:aws:iam::{A}:user/alice",
        "bob": f"arn:aws:iam::{A}:user/bob",
        "serial": stage.serial("bad"),
        "host": stage.host,
        "A": A,
        "B": B,
    }


def filled(value: Any, words: Mapping[str, str]) -> Any:
    """The value with the words in braces replaced, and ``{repeat: [text, times]}`` and ``{many: ...}`` spelled out."""
    if isinstance(value, dict) and set(value) == {"repeat"}:
        text, times = value["repeat"]
        return text * times
    if isinstance(value, dict):
        return {name: filled(inner, words) for name, inner in value.items()}
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace("{" + name + "}", word)
    return value


def pairs(form: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in form.items():
        if isinstance(value, dict):
            low, high = value["from"], value["to"]
            yield from ((name.replace("#", str(n)), value["value"].replace("#", str(n))) for n in range(low, high + 1))
        elif isinstance(value, list):
            yield from ((name, str(each)) for each in value)
        elif value is not None:
            yield name, str(value)


def form_of(case: Mapping[str, Any], words: Mapping[str, str]) -> str:
    shorthand = next((name for name in SHORTHANDS if name in case), None)
    own = (case.get(shorthand) if shorthand else case.get("form")) or {}
    base = {"Version": "2011-06-15", **(SHORTHANDS[shorthand] if shorthand else {"Action": "GetCallerIdentity"})}
    return urlencode(list(pairs(filled({**base, **own}, words))), quote_via=quote)


def message_of(case: Mapping[str, Any], stage: Stage, sessions: Sessions, words: Mapping[str, str]) -> Message:
    method = case.get("method", "POST")
    form = filled(case["body"], words) if "body" in case else form_of(case, words)
    target = case.get("target", "/")
    headers = {"host": filled(case.get("host", "{host}"), words)}
    if method == "POST":
        headers["content-type"] = FORM
        body = form.encode()
    else:
        body, target = b"", f"{target}?{form}" if form else target
    headers.update(case.get("headers", {}))
    message = Message(method, target, {name: value for name, value in headers.items() if value is not None}, body)
    wanted = case.get("sign", {})
    if wanted is not None and case.get("as", "alice") is not None:
        signing = Signing(sessions.keys(case.get("as", "alice")), stage.clock.time(), filled(wanted, words))
        (signing.by_query if wanted.get("presign") else signing.by_header)(message)
    spoil(message, case.get("then", {}))
    return message


def spoil(message: Message, then: Mapping[str, Any]) -> None:
    """What happens to a request after it was signed."""
    message.headers.update(then.get("headers", {}))
    message.body += then.get("add_to_body", "").encode()
    message.query += then.get("add_to_query", "")
    message.method = then.get("method", message.method)


def check(answer: Answer, expected: Mapping[str, Any], words: Mapping[str, str]) -> None:
    assert answer.status == expected["status"], answer
    for name, value in expected.get("headers", {}).items():
        assert answer.headers.get(name) == (None if value is None else filled(value, words)), answer.headers
    if "body" in expected:
        assert answer.body.decode() == expected["body"]
    if "code" in expected:
        check_fault(answer, expected, words)


def check_fault(answer: Answer, expected: Mapping[str, Any], words: Mapping[str, str]) -> None:
    assert text_of(answer.body, "Code") == expected["code"], answer.body
    assert text_of(answer.body, "Type") == "Sender"
    assert text_of(answer.body, "RequestId") == answer.headers["x-amzn-requestid"]
    assert answer.headers["content-type"] == "text/xml"
    text = text_of(answer.body, "Message")
    if "like" in expected:
        assert re.fullmatch(filled(expected["like"], {n: re.escape(w) for n, w in words.items()}), text or ""), text
    else:
        wanted = filled(expected.get("text"), words)
        assert text == wanted


def test_there_are_at_least_sixty_and_each_has_its_name() -> None:
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_wrong_request_gets_what_is_documented(
    case: dict[str, Any], stage: Stage, sessions: Sessions, words: dict[str, str]
) -> None:
    if "raw" in case:
        data = filled(case["raw"], words).replace("\n", "\r\n").encode("latin-1")
        answer = exchange(stage.host, data)
    else:
        message = message_of(case, stage, sessions, words)
        answer = exchange(stage.host, message.bytes, method=message.method)
    check(answer, case["expect"], words)
    assert answer.status < 500
    assert b"Traceback" not in answer.body
    assert stage.trouble == []
    after = exchange(stage.host, signed_by(stage, stage.keys("alice"), {}).bytes)
    assert (after.status, text_of(after.body, "Arn")) == (200, words["alice"])


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        (
            {"Action": "Nonsense"},
            400,
            {"Code": "InvalidAction", "Message": "Could not find operation Nonsense for version 2011-06-15"},
        ),
        ({"Action": "GetSessionToken", "DurationSeconds": "x"}, 400, {"Code": "MalformedInput"}),
    ],
)
def test_who_asks_for_json_is_refused_in_json(
    stage: Stage, form: dict[str, str], status: int, error: dict[str, str]
) -> None:
    message = signed_by(stage, stage.keys("alice"), form)
    message.headers["accept"] = "application/json"
    answer = exchange(stage.host, message.bytes)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
    assert json.loads(answer.body) == {
        "Error": {**error, "Type": "Sender"},
        "RequestId": answer.headers["x-amzn-requestid"],
    }
