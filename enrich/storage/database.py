"""The SQLite file: opening it, its transactions, and the error messages when it cannot be used."""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from enrich.errors import StoreError
from enrich.files import check_regular
from enrich.storage.schema.derived import has_newer_facts, update_derived
from enrich.storage.schema.migrations import (
    MIGRATION_SET,
    TABLE,
    apply_migrations,
    unknown_migrations,
)
from enrich.storage.schema.views import update_views

# As the migration `application_id` writes it: "enrc" in ASCII.
APPLICATION_ID = 0x656E7263

_MAKE_ANEW = "move the file away and `enrich sync` makes a new one from the cache"
_IS_LOCKED = "another program is writing to it: close that one, or run again later"
_ADVICE = {
    sqlite3.SQLITE_BUSY: _IS_LOCKED,
    sqlite3.SQLITE_LOCKED: _IS_LOCKED,
    sqlite3.SQLITE_FULL: "make room; nothing that was stored before is lost",
    sqlite3.SQLITE_IOERR: "is the disk full or gone? nothing that was stored before is lost",
    sqlite3.SQLITE_READONLY: "make it writable, or name another file with --db",
    sqlite3.SQLITE_CANTOPEN: "make its folder writable, or name another file with --db",
}


@contextmanager
def errors_naming(path: Path) -> Iterator[None]:
    """Raises StoreError, which names the database at *path* and the way out, if SQLite fails."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}; {_advice(error)}") from error
    except (json.JSONDecodeError, zlib.error) as error:
        raise StoreError(
            f"{path}: a stored record cannot be read ({error}); {_MAKE_ANEW}"
        ) from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def _advice(error: sqlite3.Error) -> str:
    """What a person can do; the low byte of SQLite's code says what kind of error it is."""
    return _ADVICE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, _MAKE_ANEW)


class Database:
    """The database at *path*, opened or created, with tables, derived facts and views up to date.

    *on_progress* gets how many trials of how many are done while facts that an older version of
    enrich derived are derived again. Raises StoreError, which names the file, where it cannot be
    used. Only the modules of this package write SQL; all others call their functions.
    """

    def __init__(
        self, path: Path, on_progress: Callable[[int, int], None] = lambda done, total: None
    ) -> None:
        self.path = path
        with errors_naming(self.path):
            path.parent.mkdir(parents=True, exist_ok=True)
            check_regular(path)
            self._sqlite = sqlite3.connect(path)
            try:
                self._prepare(on_progress)
            except BaseException:
                self._sqlite.close()  # Python 3.13 warns of a connection that is left open
                raise

    def _prepare(self, on_progress: Callable[[int, int], None]) -> None:
        # Only a new database takes this: a record of 20 KB then lies on few pages, which saves a
        # tenth of the processor time that pages of 4 KB need for the same rows.
        self.execute("pragma page_size = 8192")
        self.execute("pragma recursive_triggers = on")
        self.execute("pragma foreign_keys = on")
        self.execute("pragma busy_timeout = 10000")
        self._refuse_foreign_file()
        if unknown_migrations(self._sqlite):
            raise self._is_newer()
        apply_migrations(self._sqlite)
        if has_newer_facts(self):
            raise self._is_newer()
        update_derived(self, on_progress)
        with self.transaction():
            update_views(self)

    def _refuse_foreign_file(self) -> None:
        """Raises StoreError for a database that another program made:
        it is not ours to write into.
        """
        tables = self.fetch_tuples("select name from sqlite_master where type = 'table'")
        names = {name for (name,) in tables}
        application_id = self.fetch_value("pragma application_id")
        ours = TABLE in names and self.fetch_value(
            f"select count(*) from {TABLE} where migration_set = ?", MIGRATION_SET
        )
        if (names and not ours) or application_id not in (0, APPLICATION_ID):
            raise StoreError(
                f"{self.path}: not a database of enrich; nothing was written to it."
                " Name another file with --db"
            )

    def _is_newer(self) -> StoreError:
        return StoreError(
            f"{self.path}: written by a newer version of enrich; upgrade enrich,"
            " or name another file with --db"
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is kept, or nothing. One inside another is a part of it."""
        is_inner = self._sqlite.in_transaction
        with errors_naming(self.path):
            self.execute("savepoint inner_part" if is_inner else "begin")
            try:
                yield
                self.execute("release inner_part" if is_inner else "commit")
            except BaseException:
                self._undo(is_inner=is_inner)
                raise

    def _undo(self, *, is_inner: bool) -> None:
        """Takes back what was written inside; an error may have taken all of it back already."""
        if not is_inner:
            self._sqlite.rollback()
        elif self._sqlite.in_transaction:
            self.execute("rollback to inner_part")
            self.execute("release inner_part")

    @contextmanager
    def wal_mode(self) -> Iterator[None]:
        """A run's many transactions without a wait for the disk after each.

        With a write-ahead log, what is committed survives any end of the program, and a loss of
        power costs the last transactions, never the file (https://sqlite.org/wal.html). At the end
        everything is on the disk in the one file, as other programs expect it.
        """
        with errors_naming(self.path):
            self.execute("pragma journal_mode = wal")
            self.execute("pragma synchronous = normal")
            # 32 MB of pages in memory and in the log: storing a hundred records touches thousands
            # of pages, and the next hundred touch most of them again.
            self.execute("pragma cache_size = -32000")
            self.execute("pragma wal_autocheckpoint = 4000")
        try:
            yield
        finally:
            # Another program that reads meanwhile keeps the log; the next run folds it in.
            with suppress(sqlite3.OperationalError):
                self.execute("pragma journal_mode = delete")

    def data_version(self) -> int:
        """A number that changes when another connection has written to the database."""
        number: int = self.fetch_value("pragma data_version")
        return number

    def close(self) -> None:
        self._sqlite.close()

    # --- for the modules of this package

    def execute(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Runs one statement; statements that write belong in a `transaction`."""
        return self._sqlite.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs one statement for each of *rows*, in a `transaction`."""
        self._sqlite.executemany(sql, rows)

    def fetch_dicts(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """The rows of a question, each by the names of its columns."""
        with errors_naming(self.path):
            cursor = self._sqlite.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def fetch_tuples(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The same as tuples: for answers of many thousand rows."""
        with errors_naming(self.path):
            return self._sqlite.execute(sql, _bound(parameters)).fetchall()

    def fetch_value(self, sql: str, *parameters: Any) -> Any:
        """The first column of the first row, None where there is no row."""
        with errors_naming(self.path):
            row = self._sqlite.execute(sql, _bound(parameters)).fetchone()
            return row[0] if row else None


def _bound(parameters: Sequence[Any]) -> Any:
    """The parameters of a statement: in their order, or one mapping by name."""
    named = len(parameters) == 1 and isinstance(parameters[0], dict)
    return parameters[0] if named else parameters


# --- parts of statements


def in_clause(column: str, keys: Iterable[Any] | None) -> str:
    """A further condition: *column* is one of the keys in the parameter `json_ids(keys)`.

    >>> in_clause("nct_id", ["NCT00000001"])
    'and nct_id in (select value from json_each(?))'
    >>> in_clause("nct_id", None)
    ''
    """
    return "" if keys is None else f"and {column} in (select value from json_each(?))"


def json_ids(keys: Iterable[Any] | None) -> list[str]:
    """The parameters of `in_clause`: one JSON list, as SQLite limits the number of parameters.

    >>> json_ids(["NCT00000001", "NCT00000002"])
    ['["NCT00000001", "NCT00000002"]']
    >>> json_ids(None)
    []
    """
    return [] if keys is None else [json.dumps([*keys])]


def placeholders(columns: Sequence[str]) -> str:
    return ", ".join("?" * len(columns))
