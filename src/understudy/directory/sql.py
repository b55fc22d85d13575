"""A directory in a SQL database, for several processes and for changes that outlive them.

A look-up never touches the database: it asks a snapshot in memory, which a thread renews when the revision in the
database is another one. Changes are made in one transaction, on the newest state, by the rules of the memory
directory, so that both directories behave alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Any

from understudy.directory import sql_schema as schema
from understudy.directory.memory import MemoryDirectory
from understudy.directory.nodes import DirectoryError
from understudy.directory.records import KINDS, from_record, kind_of, name_of, to_record

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from understudy.directory.models import (
        Account,
        Bucket,
        Entity,
        Group,
        ManagedPolicy,
        OIDCProvider,
        Organization,
        Role,
        SAMLProvider,
        User,
    )
    from understudy.directory.protocol import DeviceOwner, KeyOwner


class SQLDirectory:
    """A directory in the database at a SQLAlchemy URL (SQLite, PostgreSQL), created or migrated on opening.

    The database is asked for its revision every `poll` seconds (0 never; `refresh` does it at once), so that a change
    of another process shows up within that time. The database holds secret access keys and MFA seeds in the
    clear, which a verifier needs: guard it like a key ring. Raises `DirectoryError`.
    """

    def __init__(self, url: str, *, poll: float = 1.0) -> None:
        self._engine = _engine(url)
        self._lock = RLock()
        self._stopped = Event()
        with _explained(url), self._engine.begin() as connection:
            schema.migrate(connection)
            self._snapshot, self._revision = _load(connection)
        self._poll = poll
        # A database in memory belongs to one connection of one thread; nobody else could change it.
        if poll and self._engine.url.render_as_string() not in ("sqlite://", "sqlite:///:memory:"):
            Thread(target=self._watch, name="understudy directory", daemon=True).start()

    # Look-ups

    @property
    def revision(self) -> int:
        """The revision of the snapshot; every change anywhere makes another one."""
        return self._revision

    def account(self, account_id: str) -> Account | None:
        return self._snapshot.account(account_id)

    def access_key(self, access_key_id: str) -> KeyOwner | None:
        return self._snapshot.access_key(access_key_id)

    def user(self, arn: str) -> User | None:
        return self._snapshot.user(arn)

    def user_by_id(self, unique_id: str) -> User | None:
        return self._snapshot.user_by_id(unique_id)

    def role(self, arn: str) -> Role | None:
        return self._snapshot.role(arn)

    def role_by_id(self, unique_id: str) -> Role | None:
        return self._snapshot.role_by_id(unique_id)

    def group(self, account: str, name: str) -> Group | None:
        return self._snapshot.group(account, name)

    def managed_policy(self, arn: str) -> ManagedPolicy | None:
        return self._snapshot.managed_policy(arn)

    def mfa_device(self, serial_number: str) -> DeviceOwner | None:
        return self._snapshot.mfa_device(serial_number)

    def oidc_provider(self, arn: str) -> OIDCProvider | None:
        return self._snapshot.oidc_provider(arn)

    def oidc_providers(self, account: str) -> Sequence[OIDCProvider]:
        return self._snapshot.oidc_providers(account)

    def saml_provider(self, arn: str) -> SAMLProvider | None:
        return self._snapshot.saml_provider(arn)

    def organization(self, account: str) -> Organization | None:
        return self._snapshot.organization(account)

    def bucket(self, name: str) -> Bucket | None:
        return self._snapshot.bucket(name)

    def entities(self) -> Iterator[Entity]:
        """Everything in it, accounts first."""
        return self._snapshot.entities()

    # Changes

    def put(self, entity: Entity) -> None:
        """Add it, or replace what stands under its name; raises ValueError as the memory directory does."""
        self.change([("put", entity)])

    def remove(self, entity: Entity) -> None:
        """Take it away; nothing happens when it is not there."""
        self.change([("remove", entity)])

    def load(self, entities: Iterable[Entity]) -> None:
        """Put them all, in one transaction: all of them or none."""
        self.change([("put", entity) for entity in entities])

    def change(self, steps: Iterable[tuple[str, Entity]]) -> None:
        """Carry out steps (``put`` or ``remove``, and an entity) in one transaction, on the newest state."""
        with self._lock, self._engine.begin() as connection:
            revision = schema.lock(connection)
            snapshot = _load(connection)[0]
            before, retired = _by_name(snapshot), snapshot.retired
            for verb, entity in steps:
                (snapshot.put if verb == "put" else snapshot.remove)(entity)
            _write(connection, before, _by_name(snapshot), snapshot.retired - retired)
            schema.set_revision(connection, revision + 1)
            changed = snapshot, revision + 1
        # Only once the transaction has been committed.
        self._snapshot, self._revision = changed

    def refresh(self) -> bool:
        """Load anew if the database holds another revision; whether it did."""
        with self._lock, self._engine.begin() as connection:
            if schema.revision(connection) == self._revision:
                return False
            self._snapshot, self._revision = _load(connection)
            return True

    def close(self) -> None:
        """Stop watching and give the connections back."""
        self._stopped.set()
        self._engine.dispose()

    def __enter__(self) -> SQLDirectory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _watch(self) -> None:
        import logging

        while not self._stopped.wait(self._poll):
            try:
                self.refresh()
            except Exception:
                logging.getLogger("understudy.directory").warning("the database cannot be read; serving what is known")

    def __repr__(self) -> str:
        return f"SQLDirectory({self._engine.url.render_as_string(hide_password=True)!r}, revision {self._revision})"


def _engine(url: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        return create_engine(url)
    except (ArgumentError, NoSuchModuleError, ImportError):
        # The URL may hold a password, so only its scheme is quoted.
        scheme = url.partition(":")[0]
        raise DirectoryError(
            f"{scheme!r} does not name a database that can be opened; use 'sqlite:///file.db' or "
            "'postgresql+psycopg://host/name', with the driver installed"
        ) from None


@contextmanager
def _explained(url: str) -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or type(error).__name__
        raise DirectoryError(f"cannot open the {url.partition(':')[0]} database: {str(cause).strip()}") from None


_Named = dict[tuple[str, str], "Entity"]


def _load(connection: Connection) -> tuple[MemoryDirectory, int]:
    revision = schema.revision(connection)
    rows = schema.entities(connection)
    order = {kind: place for place, kind in enumerate(KINDS)}
    made = [from_record(kind, json.loads(body)) for kind, body in sorted(rows, key=lambda row: order[row[0]])]
    return MemoryDirectory(made, retired=schema.retired(connection)), revision


def _by_name(directory: MemoryDirectory) -> _Named:
    return {(kind_of(entity), name_of(entity)): entity for entity in directory.entities()}


def _write(connection: Connection, before: _Named, after: _Named, retired: frozenset[str]) -> None:
    schema.remove(connection, [name for name in before if name not in after])
    changed: dict[tuple[str, str], Any] = {
        name: json.dumps(to_record(entity), separators=(",", ":"), sort_keys=True)
        for name, entity in after.items()
        if before.get(name) is not entity
    }
    schema.write(connection, changed)
    schema.retire(connection, retired)
