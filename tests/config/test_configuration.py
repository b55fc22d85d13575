"""What the files mean, which of them wins, and where a setting comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from understudy.config import Configuration
from understudy.errors import ConfigurationError


class Home:
    """A home directory with the two files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / ".aws").mkdir()

    def config(self, text: str) -> Home:
        (self.path / ".aws" / "config").write_text(text, encoding="utf-8")
        return self

    def credentials(self, text: str) -> Home:
        (self.path / ".aws" / "credentials").write_text(text, encoding="utf-8")
        return self

    def load(self, profile: str | None = None, **environ: str) -> Configuration:
        return Configuration.load(profile=profile, environ={"HOME": str(self.path), **environ})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_files_are_found_in_the_home_directory_of_the_environment(home: Home) -> None:
    assert home.config("[default]\nregion = eu-west-1\n").load().value("region") == "eu-west-1"


def test_variables_name_other_files_and_a_tilde_is_expanded(home: Home) -> None:
    (home.path / "other").write_text("[default]\nregion = eu-west-2\n")
    assert home.load(AWS_CONFIG_FILE="~/other").value("region") == "eu-west-2"
    (home.path / "keys").write_text("[default]\naws_access_key_id = AKIA\n")
    assert home.load(AWS_SHARED_CREDENTIALS_FILE="~/keys").profile()["aws_access_key_id"] == "AKIA"


def test_files_named_in_code_win_over_variables(home: Home) -> None:
    (home.path / "other").write_text("[default]\nregion = eu-west-2\n")
    environ = {"HOME": str(home.path), "AWS_CONFIG_FILE": "/nowhere"}
    loaded = Configuration.load(environ=environ, config_file=home.path / "other")
    assert loaded.value("region") == "eu-west-2"


def test_nothing_is_read_before_it_is_asked_for(home: Home) -> None:
    broken = home.config("region\n").load(AWS_REGION="us-east-2")
    assert broken.value("region") == "us-east-2"
    with pytest.raises(ConfigurationError, match="config:1"):
        broken.value("ca_bundle")


def test_a_file_is_read_once(home: Home) -> None:
    loaded = home.config("[default]\nregion = a\n[profile b]\nregion = b\n").load()
    assert loaded.value("region") == "a"
    home.config("[default]\nregion = c\n")
    assert loaded.value("region") == "a"
    assert loaded.for_profile("b").value("region") == "b"


@pytest.mark.parametrize(
    ("environ", "named", "expected"),
    [
        ({}, None, ("default", None)),
        ({"AWS_PROFILE": "a"}, None, ("a", "AWS_PROFILE")),
        ({"AWS_DEFAULT_PROFILE": "b"}, None, ("b", "AWS_DEFAULT_PROFILE")),
        ({"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"}, None, ("a", "AWS_PROFILE")),
        ({"AWS_PROFILE": ""}, None, ("default", None)),
        ({"AWS_PROFILE": "a"}, "c", ("c", "code")),
    ],
)
def test_who_names_the_profile(home: Home, environ: dict[str, str], named: str | None, expected: Any) -> None:
    loaded = home.load(named, **environ)
    assert (loaded.profile_name, loaded.profile_origin) == expected


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("[default] alone", "[default]\nregion = a", "a"),
        ("[profile default] wins", "[profile default]\nregion = b\n[default]\nregion = a", "b"),
        ("sections of one name are one", "[default]\nk = 1\n[default]\nregion = a", "a"),
        ("the later of two", "[default]\nregion = b\n[default]\nregion = a", "a"),
    ],
)
def test_the_default_profile(home: Home, rule: str, text: str, expected: str) -> None:
    assert home.config(text).load().value("region") == expected, rule


@pytest.mark.parametrize("header", ["[profile x y]", '[profile "x y"]', "[profile 'x y']"])
def test_a_name_with_white_space_needs_quotes(home: Home, header: str) -> None:
    assert home.config(f"{header}\nregion = a").load().has_profile("x y") == ("'" in header or '"' in header)


def test_the_config_file_needs_the_word_profile_and_the_credentials_file_must_not_have_it(home: Home) -> None:
    loaded = home.config("[x]\nregion = a").credentials("[profile y]\nregion = b").load()
    with pytest.raises(ConfigurationError, match=r"config:1 has \[x\], which the config file must spell \[profile x\]"):
        loaded.profile("x")
    with pytest.raises(ConfigurationError, match=r"credentials:1 has \[profile y\], .* must spell \[y\]"):
        loaded.profile("y")


def test_a_missing_profile_names_both_files(home: Home) -> None:
    with pytest.raises(ConfigurationError) as caught:
        home.config("").load().profile("x")
    text = str(caught.value)
    assert f"{home.path}/.aws/config and" in text
    assert f"{home.path}/.aws/credentials (no such file)" in text


def test_a_missing_profile_is_an_error_when_somebody_named_it_and_nothing_when_nobody_did(home: Home) -> None:
    assert home.load().value("region") is None
    with pytest.raises(ConfigurationError, match="there is no profile 'gone'"):
        home.load(AWS_PROFILE="gone").value("region")


def test_keys_of_the_credentials_file_win(home: Home) -> None:
    home.config("[default]\nregion = a\noutput = x").credentials("[default]\nregion = b")
    profile = home.load().profile()
    assert (profile["region"], profile["output"]) == ("b", "x")
    assert profile.where("region").endswith("credentials:2")
    assert profile.where("output").endswith("config:3")


def test_an_access_key_of_one_file_never_meets_the_token_of_the_other(home: Home) -> None:
    home.config(
        "[default]\naws_access_key_id = A\naws_secret_access_key = a\naws_session_token = t\naws_account_id = 1"
    )
    home.credentials("[default]\naws_access_key_id = B\naws_secret_access_key = b")
    profile = home.load().profile()
    assert (profile["aws_access_key_id"], profile["aws_secret_access_key"]) == ("B", "b")
    assert "aws_session_token" not in profile
    assert "aws_account_id" not in profile


def test_a_lone_token_in_the_credentials_file_does_not_join_the_keys_of_the_config_file(home: Home) -> None:
    home.config("[default]\naws_access_key_id = A\naws_secret_access_key = a").credentials(
        "[default]\naws_session_token = t"
    )
    profile = home.load().profile()
    assert profile["aws_access_key_id"] == "A"
    assert "aws_session_token" not in profile


def test_half_a_pair_is_not_completed_from_the_other_file(home: Home) -> None:
    home.config("[default]\naws_secret_access_key = a").credentials("[default]\naws_access_key_id = B")
    assert "aws_secret_access_key" not in home.load().profile()


@pytest.mark.parametrize(
    ("environ", "expected", "where"),
    [
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "a", "AWS_REGION"),
        ({"AWS_DEFAULT_REGION": "b"}, "b", "AWS_DEFAULT_REGION"),
        ({"AWS_REGION": ""}, "c", "config:2"),
        ({}, "c", "config:2"),
    ],
)
def test_the_region(home: Home, environ: dict[str, str], expected: str, where: str) -> None:
    loaded = home.config("[default]\nregion = c").load(**environ)
    assert loaded.value("region") == expected
    assert loaded.where("region").endswith(where)


def test_a_setting_that_is_nowhere_says_where_it_was_looked_for(home: Home) -> None:
    where = home.load().where("region")
    assert where.startswith("not found; looked in AWS_REGION, AWS_DEFAULT_REGION, region of profile 'default' (")


ENDPOINTS = """
[default]
endpoint_url = http://profile
services = mine
[services mine]
sts =
  endpoint_url = http://section
"""


@pytest.mark.parametrize(
    ("environ", "expected", "where"),
    [
        (
            {"AWS_ENDPOINT_URL_STS": "http://sts", "AWS_ENDPOINT_URL": "http://all"},
            "http://sts",
            "AWS_ENDPOINT_URL_STS",
        ),
        ({"AWS_ENDPOINT_URL": "http://all"}, "http://all", "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL_SSO": "http://sso"}, "http://section", "config:7"),
        ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": "http://all"}, None, None),
    ],
)
def test_the_order_of_endpoints(home: Home, environ: dict[str, str], expected: str | None, where: str | None) -> None:
    loaded = home.config(ENDPOINTS).load(**environ)
    assert loaded.value("endpoint_url") == expected
    assert where is None or loaded.where("endpoint_url").endswith(where)


def test_another_service_takes_the_endpoint_of_the_profile(home: Home) -> None:
    assert home.config(ENDPOINTS).load().endpoint("sso_oidc") == "http://profile"


def test_a_services_section_that_is_missing_is_an_error(home: Home) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no \[services gone\]"):
        home.config("[default]\nservices = gone").load().value("endpoint_url")


def test_flags_and_numbers_refuse_other_words_and_say_where_they_stand(home: Home) -> None:
    loaded = home.config(
        "[default]\nuse_fips_endpoint = TRUE\nmax_attempts = four\nuse_dualstack_endpoint = oui"
    ).load()
    assert loaded.flag("use_fips_endpoint") is True
    assert loaded.flag("ignore_configured_endpoint_urls") is None
    with pytest.raises(ConfigurationError, match=r"max_attempts is 'four' \(.*config:3\); it must be a whole number"):
        loaded.integer("max_attempts")
    with pytest.raises(ConfigurationError, match=r"config:4\); it must be true or false"):
        loaded.flag("use_dualstack_endpoint")


def test_sso_sessions_and_their_absence(home: Home) -> None:
    loaded = home.config("[sso-session s]\nsso_region = eu-west-1\n[sso-session other]").load()
    assert loaded.sso_session("s").require("sso_region") == "eu-west-1"
    with pytest.raises(ConfigurationError, match=r"there is no \[sso-session t\] in .*config"):
        loaded.sso_session("t")
    with pytest.raises(
        ConfigurationError, match=r"sso-session 's' has no 'sso_start_url' \(its keys begin at .*config:2\)"
    ):
        loaded.sso_session("s").require("sso_start_url")


def test_every_profile_by_name(home: Home) -> None:
    loaded = home.config("[default]\n[profile a]\n[x]\n[services q]").credentials("[b]\n[a]\n[profile z]").load()
    assert sorted(loaded.profile_names) == ["a", "b", "default"]


def test_a_file_that_is_not_text_is_an_error_that_names_it(home: Home) -> None:
    (home.path / ".aws" / "config").write_bytes(b"[default]\nregion = \xff\n")
    with pytest.raises(ConfigurationError, match="config is not UTF-8"):
        home.load().value("region")


def test_a_directory_in_the_place_of_a_file_is_an_error(home: Home) -> None:
    (home.path / ".aws" / "config").mkdir()
    with pytest.raises(ConfigurationError, match=r"cannot read .*config"):
        home.load().value("region")


def test_a_device_without_content_is_an_empty_file(home: Home) -> None:
    assert home.load(AWS_CONFIG_FILE="/dev/null").value("region") is None
