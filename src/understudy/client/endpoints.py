"""Where a call goes and which region its signature names: the endpoint rules of STS, with the partitions as data.

Source: the endpoint rule set of STS and the partitions document of the AWS SDKs, as of botocore 1.43; held to both by
tests/conformance/test_botocore_endpoints.py.
"""

from __future__ import annotations

from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SERVICE: Final = "sts"
GLOBAL_HOST: Final = "sts.amazonaws.com"
GLOBAL_REGION: Final = "aws-global"
GLOBAL_SIGNING_REGION: Final = "us-east-1"

LEGACY_GLOBAL_REGIONS: Final = frozenset(
    (
        "ap-northeast-1",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "aws-global",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    )
)
"""The regions whose calls go to the global endpoint when that is asked for; newer regions never do."""


class Partition:
    """One partition of AWS: its DNS suffixes, the region prefixes that belong to it, and its pseudo-regions."""

    __slots__ = ("dns_suffix", "dual_stack_dns_suffix", "name", "prefixes", "pseudo_region")

    def __init__(self, name: str, dns_suffix: str, dual_stack_dns_suffix: str, *prefixes: str) -> None:
        self.name = name
        self.dns_suffix = dns_suffix
        self.dual_stack_dns_suffix = dual_stack_dns_suffix
        self.prefixes = prefixes
        self.pseudo_region = f"{name}-global"

    def owns(self, region: str) -> bool:
        """Whether a region is of this partition: a pseudo-region, or ``prefix-word-number``."""
        if region == self.pseudo_region:
            return True
        head, _, number = region.rpartition("-")
        prefix, _, word = head.rpartition("-")
        return prefix in self.prefixes and _is_word(word) and number.isdecimal() and number.isascii()

    def __repr__(self) -> str:
        return f"Partition({self.name!r})"


def _is_word(text: str) -> bool:
    return bool(text) and text.isascii() and text.replace("_", "a").isalnum()


AWS: Final = Partition("aws", "amazonaws.com", "api.aws", "us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx")
PARTITIONS: Final = (
    AWS,
    Partition("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn"),
    Partition("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de"),
    Partition("aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso"),
    Partition("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob"),
    Partition("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe"),
    Partition("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof"),
    Partition("aws-us-gov", "amazonaws.com", "api.aws", "us-gov"),
)


def partition_of(region: str) -> Partition:
    """The partition of a region; a region of no known shape is taken for one of ``aws``, as every AWS SDK does."""
    return next((partition for partition in PARTITIONS if partition.owns(region)), AWS)


class Endpoint:
    """Where requests go, and the region of their signature (None until a region is known)."""

    __slots__ = ("host", "path", "scheme", "signing_region")

    def __init__(self, scheme: str, host: str, path: str = "/", signing_region: str | None = None) -> None:
        self.scheme = scheme
        self.host = host
        self.path = path
        self.signing_region = signing_region

    @property
    def url(self) -> str:
        """The address without a trailing slash."""
        return f"{self.scheme}://{self.host}{self.path.rstrip('/')}"

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r}, signing_region={self.signing_region!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Endpoint) and (self.url, self.signing_region) == (other.url, other.signing_region)

    def __hash__(self) -> int:
        return hash((self.url, self.signing_region))


def resolve(
    region: str,
    *,
    use_global_endpoint: bool = False,
    use_fips_endpoint: bool = False,
    use_dualstack_endpoint: bool = False,
) -> Endpoint:
    """The endpoint of a region; raises `ConfigurationError` for text that cannot be a region.

    ``aws-global``, and a legacy region where the global endpoint is asked for, give ``sts.amazonaws.com``, which only
    takes signatures for us-east-1. FIPS and dual stack win over the global endpoint.
    """
    _check_region(region)
    if not use_fips_endpoint and not use_dualstack_endpoint and _is_global(region, use_global_endpoint):
        return Endpoint("https", GLOBAL_HOST, signing_region=GLOBAL_SIGNING_REGION)
    partition = partition_of(region)
    # in aws-us-gov the plain name is the FIPS endpoint
    fips_name = use_fips_endpoint and (use_dualstack_endpoint or partition.name != "aws-us-gov")
    suffix = partition.dual_stack_dns_suffix if use_dualstack_endpoint else partition.dns_suffix
    signing_region = GLOBAL_SIGNING_REGION if region == GLOBAL_REGION else region
    return Endpoint("https", f"{'sts-fips' if fips_name else SERVICE}.{region}.{suffix}", signing_region=signing_region)


def _is_global(region: str, use_global_endpoint: bool) -> bool:
    return region == GLOBAL_REGION or (use_global_endpoint and region in LEGACY_GLOBAL_REGIONS)


def _check_region(region: str) -> None:
    """A region becomes part of a host name, so it must be one DNS label (RFC 1123, section 2.1)."""
    plain = region.isascii() and region.replace("-", "").isalnum() and len(region) <= 63
    if not plain or region[0] == "-" or region[-1] == "-":
        raise ConfigurationError(
            f"{region!r} is not a region: it must be letters, digits and inner hyphens, such as 'eu-west-1'"
        )


def custom(
    url: str,
    *,
    region: str | None = None,
    use_fips_endpoint: bool = False,
    use_dualstack_endpoint: bool = False,
    where: str = "the option endpoint",
) -> Endpoint:
    """The endpoint that the user named; `where` says in errors where the URL came from.

    Raises `ConfigurationError` for anything but ``http(s)://host[:port][/path]``, and together with FIPS or dual
    stack, whose promises nobody can keep for a foreign host.
    """
    for asked, what in ((use_fips_endpoint, "FIPS"), (use_dualstack_endpoint, "dual stack")):
        if asked:
            raise ConfigurationError(
                f"{what} and the custom endpoint {url!r} ({where}) exclude each other; switch one of them off"
            )
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if scheme.lower() not in ("http", "https") or not separator or not _is_authority(host) or _unclean(path):
        raise ConfigurationError(
            f"the endpoint {url!r} ({where}) is not a URL like 'https://host', 'http://localhost:8000' or "
            "'https://host/path', without user, query or fragment"
        )
    signing_region = GLOBAL_SIGNING_REGION if region == GLOBAL_REGION else region
    return Endpoint(scheme.lower(), _authority(scheme.lower(), host), f"/{path}" if slash else "/", signing_region)


def _is_authority(text: str) -> bool:
    host, port = _split_port(text)
    if port is not None and not (port.isdecimal() and port.isascii() and int(port) < 65536):
        return False
    if host.startswith("["):
        return host.endswith("]") and len(host) > 3 and not set(host[1:-1]) - set("0123456789abcdefABCDEF:.")
    return bool(host) and host.isascii() and host.replace("-", "").replace(".", "").replace("_", "").isalnum()


def _split_port(authority: str) -> tuple[str, str | None]:
    head, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return authority, None
    return head, port


def _authority(scheme: str, text: str) -> str:
    """Lower case, and without the scheme's own port, which a Host header must not carry (RFC 9110, section 4.2.3)."""
    host, port = _split_port(text.lower())
    return host if port in (None, "", {"http": "80", "https": "443"}[scheme]) else f"{host}:{port}"


def _unclean(path: str) -> bool:
    return any(mark in path for mark in "?#\\") or any(char <= " " or char > "~" for char in path)
