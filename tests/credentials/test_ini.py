"""Profiles: what gives their credentials, chains of roles, and what is told when a profile contradicts itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.credentials.doubles import FakeClock
from tests.credentials.sts import ScriptedSts

from understudy.credentials import RefreshingCredentials, from_ini
from understudy.errors import ConfigurationError, CredentialsError

ROLE = "arn:aws:iam::123456789012:role/"
KEYS = "aws_access_key_id = AKIASTATICSTATIC\naws_secret_access_key = s3cr3t\n"


class Home:
    """Files, an environment and an STS for one test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sts = ScriptedSts(FakeClock())
        self.environ: dict[str, str] = {"PATH": "/usr/bin:/bin", "HOME": str(path)}

    def write(self, config: str, credentials: str = "") -> Home:
        (self.path / "config").write_text(config)
        (self.path / "credentials").write_text(credentials)
        return self

    def ini(self, profile: str | None = None, **options: Any) -> RefreshingCredentials:
        client = options.pop("client", {})
        return from_ini(profile, client=self.options(**client), **options)

    def options(self, **changes: Any) -> Any:
        given: dict[str, Any] = {
            "region": None,
            "credentials": None,
            "environ": self.environ,
            "config_file": self.path / "config",
            "credentials_file": self.path / "credentials",
        }
        return self.sts.options(**{**given, **changes})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_static_keys_with_token_and_account(home: Home) -> None:
    got = home.write("", f"[default]\n{KEYS}aws_session_token = t\naws_account_id = 123456789012\n").ini().get()
    assert (got.access_key_id, got.session_token, got.account_id, got.source) == (
        "AKIASTATICSTATIC",
        "t",
        "123456789012",
        "profile",
    )


def test_the_profile_of_code_then_of_the_client_then_of_the_environment(home: Home) -> None:
    home.write("", "".join(f"[{name}]\n{KEYS.replace('AKIASTATICSTATIC', name)}" for name in ("code", "client", "env")))
    home.environ["AWS_PROFILE"] = "env"
    assert home.ini().get().access_key_id == "env"
    assert home.ini(client={"profile": "client"}).get().access_key_id == "client"
    assert home.ini("code", client={"profile": "client"}).get().access_key_id == "code"


def test_half_a_pair_names_file_and_line(home: Home) -> None:
    home.write("[default]\naws_secret_access_key = s3cr3t\n", "[default]\naws_access_key_id = AKIA\n")
    with pytest.raises(
        CredentialsError, match=r"credentials:2: profile 'default' has aws_access_key_id and no aws_secr"
    ):
        home.ini().get()


def test_keys_that_another_tool_rotates_are_read_again_when_a_service_rejects_them(home: Home) -> None:
    one = home.write("", f"[default]\n{KEYS}").ini()
    one.get()
    home.write("", f"[default]\n{KEYS.replace('AKIASTATICSTATIC', 'AKIAROTATED')}")
    assert one.get().access_key_id == "AKIASTATICSTATIC"
    one.invalidate("AKIASTATICSTATIC")
    assert one.get().access_key_id == "AKIAROTATED"


CHAIN = f"""
[profile a]
role_arn = {ROLE}a
source_profile = b
region = eu-west-1
[profile b]
role_arn = {ROLE}b
source_profile = c
region = us-west-2
[profile c]
region = ap-south-1
"""


def test_each_hop_of_a_chain_uses_the_region_of_its_own_profile(home: Home) -> None:
    home.write(CHAIN, f"[c]\n{KEYS}")
    got = home.ini("a").get()
    assert [(c.command.role_arn[-1], c.region, c.access_key_id) for c in home.sts.calls] == [
        ("b", "us-west-2", "AKIASTATICSTATIC"),
        ("a", "eu-west-1", "ASIAISSUED000001"),
    ]
    assert got.source == "assume_role"
    assert home.sts.made == 1


def test_a_hop_without_a_region_takes_the_outer_one(home: Home) -> None:
    home.write(CHAIN.replace("region = us-west-2\n", ""), f"[c]\n{KEYS}")
    home.ini("a", client={"region": "sa-east-1"}).get()
    assert [call.region for call in home.sts.calls] == ["sa-east-1", "eu-west-1"]


def test_a_hop_uses_the_endpoint_of_its_own_profile(home: Home) -> None:
    services = "\n[services s]\nsts =\n  endpoint_url = https://b.example\n"
    home.write(CHAIN.replace("role/b\n", "role/b\nservices = s\n") + services, f"[c]\n{KEYS}")
    home.ini("a").get()
    assert [call.host for call in home.sts.calls] == ["b.example", "sts.eu-west-1.amazonaws.com"]


def test_a_refresh_of_the_last_hop_does_not_assume_the_others_again(home: Home) -> None:
    home.write(CHAIN, f"[c]\n{KEYS}")
    one = home.ini("a")
    one.get()
    one.refresh()
    assert [call.command.role_arn[-1] for call in home.sts.calls] == ["b", "a", "a"]


def test_every_key_of_a_role(home: Home, tmp_path: Path) -> None:
    home.write(
        f"""
        [profile a]
        region = eu-west-1
        role_arn = {ROLE}a
        source_profile = keys
        role_session_name = me
        external_id = extern
        duration_seconds = 1800
        mfa_serial = arn:aws:iam::123456789012:mfa/me
        mfa_process = echo 424242
        source_identity = alice
        session_tags = team=a, project=x y
        transitive_session_tags = team
        policy = {{"Version": "2012-10-17", "Statement": []}}
        policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess, arn:aws:iam::aws:policy/ViewOnlyAccess
        """,
        f"[keys]\n{KEYS}",
    )
    home.ini("a").get()
    command = home.sts.calls[0].command
    assert (command.role_session_name, command.external_id, command.duration_seconds) == ("me", "extern", 1800)
    assert (command.serial_number, command.token_code) == ("arn:aws:iam::123456789012:mfa/me", "424242")
    assert command.source_identity == "alice"
    assert {tag.key: tag.value for tag in command.tags} == {"team": "a", "project": "x y"}
    assert list(command.transitive_tag_keys) == ["team"]
    assert json.loads(command.policy)["Version"] == "2012-10-17"
    assert [policy.arn.rpartition("/")[2] for policy in command.policy_arns] == ["ReadOnlyAccess", "ViewOnlyAccess"]


def test_a_code_from_the_caller_where_the_profile_has_no_command(home: Home) -> None:
    home.write(
        f"[profile a]\nregion = eu-west-1\nrole_arn = {ROLE}a\nsource_profile = k\nmfa_serial = GAHT12345678\n",
        f"[k]\n{KEYS}",
    )
    home.ini("a", mfa=lambda serial: "131313").get()
    assert home.sts.calls[0].command.token_code == "131313"
    with pytest.raises(ConfigurationError, match=r"config:3: profile 'a': the MFA device 'GAHT12345678' needs codes"):
        home.ini("a").get()


def test_a_profile_may_name_itself_where_it_has_keys(home: Home) -> None:
    home.write(f"[profile a]\nregion = eu-west-1\nrole_arn = {ROLE}a\nsource_profile = a\n{KEYS}")
    home.ini("a").get()
    assert home.sts.calls[0].access_key_id == "AKIASTATICSTATIC"


@pytest.mark.parametrize(
    ("sources", "cycle"),
    [
        ({"a": "b", "b": "c", "c": "a"}, "a -> b -> c -> a"),
        ({"a": "b", "b": "c", "c": "b"}, "b -> c -> b"),
        ({"a": "a"}, "a -> a"),
    ],
)
def test_a_circle_is_printed(home: Home, sources: dict[str, str], cycle: str) -> None:
    text = "".join(f"[profile {p}]\nrole_arn = {ROLE}{p}\nsource_profile = {s}\n" for p, s in sources.items())
    home.write(text)
    with pytest.raises(ConfigurationError, match=rf"config:\d+: the profiles name each other in a circle: {cycle}$"):
        home.ini("a").get()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            f"role_arn = {ROLE}a\n",
            "has role_arn and none of source_profile, credential_source, web_identity_token_file",
        ),
        (
            f"role_arn = {ROLE}a\nsource_profile = k\ncredential_source = Environment\n",
            "has role_arn and source_profile and cred",
        ),
        (f"role_arn = {ROLE}a\nsource_profile = k\nweb_identity_token_file = /t\n", "a role needs exactly one"),
        ("web_identity_token_file = /t\n", "has web_identity_token_file and no role_arn"),
        (
            f"role_arn = {ROLE}a\ncredential_source = Moon\n",
            "credential_source is 'Moon'; it must be Environment, EcsContainer",
        ),
        (
            f"role_arn = {ROLE}a\nsource_profile = k\nduration_seconds = an hour\n",
            "duration_seconds is 'an hour'; it must be a whole",
        ),
        (f"role_arn = {ROLE}a\nsource_profile = k\nduration_seconds = 60\n", "profile 'a': AssumeRole breaks 1 limit"),
        (
            f"role_arn = {ROLE}a\nsource_profile = k\nsession_tags = team\n",
            "session_tags has 'team'; it must be 'key=value,key=value'",
        ),
    ],
)
def test_a_profile_that_contradicts_itself_names_file_and_line(home: Home, body: str, message: str) -> None:
    home.write(f"[profile a]\nregion = eu-west-1\n{body}", f"[k]\n{KEYS}")
    with pytest.raises(ConfigurationError, match=message) as caught:
        home.ini("a").get()
    assert "config:" in str(caught.value)


def test_a_missing_source_profile_names_the_chain(home: Home) -> None:
    home.write(CHAIN)
    with pytest.raises(CredentialsError, match=r"profile 'c' has no credentials \(by way of a -> b -> c\)"):
        home.ini("a").get()
    home.write(CHAIN.replace("[profile c]", "[profile d]"))
    with pytest.raises(ConfigurationError, match=r"there is no profile 'c': looked in .* \(by way of a -> b -> c\)"):
        home.ini("a").get()


def test_the_environment_as_the_source_of_a_role(home: Home) -> None:
    home.environ |= {"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENTX", "AWS_SECRET_ACCESS_KEY": "s"}
    home.write(f"[profile a]\nregion = eu-west-1\nrole_arn = {ROLE}a\ncredential_source = Environment\n")
    home.ini("a").get()
    assert home.sts.calls[0].access_key_id == "AKIAENVIRONMENTX"


def test_a_web_identity_with_its_duration_and_policies(home: Home) -> None:
    (home.path / "token").write_text("a.b.c\n")
    home.write(
        f"[profile a]\nregion = eu-west-1\nrole_arn = {ROLE}a\nweb_identity_token_file = ~/token\nrole_session_name = me\n"
        "duration_seconds = 900\npolicy = {}\npolicy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess\n"
    )
    home.ini("a").get()
    command = home.sts.calls[0].command
    assert (command.web_identity_token, command.role_session_name, command.duration_seconds) == ("a.b.c", "me", 900)
    assert (command.policy, len(command.policy_arns), home.sts.calls[0].access_key_id) == ("{}", 1, None)


def test_a_role_over_a_web_identity(home: Home) -> None:
    (home.path / "token").write_text("a.b.c\n")
    home.write(
        f"[profile a]\nregion = eu-west-1\nrole_arn = {ROLE}a\nsource_profile = w\n"
        f"[profile w]\nregion = eu-west-1\nrole_arn = {ROLE}w\nweb_identity_token_file = ~/token\n"
    )
    home.ini("a").get()
    assert home.sts.actions == ["AssumeRoleWithWebIdentity", "AssumeRole"]
    assert home.sts.calls[1].access_key_id == "ASIAISSUED000001"


def test_a_process(home: Home) -> None:
    printed = json.dumps({"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "s"})
    (home.path / "set.json").write_text(printed)
    home.write(f"[default]\ncredential_process = cat {home.path}/set.json\naws_account_id = 123456789012\n")
    got = home.ini().get()
    assert (got.access_key_id, got.account_id) == ("AKIAPROCESS", "123456789012")


def test_the_order_within_a_profile(home: Home) -> None:
    (home.path / "set.json").write_text(json.dumps({"Version": 1, "AccessKeyId": "PROCESS", "SecretAccessKey": "s"}))
    process = f"credential_process = cat {home.path}/set.json\n"
    role = f"role_arn = {ROLE}a\nsource_profile = k\n"
    home.write(f"[profile a]\nregion = eu-west-1\n{process}{KEYS}{role}", f"[k]\n{KEYS}")
    assert home.ini("a").get().source == "assume_role"
    home.write(f"[profile a]\n{process}{KEYS}")
    assert home.ini("a").get().access_key_id == "AKIASTATICSTATIC"
    home.write(f"[profile a]\n{process}")
    assert home.ini("a").get().access_key_id == "PROCESS"


def test_sso_and_login_are_found_and_say_what_they_miss(home: Home) -> None:
    home.write("[profile a]\nsso_account_id = 123456789012\nsso_role_name = r\n")
    with pytest.raises(ConfigurationError, match="sso_region, sso_start_url is missing"):
        home.ini("a").get()
    home.write("[profile a]\nregion = eu-west-1\nlogin_session = arn:aws:iam::123456789012:user/me\n")
    with pytest.raises(CredentialsError, match="there is no login for"):
        home.ini("a").get()


def test_five_loads_are_one_connection(home: Home) -> None:
    home.write(CHAIN, f"[c]\n{KEYS}")
    one = home.ini("a")
    for _ in range(5):
        one.refresh()
    assert home.sts.made == 1


def test_static_stability_is_that_of_what_the_profile_names(home: Home) -> None:
    home.write(CHAIN, f"[c]\n{KEYS}")
    role, static = home.ini("a"), home.ini("c")
    role.get(), static.get()
    assert role.provider.static_stability
    assert not static.provider.static_stability


def test_a_prompt_is_asked_in_the_callers_own_thread(home: Home) -> None:
    import threading

    home.write(
        f"[profile a]\nregion = eu-west-1\nrole_arn = {ROLE}a\nsource_profile = k\nmfa_serial = GAHT12345678\n",
        f"[k]\n{KEYS}",
    )
    asked: list[threading.Thread] = []

    def code(serial: str) -> str:
        asked.append(threading.current_thread())
        return "123456"

    home.ini("a", mfa=code).get()
    assert asked == [threading.current_thread()]
