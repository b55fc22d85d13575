"""Keys of identity providers: discovery, cache, rotation, back-off, bounds and pinned certificates, over real sockets."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Collection, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.server.fetching import FetchFailed, HTTPSFetch, ThumbprintMismatch, is_loopback
from understudy.server.identity_provider import IdentityProvider
from understudy.server.jwks import NoKey, ProviderKeys


class TickingClock:
    def __init__(self) -> None:
        self.at = 1000.0

    def time(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.at += seconds


class Provider:
    arn = "arn:aws:iam::123456789012:oidc-provider/x"
    client_ids: tuple[str, ...] = ()
    jwks = None
    ca_bundle: str | None = None

    def __init__(self, url: str, thumbprints: tuple[str, ...] = ()) -> None:
        self.url = url
        self.thumbprints = thumbprints


class CountingFetch:
    """Gives a provider's documents without a socket, and counts; raises while `down`."""

    def __init__(self, idp: IdentityProvider) -> None:
        self.idp = idp
        self.asked: list[str] = []
        self.down = False

    async def __call__(self, url: str, *, thumbprints: Collection[str] = (), ca_bundle: str | None = None) -> bytes:
        from understudy.http import Request

        self.asked.append(url)
        await asyncio.sleep(0)
        if self.down:
            raise FetchFailed("down")
        return self.idp.respond(Request("GET", "", url.removeprefix(self.idp.issuer))).body


@pytest.fixture
def idp() -> IdentityProvider:
    return IdentityProvider("https://idp.example.com", algorithm="ES256")


@pytest.fixture
def fetch(idp: IdentityProvider) -> CountingFetch:
    return CountingFetch(idp)


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def keys(fetch: CountingFetch, clock: TickingClock) -> ProviderKeys:
    return ProviderKeys(fetch, clock=clock)


@pytest.fixture
def provider(idp: IdentityProvider) -> Provider:
    return Provider(idp.issuer)


async def test_discovery_then_keys_then_the_cache(
    keys: ProviderKeys, provider: Provider, idp: IdentityProvider, fetch: CountingFetch
) -> None:
    kid = idp.signing_key.key_id
    for _ in range(3):
        assert [key["kid"] for key in await keys.find(provider, kid)] == [kid]
    assert fetch.asked == [f"{idp.issuer}/.well-known/openid-configuration", f"{idp.issuer}/.well-known/jwks"]


async def test_many_at_once_cause_one_fetch(
    keys: ProviderKeys, provider: Provider, idp: IdentityProvider, fetch: CountingFetch
) -> None:
    kid = idp.signing_key.key_id
    assert all(await asyncio.gather(*(keys.find(provider, kid) for _ in range(20))))
    assert len(fetch.asked) == 2


async def test_who_gives_up_takes_nothing_from_the_others(
    keys: ProviderKeys, provider: Provider, idp: IdentityProvider, fetch: CountingFetch
) -> None:
    kid = idp.signing_key.key_id
    first, second = (asyncio.create_task(keys.find(provider, kid)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert len(fetch.asked) == 2


async def test_a_rotated_key_is_fetched_but_not_more_often_than_the_interval(
    keys: ProviderKeys, provider: Provider, idp: IdentityProvider, fetch: CountingFetch, clock: TickingClock
) -> None:
    await keys.find(provider, idp.signing_key.key_id)
    new = idp.rotate().key_id
    assert await keys.find(provider, new) == ()
    assert len(fetch.asked) == 2
    clock.at += 10
    assert [key["kid"] for key in await keys.find(provider, new)] == [new]
    for stranger in map(str, range(50)):
        assert await keys.find(provider, stranger) == ()
    assert len(fetch.asked) == 4


async def test_keys_are_fetched_again_when_they_are_an_hour_old(
    keys: ProviderKeys, provider: Provider, idp: IdentityProvider, fetch: CountingFetch, clock: TickingClock
) -> None:
    old = idp.signing_key.key_id
    await keys.find(provider, old)
    idp.rotate(keep=0)
    clock.at += 3599
    assert await keys.find(provider, old)
    clock.at += 1
    assert await keys.find(provider, old) == ()


async def test_failures_back_off_and_old_keys_serve_for_a_day(
    keys: ProviderKeys, provider: Provider, idp: IdentityProvider, fetch: CountingFetch, clock: TickingClock
) -> None:
    fetch.down = True
    for expected in (1, 1, 2):
        with pytest.raises(NoKey):
            await keys.find(provider, "k")
        assert len(fetch.asked) == expected
        clock.at += 0.5
    clock.at += 2
    fetch.down = False
    kid = idp.signing_key.key_id
    assert await keys.find(provider, kid)
    fetch.down = True
    clock.at += 86_400
    assert await keys.find(provider, kid)
    clock.at += 1
    with pytest.raises(NoKey, match="down"):
        await keys.find(provider, kid)


async def test_the_issuer_of_the_document_must_be_the_one_asked(idp: IdentityProvider, fetch: CountingFetch) -> None:
    provider = Provider(idp.issuer)
    idp.discovery = lambda: {"issuer": "https://other", "jwks_uri": f"{idp.issuer}/.well-known/jwks"}  # type: ignore[method-assign]
    with pytest.raises(NoKey, match="names the issuer 'https://other'"):
        await ProviderKeys(fetch).find(provider, "k")


@pytest.mark.parametrize("jwks_uri", [None, 1, "http://idp.example.com/keys"])
async def test_a_document_without_a_safe_jwks_uri(
    jwks_uri: object, idp: IdentityProvider, fetch: CountingFetch
) -> None:
    idp.discovery = lambda: {"issuer": idp.issuer, "jwks_uri": jwks_uri}  # type: ignore[method-assign]
    with pytest.raises(NoKey, match="jwks_uri"):
        await ProviderKeys(fetch).find(Provider(idp.issuer), "k")


async def test_over_loopback_from_a_served_provider() -> None:
    with IdentityProvider(algorithm="ES256").serve() as idp:
        kid = idp.signing_key.key_id
        assert [key["kid"] for key in await ProviderKeys().find(Provider(idp.issuer), kid)] == [kid]


class GarbageFetch:
    """Answers with whatever it is given, in turn."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)

    async def __call__(self, url: str, *, thumbprints: Collection[str] = (), ca_bundle: str | None = None) -> bytes:
        return self.answers.pop(0)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["keys", "kty", "kid", "n", "e", "use", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode())
DISCOVERED = b'{"issuer":"https://idp.example.com","jwks_uri":"https://idp.example.com/k"}'


@settings(max_examples=100, deadline=None)
@given(st.one_of(_json, st.binary(max_size=30)), st.one_of(_json, st.binary(max_size=30)))
def test_garbage_of_a_provider_is_a_missing_key_and_nothing_else(one: bytes, other: bytes) -> None:
    for answers in ((one, other), (DISCOVERED, other)):
        try:
            asyncio.run(ProviderKeys(GarbageFetch(*answers)).find(Provider("https://idp.example.com"), "k"))
        except NoKey:
            pass


# The fetch itself


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "http://127.0.0.1.example.com/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://",
        "https://user@127.0.0.1/",
        "https://127.0.0.1:99999/",
        "https://[::1",
        "https://127.0.0.1/a b",
        "https://127.0.0.1/\r\nx:y",
        "",
    ],
)
async def test_addresses_that_are_never_asked(url: str) -> None:
    with pytest.raises(FetchFailed):
        await HTTPSFetch()(url)


async def test_plain_http_on_loopback_is_a_setting() -> None:
    with IdentityProvider(algorithm="ES256").serve() as idp:
        with pytest.raises(FetchFailed, match="not an https URL"):
            await HTTPSFetch(loopback_http=False)(idp.issuer)


def test_what_loopback_means() -> None:
    assert [
        name for name in ("localhost", "127.9.9.9", "::1", "0.0.0.0", "10.0.0.1", "local") if is_loopback(name)
    ] == [
        "localhost",
        "127.9.9.9",
        "::1",
    ]


class Scripted(BaseHTTPRequestHandler):
    """Misbehaves by path."""

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("location", "/ok")
        else:
            self.send_response(200)
        self.end_headers()
        pieces, pause = {"/large": (1000, 0.0), "/slow": (10_000, 0.01)}.get(self.path, (1, 0.0))
        try:
            for _ in range(pieces):
                self.wfile.write(b"{}" * (1 if pause else 512))
                time.sleep(pause)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, bytes]:
    """A certificate chain for 127.0.0.1 that no trust store knows: the file, the authority, the leaf."""
    now = datetime.datetime.now(datetime.UTC)
    folder = tmp_path_factory.mktemp("tls")

    def make(
        name: str, issuer: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, ca: bool
    ) -> x509.Certificate:
        built = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            built = built.add_extension(names, critical=False)
        return built.sign(signer, hashes.SHA256())

    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root, leaf = make("root", "root", root_key, root_key, True), make("leaf", "root", leaf_key, root_key, False)
    pem = serialization.Encoding.PEM
    private = leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "chain.pem").write_bytes(private + leaf.public_bytes(pem) + root.public_bytes(pem))
    der = serialization.Encoding.DER
    return folder / "chain.pem", root.public_bytes(der), leaf.public_bytes(der)


@pytest.fixture(scope="module")
def https(authority: tuple[Path, bytes, bytes]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority[0])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def thumbprint(certificate: bytes) -> str:
    return hashlib.sha1(certificate).hexdigest()


async def test_an_unknown_authority_without_a_thumbprint(https: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        await HTTPSFetch()(https)
    assert not isinstance(caught.value, ThumbprintMismatch)


async def test_a_thumbprint_of_the_last_certificate_is_trusted(
    https: str, authority: tuple[Path, bytes, bytes]
) -> None:
    assert (await HTTPSFetch()(https, thumbprints=("00" * 20, thumbprint(authority[1]).upper()))).startswith(b"{}")


async def test_another_thumbprint_is_not(https: str, authority: tuple[Path, bytes, bytes]) -> None:
    for wrong in ("00" * 20, thumbprint(authority[2])):
        with pytest.raises(ThumbprintMismatch):
            await HTTPSFetch()(https, thumbprints=(wrong,))


async def test_a_pinned_certificate_does_not_excuse_another_host(
    https: str, authority: tuple[Path, bytes, bytes]
) -> None:
    with pytest.raises(FetchFailed):
        await HTTPSFetch()(https.replace("127.0.0.1", "localhost"), thumbprints=(thumbprint(authority[1]),))


async def test_a_ca_bundle_of_the_provider(https: str, authority: tuple[Path, bytes, bytes]) -> None:
    bundle = ssl.DER_cert_to_PEM_cert(authority[1])
    assert (await HTTPSFetch()(https, ca_bundle=bundle)).startswith(b"{}")


async def test_redirects_are_not_followed_and_size_is_bounded(https: str, authority: tuple[Path, bytes, bytes]) -> None:
    bundle = ssl.DER_cert_to_PEM_cert(authority[1])
    with pytest.raises(FetchFailed, match="status 302"):
        await HTTPSFetch()(f"{https}/redirect", ca_bundle=bundle)
    with pytest.raises(FetchFailed, match="larger than 262144 bytes"):
        await HTTPSFetch()(f"{https}/large", ca_bundle=bundle)


async def test_a_document_that_drips_is_given_up(https: str, authority: tuple[Path, bytes, bytes]) -> None:
    """Each read comes in time; all of them together do not."""
    bundle = ssl.DER_cert_to_PEM_cert(authority[1])
    with pytest.raises(FetchFailed):
        await HTTPSFetch(timeout=0.3)(f"{https}/slow", ca_bundle=bundle)


async def test_the_thumbprint_text_reaches_the_caller(https: str) -> None:
    from understudy.errors import InvalidIdentityTokenException
    from understudy.server.oidc import verify_web_identity

    idp = IdentityProvider(https, algorithm="ES256")
    provider = Provider(https, ("00" * 20,))
    provider.client_ids = ("sts.amazonaws.com",)
    with pytest.raises(InvalidIdentityTokenException) as caught:
        await verify_web_identity(
            idp.token("subject"), providers=[provider], keys=ProviderKeys(), now=datetime.datetime.now(datetime.UTC)
        )
    assert caught.value.message == "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
