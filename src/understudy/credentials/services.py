"""Where the services are that give credentials unsigned: the SSO portal, SSO-OIDC, sign-in, Cognito identities.

Source: the endpoint rule sets of these services in the AWS SDKs, as of botocore 1.44; the tests hold us to them.
"""

from __future__ import annotations

from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.config import Configuration

SSO = "sso"
SSO_OIDC = "sso_oidc"
SIGNIN = "signin"
COGNITO_IDENTITY = "cognito_identity"

_HOSTS = {SSO: "portal.sso", SSO_OIDC: "oidc", SIGNIN: "signin", COGNITO_IDENTITY: "cognito-identity"}
_SIGNIN_SUFFIXES = {
    "aws": "signin.aws.amazon.com",
    "aws-cn": "signin.amazonaws.cn",
    "aws-us-gov": "signin.amazonaws-us-gov.com",
    "aws-eusc": "signin.amazonaws-eusc.eu",
    "aws-iso": "signin.c2shome.ic.gov",
    "aws-iso-b": "signin.sc2shome.sgov.gov",
    "aws-iso-e": "signin.csphome.adc-e.uk",
    "aws-iso-f": "signin.csphome.hci.ic.gov",
}
_COGNITO_FIPS_REGIONS = ("us-east-1", "us-east-2", "us-west-1", "us-west-2")


def service_url(configuration: Configuration, service: str, region: str) -> str:
    """The configured endpoint of a service, else that of a region, FIPS or dual stack as set; no slash at the end."""
    configured = configuration.endpoint(service)
    if configured:
        return configured.rstrip("/")
    fips = configuration.flag("use_fips_endpoint") or False
    dual_stack = configuration.flag("use_dualstack_endpoint") or False
    return f"https://{service_host(service, region, fips=fips, dual_stack=dual_stack)}"


def service_host(service: str, region: str, *, fips: bool = False, dual_stack: bool = False) -> str:
    """The host of a service in a region; raises `ConfigurationError` for text that cannot be a region."""
    from understudy.client.endpoints import partition_of

    plain = region.isascii() and region.replace("-", "").isalnum() and not region.startswith("-") and len(region) <= 63
    if not plain:
        raise ConfigurationError(f"{region!r} is not a region")
    partition = partition_of(region)
    government = partition.name == "aws-us-gov"
    if service == SIGNIN and not dual_stack and (government or not fips):
        return "signin-fips.amazonaws-us-gov.com" if fips else f"{region}.{_SIGNIN_SUFFIXES[partition.name]}"
    if service == COGNITO_IDENTITY and partition.name == "aws" and dual_stack:
        dual_stack = fips and region not in _COGNITO_FIPS_REGIONS
    # the portal and SSO-OIDC have no other than FIPS endpoints there
    if service in (SSO, SSO_OIDC) and government and not dual_stack:
        fips = False
    suffix = partition.dual_stack_dns_suffix if dual_stack else partition.dns_suffix
    return f"{_HOSTS[service]}{'-fips' if fips else ''}.{region}.{suffix}"
