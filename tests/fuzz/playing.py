"""Plays mangled requests to a stand-in and keeps those that it did not take as it should."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any
from xml.etree import ElementTree

from tests.conformance.conftest import Stage, opened
from tests.conformance.raw import Answer, Message, exchange
from tests.conformance.test_bad_requests import Sessions, signed_by
from tests.fuzz.mangling import Mangler

from understudy.http import Request

STATUSES = {200, 302, 400, 403, 404, 413}


class Player:
    """A stand-in, its mangler, and what went wrong so far: the request, and why."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        sessions = Sessions(stage)
        names = ("alice", "alice", "bob", "root", "role", "user_session", "federated", "expired", "spliced")
        keys = [sessions.keys(name) for name in names]
        self.mangler = Mangler(seed, stage.host, stage.clock.time, keys, self._token, self._saml)
        self.wrong: list[tuple[bytes, str]] = []
        self.played = 0

    def _token(self, claims: Any, header: Any) -> str:
        found: str = self.stage.provider.sign(claims, header=header or None)
        return found

    def _saml(self, attributes: Any) -> str:
        stage = self.stage
        found: str = stage.directory_of_people.response(stage.saml_role, stage.saml_provider, attributes=attributes)
        return found

    def inside(self) -> None:
        """One request straight to the service: fast, so that many members are tried."""
        message = self.mangler.message()
        request = Request(
            message.method,
            message.headers["host"],
            message.path,
            message.query,
            message.headers.items(),
            message.body,
            "http",
        )
        response = asyncio.run(self.stage.running.service.respond(request, "127.0.0.1"))
        self._judge(message.bytes, Answer(response.status, dict(response.headers), response.body))

    def over_a_socket(self) -> None:
        """One request of mangled bytes over a connection; bytes that are no HTTP are owed no answer."""
        data = self.mangler.bytes()
        try:
            answer = exchange(self.stage.host, data, timeout=0.3)
        except (OSError, HTTPException):
            self._judge(data, None)
        else:
            self._judge(data, answer)

    def _judge(self, data: bytes, answer: Answer | None) -> None:
        self.played += 1
        problem = problem_of(answer) if answer is not None else None
        if self.stage.trouble:
            problem = self.stage.trouble[0]
            self.stage.trouble.clear()
        if problem is not None:
            self.wrong.append((data, problem))

    def still_serves(self) -> bool:
        """Whether a good request gets a good answer."""
        message: Message = signed_by(self.stage, self.stage.keys("alice"), {})
        return exchange(self.stage.host, message.bytes).status == 200


def problem_of(answer: Answer) -> str | None:
    """What is wrong with an answer to whatever was asked; None when nothing is."""
    if answer.status not in STATUSES:
        return f"status {answer.status}: {answer.body[:300]!r}"
    if b"Traceback" in answer.body:
        return f"a traceback: {answer.body[:300]!r}"
    if answer.headers.get("content-type") == "text/xml" and answer.body and answer.status != 404:
        try:
            ElementTree.fromstring(answer.body)
        except ElementTree.ParseError as error:
            return f"not XML: {error}: {answer.body[:300]!r}"
    return None


@contextmanager
def player(seed: int) -> Iterator[Player]:
    """A player with a stand-in of its own."""
    with opened() as stage:
        yield Player(stage, seed)


def play(seconds: float, seed: int, socket_share: int = 50) -> Player:
    """Play for a while; every fiftieth request goes over a socket."""
    with player(seed) as found:
        until = time.monotonic() + seconds
        while time.monotonic() < until and len(found.wrong) < 20:
            for _ in range(socket_share - 1):
                found.inside()
            found.over_a_socket()
        if not found.still_serves():
            found.wrong.append((b"", "the stand-in no longer serves"))
    return found
