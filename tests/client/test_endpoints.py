"""Endpoints: the rules in words; tests/conformance/test_botocore_endpoints.py holds them to botocore's, all of them."""

from __future__ import annotations

import pytest

from understudy.client.endpoints import PARTITIONS, Endpoint, custom, partition_of, resolve
from understudy.errors import ConfigurationError


@pytest.mark.parametrize(
    ("region", "flags", "url", "signing_region"),
    [
        ("us-east-1", {}, "https://sts.us-east-1.amazonaws.com", "us-east-1"),
        ("aws-global", {}, "https://sts.amazonaws.com", "us-east-1"),
        ("us-west-2", {"use_global_endpoint": True}, "https://sts.amazonaws.com", "us-east-1"),
        ("il-central-1", {"use_global_endpoint": True}, "https://sts.il-central-1.amazonaws.com", "il-central-1"),
        ("cn-north-1", {"use_global_endpoint": True}, "https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("us-west-2", {"use_fips_endpoint": True}, "https://sts-fips.us-west-2.amazonaws.com", "us-west-2"),
        ("us-gov-west-1", {"use_fips_endpoint": True}, "https://sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("eu-west-1", {"use_dualstack_endpoint": True}, "https://sts.eu-west-1.api.aws", "eu-west-1"),
        (
            "us-gov-east-1",
            {"use_fips_endpoint": True, "use_dualstack_endpoint": True},
            "https://sts-fips.us-gov-east-1.api.aws",
            "us-gov-east-1",
        ),
        (
            "us-east-1",
            {"use_fips_endpoint": True, "use_global_endpoint": True},
            "https://sts-fips.us-east-1.amazonaws.com",
            "us-east-1",
        ),
        ("eusc-de-east-1", {}, "https://sts.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("moon-base-1", {}, "https://sts.moon-base-1.amazonaws.com", "moon-base-1"),
    ],
)
def test_the_endpoint_of_a_region(region: str, flags: dict[str, bool], url: str, signing_region: str) -> None:
    found = resolve(region, **flags)
    assert (found.url, found.signing_region) == (url, signing_region)


def test_every_partition_owns_its_pseudo_region() -> None:
    assert [partition_of(partition.pseudo_region) for partition in PARTITIONS] == list(PARTITIONS)


@pytest.mark.parametrize(
    "region", ["", "-", "eu-west-1.evil.example", "eu west 1", "eu-west-1/", "a@b", "é-west-1", "x" * 64]
)
def test_a_region_that_is_no_host_label_is_refused(region: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a region"):
        resolve(region)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8000", Endpoint("http", "localhost:8000", "/", "eu-west-1")),
        ("http://localhost:80", Endpoint("http", "localhost", "/", "eu-west-1")),
        ("HTTPS://STS.Example.COM:443/", Endpoint("https", "sts.example.com", "/", "eu-west-1")),
        ("https://host/base/path", Endpoint("https", "host", "/base/path", "eu-west-1")),
        ("http://[::1]:8000", Endpoint("http", "[::1]:8000", "/", "eu-west-1")),
        ("http://[::1]", Endpoint("http", "[::1]", "/", "eu-west-1")),
        ("http://minio_1:9000", Endpoint("http", "minio_1:9000", "/", "eu-west-1")),
    ],
)
def test_a_custom_endpoint_is_taken_as_it_stands(url: str, expected: Endpoint) -> None:
    assert custom(url, region="eu-west-1") == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://host",
        "http://",
        "http://user:secret@host",
        "http://host?x=1",
        "http://host/#x",
        "http://host:port",
        "http://host:70000",
        "http://ho st",
        "http://host/pa th",
        "http://host\r\nx: y",
        "http://[::1",
    ],
)
def test_what_is_no_plain_url_is_refused_with_its_source(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"AWS_ENDPOINT_URL_STS"):
        custom(url, where="AWS_ENDPOINT_URL_STS")


@pytest.mark.parametrize("flag", ["use_fips_endpoint", "use_dualstack_endpoint"])
def test_a_custom_endpoint_excludes_fips_and_dual_stack(flag: str) -> None:
    with pytest.raises(ConfigurationError, match="exclude each other"):
        custom("https://host", **{flag: True})
