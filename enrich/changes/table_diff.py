"""What changed in a published table since the last run: edited cells, removed rows and columns.

Pure. These are acts of the table's owner, never changes of the registry.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from enrich.changes.row_matching import column_keys, match_columns, match_rows
from enrich.models import Row, Table, TableChange, TableChangeKind

# An unknown table is a stored one under another name where this share of the rows is the same.
_SAME_TABLE = 0.8
# A table that lost more than this share of its rows, and at least two, is not believed at once.
_LOSS, _FEW = 0.2, 2


@dataclass(frozen=True)
class StoredTable:
    """A table as the database has it: *row_ids* are those of its rows, in the same order."""

    id: int
    table: Table
    row_ids: tuple[int, ...]


@dataclass(frozen=True)
class TableDiff:
    """How *after* follows from *before*: the database's row ids of its rows (None: a new row), and
    the rest.

    *columns* are the renamed ones, old header → new header; *removed* are the row ids that left.
    """

    row_ids: tuple[int | None, ...]
    columns: Mapping[str, str]
    removed: tuple[int, ...]
    changes: tuple[TableChange, ...]


def find_stored(table: Table, stored: Iterable[StoredTable], missing: Iterable[str]) -> int | None:
    """Which of the *stored* tables this is, by its place among them; None: it is a new one.

    By key, else by name. Else it may be one of those whose description is *missing* (their names):
    the one with the same file of cells, or with four fifths of its rows alike.
    """
    known, gone = list(stored), {*missing}
    tests: tuple[Callable[[Table], bool], ...] = (
        lambda old: bool(table.stable_key) and old.stable_key == table.stable_key,
        lambda old: old.name == table.name and not (old.stable_key and table.stable_key),
        lambda old: old.name in gone and _is_same_content(old, table),
    )
    found = (index for is_it in tests for index, old in enumerate(known) if is_it(old.table))
    return next(found, None)


def _is_same_content(before: Table, after: Table) -> bool:
    if _file_name(before) == _file_name(after):
        return True
    most = max(len(before.rows), len(after.rows))
    return bool(most) and len(match_rows(before.rows, after.rows)) >= _SAME_TABLE * most


def _file_name(table: Table) -> str:
    return table.file.replace("\\", "/").rsplit("/", 1)[-1]


def diff_table(before: StoredTable, after: Table) -> TableDiff:
    """What the table's owner did since *before* was stored."""
    old = before.table
    matched = match_rows(old.rows, after.rows)
    pairs = [(before.row_ids[left], old.rows[left], after.rows[at]) for at, left in matched.items()]
    columns = match_columns(
        old.header,
        after.header,
        [(left, right) for _, left, right in pairs],
        column_keys(old.columns),
        column_keys(after.columns),
    )
    stay = {*matched.values()}
    changes = (
        *_name_changes(old, after),
        *_column_changes(old, after, columns),
        *(
            change
            for pair in sorted(pairs, key=_place)
            for change in _edits(old, after, columns, pair)
        ),
        *(
            _row_change(
                TableChangeKind.ROW_REMOVED, after, row, row_id, before=_beginning(old, row)
            )
            for at, (row_id, row) in enumerate(zip(before.row_ids, old.rows, strict=True))
            if at not in stay
        ),
        *(
            _row_change(TableChangeKind.ROW_ADDED, after, row, None, after=_beginning(after, row))
            for at, row in enumerate(after.rows)
            if at not in matched
        ),
    )
    return TableDiff(
        tuple(
            before.row_ids[matched[at]] if at in matched else None for at in range(len(after.rows))
        ),
        columns,
        tuple(row_id for at, row_id in enumerate(before.row_ids) if at not in stay),
        changes,
    )


def removed_table(table: Table) -> TableChange:
    """That a table is no longer there."""
    return TableChange(TableChangeKind.TABLE_REMOVED, table.name, before=table.title)


def loss_of_rows(before: Table, after: Table) -> str | None:
    """Why the rows of *after* are not believed yet: the file may be half saved.

    More than a fifth of the rows, and at least two, are gone at once, or all are.
    """
    then, now = len(before.rows), len(after.rows)
    lost = then - now
    if not lost > 0 or (now and (lost < _FEW or lost <= _LOSS * then)):
        return None
    return (
        f"{after.path or after.name}: the table had {then} rows and now has {now}; the {then} rows "
        "stay"
        " in force. If rows were removed on purpose, run `enrich sync --accept`"
    )


_Pair = tuple[int, Row, Row]


def _place(pair: _Pair) -> int:
    return pair[2].position


def _name_changes(before: Table, after: Table) -> Iterator[TableChange]:
    if before.name != after.name:
        yield TableChange(
            TableChangeKind.TABLE_RENAMED, after.name, before=before.name, after=after.name
        )


def _column_changes(
    before: Table, after: Table, renamed: Mapping[str, str]
) -> Iterator[TableChange]:
    for old, new in renamed.items():
        yield TableChange(
            TableChangeKind.COLUMN_RENAMED, after.name, column=new, before=old, after=new
        )
    for column in before.columns:
        if column.says and column.name not in after.header and column.name not in renamed:
            yield TableChange(
                TableChangeKind.COLUMN_REMOVED, after.name, column=column.name, before=column.name
            )


def _edits(
    before: Table, after: Table, renamed: Mapping[str, str], pair: _Pair
) -> Iterator[TableChange]:
    """The cells of one row that say something else than before,
    in columns that are compared or name ids.
    """
    row_id, old, new = pair
    compared = {column.name for column in after.columns if column.says} | {after.id_column}
    back = {name: header for header, name in renamed.items()}
    for column in after.header:
        was = back.get(column, column)
        left, right = old.cells.get(was), new.cells.get(column, "")
        if column in compared and left is not None and left != right:
            yield _row_change(TableChangeKind.CELL_EDITED, after, new, row_id, column, left, right)


def _row_change(
    kind: TableChangeKind,
    table: Table,
    row: Row,
    row_id: int | None,
    column: str | None = None,
    before: str | None = None,
    after: str | None = None,
) -> TableChange:
    return TableChange(kind, table.name, 0, row_id, row.position, row.nct_id, column, before, after)


def _beginning(table: Table, row: Row) -> str:
    """The first cells of a row, by which a person knows it."""
    return " · ".join([cell for header in table.header if (cell := row.cells.get(header))][:2])
