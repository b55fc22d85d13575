"""botocore and Understudy resolve the same credentials from the same files and environment, or the table says why not."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conformance.chain_world import FAR, World

from understudy.client.options import ClientOptions
from understudy.credentials import from_provider_chain
from understudy.errors import CredentialsError, UnderstudyError

pytestmark = pytest.mark.conformance

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("chain.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, world, monkeypatch)


class Place:
    """The home directory and the environment of one case, for this whole process."""

    def __init__(self, home: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.world = world
        self.monkeypatch = monkeypatch

    def furnish(self, case: dict[str, Any]) -> None:
        written = {
            "config": case.get("config", ""),
            "credentials": case.get("credentials", ""),
            **case.get("files", {}),
        }
        if "sso" in case:
            written |= self._login(case["sso"])
        for name, text in written.items():
            file = self.home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._filled(text), encoding="utf-8", newline="")
        for name in list(os.environ):
            self.monkeypatch.delenv(name)
        for name, value in self._environ(case.get("env", {})).items():
            self.monkeypatch.setenv(name, value)

    def _environ(self, given: dict[str, Any]) -> dict[str, str]:
        always = {
            "PATH": "/usr/bin:/bin",
            "HOME": "{home}",
            "AWS_CONFIG_FILE": "{home}/config",
            "AWS_SHARED_CREDENTIALS_FILE": "{home}/credentials",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": "{url}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "{url}/",
        }
        return {name: self._filled(str(value)) for name, value in {**always, **given}.items()}

    def _filled(self, text: str) -> str:
        return text.replace("{home}", str(self.home)).replace("{url}", self.world.url)

    def _login(self, name: str) -> dict[str, str]:
        key = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
        token = {
            "startUrl": "https://start.example",
            "region": "eu-west-1",
            "accessToken": "sso-token",
            "expiresAt": FAR,
        }
        return {f".aws/sso/cache/{key}.json": json.dumps(token)}

    def shown(self, access_key_id: str, token: str | None) -> str:
        return f"{self.world.name(access_key_id)}{f' + {token}' if token else ''}"

    def ours(self, profile: str | None) -> str:
        one = from_provider_chain(profile=profile, mfa=lambda _: "123456", client=ClientOptions(max_attempts=1))
        try:
            got = one.get()
        except UnderstudyError as error:
            return "none" if isinstance(error, CredentialsError) and error.try_next else "error"
        return self.shown(got.access_key_id, got.session_token)

    def botocores(self, profile: str | None) -> str:
        import botocore.credentials
        import botocore.session
        import botocore.tokens

        # botocore expands this directory once, when it is imported
        cache = str(self.home / ".aws" / "sso" / "cache")
        for owner in (botocore.credentials.SSOProvider, botocore.tokens.SSOTokenProvider):
            self.monkeypatch.setattr(owner, "_SSO_TOKEN_CACHE_DIR", cache)
        try:
            session = botocore.session.Session(profile=profile)
            session.set_config_variable("metadata_service_num_attempts", 1)
            resolver = session.get_component("credential_provider")
            resolver.get_provider("assume-role")._prompter = lambda _: "123456"
            found = session.get_credentials()
            if found is None:
                return "none"
            got = found.get_frozen_credentials()
        except Exception:
            return "error"
        return self.shown(got.access_key, got.token)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_same_credentials_from_the_same_place(case: dict[str, Any], place: Place) -> None:
    place.furnish(case)
    profile = case.get("profile")
    assert (place.ours(profile), place.botocores(profile)) == (case["got"], case.get("botocore", case["got"]))


def test_the_table_is_long_enough_and_every_difference_has_its_reason() -> None:
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert ("botocore" in case) == ("because" in case)
        assert case.get("botocore") != case["got"]
