"""obstore through the guard, with our credentials of a role of another account that refresh."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from tests.conformance.conftest import MovableClock
from tests.conformance.seed_world import ALICE, BODY, BUCKET, KEY, OTHER, ROLE, SeedStage, foreign, tampered

from understudy import STSClient, from_temporary_credentials
from understudy.bridges.obstore import async_credential_provider, credential_provider
from understudy.credentials import RefreshingCredentials
from understudy.identity import AWSCredentials

obstore = pytest.importorskip("obstore")
stores = pytest.importorskip("obstore.store")
refusals = pytest.importorskip("obstore.exceptions")
pytestmark = pytest.mark.conformance


def store(stage: SeedStage, **credentials: Any) -> Any:
    return stores.S3Store(
        BUCKET,
        endpoint=stage.url,
        region="us-west-2",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
        **credentials,
    )


def fixed(stage: SeedStage, session: tuple[str, str, str]) -> Any:
    key_id, secret, token = session
    return store(stage, access_key_id=key_id, secret_access_key=secret, token=token)


def reading(stage: SeedStage, name: str, **refresh: Any) -> RefreshingCredentials:
    client = STSClient(region="us-east-1", endpoint=stage.url, credentials=AWSCredentials(*ALICE))
    return from_temporary_credentials(
        role_arn=ROLE, role_session_name=name, duration_seconds=900, client=client, **refresh
    )


def paths(found: Any) -> list[str]:
    return [each["path"] for batch in found for each in batch]


def test_it_lists_and_reads(seed_stage: SeedStage) -> None:
    opened = store(seed_stage, credential_provider=credential_provider(reading(seed_stage, "obstore")))
    assert KEY in paths(obstore.list(opened))
    assert bytes(obstore.get(opened, KEY).bytes()) == BODY
    assert len(set(seed_stage.listings("obstore"))) == 1


def test_credentials_that_are_about_to_end_are_assumed_again(seed_stage: SeedStage) -> None:
    """obstore asks the provider when less than five minutes are left, the provider has the shorter windows."""
    clock = MovableClock()
    opened = store(seed_stage, credential_provider=credential_provider(reading(seed_stage, "ageing", clock=clock)))
    give_up = time.monotonic() + 30
    with seed_stage.slow(660):  # of fifteen minutes four are left
        assert KEY in paths(obstore.list(opened))
        clock.offset = 150.0
        while len(set(seed_stage.listings("ageing"))) < 2:  # obstore keeps what it was given for a tenth of a second
            assert time.monotonic() < give_up, "the role was not assumed again"
            assert KEY in paths(obstore.list(opened))


def test_in_tasks(seed_stage: SeedStage) -> None:
    async def use() -> None:
        opened = store(seed_stage, credential_provider=async_credential_provider(reading(seed_stage, "tasks")))
        assert KEY in paths([await obstore.list(opened).collect_async()])
        assert bytes(await (await obstore.get_async(opened, KEY)).bytes_async()) == BODY

    asyncio.run(use())


def test_the_role_may_not_write_and_is_told_why(seed_stage: SeedStage) -> None:
    opened = fixed(seed_stage, seed_stage.session("writer"))
    with pytest.raises(refusals.PermissionDeniedError) as caught:
        obstore.put(opened, "no", b"x", use_multipart=False)
    user = f"arn:aws:sts::{OTHER}:assumed-role/S3ReadRole/writer"
    assert f"User: {user} is not authorized to perform: s3:PutObject" in str(caught.value)
    assert "because no identity-based policy allows the s3:PutObject action" in str(caught.value)


def test_tokens_that_are_not_good(seed_stage: SeedStage) -> None:
    def refused(session: tuple[str, str, str], code: str) -> None:
        with pytest.raises(refusals.BaseError, match=f"<Code>{code}</Code>"):
            paths(obstore.list(fixed(seed_stage, session)))

    refused(seed_stage.session(ago=3600), "ExpiredToken")
    refused(tampered(seed_stage.session()), "InvalidToken")
    refused(foreign(), "InvalidToken")
    refused((*ALICE, seed_stage.session()[2]), "InvalidAccessKeyId")
