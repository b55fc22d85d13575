"""Options and what fills their gaps: explicit first, then the environment, then the profile, then the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.client.scripted import Script, client, identity, options

from understudy import ClientOptions, Hooks, STSClient, errors
from understudy.client.call import Caller
from understudy.client.resolution import Resolution
from understudy.errors import ConfigurationError


def resolve(environ: dict[str, str] | None = None, config: Path | None = None, **given: Any) -> Resolution:
    return Resolution(
        ClientOptions(
            environ=environ or {},
            config_file=config or "/nonexistent/config",
            credentials_file="/nonexistent/credentials",
            **given,
        )
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.write_text(
        "[default]\nregion = eu-central-1\n"
        "[profile work]\nregion = ap-south-1\nservices = local\nmax_attempts = 7\nretry_mode = adaptive\n"
        "sdk_ua_app_id = from-file\nca_bundle = ~/ca.pem\n"
        "[profile fips]\nregion = us-gov-west-1\nuse_fips_endpoint = true\n"
        "[profile legacy]\nregion = us-west-2\nsts_regional_endpoints = legacy\nretry_mode = legacy\n"
        "[services local]\nsts =\n  endpoint_url = http://localhost:9000\n"
    )
    return path


# region


@pytest.mark.parametrize(
    ("environ", "given", "region"),
    [
        ({"AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "us-west-1"}, {"region": "eu-west-3"}, "eu-west-3"),
        ({"AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "us-west-1"}, {}, "us-east-2"),
        ({"AWS_DEFAULT_REGION": "us-west-1"}, {}, "us-west-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-west-1"}, {}, "us-west-1"),
        ({}, {}, "eu-central-1"),
        ({"AWS_PROFILE": "fips"}, {}, "us-gov-west-1"),
        ({"AWS_PROFILE": "fips"}, {"profile": "legacy"}, "us-west-2"),
    ],
)
def test_where_the_region_comes_from(config: Path, environ: dict[str, str], given: Any, region: str) -> None:
    assert resolve(environ, config, **given).region() == region


def test_a_missing_region_is_one_error_that_names_every_place_and_the_way_out() -> None:
    script = Script(identity())
    with pytest.raises(ConfigurationError) as caught:
        client(script, region=None).get_caller_identity()
    for place in ("options", "AWS_REGION", "AWS_DEFAULT_REGION", "profile 'default'", "/nonexistent/config"):
        assert place in str(caught.value)
    assert "AWS_REGION" in (caught.value.hint or "")
    assert script.requests == []


def test_a_profile_that_is_not_there_is_an_error_before_anything_is_sent() -> None:
    script = Script(identity())
    with pytest.raises(ConfigurationError, match="nobody"):
        client(script, profile="nobody").get_caller_identity()
    assert script.requests == []


def test_a_custom_endpoint_needs_a_region_for_signed_operations_only() -> None:
    script = Script(identity())
    caller = client(script, region=None, endpoint="http://localhost:9000")
    with pytest.raises(ConfigurationError, match="no region"):
        caller.get_caller_identity()
    assert script.requests == []
    with pytest.raises(errors.ResponseError):
        caller.assume_role_with_web_identity(
            role_arn="arn:aws:iam::123456789012:role/Web", role_session_name="web", web_identity_token="a.b.c"
        )
    assert len(script.requests) == 1


def test_the_global_endpoint_needs_no_region() -> None:
    assert resolve(use_global_endpoint=True).endpoint().url == "https://sts.amazonaws.com"


# endpoint


@pytest.mark.parametrize(
    ("environ", "given", "url"),
    [
        ({}, {"endpoint": "http://a"}, "http://a"),
        ({"AWS_ENDPOINT_URL_STS": "http://b", "AWS_ENDPOINT_URL": "http://c"}, {"endpoint": "http://a"}, "http://a"),
        ({"AWS_ENDPOINT_URL_STS": "http://b", "AWS_ENDPOINT_URL": "http://c"}, {}, "http://b"),
        ({"AWS_ENDPOINT_URL": "http://c"}, {"profile": "work"}, "http://c"),
        ({}, {"profile": "work"}, "http://localhost:9000"),
        ({}, {"profile": "work", "ignore_configured_endpoint_urls": True}, "https://sts.ap-south-1.amazonaws.com"),
        (
            {
                "AWS_ENDPOINT_URL_STS": "http://b",
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
                "AWS_REGION": "us-east-1",
            },
            {},
            "https://sts.us-east-1.amazonaws.com",
        ),
        ({}, {"profile": "fips"}, "https://sts.us-gov-west-1.amazonaws.com"),
        ({}, {"profile": "legacy"}, "https://sts.amazonaws.com"),
        ({}, {"profile": "legacy", "use_global_endpoint": False}, "https://sts.us-west-2.amazonaws.com"),
        ({"AWS_STS_REGIONAL_ENDPOINTS": "regional"}, {"profile": "legacy"}, "https://sts.us-west-2.amazonaws.com"),
        ({"AWS_USE_DUALSTACK_ENDPOINT": "true"}, {"region": "eu-west-1"}, "https://sts.eu-west-1.api.aws"),
        (
            {"AWS_USE_FIPS_ENDPOINT": "true"},
            {"region": "us-east-1", "use_fips_endpoint": False},
            "https://sts.us-east-1.amazonaws.com",
        ),
    ],
)
def test_where_the_endpoint_comes_from(config: Path, environ: dict[str, str], given: Any, url: str) -> None:
    assert resolve(environ, config, **given).endpoint().url == url


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"AWS_ENDPOINT_URL_STS": "localhost:9000"}, "AWS_ENDPOINT_URL_STS"),
        ({"AWS_STS_REGIONAL_ENDPOINTS": "everywhere"}, "AWS_STS_REGIONAL_ENDPOINTS"),
        ({"AWS_USE_FIPS_ENDPOINT": "maybe"}, "AWS_USE_FIPS_ENDPOINT"),
        ({"AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://a"}, "AWS_ENDPOINT_URL"),
        ({"AWS_RETRY_MODE": "persistent"}, "AWS_RETRY_MODE"),
        ({"AWS_MAX_ATTEMPTS": "many"}, "AWS_MAX_ATTEMPTS"),
        ({"AWS_MAX_ATTEMPTS": "0"}, "AWS_MAX_ATTEMPTS"),
        ({"AWS_SDK_UA_APP_ID": "x" * 51}, "the most is 50"),
        ({"HTTPS_PROXY": "ftp://proxy"}, "proxy"),
        ({"AWS_CA_BUNDLE": "/nonexistent/ca.pem"}, "/nonexistent/ca.pem"),
    ],
)
def test_a_broken_setting_is_one_error_that_names_its_place(environ: dict[str, str], message: str) -> None:
    caller = STSClient(
        region="eu-west-1",
        environ=environ,
        config_file="/nonexistent",
        credentials={"AccessKeyId": "A", "SecretAccessKey": "s"},
    )
    with pytest.raises(ConfigurationError, match=message):
        caller.get_caller_identity()


@pytest.mark.parametrize(
    "given",
    [
        {"connect_timeout": 0},
        {"attempt_timeout": -1},
        {"timeout": 0},
        {"max_attempts": 0},
        {"pool_size": 0},
        {"retry_mode": "legacy"},
    ],
)
def test_options_that_no_call_could_be_made_with_are_refused_at_once(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(given))):
        ClientOptions(**given)


# the rest


def test_retries_app_id_and_bundle_come_from_the_profile(config: Path) -> None:
    found = resolve({"HOME": "/home/me"}, config, profile="work")
    assert (found.max_attempts(), found.retry_mode(), found.app_id()) == (7, "adaptive", "from-file")
    assert found.transport_settings().ca_bundle == "/home/me/ca.pem"


def test_the_environment_wins_over_the_profile(config: Path) -> None:
    environ = {"AWS_MAX_ATTEMPTS": "2", "AWS_RETRY_MODE": "Standard", "AWS_SDK_UA_APP_ID": "env", "AWS_CA_BUNDLE": "/b"}
    found = resolve(environ, config, profile="work")
    assert (found.max_attempts(), found.retry_mode(), found.app_id()) == (2, "standard", "env")
    assert found.transport_settings().ca_bundle == "/b"


def test_botocores_legacy_mode_is_taken_as_standard(config: Path) -> None:
    assert resolve({}, config, profile="legacy").retry_mode() == "standard"


def test_the_defaults() -> None:
    found = resolve()
    settings = found.transport_settings()
    assert (found.max_attempts(), found.retry_mode(), found.app_id()) == (3, "standard", None)
    assert (settings.connect_timeout, settings.pool_size, settings.ca_bundle, settings.verify) == (5.0, 50, None, True)
    assert (found.options.attempt_timeout, found.options.timeout) == (20.0, None)
    assert found.corrects_clock_skew()


@pytest.mark.parametrize(
    ("environ", "given", "regions"),
    [
        ({"AWS_SIGV4A_SIGNING_REGION_SET": "us-east-1, eu-west-1"}, {}, ("us-east-1", "eu-west-1")),
        ({}, {"sigv4a_signing_region_set": ["*"]}, ("*",)),
        ({}, {}, ()),
    ],
)
def test_the_region_set_of_sigv4a_is_kept(environ: dict[str, str], given: Any, regions: tuple[str, ...]) -> None:
    assert resolve(environ, **given).sigv4a_signing_region_set() == regions


@pytest.mark.parametrize(
    ("environ", "given", "scheme", "proxy"),
    [
        ({"HTTPS_PROXY": "http://a:1"}, {}, "https", "http://a:1"),
        ({"https_proxy": "http://b:1", "HTTPS_PROXY": "http://a:1"}, {}, "https", "http://b:1"),
        ({"HTTP_PROXY": "http://a:1"}, {}, "http", "http://a:1"),
        ({"HTTP_PROXY": "http://a:1", "REQUEST_METHOD": "GET"}, {}, "http", None),
        ({"HTTP_PROXY": "http://a:1"}, {}, "https", None),
        ({"ALL_PROXY": "http://a:1"}, {}, "https", "http://a:1"),
        ({"HTTPS_PROXY": "a:1"}, {}, "https", "http://a:1"),
        ({"HTTPS_PROXY": "http://a:1"}, {"proxy": ""}, "https", None),
        ({"HTTPS_PROXY": "http://a:1"}, {"proxy": "http://c:1"}, "https", "http://c:1"),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "amazonaws.com"}, {}, "https", None),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "amazonaws.com"}, {"no_proxy": ""}, "https", "http://a:1"),
        ({"HTTPS_PROXY": "http://a:1", "no_proxy": "*"}, {}, "https", None),
    ],
)
def test_where_the_proxy_comes_from(environ: dict[str, str], given: Any, scheme: str, proxy: str | None) -> None:
    proxies = resolve(environ, **given).transport_settings().proxies
    assert proxies.choose(scheme, "sts.eu-west-1.amazonaws.com") == proxy


def test_the_user_agent_names_version_python_mode_and_app() -> None:
    script = Script(identity())
    client(script, app_id="my app\r\nx: y", retry_mode="adaptive").get_caller_identity()
    agent = script.requests[0].header("user-agent") or ""
    assert agent.startswith("understudy/")
    assert "lang/python#3." in agent
    assert agent.endswith("cfg/retry-mode#adaptive app/my-app--x--y")


def test_options_show_no_credentials_and_no_proxy_password() -> None:
    shown = repr(
        ClientOptions(
            region="eu-west-1",
            credentials={"aws_access_key_id": "AKIA", "aws_secret_access_key": "hidden"},
            proxy="http://me:hidden@proxy",
            environ={"AWS_SECRET_ACCESS_KEY": "hidden"},
        )
    )
    assert "hidden" not in shown
    assert "region='eu-west-1'" in shown


def test_every_option_can_be_replaced_and_documented() -> None:
    text = ClientOptions.__doc__ or ""
    for name in ClientOptions.__slots__:
        assert f"`{name}`" in text or f"`{name}=" in text, name
        value = getattr(ClientOptions(), name)
        assert getattr(ClientOptions().replace(**{name: value}), name) == value  # type: ignore[misc]


def test_unknown_options_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match="regoin"):
        STSClient(regoin="eu-west-1")  # type: ignore[call-arg]


# callers


def test_named_options_win_over_the_value() -> None:
    sts = STSClient(ClientOptions(region="eu-west-1", app_id="kept"), region="us-east-1")
    assert (sts.caller.options.region, sts.caller.options.app_id) == ("us-east-1", "kept")


def test_a_derived_caller_shares_connections_configuration_and_the_rest_of_the_options() -> None:
    script = Script(identity())
    outer = Caller(options(script, hooks=[Hooks()]))
    inner = outer.derive(region="us-east-1", credentials={"access_key_id": "AKIA", "secret_access_key": "s"})
    assert inner.connections is outer.connections
    assert inner.configuration is outer.configuration
    assert inner.options.hooks == outer.options.hooks
    assert (inner.region, outer.region) == ("us-east-1", "eu-west-1")
    inner.close()
    assert script.closed == 0


def test_a_derived_caller_with_another_way_out_has_connections_of_its_own() -> None:
    outer = Caller(options(Script(identity())))
    assert outer.derive(proxy="http://other:3128").connections is not outer.connections


def test_a_derived_caller_with_another_profile_reads_it() -> None:
    outer = Caller(options(Script(identity())))
    assert outer.derive(profile="other").configuration is not outer.configuration


def test_a_client_closes_what_it_opened() -> None:
    script = Script(identity())
    with client(script) as sts:
        sts.get_caller_identity()
    assert script.closed == 1
