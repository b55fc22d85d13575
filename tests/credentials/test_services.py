"""Endpoints of the unsigned services, with botocore's endpoint rules as the referee."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from understudy.config import Configuration
from understudy.credentials.services import COGNITO_IDENTITY, SIGNIN, SSO, SSO_OIDC, service_host, service_url
from understudy.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {SSO: "sso", SSO_OIDC: "sso-oidc", SIGNIN: "signin", COGNITO_IDENTITY: "cognito-identity"}
REGIONS = (
    "us-east-1",
    "us-west-2",
    "ap-south-1",
    "eu-central-2",
    "cn-north-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eusc-de-east-1",
)


def botocore_rules(service: str) -> Any:
    from botocore.endpoint_provider import EndpointProvider
    from botocore.loaders import Loader

    loader = Loader(include_default_search_paths=True)
    rules = loader.load_service_model(NAMES[service], "endpoint-rule-set-1")
    return EndpointProvider(rules, loader.load_data("partitions"))


@pytest.mark.conformance
@pytest.mark.parametrize("service", NAMES)
def test_hosts_are_those_of_botocore(service: str) -> None:
    rules = botocore_rules(service)
    for region, fips, dual_stack in product(REGIONS, (False, True), (False, True)):
        parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
        if service == SIGNIN:
            parameters["IsControlPlane"] = False
        theirs = rules.resolve_endpoint(**parameters).url
        ours = f"https://{service_host(service, region, fips=fips, dual_stack=dual_stack)}"
        assert ours == theirs, (region, fips, dual_stack)


@pytest.mark.parametrize("region", ["", "evil.com/", "a b", "-x", "x" * 64, "eu_west"])
def test_a_region_cannot_change_the_host(region: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a region"):
        service_host(SSO, region)


def test_a_configured_endpoint_wins(tmp_path: Path) -> None:
    environ = {"AWS_ENDPOINT_URL_SSO_OIDC": "http://localhost:9/", "AWS_USE_FIPS_ENDPOINT": "true"}
    configuration = Configuration.load(environ=environ, config_file=tmp_path / "x", credentials_file=tmp_path / "y")
    assert service_url(configuration, SSO_OIDC, "eu-west-1") == "http://localhost:9"
    assert service_url(configuration, SSO, "eu-west-1") == "https://portal.sso-fips.eu-west-1.amazonaws.com"
