"""The settings that have a name in the environment and in a profile; anything else is a key of the profile alone."""

from __future__ import annotations

ENVIRONMENT: dict[str, tuple[str, ...]] = {
    # botocore reads AWS_DEFAULT_REGION alone, the other SDKs AWS_REGION alone; users expect either to work
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "ca_bundle": ("AWS_CA_BUNDLE",),
    "sts_regional_endpoints": ("AWS_STS_REGIONAL_ENDPOINTS",),
    "ignore_configured_endpoint_urls": ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",),
    "use_fips_endpoint": ("AWS_USE_FIPS_ENDPOINT",),
    "use_dualstack_endpoint": ("AWS_USE_DUALSTACK_ENDPOINT",),
    "retry_mode": ("AWS_RETRY_MODE",),
    "max_attempts": ("AWS_MAX_ATTEMPTS",),
    "defaults_mode": ("AWS_DEFAULTS_MODE",),
    "sdk_ua_app_id": ("AWS_SDK_UA_APP_ID",),
    "sigv4a_signing_region_set": ("AWS_SIGV4A_SIGNING_REGION_SET",),
    "disable_clock_skew_correction": ("AWS_DISABLE_CLOCK_SKEW_CORRECTION",),
    "metadata_service_timeout": ("AWS_METADATA_SERVICE_TIMEOUT",),
    "metadata_service_num_attempts": ("AWS_METADATA_SERVICE_NUM_ATTEMPTS",),
    "ec2_metadata_disabled": ("AWS_EC2_METADATA_DISABLED",),
    "ec2_metadata_v1_disabled": ("AWS_EC2_METADATA_V1_DISABLED",),
    "ec2_metadata_service_endpoint": ("AWS_EC2_METADATA_SERVICE_ENDPOINT",),
    "ec2_metadata_service_endpoint_mode": ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",),
    "login_cache_directory": ("AWS_LOGIN_CACHE_DIRECTORY",),
}
"""The key of a profile, and the variables that win over it, the first of them first."""

TRUE = ("true", "1", "yes", "on")
FALSE = ("false", "0", "no", "off")
