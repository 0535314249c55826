"""The database as a whole: a consistent copy of it, what is in it, and its tables row by row."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from enrich.changes.personal_data import (
    study_without_personal_data,
    without_contact_details,
    without_personal_data,
)
from enrich.errors import StoreError
from enrich.files import check_regular
from enrich.models import Change, RunOutcome
from enrich.record.children import CHILD_TABLES
from enrich.record.raw import deflate
from enrich.storage.database import Database, errors_naming
from enrich.storage.rows import study_from_column
from enrich.storage.schema.views import STALE, quoted

# --- a copy


def copy_database(source: Path, target: Path) -> None:
    """Writes a consistent copy of *source* to *target*, also during a run, with the current schema
    and without the names, e-mail addresses and phone numbers of contacts.

    Raises StoreError, which names *source*, where there is none or it cannot be read.
    """
    if not source.is_file():
        raise StoreError(f"{source}: no such database; `enrich sync` makes it")
    target.unlink(missing_ok=True)
    with (
        errors_naming(source),
        closing(_read_only(source)) as original,
        closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)
        copy.execute("pragma journal_mode = delete")
    with closing(Database(target)) as database:
        _remove_personal_data(database)


def _remove_personal_data(database: Database) -> None:
    """Removes contacts from changes, records and texts, so that no page of the file has them."""
    database.execute("pragma secure_delete = on")  # what is overwritten would stay in the file
    with database.transaction():
        for name in ("trials", "trials_fts", *_WITH_TEXTS, *CHILD_TABLES):
            _remove_contact_details(database, name)
        _prune_changes(database)
        _prune_studies(database)


# Further tables with texts of the registry or of services.
_WITH_TEXTS = ("papers", "paper_news", "participant_counts", "hits")


def _remove_contact_details(database: Database, table: str) -> None:
    """Removes the addresses and phone numbers that are in the texts of a table."""
    columns = [
        quoted(name)
        for _, name, type_, *_ in database.fetch_tuples(f"pragma table_info({table})")
        if type_.upper() in ("TEXT", "") and name != "nct_id"
    ]
    for column in columns:
        # Read row by row, as nearly every text has a digit: only what changes is held.
        texts = database.execute(
            f"select rowid, {column} from {table} where {column} glob '*[0-9@]*'"
        )
        database.executemany(
            f"update {table} set {column} = ? where rowid = ?",
            [
                (cleaned, rowid)
                for rowid, text in texts
                if (cleaned := without_contact_details(text)) != text
            ],
        )


_CHANGE = ("field", "before", "after", "kind", "item")


def _pruned(columns: Sequence[Any]) -> Change:
    return without_personal_data(Change(*columns))


def _prune_changes(database: Database) -> None:
    rows = database.fetch_tuples(f"select id, {', '.join(_CHANGE)} from changes")
    pruned = [(id_, Change(*columns), _pruned(columns)) for id_, *columns in rows]
    database.executemany(
        "update changes set before = ?, after = ?, item = ? where id = ?",
        [
            (after.before, after.after, after.item, id_)
            for id_, before, after in pruned
            if after != before
        ],
    )


# The tables with whole records in a column `study`, each with the columns of its key.
_STUDIES = {"versions": ("nct_id", "version"), "early_versions": ("trial_id", "role")}


def _prune_studies(database: Database) -> None:
    """A record stays text or a pack of bytes, as it was."""
    for table, key in _STUDIES.items():
        is_row = " and ".join(f"{column} = ?" for column in key)
        for values in database.fetch_tuples(f"select {', '.join(key)} from {table}"):
            stored = database.fetch_value(f"select study from {table} where {is_row}", *values)
            study = dict(study_from_column(stored))
            pruned = study_without_personal_data(study)
            if pruned == study:
                continue
            text = orjson.dumps(pruned)
            packed = deflate(text) if isinstance(stored, bytes) else text.decode()
            database.execute(f"update {table} set study = ? where {is_row}", [packed, *values])


# What the pages of a site look up, and no run does: a run would have to keep these indexes up to
# date, so only the copy has them.
_INDEXES: Mapping[str, str] = {
    "trials_by_update": "trials(last_update_posted)",
    "trials_by_status": "trials(current_status, last_update_posted)",
    # The values that the page of all trials counts: of all of them, of those with one status, and
    # of those that a search finds. SQLite reads a generated column (current_status, number) from an
    # index alone if that also has the columns that it is made of.
    "trials_counted": "trials(study_type, lead_sponsor_class, has_results)",
    "trials_by_type": "trials(current_status, study_type)",
    "trials_by_sponsor": "trials(current_status, lead_sponsor_class)",
    "trials_by_results": "trials(current_status, has_results)",
    "trials_found": (
        "trials(number, study_type, lead_sponsor_class, has_results,"
        " merged_into, gone_since, overall_status, current_status, nct_id)"
    ),
    "trials_with_results": "trials(results_first_posted)",
    "trials_by_end": "trials(has_results, primary_completion_date)",
    # The condition of the view `stale_records`.
    "trials_with_care": f"trials(last_update_posted) where {STALE.format('')}",
    "sites_by_status": "locations(nct_id, status)",
    "sites_by_place": "locations(latitude, longitude)",
    "sites_by_city": "locations(city collate nocase)",
    "sites_by_country": "locations(country, nct_id, status, city)",
    "sites_counted": "locations(city, country, status, latitude)",
}


def add_indexes_for_pages(path: Path) -> None:
    """Adds to the database at *path* what a reader's pages need beyond what a run needs."""
    with closing(Database(path)) as database, database.transaction():
        for name, columns in _INDEXES.items():
            database.execute(f"create index if not exists {name} on {columns}")


def _read_only(path: Path) -> sqlite3.Connection:
    check_regular(path)
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)


# --- what is in it


def read_published_tables(database: Database) -> list[dict[str, Any]]:
    """The rows of `tables`."""
    return database.fetch_dicts("select * from tables order by id")


def read_last_finished_run(database: Database) -> dict[str, Any] | None:
    """The row of `runs` for the last run that ended, with the newest load that any run met."""
    found = database.fetch_dicts(
        """
        select r.*, (select max(data_timestamp) from runs) as data_timestamp from runs r
        where outcome <> ? order by id desc limit 1""",
        RunOutcome.RUNNING,
    )
    return found[0] if found else None


def read_columns(database: Database) -> dict[str, list[str]]:
    """The names of the columns of each table and view."""
    return {
        name: [
            column[0]
            for column in database.execute(f"select * from {quoted(name)} limit 0").description
        ]
        for name in _names(database, "table", "view")
    }


def count_rows(database: Database, kind: Literal["table", "view"]) -> dict[str, int]:
    """The number of rows of each table or view."""
    return {
        name: int(database.fetch_value(f"select count(*) from {quoted(name)}"))
        for name in _names(database, kind)
    }


def _names(database: Database, *kinds: str) -> list[str]:
    found = database.fetch_tuples("select type, name from sqlite_master")
    return [name for kind in kinds for of_kind, name in found if of_kind == kind]


def read_description_paths(path: Path) -> list[Path]:
    """Where the descriptions are of the tables in the database at *path*, as far as it can be read.

    Nothing is written to it, and its schema may be of any version.
    """
    with suppress(sqlite3.Error, OSError), closing(_read_only(path)) as connection:
        found = connection.execute("select path from tables where path is not null").fetchall()
        return [path.parent / str(row[0]) for row in found]
    return []


# --- its tables row by row


class TableRows(NamedTuple):
    """A table: the types of its columns (TEXT, INTEGER), and its rows in chunks (one or more)."""

    name: str
    columns: Mapping[str, str]
    chunks: Iterator[list[tuple[Any, ...]]]


_QUESTIONS = {
    "trials": "select * from trials order by nct_id",
    "comparisons": """
        select c.*, r.position, t.name as "table"
        from comparisons c join rows r on r.id = c.row_id join tables t on t.id = r.table_id
        order by c.id""",
    "changes": "select * from changes order by id",
}


def iterate_tables(db: Path, size: int) -> Iterator[TableRows]:
    """Reads trials, comparisons and changes of the database at *db*, *size* rows at a time."""
    with errors_naming(db), closing(_read_only(db)) as connection:
        for name, question in _QUESTIONS.items():
            cursor = connection.execute(question)
            types = {"position": "INTEGER", **_types(connection, name)}
            columns = {column[0]: types.get(column[0], "TEXT") for column in cursor.description}
            chunks = _chunks(db, cursor, size)
            yield TableRows(name, columns, _without_personal_data(name, [*columns], chunks))


def _without_personal_data(
    name: str, columns: Sequence[str], chunks: Iterable[list[tuple[Any, ...]]]
) -> Iterator[list[tuple[Any, ...]]]:
    """*chunks* of the table *name* without contacts in changes, and without addresses and phone
    numbers in texts.
    """
    cleaned = partial(_pruned_row, columns) if name == "changes" else _cleaned_row
    for chunk in chunks:
        yield [cleaned(row) for row in chunk]


def _cleaned_row(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        without_contact_details(value) if isinstance(value, str) else value for value in row
    )


def _pruned_row(columns: Sequence[str], row: Sequence[Any]) -> tuple[Any, ...]:
    """A row of `changes` with the columns of a change without personal data."""
    values = dict(zip(columns, row, strict=True))
    change = _pruned([values[name] for name in _CHANGE])
    return tuple({**values, **{name: getattr(change, name) for name in _CHANGE}}.values())


def _types(connection: sqlite3.Connection, name: str) -> dict[str, str]:
    # `table_xinfo` has the generated columns, too, which `table_info` leaves out.
    return {
        row[1]: row[2].upper().removesuffix(" GENERATED ALWAYS")
        for row in connection.execute(f"pragma table_xinfo({name})")
    }


def _chunks(db: Path, cursor: sqlite3.Cursor, size: int) -> Iterator[list[tuple[Any, ...]]]:
    with errors_naming(db):
        yield cursor.fetchmany(size)
        while chunk := cursor.fetchmany(size):
            yield chunk
