"""httpx, httpx2, requests and aiohttp: signed requests through refreshes by time and by rejection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from understudy.bridges import aiohttp, httpx, requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bridges.conftest import Play

BODY = '{"a": "ü"}'.encode()
REGION = {"region": "eu-west-1", "service": "s3"}


def with_httpx(name: str) -> Callable[[Play], None]:
    def use(play: Play) -> None:
        library = pytest.importorskip(name)
        auth = httpx.auth(play.credentials, **REGION, library=name)
        with library.Client(auth=auth, base_url=play.bucket.url) as client:
            in_turn(play, lambda method, path, body: client.request(method, path, content=body).content)

    return use


def with_httpx_async(name: str) -> Callable[[Play], None]:
    def use(play: Play) -> None:
        library = pytest.importorskip(name)

        async def run() -> None:
            auth = httpx.auth(play.credentials, **REGION, library=name)
            async with library.AsyncClient(auth=auth, base_url=play.bucket.url) as client:
                await in_turn_async(play, lambda *a: _read_httpx(client, *a))

        asyncio.run(run())

    return use


async def _read_httpx(client: Any, method: str, path: str, body: bytes) -> bytes:
    answer = await client.request(method, path, content=body)
    content: bytes = answer.content
    return content


def with_requests(play: Play) -> None:
    library = pytest.importorskip("requests")
    with library.Session() as session:
        session.auth = requests.auth(play.credentials, **REGION)
        in_turn(play, lambda method, path, body: session.request(method, play.bucket.url + path, data=body).content)


def with_aiohttp(play: Play) -> None:
    library = pytest.importorskip("aiohttp", minversion="3.12")

    async def run() -> None:
        async with library.ClientSession(middlewares=[aiohttp.middleware(play.credentials, **REGION)]) as session:

            async def send(method: str, path: str, body: bytes) -> bytes:
                async with session.request(method, play.bucket.url + path, data=body or None) as answer:
                    content: bytes = await answer.read()
                    return content

            await in_turn_async(play, send)

    asyncio.run(run())


def in_turn(play: Play, send: Callable[[str, str, bytes], bytes]) -> None:
    send("PUT", "/bucket/a%20b%2Fc", BODY)
    assert play.bucket.objects["a b/c"] == BODY
    play.grow_old()
    assert send("GET", "/bucket/a%20b%2Fc?x=1&empty=&a=%20", b"") == BODY
    play.revoke()
    send("PUT", "/bucket/d", BODY)
    assert play.bucket.objects["d"] == BODY


async def in_turn_async(play: Play, send: Callable[[str, str, bytes], Any]) -> None:
    await send("PUT", "/bucket/a%20b", BODY)
    assert play.bucket.objects["a b"] == BODY
    play.grow_old()
    assert await send("GET", "/bucket/a%20b?x=1&empty=&a=b", b"") == BODY
    play.revoke()
    await send("PUT", "/bucket/d", BODY)
    assert play.bucket.objects["d"] == BODY


@pytest.mark.parametrize(
    "use",
    [
        with_httpx("httpx"),
        with_httpx_async("httpx"),
        with_httpx("httpx2"),
        with_httpx_async("httpx2"),
        with_requests,
        with_aiohttp,
    ],
    ids=["httpx", "httpx async", "httpx2", "httpx2 async", "requests", "aiohttp"],
)
def test_signed_through_both_kinds_of_refresh(play: Play, use: Callable[[Play], None]) -> None:
    use(play)
    assert (play.bucket.rejected, play.bucket.keys) == (["ASIA2"], ["ASIA1", "ASIA2", "ASIA3"])


def test_an_answer_that_is_not_about_the_token_is_left_alone(play: Play) -> None:
    library = pytest.importorskip("requests")
    answer = library.get(f"{play.bucket.url}/bucket/none", auth=requests.auth(play.credentials, **REGION))
    assert answer.status_code == 404
    assert play.bucket.keys == ["ASIA1"]


def test_another_service_is_signed_in_the_default_style(play: Play) -> None:
    library = pytest.importorskip("httpx")
    auth = httpx.auth(play.credentials, region="eu-west-1", service="execute-api")
    answer = library.get(f"{play.bucket.url}/bucket/a.txt", auth=auth)
    assert answer.content == b"hello"
    assert "x-amz-content-sha256" not in play.bucket.asked[0].headers
