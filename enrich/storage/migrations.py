"""The steps that made the tables of a database: one SQL file each in `schema_sql`, never edited once released.

A migration is SQL alone, so that it does the same however the code moves on. What follows from the
stored records (facts, child tables, search text) is derived by today's code afterwards: `derived.py`.
"""

import sqlite3
from collections.abc import Callable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import sqlite_utils
from sqlite_utils.migrations import Migrations

# Some databases have these in the place of a migration above; what they did is a part of it.
_REPLACED = frozenset(("marks_of_lines",))

migrations = Migrations("enrich")


def unknown_migrations(db: sqlite_utils.Database) -> set[str]:
    """The steps that this version of enrich does not know: a newer one wrote the database."""
    known = {path.name[5:-4] for path in _sql_files()}
    return {migration.name for migration in migrations.applied(db)} - known - _REPLACED


def statements(script: str) -> Iterator[str]:
    """The statements of *script* one by one, without comments: `executescript` would commit between them.

    >>> list(statements("create table a (b);  -- a comment\\ndrop table a;"))
    ['create table a (b);', 'drop table a;']
    """
    statement = ""
    for line in script.splitlines():
        statement = f"{statement}{line.split('--')[0].rstrip()}\n".lstrip()
        if sqlite3.complete_statement(statement):
            yield statement.rstrip()
            statement = ""


def _sql_files() -> list[Traversable]:
    folder = files("enrich.storage") / "schema_sql"
    return sorted(folder.iterdir(), key=lambda path: path.name)


def _migration(path: Traversable) -> Callable[[sqlite_utils.Database], None]:
    def migrate(db: sqlite_utils.Database) -> None:
        for statement in statements(path.read_text(encoding="utf-8")):
            db.execute(statement)

    return migrate


for _path in _sql_files():  # 0001_first_tables.sql is the migration `first_tables`
    migrations(name=_path.name[5:-4])(_migration(_path))
