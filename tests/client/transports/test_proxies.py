"""Which way a request goes out, for every transport alike."""

from __future__ import annotations

import pytest

from understudy.client.transports import Proxies, TransportSettings, default_transport, host_name
from understudy.client.transports.sockets import SocketTransport
from understudy.errors import ConfigurationError
from understudy.http import Request

PROXY = "http://proxy:3128"


@pytest.mark.parametrize(
    ("no_proxy", "host", "direct"),
    [
        ("", "sts.eu-west-1.amazonaws.com", False),
        ("*", "sts.eu-west-1.amazonaws.com", True),
        ("amazonaws.com", "sts.eu-west-1.amazonaws.com", True),
        (".amazonaws.com", "sts.eu-west-1.amazonaws.com", True),
        ("*.amazonaws.com", "sts.eu-west-1.amazonaws.com", True),
        ("AMAZONAWS.com", "STS.amazonaws.COM:443", True),
        ("aws.com", "sts.amazonaws.com", False),
        ("sts.amazonaws.com", "sts.amazonaws.com", True),
        (" a.example , b.example ", "b.example:8443", True),
        ("10.0.0.0/8", "10.1.2.3:9000", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "sts.amazonaws.com", False),
        ("fd00::/8", "[fd00::1]:9000", True),
        ("[::1]", "[::1]:9000", True),
        ("nonsense/99", "10.1.2.3", False),
    ],
)
def test_no_proxy(no_proxy: str, host: str, direct: bool) -> None:
    assert (Proxies(PROXY, PROXY, no_proxy).choose("https", host) is None) is direct


@pytest.mark.parametrize("host", ["169.254.169.254", "169.254.170.2:80", "[fd00:ec2::254]", "[fd00:ec2::23]:80"])
def test_metadata_addresses_mean_another_machine_behind_a_proxy(host: str) -> None:
    assert Proxies(PROXY, PROXY).choose("http", host) is None


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000"])
def test_loopback_goes_straight_only_where_the_environment_names_the_proxy(host: str) -> None:
    assert Proxies(PROXY, PROXY, bypass_loopback=True).choose("http", host) is None
    assert Proxies(PROXY, PROXY).choose("http", host) == PROXY


def test_each_scheme_has_its_own() -> None:
    proxies = Proxies(http="http://a:1", https="http://b:1")
    assert (proxies.choose("http", "x"), proxies.choose("https", "x")) == ("http://a:1", "http://b:1")
    assert Proxies().choose("https", "x") is None


@pytest.mark.parametrize("url", ["ftp://x", "socks5://x:1", "http://", "http://me:hidden@"])
def test_a_proxy_that_is_no_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Proxies(http=url)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("authority", "name"), [("A.example:1", "a.example"), ("[FD00::1]:80", "fd00::1"), ("[::1]", "::1"), ("a", "a")]
)
def test_the_host_of_an_authority(authority: str, name: str) -> None:
    assert host_name(authority) == name


def test_a_bundle_without_a_certificate_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "empty.pem"
    path.write_text("nothing here")
    with pytest.raises(ConfigurationError, match="holds no PEM certificate"):
        TransportSettings(ca_bundle=str(path)).certificates()


def test_the_default_is_sockets_and_an_https_proxy_takes_pyreqwest() -> None:
    plain, tls = Proxies(https=PROXY), Proxies(https="HTTPS://proxy:3128")
    assert type(default_transport(TransportSettings(proxies=plain))).__name__ == "SocketTransport"
    assert type(default_transport(TransportSettings(proxies=tls))).__name__ == "PyreqwestTransport"


def test_sockets_say_what_to_do_about_an_https_proxy() -> None:
    transport = SocketTransport(TransportSettings(proxies=Proxies(https="https://127.0.0.1:1")))
    with pytest.raises(ConfigurationError, match="https:// proxy") as caught:
        transport.send(Request("POST", "sts.example.test"), 1)
    assert "PyreqwestTransport" in (caught.value.hint or "")
