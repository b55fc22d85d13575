"""obstore, polars, pyarrow, deltalake, DuckDB, pyiceberg, daft, icechunk: reading from S3 through a refresh."""

from __future__ import annotations

import asyncio
import io
import pickle
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from understudy.bridges import daft, deltalake, duckdb, icechunk, obstore, polars, pyarrow, pyiceberg, travelling
from understudy.bridges.endpoint import CredentialsEndpoint
from understudy.credentials import RefreshingCredentials, from_function

if TYPE_CHECKING:
    from tests.bridges.conftest import Play


def until_seen(play: Play, key: str) -> Iterator[None]:
    """Again and again until the bucket has seen this key: the libraries keep a set for a moment of their own."""
    give_up = time.monotonic() + 30
    while key not in play.bucket.keys:
        assert time.monotonic() < give_up, f"{key} was never used"
        yield


def parquet(play: Play, name: str = "t.parquet") -> None:
    library = pytest.importorskip("polars")
    target = io.BytesIO()
    library.DataFrame({"n": [1, 2, 3]}).write_parquet(target)
    play.bucket.objects[name] = target.getvalue()


def store(play: Play, provider: Any) -> Any:
    library = pytest.importorskip("obstore")
    return library.store.S3Store(
        "bucket",
        endpoint=play.bucket.url,
        region="eu-west-1",
        client_options={"allow_http": True},
        credential_provider=provider,
    )


def test_obstore_follows_a_refresh(play: Play) -> None:
    library = pytest.importorskip("obstore")
    play.sessions.lifetime = 240  # obstore asks again when fewer than 5 minutes are left
    opened = store(play, obstore.credential_provider(play.credentials))
    assert bytes(library.get(opened, "a.txt").bytes()) == b"hello"
    play.grow_old()
    for _ in until_seen(play, "ASIA2"):
        assert bytes(library.get(opened, "a.txt").bytes()) == b"hello"


def test_obstore_follows_a_refresh_in_tasks(play: Play) -> None:
    library = pytest.importorskip("obstore")
    play.sessions.lifetime = 240

    async def use() -> None:
        opened = store(play, obstore.async_credential_provider(play.credentials))
        for key in ("ASIA1", "ASIA2"):
            for _ in until_seen(play, key):
                answer = await library.get_async(opened, "a.txt")
                assert bytes(await answer.bytes_async()) == b"hello"
            play.grow_old()

    asyncio.run(use())


def test_polars_follows_a_refresh(play: Play) -> None:
    library = pytest.importorskip("polars")
    parquet(play)
    play.sessions.lifetime = 3  # polars asks again when they have expired
    provider = polars.credential_provider(play.credentials)
    options = {"aws_endpoint_url": play.bucket.url, "aws_region": "eu-west-1", "aws_allow_http": "true"}

    def total() -> int:
        frame = library.scan_parquet("s3://bucket/t.parquet", storage_options=options, credential_provider=provider)
        return int(frame.select(library.col("n").sum()).collect().item())

    for key in ("ASIA1", "ASIA2"):
        for _ in until_seen(play, key):
            play.clock.now = time.time()
            assert total() == 6


def test_polars_takes_a_set_past_its_end_while_the_source_has_an_outage(play: Play) -> None:
    play.credentials.get()
    play.clock.now = time.time() - 7200
    old = RefreshingCredentials(play.sessions, clock=play.clock)
    members, expiration = polars.credential_provider(old)()
    assert members["aws_access_key_id"] == "ASIA2"
    assert expiration is not None
    assert expiration > time.time()


TRAVELLERS = [
    polars.credential_provider,
    obstore.credential_provider,
    obstore.async_credential_provider,
    daft.credentials_provider,
    icechunk.get_credentials,
]


@pytest.mark.parametrize("make", TRAVELLERS)
def test_a_pickle_finds_its_cache_again(play: Play, make: Any) -> None:
    pickled = pickle.dumps(make(play.credentials))
    assert pickle.loads(pickled).source is play.credentials
    assert pickle.dumps(make(play.credentials)) == pickled


@pytest.mark.parametrize("make", TRAVELLERS)
def test_a_pickle_brings_a_copy_into_another_process(play: Play, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pickled = pickle.dumps(make(play.credentials))
    monkeypatch.setattr(travelling, "_BY_TICKET", {})
    first, second = pickle.loads(pickled), pickle.loads(pickled)
    assert first.source is second.source is not play.credentials
    assert first.source.get().access_key_id == "ASIA1"


def test_credentials_that_cannot_travel_say_so_there(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    made = polars.credential_provider(from_function(lambda: play.credentials.get()))
    pickled = pickle.dumps(made)
    assert pickle.loads(pickled)()[0]["aws_access_key_id"] == "ASIA1"
    monkeypatch.setattr(travelling, "_BY_TICKET", {})
    with pytest.raises(TypeError, match="make them in the process that uses them"):
        pickle.loads(pickled)


def test_pyarrow_follows_a_refresh(play: Play) -> None:
    fs = pytest.importorskip("pyarrow.fs")
    filesystem = pyarrow.filesystem(
        play.credentials,
        region="eu-west-1",
        endpoint_override=play.bucket.host,
        scheme="http",
        allow_delayed_open=True,  # small files in one PUT
    )
    with filesystem.open_input_stream("bucket/a.txt") as stream:
        assert stream.read() == b"hello"
    assert set(play.bucket.keys) == {"ASIA1"}
    play.bucket.keys.clear()
    play.grow_old()
    with filesystem.open_output_stream("bucket/b.txt") as output:
        output.write(b"new")
    assert filesystem.get_file_info("bucket/a.txt").size == 5
    assert sorted(info.path for info in filesystem.get_file_info(fs.FileSelector("bucket"))) == [
        "bucket/a.txt",
        "bucket/b.txt",
    ]
    assert set(play.bucket.keys) == {"ASIA2"}


def test_pyarrow_options_of_the_moment(play: Play) -> None:
    fs = pytest.importorskip("pyarrow.fs")
    for key in ("ASIA1", "ASIA2"):
        options = pyarrow.options(play.credentials, min_ttl=600)
        s3 = fs.S3FileSystem(**options, region="eu-west-1", endpoint_override=play.bucket.host, scheme="http")
        assert s3.get_file_info("bucket/a.txt").size == 5
        assert play.bucket.keys[-1] == key
        play.clock.advance(3600 - 500)


DELTA = {"AWS_REGION": "eu-west-1", "AWS_ALLOW_HTTP": "true"}


def delta_table(play: Play, tmp_path: Any) -> None:
    library = pytest.importorskip("deltalake")
    arrow = pytest.importorskip("pyarrow")
    library.write_deltalake(str(tmp_path / "table"), arrow.table({"n": [1, 2, 3]}))
    for path in (tmp_path / "table").rglob("*"):
        if path.is_file():
            play.bucket.objects[f"table/{path.relative_to(tmp_path / 'table')}"] = path.read_bytes()


def test_deltalake_with_options_of_the_moment(play: Play, tmp_path: Any) -> None:
    library = pytest.importorskip("deltalake")
    delta_table(play, tmp_path)
    for key in ("ASIA1", "ASIA2"):
        options = deltalake.storage_options(play.credentials) | DELTA | {"AWS_ENDPOINT_URL": play.bucket.url}
        table = library.DeltaTable("s3://bucket/table", storage_options=options)
        assert table.to_pyarrow_table().num_rows == 3
        assert play.bucket.keys[-1] == key
        play.grow_old()


def test_deltalake_refreshes_through_the_local_endpoint(play: Play, tmp_path: Any) -> None:
    library = pytest.importorskip("deltalake")
    delta_table(play, tmp_path)
    play.sessions.lifetime = 240
    with CredentialsEndpoint(play.credentials) as endpoint:
        options = deltalake.endpoint_options(endpoint) | DELTA | {"AWS_ENDPOINT_URL": play.bucket.url}
        table = library.DeltaTable("s3://bucket/table", storage_options=options)
        play.grow_old()
        table.update_incremental()
        assert table.to_pyarrow_table().num_rows == 3
    assert play.bucket.keys[0] == "ASIA1"
    assert play.bucket.keys[-1] == "ASIA2"


def test_duckdb_keeps_its_secret_up_to_date(play: Play) -> None:
    library = pytest.importorskip("duckdb")
    connection = library.connect()
    try:
        connection.execute("LOAD httpfs")
    except library.Error:
        pytest.skip("DuckDB's httpfs is not installed")
    parquet(play)
    options = {"region": "eu-west-1", "endpoint": play.bucket.host, "url_style": "path", "use_ssl": False}
    stop = duckdb.keep_secret(connection, play.credentials, **options)
    for _ in range(2):
        assert connection.execute("SELECT sum(n) FROM 's3://bucket/t.parquet'").fetchall() == [(6,)]
        play.grow_old()
        play.credentials.get()
    assert list(dict.fromkeys(play.bucket.keys)) == ["ASIA1", "ASIA2"]
    stop()


def test_the_secret_is_quoted(play: Play) -> None:
    sql = duckdb.secret_sql(play.credentials, name='my "s"', scope="s3://it's/x", use_ssl=False, min_ttl=60)
    assert sql == (
        "CREATE OR REPLACE SECRET \"my \"\"s\"\"\" (TYPE 's3', KEY_ID 'ASIA1', SECRET 'secret-of-ASIA1', "
        "SESSION_TOKEN 'token-of-ASIA1', SCOPE 's3://it''s/x', USE_SSL false)"
    )


def test_duckdb_parses_the_secret(play: Play) -> None:
    library = pytest.importorskip("duckdb")
    options = {"region": "eu-west-1", "endpoint": "localhost:9", "url_style": "path", "use_ssl": False}
    sql = duckdb.secret_sql(play.credentials, name='a "b"', scope="s3://it's", **options)
    try:
        library.connect().execute(sql)
    except library.ParserException:
        raise
    except library.Error:
        pass  # without httpfs there is no such kind of secret


def test_pyiceberg_reads_with_properties_of_the_moment(play: Play) -> None:
    io_module = pytest.importorskip("pyiceberg.io.pyarrow")
    for key in ("ASIA1", "ASIA2"):
        properties = pyiceberg.properties(play.credentials, region="eu-west-1") | {"s3.endpoint": play.bucket.url}
        file_io = io_module.PyArrowFileIO(properties)
        with file_io.new_input("s3://bucket/a.txt").open() as stream:
            assert stream.read() == b"hello"
        assert play.bucket.keys[-1] == key
        play.grow_old()


def test_daft_follows_a_refresh(play: Play) -> None:
    library = pytest.importorskip("daft")
    from daft.io import IOConfig, S3Config

    parquet(play)
    play.sessions.lifetime = 60
    for key in ("ASIA1", "ASIA2"):
        config = S3Config(
            endpoint_url=play.bucket.url,
            region_name="eu-west-1",
            credentials_provider=daft.credentials_provider(play.credentials),
            force_virtual_addressing=False,
        )
        frame = library.read_parquet("s3://bucket/t.parquet", io_config=IOConfig(s3=config))
        assert frame.sum("n").to_pydict() == {"n": [6]}
        assert play.bucket.keys[-1] == key
        play.grow_old()


def test_icechunk_follows_a_refresh(play: Play) -> None:
    library = pytest.importorskip("icechunk")
    play.sessions.lifetime = 3  # the SDK inside asks again when they have expired
    storage = library.s3_storage(
        bucket="bucket",
        prefix="repo",
        region="eu-west-1",
        endpoint_url=play.bucket.url,
        allow_http=True,
        force_path_style=True,
        get_credentials=icechunk.get_credentials(play.credentials),
    )
    repository = library.Repository.create(storage)
    for key in ("ASIA1", "ASIA2"):
        for _ in until_seen(play, key):
            play.clock.now = time.time()
            assert repository.list_branches() == {"main"}
