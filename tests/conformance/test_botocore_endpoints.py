"""Endpoints equal botocore's: its rule set is run over every partition, region and combination of flags."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

botocore = pytest.importorskip("botocore")

from botocore.endpoint_provider import EndpointProvider  # noqa: E402
from botocore.exceptions import EndpointProviderError  # noqa: E402
from botocore.loaders import Loader  # noqa: E402

from understudy.client import endpoints  # noqa: E402
from understudy.errors import ConfigurationError  # noqa: E402

pytestmark = pytest.mark.conformance

LOADER = Loader()
PARTITIONS: dict[str, Any] = LOADER.load_data("partitions")
RULES = EndpointProvider(LOADER.load_service_model("sts", "endpoint-rule-set-1"), PARTITIONS)
REGIONS = sorted({region for partition in PARTITIONS["partitions"] for region in partition["regions"]})
UNKNOWN = ["us-east-99", "eusc-de-west-7", "us-isob-far-3", "cn-moon-1", "us-gov-north-12", "mars-north-1", "local"]
FLAGS = list(itertools.product((False, True), repeat=3))


def botocore_says(region: str, use_global: bool, fips: bool, dualstack: bool, url: str | None = None) -> Any:
    parameters = {"Region": region, "UseGlobalEndpoint": use_global, "UseFIPS": fips, "UseDualStack": dualstack}
    found = RULES.resolve_endpoint(**parameters, **({"Endpoint": url} if url else {}))
    schemes = found.properties.get("authSchemes") or [{}]
    return found.url, schemes[0].get("signingRegion", region)


def test_the_data_of_botocore_is_really_there() -> None:
    assert len(PARTITIONS["partitions"]) >= 8
    assert len(REGIONS) >= 45


@pytest.mark.parametrize(("use_global", "fips", "dualstack"), FLAGS)
@pytest.mark.parametrize("region", REGIONS + UNKNOWN)
def test_every_region_and_flag(region: str, use_global: bool, fips: bool, dualstack: bool) -> None:
    url, signing_region = botocore_says(region, use_global, fips, dualstack)
    ours = endpoints.resolve(
        region, use_global_endpoint=use_global, use_fips_endpoint=fips, use_dualstack_endpoint=dualstack
    )
    assert ours.url == url
    # the rules name no signing region for FIPS and dual stack of the pseudo-region; a signature needs a real one
    assert ours.signing_region == ("us-east-1" if signing_region == "aws-global" else signing_region)


@pytest.mark.parametrize("partition", PARTITIONS["partitions"], ids=lambda partition: partition["id"])
def test_every_partition_is_ours_with_its_regions(partition: dict[str, Any]) -> None:
    ours = {known.name: known for known in endpoints.PARTITIONS}[partition["id"]]
    assert ours.dns_suffix == partition["outputs"]["dnsSuffix"]
    assert ours.dual_stack_dns_suffix == partition["outputs"]["dualStackDnsSuffix"]
    assert {endpoints.partition_of(region) for region in partition["regions"]} == {ours}


def test_we_know_no_other_partition() -> None:
    assert {known.name for known in endpoints.PARTITIONS} == {each["id"] for each in PARTITIONS["partitions"]}


@pytest.mark.parametrize(
    "url", ["https://sts.example.com", "http://localhost:8000", "https://vpce-1.sts.example.com/a"]
)
@pytest.mark.parametrize(("use_global", "fips", "dualstack"), FLAGS)
@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1"])
def test_custom_endpoints(url: str, region: str, use_global: bool, fips: bool, dualstack: bool) -> None:
    try:
        expected, signing_region = botocore_says(region, use_global, fips, dualstack, url)
    except EndpointProviderError:
        with pytest.raises(ConfigurationError):
            endpoints.custom(url, region=region, use_fips_endpoint=fips, use_dualstack_endpoint=dualstack)
    else:
        ours = endpoints.custom(url, region=region, use_fips_endpoint=fips, use_dualstack_endpoint=dualstack)
        assert (ours.url, ours.signing_region) == (expected, signing_region)
