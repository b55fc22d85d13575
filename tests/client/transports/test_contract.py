"""What every transport must do, run against each of them over real loopback sockets."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.client.transports import loopback
from tests.client.transports.loopback import Authority, Connection, Server, always, answer, once

from understudy.client.transports import Proxies, TransportSettings
from understudy.client.transports.aiohttp import AiohttpTransport
from understudy.client.transports.event_loop import EventLoopTransport
from understudy.client.transports.pyreqwest import AsyncPyreqwestTransport, PyreqwestTransport
from understudy.client.transports.sockets import SocketTransport
from understudy.client.transports.urllib3 import Urllib3Transport
from understudy.errors import CallTimeout, ConnectFailed, ResponseError, TransportError
from understudy.http import Request, Response

PATIENCE = 20.0
"""Seconds; what a test gives an exchange that should succeed."""


class Sync:
    """A transport of threads."""

    def __init__(self, make: Callable[[TransportSettings], Any], settings: TransportSettings) -> None:
        self.transport = make(settings)

    def send(self, request: Request, timeout: float | None = PATIENCE) -> Response:
        response: Response = self.transport.send(request, timeout)
        return response

    def send_many(self, requests: list[Request]) -> list[Response]:
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(self.send, requests))

    def close(self) -> None:
        self.transport.close()


class Async:
    """A transport of tasks, run in an event loop of the test's."""

    def __init__(self, make: Callable[[TransportSettings], Any], settings: TransportSettings) -> None:
        self.runner = asyncio.Runner()
        self.transport = make(settings)

    def send(self, request: Request, timeout: float | None = PATIENCE) -> Response:
        response: Response = self.runner.run(self.transport.send(request, timeout))
        return response

    def send_many(self, requests: list[Request]) -> list[Response]:
        async def gathered() -> list[Response]:
            return list(await asyncio.gather(*(self.transport.send(request, PATIENCE) for request in requests)))

        return self.runner.run(gathered())

    def close(self) -> None:
        self.runner.run(self.transport.close())
        self.runner.close()


TRANSPORTS: dict[str, tuple[type[Sync | Async], Callable[[TransportSettings], Any]]] = {
    "pyreqwest": (Sync, PyreqwestTransport),
    "sockets": (Sync, SocketTransport),
    "urllib3": (Sync, Urllib3Transport),
    "pyreqwest-async": (Async, AsyncPyreqwestTransport),
    "event-loop": (Async, EventLoopTransport),
    "aiohttp": (Async, AiohttpTransport),
}
Open = Callable[..., Sync | Async]


@pytest.fixture(params=TRANSPORTS)
def open_(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Make the transport under test with these settings."""
    harness, make = TRANSPORTS[request.param]
    opened: list[Sync | Async] = []

    def make_one(**settings: Any) -> Sync | Async:
        opened.append(harness(make, TransportSettings(**settings)))
        return opened[-1]

    yield make_one
    for each in opened:
        each.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def post(host: str, body: bytes = b"Action=X", scheme: str = "http", **parts: Any) -> Request:
    return Request(
        "POST", host, headers=[("content-type", "text/plain"), ("user-agent", "t")], body=body, scheme=scheme, **parts
    )


def test_a_request_arrives_as_it_was_made(open_: Open) -> None:
    with Server(always(answer())) as server:
        headers = [("content-type", "text/plain"), ("user-agent", "understudy/1"), ("x-b", "2"), ("x-a", "1")]
        open_().send(Request("PUT", server.host, "/a%2Fb/c", "q=%20x&y", headers, b"\x00body\xff", "http"))
    (received,) = server.requests
    assert (received.method, received.target, received.body) == ("PUT", "/a%2Fb/c?q=%20x&y", b"\x00body\xff")
    assert [received.header(name) for name, _ in headers] == [value for _, value in headers]
    assert received.header("host") == server.host
    assert received.header("content-length") == "6"


def test_nothing_is_added_that_changes_the_answer_or_tells_of_the_library(open_: Open) -> None:
    with Server(always(answer())) as server:
        open_().send(Request("GET", server.host, headers=[("user-agent", "understudy/1")], scheme="http"))
    names = {name for name, _ in server.requests[0].headers}
    assert not names & {"accept-encoding", "cookie", "authorization", "referer"}
    assert server.requests[0].header("user-agent") == "understudy/1"


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "403 Forbidden", "500 Oh", "503 Busy"])
def test_every_status_is_an_answer_and_no_redirect_is_followed(open_: Open, status: str) -> None:
    with Server(always(answer(b"text", status, "Location: http://127.0.0.1:1/", "X-Mixed: Case"))) as server:
        response = open_().send(post(server.host))
    assert (response.status, response.body) == (int(status[:3]), b"text")
    assert response.header("x-mixed") == "Case"
    assert len(server.requests) == 1


def test_content_codings_are_left_alone(open_: Open) -> None:
    packed = gzip.compress(b"x" * 1000)
    with Server(always(answer(packed, "200 OK", "content-encoding: gzip"))) as server:
        assert open_().send(post(server.host)).body == packed


def test_repeated_header_fields_are_all_kept(open_: Open) -> None:
    with Server(always(answer(b"", "200 OK", "x-twice: 1", "x-twice: 2"))) as server:
        response = open_().send(post(server.host))
    assert [value for name, value in response.headers if name == "x-twice"] == ["1", "2"]


def test_a_request_without_a_body_is_sent_as_one(open_: Open) -> None:
    with Server(always(answer())) as server:
        assert open_().send(Request("GET", server.host, "/latest", scheme="http")).body == b"ok"
    assert server.requests[0].body == b""


def test_a_chunked_answer_is_whole(open_: Open) -> None:
    parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (b"one ", b"two ", b"three" * 5000))
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n"
    with Server(always(chunked)) as server:
        assert open_().send(post(server.host)).body == b"one two " + b"three" * 5000


def test_an_answer_that_ends_with_its_connection_is_whole(open_: Open) -> None:
    with Server(once(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end")) as server:
        assert open_().send(post(server.host)).body == b"until the end"


def test_connections_are_kept(open_: Open) -> None:
    with Server(always(answer())) as server:
        sender = open_()
        for _ in range(4):
            sender.send(post(server.host))
    assert server.connections == 1


def test_a_kept_connection_that_the_server_closed_gives_an_answer_or_an_error(open_: Open) -> None:
    with Server(once(answer(b"whole"))) as server:
        sender = open_()
        for _ in range(6):
            with contextlib.suppress(TransportError):
                assert sender.send(post(server.host), timeout=600).body == b"whole"


def test_a_refused_connection_is_connect_failed(open_: Open) -> None:
    with loopback.closed_port() as host, pytest.raises(ConnectFailed, match=host) as caught:
        open_().send(post(host))
    assert caught.value.sent is False


def test_an_unknown_host_is_connect_failed(open_: Open) -> None:
    with pytest.raises(ConnectFailed, match=r"nowhere\.invalid"):
        open_().send(post("nowhere.invalid"))


def test_a_connection_that_does_not_come_about_is_bounded(open_: Open) -> None:
    with loopback.unanswered_port() as host, pytest.raises(CallTimeout) as caught:
        open_(connect_timeout=0.3).send(post(host))
    assert caught.value.sent is False


def test_a_handshake_that_does_not_come_about_is_bounded(open_: Open) -> None:
    with Server(lambda connection: connection.wait_for_end()) as server:
        with pytest.raises(CallTimeout):
            open_(connect_timeout=0.3).send(post(server.host, scheme="https"), timeout=2.0)


def test_an_answer_that_does_not_come_is_bounded(open_: Open) -> None:
    with Server(loopback.silent(threading.Event(), threading.Event())) as server:
        with pytest.raises(CallTimeout) as caught:
            open_().send(post(server.host), timeout=0.3)
    assert caught.value.sent is True


def test_a_place_in_the_pool_is_free_again_after_a_time_out(open_: Open) -> None:
    sender = open_(pool_size=1)
    with Server(loopback.silent(threading.Event(), threading.Event())) as slow, Server(always(answer())) as server:
        for _ in range(3):
            with pytest.raises(CallTimeout):
                sender.send(post(slow.host), timeout=0.2)
        assert sender.send(post(server.host)).body == b"ok"


def test_an_answer_that_trickles_is_bounded(open_: Open) -> None:
    stop = threading.Event()

    def trickle(connection: Connection) -> None:
        connection.read()
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while not stop.wait(0.02):
            connection.write(b"x")

    with Server(trickle) as server, pytest.raises(CallTimeout):
        open_().send(post(server.host), timeout=0.5)
    stop.set()


@pytest.mark.parametrize("declared", [True, False])
def test_an_answer_without_end_is_cut_off(open_: Open, declared: bool) -> None:
    def flood(connection: Connection) -> None:
        connection.read()
        framing = b"content-length: 1000000000000" if declared else b"transfer-encoding: chunked"
        connection.write(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
        piece = b"x" * 65536 if declared else b"10000\r\n" + b"x" * 65536 + b"\r\n"
        while True:
            connection.write(piece)

    with Server(flood) as server, pytest.raises(ResponseError, match="larger than 200000 bytes"):
        open_(max_body=200_000).send(post(server.host))


def test_an_answer_of_the_largest_size_is_taken(open_: Open) -> None:
    with Server(always(answer(b"x" * 200_000))) as server:
        assert len(open_(max_body=200_000).send(post(server.host)).body) == 200_000


@pytest.mark.parametrize(
    "half",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200",
        b"",
    ],
)
def test_half_an_answer_is_an_error(open_: Open, half: bytes) -> None:
    with Server(once(half)) as server, pytest.raises(TransportError) as caught:
        open_().send(post(server.host))
    assert not isinstance(caught.value, (CallTimeout, ConnectFailed))


def test_what_is_not_http_is_an_error(open_: Open) -> None:
    with Server(once(b"SSH-2.0-OpenSSH_9.9\r\n\r\n\r\n")) as server, pytest.raises(TransportError):
        open_().send(post(server.host))


def test_errors_show_neither_body_nor_signature(open_: Open) -> None:
    request = Request(
        "POST",
        "",
        headers=[("authorization", "AWS4 secret-signature")],
        body=b"WebIdentityToken=secret-token",
        scheme="http",
    )
    with Server(once(b"")) as server:
        request.host = server.host
        with pytest.raises(TransportError) as caught:
            open_().send(request)
    assert "secret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"


# TLS


def test_an_unknown_authority_is_refused_and_the_way_out_named(open_: Open, authority: Authority) -> None:
    with Server(always(answer()), authority.context("127.0.0.1")) as server:
        with pytest.raises(ConnectFailed) as caught:
            open_().send(post(server.host, scheme="https"))
    assert "AWS_CA_BUNDLE" in (caught.value.hint or "")
    assert server.requests == []


def test_a_bundle_of_several_authorities_makes_theirs_known(open_: Open, authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path)
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(b"# comment\n" + other.bundle.read_bytes() + b"\n" + authority.bundle.read_bytes())
    with Server(always(answer()), authority.context("127.0.0.1")) as server:
        sender = open_(ca_bundle=str(bundle))
        assert [sender.send(post(server.host, scheme="https")).status for _ in range(3)] == [200, 200, 200]
    assert server.connections == 1


def test_a_certificate_for_another_name_is_refused(open_: Open, authority: Authority) -> None:
    with Server(always(answer()), authority.context("sts.example.com")) as server:
        with pytest.raises(ConnectFailed):
            open_(ca_bundle=str(authority.bundle)).send(post(server.host, scheme="https"))
    assert server.requests == []


def test_checks_can_be_switched_off(open_: Open, authority: Authority) -> None:
    with Server(always(answer()), authority.context("sts.example.com")) as server:
        assert open_(verify=False).send(post(server.host, scheme="https")).status == 200


# proxies


def test_plain_http_goes_to_the_proxy_in_absolute_form(open_: Open) -> None:
    with Server(loopback.tunnel) as proxy:
        sender = open_(proxies=Proxies(http=f"http://{proxy.host}"))
        assert sender.send(post("sts.example.test", path="/x", query="y=1")).body == b"from the proxy"
    assert proxy.requests[0].target == "http://sts.example.test/x?y=1"


def test_the_proxys_user_is_named_to_the_proxy(open_: Open) -> None:
    with Server(loopback.tunnel) as proxy:
        open_(proxies=Proxies(http=f"http://ann:p%40ss@{proxy.host}")).send(post("sts.example.test"))
    assert proxy.requests[0].header("proxy-authorization") == "Basic YW5uOnBAc3M="


def test_https_goes_through_a_tunnel(open_: Open, authority: Authority) -> None:
    with Server(loopback.tunnel) as proxy, Server(always(answer()), authority.context("sts.example.test")) as server:
        sender = open_(proxies=Proxies(https=f"http://{proxy.host}"), ca_bundle=str(authority.bundle))
        assert sender.send(post(f"sts.example.test:{server.port}", scheme="https")).body == b"ok"
    assert (proxy.requests[0].method, proxy.requests[0].target) == ("CONNECT", f"sts.example.test:{server.port}")
    assert server.requests[0].target == "/"
    assert server.requests[0].header("proxy-authorization") is None


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_refuses_the_tunnel_is_connect_failed(open_: Open, status: str) -> None:
    with Server(once(answer(b"", status))) as proxy, pytest.raises(ConnectFailed):
        open_(proxies=Proxies(https=f"http://{proxy.host}")).send(post("sts.example.test", scheme="https"))


def test_a_proxy_that_is_not_there_is_connect_failed(open_: Open) -> None:
    with loopback.closed_port() as host, pytest.raises(ConnectFailed):
        open_(proxies=Proxies(http=f"http://{host}")).send(post("sts.example.test"))


def test_no_proxy_goes_straight(open_: Open) -> None:
    with loopback.closed_port() as dead, Server(always(answer())) as server:
        proxies = Proxies(http=f"http://{dead}", no_proxy="example.com,127.0.0.0/8")
        assert open_(proxies=proxies).send(post(server.host)).body == b"ok"


def test_the_environment_is_not_the_transports_business(open_: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    with loopback.closed_port() as dead, Server(always(answer())) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{dead}")
        assert open_().send(post(server.host)).body == b"ok"


# many at once


def test_many_at_once(open_: Open) -> None:
    with Server(always(answer())) as server:
        sender = open_(pool_size=8)
        responses = sender.send_many([post(server.host) for _ in range(48)])
    assert [response.body for response in responses] == [b"ok"] * 48


def test_the_pool_bounds_the_connections(open_: Open) -> None:
    gate, together = threading.Event(), threading.Barrier(2)

    def handle(connection: Connection) -> None:
        while connection.read() is not None:
            if not gate.is_set():
                together.wait(PATIENCE)
                gate.set()
            connection.write(answer())

    with Server(handle) as server:
        open_(pool_size=2).send_many([post(server.host) for _ in range(8)])
    assert server.most_open == 2
