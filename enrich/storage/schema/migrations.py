"""The migrations of the database: one SQL file each in `schema_sql`, never edited once released.

A migration is SQL alone, so that it does the same however the code changes later. What is derived
from the stored records (facts, child tables, search text) follows afterwards, by current code:
`derived.py`. sqlite-utils applies them, each in a transaction with the note that it was applied;
it is imported only where there is one to apply.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite_utils

MIGRATION_SET = "enrich"
TABLE = "_sqlite_migrations"  # where sqlite-utils notes what was applied

# Names that a migration had for a while; what it did then is a part of the file of today.
_REPLACED = frozenset(("marks_of_lines",))


def applied_migrations(connection: sqlite3.Connection) -> set[str]:
    """The names of the migrations that were applied to this database."""
    is_there = "select count(*) from sqlite_master where type = 'table' and name = ?"
    if not connection.execute(is_there, [TABLE]).fetchone()[0]:
        return set()
    applied = f"select name from {TABLE} where migration_set = ?"
    return {name for (name,) in connection.execute(applied, [MIGRATION_SET])}


def unknown_migrations(connection: sqlite3.Connection) -> set[str]:
    """Applied migrations that this version of enrich does not have: a newer one wrote the file."""
    return applied_migrations(connection) - {*_sql_files()} - _REPLACED


def apply_migrations(connection: sqlite3.Connection) -> None:
    """Applies those that are new to this database, in the order of their numbers."""
    if applied_migrations(connection) >= {*_sql_files()}:
        return
    import sqlite_utils
    from sqlite_utils.migrations import Migrations

    migrations = Migrations(MIGRATION_SET)
    for name, path in _sql_files().items():
        migrations(name=name)(_migration(path))
    migrations.apply(sqlite_utils.Database(connection))


def statements(script: str) -> Iterator[str]:
    """The statements of *script*, without comments. (`executescript` would commit before them.)

    >>> list(statements("create table a (b);  -- a comment\\ndrop table a;"))
    ['create table a (b);', 'drop table a;']
    """
    statement = ""
    for line in script.splitlines():
        statement = f"{statement}{line.split('--')[0].rstrip()}\n".lstrip()
        if sqlite3.complete_statement(statement):
            yield statement.rstrip()
            statement = ""


def _sql_files() -> dict[str, Traversable]:
    """The file of each migration by its name: that of 0001_first_tables.sql is `first_tables`."""
    folder = files("enrich.storage") / "schema_sql"
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return {path.name[5:-4]: path for path in paths}


def _migration(path: Traversable) -> Callable[[sqlite_utils.Database], None]:
    def migrate(db: sqlite_utils.Database) -> None:
        for statement in statements(path.read_text(encoding="utf-8")):
            db.execute(statement)

    return migrate
