"""What the options leave open, looked up once: environment first, then the profile, then the default."""

from __future__ import annotations

from understudy.client import endpoints
from understudy.client.options import RETRY_MODES
from understudy.client.transports import Proxies, TransportSettings
from understudy.client.user_agent import LONGEST_APP_ID
from understudy.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from understudy.client.endpoints import Endpoint
    from understudy.client.options import ClientOptions, RetryMode
    from understudy.config import Configuration

DEFAULT_MAX_ATTEMPTS = 3


class Resolution:
    """The options of one client beside the environment and files that fill their gaps. Nothing is read before asked."""

    __slots__ = ("_configuration", "options")

    def __init__(self, options: ClientOptions, configuration: Configuration | None = None) -> None:
        self.options = options
        self._configuration = configuration

    @property
    def configuration(self) -> Configuration:
        """Environment and files, with the profile of the options."""
        if self._configuration is None:
            from understudy.config import Configuration

            self._configuration = Configuration.load(
                profile=self.options.profile,
                environ=self.options.environ,
                config_file=self.options.config_file,
                credentials_file=self.options.credentials_file,
            )
        return self._configuration

    def region(self) -> str | None:
        """The region, or None where nobody names one."""
        return self.options.region or self.configuration.value("region")

    def missing_region(self) -> ConfigurationError:
        """The one error for a missing region: where it was looked for, and what to do."""
        places = self.configuration.where("region").removeprefix("not found; looked in ")
        return ConfigurationError(
            f"there is no region: none among the options, and none in {places}",
            hint="pass region='eu-west-1', set AWS_REGION, or write 'region = eu-west-1' into the profile",
        )

    def endpoint(self) -> Endpoint:
        """Where calls go. A custom endpoint needs a region only for what is signed."""
        region = self.region()
        fips = self._flag("use_fips_endpoint")
        dualstack = self._flag("use_dualstack_endpoint")
        url, where = self._endpoint_url()
        if url is not None:
            return endpoints.custom(
                url, region=region, use_fips_endpoint=fips, use_dualstack_endpoint=dualstack, where=where
            )
        use_global = self._use_global_endpoint()
        if region is None and use_global:
            region = endpoints.GLOBAL_REGION
        if region is None:
            raise self.missing_region()
        return endpoints.resolve(
            region, use_global_endpoint=use_global, use_fips_endpoint=fips, use_dualstack_endpoint=dualstack
        )

    def _endpoint_url(self) -> tuple[str | None, str]:
        if self.options.endpoint is not None:
            return self.options.endpoint, "the option endpoint"
        if self._flag("ignore_configured_endpoint_urls"):
            return None, ""
        return self.configuration.value("endpoint_url"), self.configuration.where("endpoint_url")

    def _use_global_endpoint(self) -> bool:
        if self.options.use_global_endpoint is not None:
            return self.options.use_global_endpoint
        mode = self.configuration.value("sts_regional_endpoints") or "regional"
        if mode.lower() not in ("regional", "legacy"):
            where = self.configuration.where("sts_regional_endpoints")
            raise ConfigurationError(f"sts_regional_endpoints is {mode!r} ({where}); it must be 'regional' or 'legacy'")
        return mode.lower() == "legacy"

    def _flag(self, name: str) -> bool:
        given: bool | None = getattr(self.options, name)
        return bool(self.configuration.flag(name)) if given is None else given

    def max_attempts(self) -> int:
        """How often a call is tried, the first time included; at least 1."""
        given = self.options.max_attempts or self.configuration.integer("max_attempts")
        if given == 0:
            where = self.configuration.where("max_attempts")
            raise ConfigurationError(f"max_attempts is 0 ({where}); it must be 1 or more")
        return given or DEFAULT_MAX_ATTEMPTS

    def retry_mode(self) -> RetryMode:
        """``standard`` or ``adaptive``; botocore's ``legacy`` in a shared file is taken as ``standard``."""
        if self.options.retry_mode is not None:
            return self.options.retry_mode
        mode = (self.configuration.value("retry_mode") or "standard").lower()
        if mode not in (*RETRY_MODES, "legacy"):
            where = self.configuration.where("retry_mode")
            raise ConfigurationError(f"retry_mode is {mode!r} ({where}); it must be 'standard' or 'adaptive'")
        return "adaptive" if mode == "adaptive" else "standard"

    def corrects_clock_skew(self) -> bool:
        """Whether the client learns how far its clock is off."""
        if self.options.clock_skew_correction is not None:
            return self.options.clock_skew_correction
        return not self.configuration.flag("disable_clock_skew_correction")

    def sigv4a_signing_region_set(self) -> tuple[str, ...]:
        """The regions that a SigV4A signature would name; no endpoint of STS asks for one."""
        if self.options.sigv4a_signing_region_set is not None:
            return tuple(self.options.sigv4a_signing_region_set)
        text = self.configuration.value("sigv4a_signing_region_set") or ""
        return tuple(part.strip() for part in text.split(",") if part.strip())

    def app_id(self) -> str | None:
        """The application's name in the user agent; raises `ConfigurationError` above 50 characters."""
        app_id = self.options.app_id or self.configuration.value("sdk_ua_app_id")
        if app_id and len(app_id) > LONGEST_APP_ID:
            raise ConfigurationError(
                f"the app id {app_id!r} has {len(app_id)} characters; the most is {LONGEST_APP_ID}"
            )
        return app_id

    def transport_settings(self) -> TransportSettings:
        """Time limits, the pool, proxies and trust, for the transports."""
        options = self.options
        bundle: str | os.PathLike[str] | None = options.ca_bundle
        if bundle is None:
            bundle = self.configuration.value("ca_bundle")
        return TransportSettings(
            connect_timeout=options.connect_timeout,
            pool_size=options.pool_size,
            proxies=_proxies(options, self.configuration.environ),
            ca_bundle=None if bundle is None else _expanded(bundle, self.configuration.environ),
            verify=options.verify,
        )


def _expanded(path: str | os.PathLike[str], environ: Mapping[str, str]) -> str:
    from os import fspath

    from understudy.config import expand

    return expand(fspath(path), environ)


def _proxies(options: ClientOptions, environ: Mapping[str, str]) -> Proxies:
    no_proxy = options.no_proxy if options.no_proxy is not None else _either(environ, "no_proxy") or ""
    if options.proxy is not None:
        return Proxies(options.proxy, options.proxy, no_proxy)
    # upper-case HTTP_PROXY could be a "Proxy:" header of a request that a CGI program answers (httpoxy)
    http = environ.get("http_proxy") or (None if "REQUEST_METHOD" in environ else environ.get("HTTP_PROXY"))
    every = _either(environ, "all_proxy")
    return Proxies(http or every, _either(environ, "https_proxy") or every, no_proxy, bypass_loopback=True)


def _either(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name) or environ.get(name.upper()) or None
