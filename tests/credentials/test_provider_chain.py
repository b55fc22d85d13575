"""Chains: who is asked next, what is told when nobody has credentials, and the order of the default chain."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.credentials.doubles import FakeClock, Source
from tests.credentials.sts import ScriptedSts

from understudy import STSClient
from understudy.credentials import RefreshingCredentials, chain, default_chain, from_env, from_provider_chain
from understudy.errors import ConfigurationError, CredentialsError, TransportError
from understudy.identity import AWSCredentials

KEYS = "aws_access_key_id = AKIAPROFILEPROFI\naws_secret_access_key = s\n"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENTX", "AWS_SECRET_ACCESS_KEY": "s"}
NOWHERE = {"AWS_EC2_METADATA_DISABLED": "true"}


class World:
    """An environment and two files around an STS."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sts = ScriptedSts(FakeClock())
        self.environ: dict[str, str] = {"HOME": str(path), **NOWHERE}
        (path / "token").write_text("a.b.c")

    def write(self, config: str = "", credentials: str = "") -> World:
        (self.path / "config").write_text(config)
        (self.path / "credentials").write_text(credentials)
        return self

    def options(self, **changes: Any) -> Any:
        given: dict[str, Any] = {
            "credentials": None,
            "environ": self.environ,
            "config_file": self.path / "config",
            "credentials_file": self.path / "credentials",
        }
        return self.sts.options(**{**given, **changes})

    def chain(self, **options: Any) -> RefreshingCredentials:
        return from_provider_chain(client=self.options(), **options)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).write()


def absent(name: str) -> Source:
    source = Source(FakeClock())
    source.name = name
    source.error = CredentialsError(f"{name} has nothing", try_next=True)
    return source


def test_the_first_that_gives_is_taken_and_the_rest_not_asked() -> None:
    clock = FakeClock()
    empty, first, second = absent("empty"), Source(clock), Source(clock)
    one = chain(empty, first, second, clock=clock)
    assert one.get().access_key_id == "AKIA1"
    assert (empty.calls, first.calls, second.calls) == (1, 1, 0)


def test_it_keeps_to_the_one_that_gave() -> None:
    clock = FakeClock()
    first, second = absent("first"), Source(clock)
    one = chain(first, second, clock=clock)
    one.get()
    first.error = None
    one.refresh()
    assert (first.calls, second.calls) == (1, 2)
    second.error = CredentialsError("away for a moment", try_next=True, recoverable=True)
    clock.now += 3600
    assert one.get().access_key_id == "AKIA2"
    assert first.calls == 1


def test_any_other_failure_ends_the_chain() -> None:
    broken, second = Source(FakeClock()), Source(FakeClock())
    broken.error = CredentialsError("half a pair")
    with pytest.raises(CredentialsError, match="half a pair"):
        chain(broken, second).get()
    broken.error = TransportError("no route")
    with pytest.raises(TransportError):
        chain(broken, second).get()
    assert second.calls == 0


def test_where_nobody_has_any_each_is_listed_with_its_reason() -> None:
    with pytest.raises(CredentialsError) as caught:
        chain(absent("one"), absent("two"), from_env(environ={})).get()
    assert str(caught.value) == (
        "no provider gave credentials:\n  - one: one has nothing\n  - two: two has nothing\n"
        "  - environment: AWS_ACCESS_KEY_ID is not set"
    )
    assert caught.value.try_next


def test_chains_nest_and_take_values_functions_and_mappings() -> None:
    given = {"access_key_id": "AKIAMAP", "secret_access_key": "s"}
    assert chain(chain(absent("one")), given).get().access_key_id == "AKIAMAP"
    assert chain(absent("one"), lambda: given).get().access_key_id == "AKIAMAP"
    assert chain(AWSCredentials("AKIAVALUE", "s")).get().access_key_id == "AKIAVALUE"


def test_expire_after_shortens_and_never_lengthens() -> None:
    clock = FakeClock()
    endless, hour = Source(clock, lifetime=None), Source(clock, lifetime=3600)
    assert chain(endless, expire_after=600.0, clock=clock).get().expiration == datetime.fromtimestamp(
        clock.now + 600, UTC
    )
    assert chain(hour, expire_after=7200.0, clock=clock).get().expiration == datetime.fromtimestamp(
        clock.now + 3600, UTC
    )


def test_static_stability_is_that_of_the_link_that_gave() -> None:
    clock = FakeClock()
    for stable in (True, False):
        source = Source(clock, static_stability=stable)
        one = chain(absent("one"), source, clock=clock)
        one.get()
        source.error = TransportError("away")
        clock.now += 4000
        if stable:
            assert one.get().access_key_id == "AKIA1"
        else:
            with pytest.raises(TransportError):
                one.get()


# -- the default chain -------------------------------------------------------------------------------------------------


def test_the_environment_wins_over_the_profile(world: World) -> None:
    world.write("", f"[default]\n{KEYS}").environ.update(ENVIRONMENT)
    assert world.chain().get().access_key_id == "AKIAENVIRONMENTX"


def test_a_profile_named_in_code_wins_over_the_environment(world: World) -> None:
    world.write("", f"[p]\n{KEYS}").environ.update(ENVIRONMENT)
    assert world.chain(profile="p").get().access_key_id == "AKIAPROFILEPROFI"
    named = from_provider_chain(client=world.options(profile="p"))
    assert named.get().access_key_id == "AKIAPROFILEPROFI"


def test_a_profile_named_by_the_environment_does_not(world: World) -> None:
    world.write("", f"[p]\n{KEYS}").environ.update({**ENVIRONMENT, "AWS_PROFILE": "p"})
    assert world.chain().get().access_key_id == "AKIAENVIRONMENTX"


def test_the_profile_wins_over_the_web_identity_of_the_environment(world: World) -> None:
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(world.path / "token"), "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/w"}
    world.write("", f"[default]\n{KEYS}").environ.update(web)
    assert world.chain().get().access_key_id == "AKIAPROFILEPROFI"
    world.write()
    assert world.chain().get().source == "web_identity"
    assert world.sts.calls[0].access_key_id is None


def test_a_profile_without_credentials_lets_the_chain_go_on(world: World) -> None:
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(world.path / "token"), "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/w"}
    world.write("[default]\nregion = eu-west-1\n").environ.update(web)
    assert world.chain().get().source == "web_identity"


def test_half_a_web_identity_ends_the_chain(world: World) -> None:
    world.environ["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(world.path / "token")
    with pytest.raises(CredentialsError, match="AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not"):
        world.chain().get()


def test_a_profile_that_somebody_named_and_nobody_wrote_ends_the_chain(world: World) -> None:
    world.environ["AWS_PROFILE"] = "gone"
    with pytest.raises(ConfigurationError, match="there is no profile 'gone'"):
        world.chain().get()


def test_nothing_anywhere_lists_every_provider_and_its_reason(world: World) -> None:
    with pytest.raises(CredentialsError) as caught:
        world.chain().get()
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "  - environment",
        "  - profile",
        "  - web identity",
        "  - container",
        "  - instance metadata",
    ]
    assert "AWS_ACCESS_KEY_ID is not set" in lines[1]
    assert "there is no profile 'default' in" in lines[2]
    assert "AWS_WEB_IDENTITY_TOKEN_FILE is not set" in lines[3]
    assert "AWS_CONTAINER_CREDENTIALS" in lines[4]
    assert "AWS_EC2_METADATA_DISABLED" in lines[5]


def test_what_is_passed_over_is_listed_too(world: World) -> None:
    world.write("[profile p]\nregion = eu-west-1")
    with pytest.raises(CredentialsError, match="environment: passed over, because profile 'p' is named in code"):
        world.chain(profile="p").get()


def test_a_client_without_credentials_uses_it(world: World) -> None:
    world.environ.update(ENVIRONMENT)
    client = STSClient(world.options())
    client.assume_role(role_arn="arn:aws:iam::123456789012:role/r", role_session_name="me")
    assert world.sts.calls[0].access_key_id == "AKIAENVIRONMENTX"
    assert default_chain(caller=client.caller).get().access_key_id == "AKIAENVIRONMENTX"


def test_a_default_chain_over_plain_options_can_be_pickled(world: World) -> None:
    from understudy.client.options import ClientOptions

    one = from_provider_chain(client=ClientOptions(environ=dict(ENVIRONMENT)))
    one.get()
    assert pickle.loads(pickle.dumps(one)).get().access_key_id == "AKIAENVIRONMENTX"


def test_a_rejected_key_reaches_the_cache_inside_a_chain() -> None:
    clock = FakeClock()
    source = Source(clock)
    inner = RefreshingCredentials(source, clock=clock)
    outer = chain(inner, clock=clock)
    outer.get()
    outer.invalidate("AKIA1")
    assert (outer.get().access_key_id, inner.get().access_key_id) == ("AKIA2", "AKIA2")
    assert outer.refresh().access_key_id == "AKIA3"


def test_a_chain_with_a_link_that_asks_a_person_does_not_hurry() -> None:
    source = Source(FakeClock())
    source.interactive = True  # type: ignore[attr-defined]
    assert chain(absent("one"), RefreshingCredentials(source))._load_timeout is None
    assert chain(absent("one"))._load_timeout == 30.0
