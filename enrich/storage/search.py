"""The child tables of trials (conditions, locations, …) and full-text search over trials and rows."""

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
    """Replaces the child rows and the search text of these trials; those in *new* have nothing to replace."""
    replaced = [(trial.nct_id,) for trial, _ in derived if trial.nct_id not in new]
    for name, columns in COLUMNS.items():
        if replaced:
            database.executemany(f"delete from {name} where nct_id = ?", replaced)
        database.executemany(
            f"insert into {name} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})",
            [row for _, lists in derived for row in lists.rows[name]],
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
        f"insert into trials_fts (rowid, {', '.join(SEARCH_COLUMNS)}) values (?{', ?' * len(SEARCH_COLUMNS)})",
        [
            (_rowid(trial.nct_id), *map(search_document(trial, lists).__getitem__, SEARCH_COLUMNS))
            for trial, lists in derived
        ],
    )


def _rowid(nct_id: str) -> int:
    """The row of the search index for a trial: the number in its id."""
    return int(nct_id.removeprefix("NCT"))


def index_rows(database: Database, table_id: int) -> None:
    """Adds the rows of a table to the search index that are not in it yet; triggers follow changes and removals.

    In one statement: FTS5 writes its index after each statement, which row by row takes seven times as long.
    """
    words = "(select group_concat(value, char(10)) from json_each(r.cells))"
    database.execute(
        f"insert into rows_fts (rowid, cells) select r.id, {words} from rows r where r.table_id = ? and r.id not in (select rowid from rows_fts)",
        [table_id],
    )
