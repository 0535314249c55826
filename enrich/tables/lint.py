"""What can be said about a table without asking anybody: ids in doubt, rows without one, cells that cannot be read."""

from enrich.compare.verdicts import compare_field
from enrich.models import UNREADABLE, Row, Table
from enrich.record.fields import label
from enrich.text import inert


def check_table(table: Table) -> list[str]:
    """A line for each thing that a person should look at, in the order of the rows."""
    return [line for row in table.rows for line in _row_lines(table, row)]


def _row_lines(table: Table, row: Row) -> list[str]:
    doubts = [
        f"column {warning.column!r}: {warning.message}"
        for warning in table.warnings
        if warning.row == row.position
    ]
    without = (
        []
        if row.nct_ids or any(warning.row == row.position for warning in table.warnings)
        else ["no registry id; the row is kept as it is"]
    )
    several = (
        [f"names {len(row.nct_ids)} trials: each is followed, but no cell is compared"]
        if len(row.nct_ids) > 1
        else []
    )
    return [
        f"row {row.position}: {line}"
        for line in (*without, *doubts, *several, *(_unreadable(table, row) if row.nct_ids else []))
    ]


def _unreadable(table: Table, row: Row) -> list[str]:
    compared = (
        (
            column,
            compare_field(
                column, name, row.cells[column.name], None, padded_dates=table.padded_dates
            ),
        )
        for column in table.columns
        for name in column.says
    )
    return [
        f"column {column.name!r}, {label(one.field).lower()}: cannot be read: {inert(one.cell, 90)!r}"
        for column, one in compared
        if one and one.verdict == UNREADABLE
    ]
