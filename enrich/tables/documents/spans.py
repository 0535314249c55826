"""Puts cells that span several rows or columns into a rectangle, as the HTML standard does.

https://html.spec.whatwg.org/multipage/tables.html#algorithm-for-processing-rows
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from enrich.tables.documents.document import EMPTY, Cell

# The standard's own limits.
MOST_COLUMNS, MOST_ROWS = 1000, 65534


@dataclass(frozen=True)
class SpanningCell:
    """A cell with the number of columns and rows that it covers; 0 rows: all that follow."""

    cell: Cell
    columns: int = 1
    rows: int = 1


def span(value: str | None, most: int) -> int:
    """The number in the attribute `colspan` or `rowspan`; 1 where it is none.

    >>> span("2", 1000), span("x", 1000), span("9999999", 1000)
    (2, 1, 1000)
    """
    try:
        number = int(value or 1)
    except ValueError:
        return 1
    return min(number, most) if number >= 0 else 1


def unroll(rows: Sequence[Sequence[SpanningCell]]) -> list[list[Cell]]:
    """The cells by row and column. A spanning cell is copied to every place that it covers.

    >>> a, b, c = (Cell(text) for text in "abc")
    >>> grid = unroll([[SpanningCell(a, rows=2), SpanningCell(b)], [SpanningCell(c)]])
    >>> [[cell.text for cell in row] for row in grid]
    [['a', 'b'], ['a', 'c']]
    """
    grid: list[dict[int, Cell]] = [{} for _ in rows]
    for at, row in enumerate(rows):
        column = 0
        for spanning in row:
            while column in grid[at]:
                column += 1
            _place(grid, at, column, spanning)
            column += max(spanning.columns, 1)
    width = max((max(row, default=-1) + 1 for row in grid), default=0)
    return [[row.get(column, EMPTY) for column in range(width)] for row in grid]


def _place(grid: list[dict[int, Cell]], at: int, column: int, spanning: SpanningCell) -> None:
    """Writes a cell to its place and to those that it covers; a place that is taken stays."""
    copy = replace(spanning.cell, is_copy=True)
    last = min(at + (spanning.rows or len(grid)), len(grid))
    for row in range(at, last):
        for covered in range(column, min(column + max(spanning.columns, 1), MOST_COLUMNS)):
            is_origin = (row, covered) == (at, column)
            grid[row].setdefault(covered, spanning.cell if is_origin else copy)
