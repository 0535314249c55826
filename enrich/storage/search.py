"""Writes what is made for browsing: the tables of lists, the search index and the views. Each follows from what else the database holds."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from enrich.models import Trial
from enrich.record.children import COLUMNS, SEARCHED, Lists, searched
from enrich.storage.views import views

if TYPE_CHECKING:
    from sqlite_utils import Database


def shelve(
    db: "Database", shelved: Sequence[tuple[Trial, Lists]], *, new: Collection[str] = ()
) -> None:
    """Replaces the rows of the list tables and the search text of these trials; of those that are *new* there is nothing to replace."""
    known = [(trial.nct_id,) for trial, _ in shelved if trial.nct_id not in new]
    for name, columns in COLUMNS.items():
        if known:
            db.conn.executemany(f"delete from {name} where nct_id = ?", known)
        db.conn.executemany(
            f"insert into {name} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})",
            [row for _, lists in shelved for row in lists.rows[name]],
        )
    _index(db, shelved, known)


def _index(
    db: "Database", shelved: Sequence[tuple[Trial, Lists]], known: Sequence[tuple[str]]
) -> None:
    db.conn.executemany(
        "delete from trials_fts where rowid = ?", [(int(nct_id[3:]),) for (nct_id,) in known]
    )
    db.conn.executemany(
        f"insert into trials_fts (rowid, {', '.join(SEARCHED)}) values (?{', ?' * len(SEARCHED)})",
        [
            (int(trial.nct_id[3:]), *map(searched(trial, lists).__getitem__, SEARCHED))
            for trial, lists in shelved
        ],
    )


def index_rows(db: "Database", table_id: int) -> None:
    """Makes the rows of a table findable that are not yet. In one statement: after each of its own FTS5 would write its index down,
    in seven times the time. Rows that change or go are followed by triggers."""
    words = "(select group_concat(value, char(10)) from json_each(r.cells))"
    db.conn.execute(
        f"insert into rows_fts (rowid, cells) select r.id, {words} from rows r where r.table_id = ? and r.id not in (select rowid from rows_fts)",
        [table_id],
    )


def make_views(db: "Database") -> None:
    """Makes each view that is missing or reads otherwise than it should; the others are left alone."""
    tables = list(db.query("select id, name, header, says from tables order by id"))
    made = {
        row["name"]: row["sql"]
        for row in db.query("select name, sql from sqlite_master where type = 'view'")
    }
    for name, select in views(tables).items():
        quoted = '"' + name.replace('"', '""') + '"'
        sql = f"CREATE VIEW {quoted} as {select}"
        if made.get(name) != sql:
            db.conn.execute(f"drop view if exists {quoted}")
            db.conn.execute(sql)
