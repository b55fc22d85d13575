"""Requests by hand: every byte is ours to spoil. The signer here is not the one under test, and knows only ``/``."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

FORM = "application/x-www-form-urlencoded"
SIGNED = ("content-type", "host", "x-amz-date", "x-amz-security-token")


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


def exchange(host: str, data: bytes, *, method: str = "POST", timeout: float = 30.0) -> Answer:
    """Send bytes over a connection of their own, and read one answer."""
    name, _, port = host.rpartition(":")
    with socket.create_connection((name, int(port)), timeout=timeout) as connection:
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # a server may answer before it has read everything
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())


class Message:
    """A request that is being made: `bytes` is what goes out."""

    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method = method
        self.path, _, self.query = target.partition("?")
        self.headers = dict(headers)
        self.body = body

    @property
    def bytes(self) -> bytes:
        target = f"{self.path}?{self.query}" if self.query else self.path
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
        if self.body or self.method == "POST":
            lines.append(f"content-length: {len(self.body)}")
        return "\r\n".join([*lines, "connection: close", "", ""]).encode("latin-1") + self.body

    def add_to_query(self, *pairs: tuple[str, str]) -> None:
        encoded = (f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}" for name, value in pairs)
        self.query = "&".join([*([self.query] if self.query else []), *encoded])


class Signing:
    """How a message is signed, right or wrong: the entries of ``sign`` in the corpus."""

    def __init__(self, keys: Mapping[str, str], now: float, wanted: Mapping[str, Any]) -> None:
        moment = datetime.fromtimestamp(now, UTC) + timedelta(seconds=wanted.get("skew", 0))
        self.key_id = wanted.get("key_id", keys["AccessKeyId"])
        self.secret = wanted.get("secret", keys["SecretAccessKey"])
        self.token = wanted.get("token", keys.get("SessionToken"))
        self.timestamp = wanted.get("date", moment.strftime("%Y%m%dT%H%M%SZ"))
        self.date = wanted.get("scope_date", moment.strftime("%Y%m%d"))
        self.region = wanted.get("region", "us-east-1")
        self.service = wanted.get("service", "sts")
        self.terminator = wanted.get("terminator", "aws4_request")
        self.algorithm = wanted.get("algorithm", "AWS4-HMAC-SHA256")
        self.leave_out = set(wanted.get("leave_out", ()))
        self.unsigned = set(wanted.get("unsigned_headers", ()))
        self.credential = wanted.get("credential", f"{self.key_id}/{self.scope}")
        self.authorization = wanted.get("authorization")

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"

    def by_header(self, message: Message) -> None:
        """Add the headers of a signature."""
        if "date" not in self.leave_out:
            message.headers["x-amz-date"] = self.timestamp
        if self.token is not None:
            message.headers["x-amz-security-token"] = self.token
        names = sorted(name for name in SIGNED if name in message.headers and name not in self.unsigned)
        signature = self._signature(message, names, hashlib.sha256(message.body).hexdigest())
        parts = {"Credential": self.credential, "SignedHeaders": ";".join(names), "Signature": signature}
        if self.authorization is not None:
            message.headers["authorization"] = self.authorization.format(**parts)
            return
        given = ", ".join(f"{name}={value}" for name, value in parts.items() if name not in self.leave_out)
        message.headers["authorization"] = f"{self.algorithm} {given}"

    def by_query(self, message: Message) -> None:
        """Add the parameters of a presigned address."""
        names = sorted(name for name in ("host",) if name not in self.unsigned)
        pairs = {
            "X-Amz-Algorithm": self.algorithm,
            "X-Amz-Credential": self.credential,
            "X-Amz-Date": self.timestamp,
            "X-Amz-Expires": "3600",
            "X-Amz-Security-Token": self.token,
            "X-Amz-SignedHeaders": ";".join(names),
        }
        kept = [(name, value) for name, value in pairs.items() if value is not None and name not in self.leave_out]
        message.add_to_query(*kept)
        signature = self._signature(message, names, hashlib.sha256(message.body).hexdigest())
        if "X-Amz-Signature" not in self.leave_out:
            message.add_to_query(("X-Amz-Signature", signature))

    def _signature(self, message: Message, names: list[str], payload: str) -> str:
        headers = "".join(f"{name}:{message.headers[name]}\n" for name in names)
        query = "&".join(sorted(message.query.split("&")))
        canonical = "\n".join([message.method, message.path, query, headers, ";".join(names), payload])
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self.timestamp}\n{self.scope}\n{hashed}"
        key = f"AWS4{self.secret}".encode()
        for part in (self.date, self.region, self.service, self.terminator):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def signed(host: str, keys: Mapping[str, str], form: Mapping[str, str], now: float, **wanted: Any) -> Message:
    """A POST as it should be."""
    message = Message("POST", "/", {"host": host, "content-type": FORM}, urlencode(form, quote_via=quote).encode())
    Signing(keys, now, wanted).by_header(message)
    return message
