"""obstore, whose core is Rust's object_store, through the guard with assumed credentials."""

from __future__ import annotations

import os
from typing import Any

import pytest
from tests.server.guard.conftest import BUCKET, CAROL

obstore = pytest.importorskip("obstore")
pytest.importorskip("obstore.exceptions")
stores = pytest.importorskip("obstore.store")


def store(stand_in: Any, key_id: str, secret: str, token: str | None = None) -> Any:
    config = {"access_key_id": key_id, "secret_access_key": secret, **({"token": token} if token else {})}
    return stores.S3Store(
        BUCKET,
        endpoint=stand_in.url,
        region="us-east-1",
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
        **config,
    )


@pytest.fixture
def owner(stand_in: Any) -> Any:
    return store(stand_in, CAROL.access_key_id, CAROL.secret_access_key)


@pytest.fixture
def reading(stand_in: Any, role: Any) -> Any:
    return store(stand_in, role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])


def test_it_lists_and_reads_what_another_account_put(owner: Any, reading: Any) -> None:
    body = os.urandom(3_000_000)
    obstore.put(owner, "obstore/a file é.bin", body)
    assert [each["path"] for batch in obstore.list(reading, "obstore") for each in batch] == ["obstore/a file é.bin"]
    assert bytes(obstore.get(reading, "obstore/a file é.bin").bytes()) == body
    assert bytes(obstore.get_range(reading, "obstore/a file é.bin", start=5, end=9)) == body[5:9]


def test_a_large_file_goes_up_in_parts(owner: Any, reading: Any) -> None:
    body = os.urandom(12 * 1024 * 1024)
    obstore.put(owner, "obstore/parts", body, use_multipart=True, chunk_size=5 * 1024 * 1024)
    assert bytes(obstore.get(reading, "obstore/parts").bytes()) == body


def test_the_role_may_not_write_or_delete(owner: Any, reading: Any) -> None:
    obstore.put(owner, "obstore/kept", b"kept")
    with pytest.raises(obstore.exceptions.PermissionDeniedError, match="s3:PutObject"):
        obstore.put(reading, "obstore/no", b"x", use_multipart=False)
    with pytest.raises(Exception, match="AccessDenied"):
        obstore.delete(reading, "obstore/kept")
    assert bytes(obstore.get(owner, "obstore/kept").bytes()) == b"kept"


def test_addresses_that_it_signs(owner: Any, reading: Any) -> None:
    from datetime import timedelta
    from urllib.request import urlopen

    obstore.put(owner, "obstore/signed", b"by address")
    with urlopen(obstore.sign(reading, "GET", "obstore/signed", timedelta(minutes=1))) as response:
        assert response.read() == b"by address"
