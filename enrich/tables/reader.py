"""Reads published tables: the description of each, its cells,
and the ids and days that they hold.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from enrich.changes.recipients import follows
from enrich.compare.context import CONTEXT_FIELDS
from enrich.compare.rules import RULES
from enrich.compare.vocabulary import OVERALL_STATUS
from enrich.dates import proven_orders, read_access
from enrich.errors import TableError
from enrich.models import Column, Description, KeyType, Recipient, Row, Table, TableWarning
from enrich.record.children import LISTS
from enrich.record.fields import FIELDS
from enrich.tables.csv_file import CellGrid, read_csv
from enrich.tables.description import (
    LegalNames,
    read_description,
    refuse_document,
)
from enrich.tables.nct_ids import FoundIds, find_ids
from enrich.text import normalize_label

# How each kind of file is read, by the ending of its name; any other ending is read as CSV.
READERS: Mapping[str, Callable[[Path, str], CellGrid]] = {
    ".csv": read_csv,
}

# A longer one is no statement about a trial, and is reported as such.
_LONGEST_CELL = 65_536

LEGAL_NAMES = LegalNames(
    compared=tuple(RULES),
    shown=tuple(CONTEXT_FIELDS),
    changed=(*FIELDS, *LISTS),
    statuses={normalize_label(label): codes.agree for label, codes in OVERALL_STATUS.codes()},
)


def find_tables(folder: Path) -> list[Path]:
    """Every description in *folder*, sorted by name. Raises TableError if there is none."""
    found = sorted(folder.glob("*.toml"))
    if not found:
        raise TableError(
            f"no table in {folder}/: `enrich init FILE` makes one of an article or a spreadsheet;"
            " or use --table FILE"
        )
    return found


def read_tables(paths: Sequence[Path]) -> list[Table]:
    """The tables of these descriptions, each path once.

    Raises TableError, which names the first file and key, row or column that cannot be used.
    """
    distinct = list(dict.fromkeys(paths))
    tables = [read_table(path) for path in distinct]
    names = [table.name for table in tables]
    for path, name in zip(distinct, names, strict=True):
        if names.count(name) > 1:
            raise TableError(
                f"{path}: another table is called {name!r}, too; rename one of the .toml files"
            )
    return tables


def read_table(path: Path) -> Table:
    """The table whose description is the .toml file *path*."""
    description, recipients = read_description(path, LEGAL_NAMES)
    file = path.parent / description.file
    grid = _read_cells(path, file, description.id_column)
    _check_columns(path, description, grid.header, file)
    _check_names(path, "where in notify", _columns_of(recipients), grid.header, file)
    cells = [dict(zip(grid.header, line, strict=True)) for line in grid.rows]
    accessed = [row.get(description.accessed_column or "", "") for row in cells]
    order = description.date_order or _proven_order(accessed)
    rows = [
        _read_row(description, file, position, row, order) for position, row in enumerate(cells, 1)
    ]
    _check_recipients(path, file, recipients, [row for row, _ in rows])
    return Table(
        **{
            **_values(description),
            "file": str(file),
            "columns": tuple(
                _with_date_order(column, description, [row.cells[column.name] for row, _ in rows])
                for column in _in_printed_order(description.columns, grid.header)
            ),
        },
        name=path.stem,
        header=grid.header,
        rows=tuple(row for row, _ in rows),
        warnings=tuple(warning for _, warnings in rows for warning in warnings),
        path=str(path),
        recipients=recipients,
    )


def _read_cells(path: Path, file: Path, id_column: str) -> CellGrid:
    """The cells of *file*, which the description *path* names. TableError where it has none."""
    read = READERS.get(file.suffix.lower())
    if read is None:
        refuse_document(path, file, allowed=("text",))
    try:
        return (read or read_csv)(file, id_column)
    except TableError:
        refuse_document(path, file, allowed=("text", "a web page"))
        raise


def _values(description: Description) -> dict[str, Any]:
    return {field.name: getattr(description, field.name) for field in fields(description)}


def _check_columns(path: Path, description: Description, header: Sequence[str], file: Path) -> None:
    """Every column that the description names must be one of the table."""
    named = {
        field.name: getattr(description, field.name)
        for field in fields(description)
        if field.metadata["type"] is KeyType.COLUMN and getattr(description, field.name) is not None
    }
    named |= {f"columns.{column.name!r}": column.name for column in description.columns}
    for key, column in named.items():
        _check_names(path, key, [column], header, file)


def _check_names(
    path: Path, key: str, columns: Iterable[str], header: Sequence[str], file: Path
) -> None:
    for column in columns:
        if column not in header:
            raise TableError(
                f"{path}: {key} names the column {column!r}, but {file.name} has no such column;"
                f" it has {', '.join(map(repr, header))}"
            )


def _columns_of(recipients: Iterable[Recipient]) -> list[str]:
    return [column for recipient in recipients for column, _ in recipient.where]


def _check_recipients(
    path: Path, file: Path, recipients: Iterable[Recipient], rows: Sequence[Row]
) -> None:
    """Somebody who follows no row would wait for news in vain."""
    for recipient in recipients:
        is_empty = not any(
            follows(recipient, nct_id, row.cells) for row in rows for nct_id in row.nct_ids
        )
        if is_empty and (recipient.where or recipient.trials):
            cells = [f"{column} = {' or '.join(cells)}" for column, cells in recipient.where]
            wanted = "; ".join([*cells, *recipient.trials])
            raise TableError(
                f"{path}: a recipient in notify follows no row: {file.name} has no trial with"
                f" {wanted}"
            )


def _in_printed_order(columns: Sequence[Column], header: Sequence[str]) -> tuple[Column, ...]:
    return tuple(sorted(columns, key=lambda column: header.index(column.name)))


def _with_date_order(column: Column, description: Description, cells: list[str]) -> Column:
    """The column with the order of its dates: as described, else as its own cells prove it.

    `23/02/2021` proves that the column writes the day first. Cells that prove two orders prove
    none.
    """
    order = column.date_order or description.date_order
    return replace(column, date_order=order or _proven_order(cells))


def _proven_order(cells: Sequence[str]) -> str | None:
    proven = {order for cell in cells for order in proven_orders(cell)}
    return proven.pop() if len(proven) == 1 else None


def _read_row(
    description: Description, file: Path, position: int, cells: dict[str, str], order: str | None
) -> tuple[Row, list[TableWarning]]:
    id_column = description.id_column
    found = find_ids(cells[id_column], column_names_nct="NCT" in id_column.upper())
    warnings = [TableWarning(str(file), position, id_column, message) for message in _doubts(found)]
    warnings += [
        TableWarning(str(file), position, name, f"the cell has {len(cell):,} characters; not read")
        for name, cell in cells.items()
        if len(cell) > _LONGEST_CELL
    ]
    row = Row(position, cells, found.ids, description.published)
    accessed_column = description.accessed_column
    printed = cells[accessed_column].strip() if accessed_column else ""
    if accessed_column and printed:
        try:
            row = replace(row, accessed=read_access(printed, order))
        except ValueError as error:
            message = f"{error}; it is not known when the authors looked at this record"
            warnings.append(TableWarning(str(file), position, accessed_column, message))
            row = replace(row, accessed=None)
    return row, warnings


def _doubts(found: FoundIds) -> list[str]:
    return [
        *(f"{misprint}; correct it, or the trial is not followed" for misprint in found.misprints),
        *found.oddities,
        *(
            f"{nct_id} is a parent of this row's trial, so it is not followed"
            for nct_id in found.related
        ),
    ]
