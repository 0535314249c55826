"""Writes what is made for browsing: the tables of lists, the search index and the views. Each follows from what else the database holds."""

from typing import TYPE_CHECKING

from enrich.fields import LIST_TABLES
from enrich.lists import SEARCHED, Lists, searched
from enrich.records import Trial
from enrich.views import views

if TYPE_CHECKING:
    from sqlite_utils import Database


def shelve(db: "Database", trial: Trial, lists: Lists) -> None:
    """Replaces the rows of the list tables and the search text of one trial."""
    for name, table in LIST_TABLES.items():
        columns = [*(["role"] if table.role else []), *table.columns]
        db.conn.execute(f"delete from {name} where nct_id = ?", [trial.nct_id])
        db.conn.executemany(
            f"insert into {name} (nct_id, {', '.join(columns)}) values (?{', ?' * len(columns)})",
            [(trial.nct_id, *(row[column] for column in columns)) for row in lists.rows[name]],
        )
    _index(db, trial, lists)


def _index(db: "Database", trial: Trial, lists: Lists) -> None:
    texts, number = searched(trial, lists), int(trial.nct_id[3:])
    db.conn.execute("delete from trials_fts where rowid = ?", [number])
    db.conn.execute(
        f"insert into trials_fts (rowid, {', '.join(SEARCHED)}) values (?{', ?' * len(SEARCHED)})",
        [number, *(texts[column] for column in SEARCHED)],
    )


def make_views(db: "Database") -> None:
    """Makes each view that is missing or reads otherwise than it should; the others are left alone."""
    tables = list(db.query("select id, name, header, says from tables order by id"))
    made = {row["name"]: row["sql"] for row in db.query("select name, sql from sqlite_master where type = 'view'")}
    for name, select in views(tables).items():
        quoted = '"' + name.replace('"', '""') + '"'
        sql = f"CREATE VIEW {quoted} as {select}"
        if made.get(name) != sql:
            db.conn.execute(f"drop view if exists {quoted}")
            db.conn.execute(sql)
