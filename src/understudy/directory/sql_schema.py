"""The tables of the SQL directory, and the migrations that lead to them, one after the other.

A migration, once released, never changes; a new version of the schema is a new function at the end of `MIGRATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    inspect,
    select,
    tuple_,
    update,
)

from understudy.directory.nodes import DirectoryError

if TYPE_CHECKING:
    from sqlalchemy import Connection

METADATA = MetaData()
STATE = Table(
    "understudy_state",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
)
"""One row: the version of the schema, and the number of changes so far."""
ENTITIES = Table(
    "understudy_entity",
    METADATA,
    Column("kind", String(32), primary_key=True),
    Column("name", String(2048), primary_key=True),
    Column("body", Text, nullable=False),
)
"""One row for each entity: its kind, its name among them (an ARN or an id), and its members as JSON."""
RETIRED = Table("understudy_retired_id", METADATA, Column("unique_id", String(128), primary_key=True))
"""Unique ids of users and roles that were removed; none comes back."""


def _first(connection: Connection) -> None:
    METADATA.create_all(connection, tables=[STATE, ENTITIES, RETIRED])
    connection.execute(insert(STATE).values(id=1, schema_version=0, revision=1))


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_first,)


def migrate(connection: Connection) -> None:
    """Bring the schema to the version of this code; raises `DirectoryError` for one that is newer."""
    version = 0
    if inspect(connection).has_table(STATE.name):
        version = int(connection.execute(select(STATE.c.schema_version)).scalar_one())
    if version > len(MIGRATIONS):
        raise DirectoryError(
            f"the database has schema version {version}, this understudy knows {len(MIGRATIONS)}; upgrade understudy"
        )
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        migration(connection)
        connection.execute(update(STATE).values(schema_version=number))


def lock(connection: Connection) -> int:
    """The revision, which no other transaction can change until this one ends."""
    # An update that changes nothing takes the row's lock on PostgreSQL and the database's on SQLite.
    connection.execute(update(STATE).values(revision=STATE.c.revision))
    return revision(connection)


def revision(connection: Connection) -> int:
    """How many changes there have been."""
    return int(connection.execute(select(STATE.c.revision)).scalar_one())


def set_revision(connection: Connection, number: int) -> None:
    connection.execute(update(STATE).values(revision=number))


def entities(connection: Connection) -> Sequence[tuple[str, str]]:
    """Kind and body of every entity."""
    return [(kind, body) for kind, body in connection.execute(select(ENTITIES.c.kind, ENTITIES.c.body))]


def retired(connection: Connection) -> set[str]:
    return set(connection.execute(select(RETIRED.c.unique_id)).scalars())


def retire(connection: Connection, unique_ids: Iterable[str]) -> None:
    rows = [{"unique_id": each} for each in sorted(unique_ids)]
    if rows:
        connection.execute(insert(RETIRED), rows)


def remove(connection: Connection, names: Sequence[tuple[str, str]]) -> None:
    """Take entities away by kind and name."""
    for start in range(0, len(names), 200):
        part = names[start : start + 200]
        connection.execute(delete(ENTITIES).where(tuple_(ENTITIES.c.kind, ENTITIES.c.name).in_(part)))


def write(connection: Connection, bodies: Mapping[tuple[str, str], str]) -> None:
    """Replace or add entities by kind and name."""
    remove(connection, list(bodies))
    rows = [{"kind": kind, "name": name, "body": body} for (kind, name), body in bodies.items()]
    if rows:
        connection.execute(insert(ENTITIES), rows)
