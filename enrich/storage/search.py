"""The child tables of trials (conditions, locations, …), and full-text search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from enrich.models import Trial
from enrich.record.children import COLUMNS, SEARCH_COLUMNS, ChildRows, search_document

if TYPE_CHECKING:
    from enrich.storage.database import Database


def replace_child_rows(
    database: Database,
    derived: Sequence[tuple[Trial, ChildRows]],
    *,
    new: Collection[str] = (),
) -> None:
    """Replaces the child rows and the search text of these trials; those in *new* have none yet."""
    replaced = [(trial.nct_id,) for trial, _ in derived if trial.nct_id not in new]
    for name, columns in COLUMNS.items():
        if replaced:
            database.executemany(f"delete from {name} where nct_id = ?", replaced)
        database.executemany(
            f"insert into {name} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})",
            [row for _, children in derived for row in children.rows[name]],
        )
    _index_trials(database, derived, replaced)


def _index_trials(
    database: Database,
    derived: Sequence[tuple[Trial, ChildRows]],
    replaced: Sequence[tuple[str]],
) -> None:
    database.executemany(
        "delete from trials_fts where rowid = ?", [(_rowid(nct_id),) for (nct_id,) in replaced]
    )
    database.executemany(
        f"""
        insert into trials_fts (rowid, {", ".join(SEARCH_COLUMNS)})
        values (?{", ?" * len(SEARCH_COLUMNS)})""",
        [
            (
                _rowid(trial.nct_id),
                *map(search_document(trial, children).__getitem__, SEARCH_COLUMNS),
            )
            for trial, children in derived
        ],
    )


def _rowid(nct_id: str) -> int:
    """The row of the search index for a trial: the number in its id."""
    return int(nct_id.removeprefix("NCT"))


def index_rows(database: Database, table_id: int) -> None:
    """Adds the rows of a table that are not in the search index yet.

    Triggers follow changes and removals of rows, but not new ones: FTS5 writes its index after each
    statement, which takes seven times as long row by row as in one statement.
    """
    database.execute(
        """
        insert into rows_fts (rowid, cells)
        select r.id, (select group_concat(value, char(10)) from json_each(r.cells)) from rows r
        where r.table_id = ? and r.id not in (select rowid from rows_fts)""",
        [table_id],
    )
