"""The published tables, their rows, and how each cell compares with the registry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from typing import Any

from enrich.models import Comparison, ContextNote
from enrich.storage.database import Database, in_clause, json_ids, placeholders, quoted

_NO_FINGERPRINTS: Mapping[int, str] = {}


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
