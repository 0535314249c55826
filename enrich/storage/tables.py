"""The published tables and their rows, and what changed in them from run to run."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from os.path import relpath
from typing import Any

import orjson

from enrich.changes.table_diff import (
    StoredTable,
    TableDiff,
    diff_table,
    find_stored,
    loss_of_rows,
    removed_table,
)
from enrich.models import Problem, ProblemKind, Row, Table, TableChange, TableChangeKind
from enrich.storage.database import Database, placeholders
from enrich.storage.rows import description_from_json, description_to_json
from enrich.storage.schema.views import update_views
from enrich.storage.search import index_rows

# --- reading


def read_tables(database: Database) -> list[StoredTable]:
    """The tables as the last run that read each of them stored it, with their rows in order."""
    rows = _read_rows(database)
    return [
        StoredTable(
            table_id,
            Table(
                name=name,
                header=tuple(json.loads(header)),
                rows=tuple(row for _, row in rows.get(table_id, ())),
                path=path,
                **{**description_from_json(description), "file": file},
            ),
            tuple(row_id for row_id, _ in rows.get(table_id, ())),
        )
        for table_id, name, header, path, file, description in database.fetch_tuples(
            "select id, name, header, path, file, description from tables order by id"
        )
    ]


def _read_rows(database: Database) -> dict[int, list[tuple[int, Row]]]:
    ids: dict[int, list[str]] = {}
    for row_id, nct_id in database.fetch_tuples(
        "select row_id, nct_id from row_ids order by rowid"
    ):
        ids.setdefault(row_id, []).append(nct_id)
    rows: dict[int, list[tuple[int, Row]]] = {}
    for table_id, row_id, position, cells, accessed in database.fetch_tuples(
        "select table_id, id, position, cells, accessed from rows order by table_id, position"
    ):
        row = Row(position, orjson.loads(cells), tuple(ids.get(row_id, ())), accessed)
        rows.setdefault(table_id, []).append((row_id, row))
    return rows


def read_row_ids(database: Database, table_name: str) -> dict[int, int]:
    """The database's row id for each position of a table."""
    return dict(
        database.fetch_tuples(
            "select r.position, r.id from rows r join tables t on t.id = r.table_id"
            " where t.name = ?",
            table_name,
        )
    )


def read_table_changes(
    database: Database, first: int, last: int, names: Collection[str]
) -> tuple[TableChange, ...]:
    """What the runs from *first* to *last* noticed in the tables of these *names*,
    and which tables left.
    """
    return tuple(
        TableChange(TableChangeKind(kind), *values)
        for kind, *values in database.fetch_tuples(
            'select c.kind, c."table", c.run_id, c.row_id, c.position, c.nct_id, c."column", '
            "c.before, c.after,"
            " coalesce(r.finished_at, r.started_at) from table_changes c"
            " join runs r on r.id = c.run_id"
            " where c.run_id between ? and ? order by c.id",
            first,
            last,
        )
        if values[0] in names or kind == TableChangeKind.TABLE_REMOVED
    )


def read_original_names(database: Database) -> dict[tuple[str, str | None], str]:
    """The first name of each renamed table and column,
    by the table's name and the column's (or None).
    """
    names: dict[tuple[str, str | None], str] = {}
    for kind, table, before, after in database.fetch_tuples(
        'select kind, "table", before, after from table_changes where kind in (?, ?) order by id',
        TableChangeKind.TABLE_RENAMED,
        TableChangeKind.COLUMN_RENAMED,
    ):
        if kind == TableChangeKind.COLUMN_RENAMED:
            names[table, after] = names.pop((table, before), before)
        else:
            first = names.pop((before, None), before)
            columns = {column for name, column in names if name == before}
            names |= {(after, column): names.pop((before, column)) for column in columns}
            names[after, None] = first
    return names


def _description_is_missing(database: Database, table: Table) -> bool:
    """Whether the description that a stored table came from is no longer where it was."""
    return table.path is not None and not (database.path.parent / table.path).is_file()


# --- writing


def save_tables(
    database: Database,
    run_id: int,
    tables: Sequence[Table],
    *,
    accept: bool = False,
    ends_missing: bool = False,
) -> tuple[list[Table], list[Problem]]:
    """Writes the tables as they read now, and what changed in them since the run before.

    Gives the tables to go by, and problems: a table that lost many rows at once stays as it was
    stored, unless a person says *accept*, as its file may be half saved.

    Rows, columns and tables are found again by what they are (`changes.table_diff`), so a row keeps
    its id wherever it moves. A row that left is in `removed_rows`. With *ends_missing*, *tables*
    are all there are: a stored one whose description is gone leaves, too.
    """
    believed: list[Table] = []
    problems: list[Problem] = []
    with database.transaction():
        stored = read_tables(database)
        missing = [old.table.name for old in stored if _description_is_missing(database, old.table)]
        for table in tables:
            found = find_stored(table, stored, missing)
            before = stored.pop(found) if found is not None else None
            reason = loss_of_rows(before.table, table) if before and not accept else None
            if before and reason:
                problems.append(Problem(ProblemKind.HELD, reason, subject=table.name))
                table = _as_stored(table, before.table)
            believed.append(table)
            _save_table(database, run_id, before, table)
        for old in stored if ends_missing else ():
            if old.table.name in missing:
                _remove_table(database, run_id, old)
        update_views(database)
    return believed, problems


def _save_table(database: Database, run_id: int, before: StoredTable | None, table: Table) -> None:
    table_id = _save_description(database, before, table)
    database.execute("insert or ignore into run_tables values (?, ?)", [run_id, table_id])
    if before is None:
        _insert_rows(database, table_id, table.rows)
    elif _reads_as(before.table, table):
        return
    else:
        diff = diff_table(before, table)
        _apply(database, run_id, before, table, diff)
        added = [
            row for row, row_id in zip(table.rows, diff.row_ids, strict=True) if row_id is None
        ]
        _insert_rows(database, table_id, added)
        _add_changes(database, run_id, diff.changes)
    index_rows(database, table_id)


def _reads_as(before: Table, table: Table) -> bool:
    """Whether nobody edited the table since: nearly every night, and of thousands of rows."""
    same_names = (before.name, before.header, before.columns) == (
        table.name,
        table.header,
        table.columns,
    )
    return same_names and before.rows == table.rows


# Keys of the description that have a column of their own, for those who read the table in SQL.
_PLAIN = ("name", "title", "citation", "doi", "url", "licence", "file", "published", "id_column")


def _save_description(database: Database, before: StoredTable | None, table: Table) -> int:
    """The id of the table's row, written anew or over the one that it was *before*."""
    columns = {
        **{name: getattr(table, name) for name in _PLAIN},
        "header": _json(table.header),
        "says": _json(table.says),
        "notify": json.dumps(asdict(table.news_rules)),
        "description": description_to_json(table),
        "path": relpath(table.path, database.path.parent) if table.path else None,
    }
    if before is None:
        cursor = database.execute(
            f"insert into tables ({', '.join(columns)}) values ({placeholders([*columns])})",
            [*columns.values()],
        )
        return int(cursor.lastrowid or 0)
    database.execute(
        f"update tables set {', '.join(f'{name} = ?' for name in columns)} where id = ?",
        [*columns.values(), before.id],
    )
    return before.id


def _insert_rows(database: Database, table_id: int, rows: Sequence[Row]) -> None:
    """Inserts *rows*, each under an id that no row has ever had."""
    last = database.fetch_value(
        "select max(coalesce((select max(id) from rows), 0), "
        "coalesce((select max(id) from removed_rows), 0))"
    )
    database.executemany(
        "insert into rows (id, table_id, position, nct_id, accessed, cells)"
        " values (?, ?, ?, ?, ?, ?)",
        [
            (row_id, table_id, row.position, row.nct_id, row.accessed, _json(dict(row.cells)))
            for row_id, row in enumerate(rows, last + 1)
        ],
    )
    _insert_ids(database, dict(enumerate(rows, last + 1)))


def _insert_ids(database: Database, rows: Mapping[int, Row]) -> None:
    database.executemany(
        "insert into row_ids values (?, ?)",
        [(row_id, nct_id) for row_id, row in rows.items() for nct_id in row.nct_ids],
    )


def _apply(
    database: Database, run_id: int, before: StoredTable, table: Table, diff: TableDiff
) -> None:
    """Brings the stored rows of one table to where and how they stand now."""
    stored = dict(zip(before.row_ids, before.table.rows, strict=True))
    _remove_rows(database, run_id, table.name, {row_id: stored[row_id] for row_id in diff.removed})
    _rename_columns(database, before.id, diff.columns)
    kept = {
        row_id: row
        for row_id, row in zip(diff.row_ids, table.rows, strict=True)
        if row_id is not None and row != stored[row_id]
    }
    # Out of the way first: two rows may change places.
    moved = [
        (-row_id, row_id) for row_id in kept if kept[row_id].position != stored[row_id].position
    ]
    database.executemany("update rows set position = ? where id = ?", moved)
    database.executemany(
        "update rows set position = ?, nct_id = ?, accessed = ?, cells = ? where id = ?",
        [
            (row.position, row.nct_id, row.accessed, _json(dict(row.cells)), row_id)
            for row_id, row in kept.items()
        ],
    )
    renamed = {row_id: row for row_id, row in kept.items() if row.nct_ids != stored[row_id].nct_ids}
    database.executemany("delete from row_ids where row_id = ?", [(row_id,) for row_id in renamed])
    _insert_ids(database, renamed)


def _remove_rows(database: Database, run_id: int, table_name: str, rows: Mapping[int, Row]) -> None:
    """Moves rows to `removed_rows`; their comparisons go with them,
    the history of their trials stays.
    """
    database.executemany(
        'insert into removed_rows (id, run_id, "table", position, nct_id, nct_ids, cells)'
        " values (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(row_id, run_id, table_name, row.position, row.nct_id),
                *(_json(row.nct_ids), _json(dict(row.cells))),
            )
            for row_id, row in rows.items()
        ],
    )
    database.executemany("delete from rows where id = ?", [(row_id,) for row_id in rows])


def _rename_columns(database: Database, table_id: int, columns: Mapping[str, str]) -> None:
    """What was said about a column is said about it under its new name: nothing of it is new."""
    for name in ("comparisons", "context_notes"):
        database.executemany(
            f'update {name} set "column" = ? where "column" = ? and row_id in (select id from rows'
            " where table_id = ?)",
            [(new, old, table_id) for old, new in columns.items()],
        )


def _remove_table(database: Database, run_id: int, stored: StoredTable) -> None:
    rows = dict(zip(stored.row_ids, stored.table.rows, strict=True))
    _remove_rows(database, run_id, stored.table.name, rows)
    database.execute("delete from tables where id = ?", [stored.id])
    _add_changes(database, run_id, [removed_table(stored.table)])


def _add_changes(database: Database, run_id: int, changes: Iterable[TableChange]) -> None:
    database.executemany(
        'insert into table_changes (run_id, "table", kind, row_id, position, nct_id, "column", '
        "before, after)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(run_id, change.table, change.kind, change.row_id, change.position),
                *(change.nct_id, change.column, change.before, change.after),
            )
            for change in changes
        ],
    )


def _as_stored(table: Table, stored: Table) -> Table:
    """*table* as it was *stored*: its rows, and the columns that its description spoke of."""
    return replace(stored, name=table.name, path=table.path)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
