"""The ASGI application: requests as they came, bounds on bodies, clients that go away."""

import asyncio

from tests.server.stand_in import ALICE, StandIn

from understudy.server.app import App


def scope_of(request, **more):
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    return {
        "type": "http",
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query.encode(),
        "headers": headers,
        "client": ("203.0.113.7", 4000),
        "scheme": "http",
        **more,
    }


def run(app, scope, *messages):
    sent = []
    waiting = list(messages)

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


def body(content, more=False):
    return {"type": "http.request", "body": content, "more_body": more}


def prepared():
    stand_in = StandIn()
    return App(stand_in.service), stand_in.signed(stand_in.request("GetCallerIdentity"), ALICE)


def test_a_request_in_one_piece_and_in_many():
    app, request = prepared()
    whole = run(app, scope_of(request), body(request.body))
    parts = [body(request.body[:5], True), body(b"", True), body(request.body[5:])]
    assert whole[0]["status"] == run(app, scope_of(request), *parts)[0]["status"] == 200


def test_a_path_is_taken_as_it_came():
    app, request = prepared()
    request.path = "/%2F"
    assert run(app, scope_of(request, path="//"), body(b""))[0]["status"] == 404


def test_section_1_ten_million_bytes_are_read_and_one_more_is_too_many():
    app, request = prepared()
    assert run(app, scope_of(request), body(b"a" * 10_000_000))[0]["status"] != 413
    sent = run(app, scope_of(request), body(b"a" * 6_000_000, True), body(b"a" * 4_000_001, True), body(b"never read"))
    assert sent[0]["status"] == 413
    assert sent[1]["body"] == b""
    assert b"x-amzn-requestid" not in dict(sent[0]["headers"])


def test_a_client_that_goes_away_gets_no_answer():
    app, request = prepared()
    assert run(app, scope_of(request), body(b"a", True), {"type": "http.disconnect"}) == []
    assert run(app, scope_of(request), {"type": "http.disconnect"}) == []


def test_lifespan():
    app, _ = prepared()
    sent = run(app, {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_other_connections_are_let_go():
    app, _ = prepared()
    assert run(app, {"type": "websocket"}) == []
