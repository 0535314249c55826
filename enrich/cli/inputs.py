"""Opens what the options name: tables and the database.

Imports what it opens with when it is called.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from enrich.models import Table
    from enrich.storage.database import Database

_FOLDER = Path("data")


def read_tables(descriptions: tuple[Path, ...], *, required: bool = True) -> "list[Table]":
    """The tables of these *descriptions*, or of every data/*.toml.

    TableError names a file that cannot be used, or says that there is none where one is *required*.
    """
    from enrich.tables.reader import find_tables, read_tables

    if not (required or descriptions or any(_FOLDER.glob("*.toml"))):
        return []
    return read_tables(list(descriptions) or find_tables(_FOLDER))


def choose_tables(name: str | None) -> "list[Table]":
    """The table of this name or description (.toml), or all tables of the folder data/.

    A usage error names the tables where there is no such one.
    """
    if name is None:
        return read_tables(())
    if name.endswith(".toml"):
        return read_tables((Path(name),))
    tables = read_tables(())
    found = [table for table in tables if table.name == name]
    if not found:
        names = ", ".join(table.name for table in tables)
        raise click.UsageError(f"--table {name!r}: there is no such table; there are {names}")
    return found


def open_database(db: Path) -> "Database":
    """The database at *db*; StoreError where there is none, or it cannot be used."""
    from enrich.run.terminal import READ_AGAIN, progress_line
    from enrich.storage.database import Database

    check_database(db)
    return Database(db, progress_line(READ_AGAIN))


def check_database(db: Path) -> None:
    """Raises StoreError where there is no database at *db*."""
    from enrich.errors import StoreError

    if not db.exists():
        raise StoreError(f"{db}: no such database; `enrich sync` creates it")
