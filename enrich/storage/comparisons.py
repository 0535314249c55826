"""The published tables, their rows, and how each cell compares with the registry."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple
from typing import Any

from enrich.models import Comparison, ContextNote, Table
from enrich.storage.database import Database, in_clause, json_ids, placeholders, quoted
from enrich.storage.rows import description_to_json
from enrich.storage.search import index_rows
from enrich.storage.views import update_views

_NO_FINGERPRINTS: Mapping[int, str] = {}

# --- tables and rows


def save_tables(database: Database, tables: Iterable[Table]) -> None:
    """Writes the tables as they read now; rows that left a table go, with their comparisons."""
    with database.transaction():
        for table in tables:
            _save_rows(database, _save_table(database, table), table)
        update_views(database)


# Keys of the description that have a column of their own, for those who read the table in SQL.
_PLAIN = ("title", "citation", "doi", "url", "licence", "file", "published", "id_column")


def _save_table(database: Database, table: Table) -> int:
    """Writes the row of a table, over an earlier one of the same name; its id."""
    columns = {
        "name": table.name,
        **{name: getattr(table, name) for name in _PLAIN},
        "header": _json(table.header),
        "says": _json(table.says),
        "notify": _json(asdict(table.news_rules)),
        "description": description_to_json(table),
    }
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns)
    database.execute(
        f"""
        insert into tables ({", ".join(columns)}) values ({placeholders([*columns])})
        on conflict (name) do update set {updates}""",
        [*columns.values()],
    )
    return int(database.fetch_value("select id from tables where name = ?", table.name))


def _save_rows(database: Database, table_id: int, table: Table) -> None:
    database.execute(
        "delete from rows where table_id = ? and position > ?", [table_id, len(table.rows)]
    )
    database.executemany(
        """
        insert into rows (table_id, position, nct_id, accessed, cells) values (?, ?, ?, ?, ?)
        on conflict (table_id, position) do update set
          nct_id = excluded.nct_id, accessed = excluded.accessed, cells = excluded.cells""",
        [
            (table_id, row.position, row.nct_id, row.accessed, _json(dict(row.cells)))
            for row in table.rows
        ],
    )
    index_rows(database, table_id)
    ids = read_row_ids(database, table.name)
    database.execute(
        "delete from row_ids where row_id in (select id from rows where table_id = ?)", [table_id]
    )
    database.executemany(
        "insert into row_ids (row_id, nct_id) values (?, ?)",
        [(ids[row.position], nct_id) for row in table.rows for nct_id in row.nct_ids],
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def read_row_ids(database: Database, table_name: str) -> dict[int, int]:
    """The database's row id for each position of a table."""
    return dict(
        database.fetch_tuples(
            """
            select r.position, r.id from rows r join tables t on t.id = r.table_id
            where t.name = ?""",
            table_name,
        )
    )


def read_row_fingerprints(database: Database, table_name: str) -> dict[int, tuple[int, str | None]]:
    """For each position of a table the row's id and fingerprint (`compare.fingerprint`).

    Without a fingerprint the row is to be compared in any case.
    """
    return {
        position: (row_id, fingerprint)
        for position, row_id, fingerprint in database.fetch_tuples(
            """
            select r.position, r.id, f.fingerprint
            from rows r
            join tables t on t.id = r.table_id
            left join row_fingerprints f on f.row_id = r.id
            where t.name = ?""",
            table_name,
        )
    }


# --- comparisons

# `first_seen` comes last: the database knows it; those who compare do not.
*_COMPARED, _FIRST_SEEN = Comparison._fields
_KEY = ("row_id", "nct_id", "column", "field")
_STATED = ("claim", "registry", "verdict")


def save_comparisons(
    database: Database,
    run_id: int,
    compared: Mapping[int, Sequence[Comparison]],
    fingerprints: Mapping[int, str] = _NO_FINGERPRINTS,
) -> None:
    """Replaces the comparisons of these rows.

    One that states the same as before keeps the run that saw it first.

    The next run compares a row again that has no entry in *fingerprints*.
    """
    row_ids = [(row_id,) for row_id in compared]
    with database.transaction():
        database.executemany("delete from row_fingerprints where row_id = ?", row_ids)
        database.executemany(
            "insert into row_fingerprints (row_id, fingerprint) values (?, ?)",
            fingerprints.items(),
        )
        earlier = _earlier(database, compared)
        database.executemany("delete from comparisons where row_id = ?", row_ids)
        columns = ", ".join(map(quoted, ("row_id", *_COMPARED, _FIRST_SEEN)))
        database.executemany(
            f"insert into comparisons ({columns}) values (?, {placeholders(_COMPARED)}, ?)",
            [
                (row_id, *comparison[:-1], _first_seen(earlier, row_id, comparison, run_id))
                for row_id, comparisons in compared.items()
                for comparison in comparisons
            ],
        )


_Earlier = Mapping[tuple[Any, ...], tuple[Any, ...]]


def _earlier(database: Database, row_ids: Iterable[int]) -> _Earlier:
    """What the stored comparisons of these rows state, and the first run that saw it, by key."""
    columns = ", ".join(map(quoted, (*_KEY, *_STATED, _FIRST_SEEN)))
    rows = database.fetch_tuples(
        f"select {columns} from comparisons where true {in_clause('row_id', row_ids)}",
        *json_ids(row_ids),
    )
    return {row[: len(_KEY)]: row[len(_KEY) :] for row in rows}


def _first_seen(earlier: _Earlier, row_id: int, comparison: Comparison, run_id: int) -> int:
    key = (row_id, comparison.nct_id, comparison.column, comparison.field)
    *stated, first_seen = earlier.get(key, (None, None, None, run_id))
    is_the_same = stated == [comparison.claim, comparison.registry, comparison.verdict]
    return int(first_seen) if is_the_same else run_id


# --- registry facts shown with the cells


def save_context_notes(database: Database, notes: Mapping[int, Sequence[ContextNote]]) -> None:
    """Replaces the registry facts that are shown with the cells of these rows."""
    with database.transaction():
        database.executemany(
            "delete from context_notes where row_id = ?", [(row_id,) for row_id in notes]
        )
        database.executemany(
            """
            insert into context_notes (row_id, "column", field, cell, registry, nct_id, note)
            values (?, ?, ?, ?, ?, ?, ?)""",
            [(row_id, *astuple(note)) for row_id, of_row in notes.items() for note in of_row],
        )
