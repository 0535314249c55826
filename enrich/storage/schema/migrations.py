"""The migrations of the database: one SQL file each in `schema_sql`, never edited once released.

A migration is SQL alone, so that it does the same however the code changes later. What is derived
from the stored records (facts, child tables, search text) follows afterwards, by current code:
`derived.py`.
"""

import sqlite3
from collections.abc import Callable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import sqlite_utils
from sqlite_utils.migrations import Migrations

# Names that a migration had for a while; what it did then is a part of the file of today.
_REPLACED = frozenset(("marks_of_lines",))

migrations = Migrations("enrich")


def unknown_migrations(db: sqlite_utils.Database) -> set[str]:
    """Applied migrations that this version of enrich does not have: a newer one wrote the file."""
    known = {path.name[5:-4] for path in _sql_files()}
    return {migration.name for migration in migrations.applied(db)} - known - _REPLACED


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
