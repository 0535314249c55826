"""Finds the cells of a table in the document from which it came, by the readers of documents.

A cell is found where the row names the same trials, the column has the same name, and the cell
prints the same text. What is found twice, or is shared by several rows, is not certain.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from enrich.export.own_document.edits import Edit
from enrich.tables.documents.document import Cell, Document, DocumentTable
from enrich.tables.documents.layout import TrialTable, lay_out
from enrich.text import sanitize


@dataclass(frozen=True)
class Source:
    """The document of the user: its file, the content of that, and what the reader reads in it."""

    path: Path
    content: bytes
    read: Document


Place = tuple[int, int, int]  # table, line, column


@dataclass(frozen=True)
class PlacedCell(Cell):
    """A cell that knows its place: the number of its table, its line and its column there.

    *is_shared*: it spans several lines or columns.
    """

    table: int = 0
    line: int = 0
    column: int = 0
    is_shared: bool = False


@dataclass(frozen=True)
class FoundCell:
    """An edit, and the cell of the document that it is about, in the table *where*."""

    edit: Edit
    cell: PlacedCell
    where: str

    @property
    def place(self) -> Place:
        return (self.cell.table, self.cell.line, self.cell.column)


def new_text(found: FoundCell) -> str:
    """The new text; where it only adds to the old one, that stays as the document has it."""
    old, new = plain(found.edit.old), plain(found.edit.new)
    return found.cell.text + new[len(old) :] if new.startswith(old) else found.edit.new


def find_cells(
    document: Document, edits: Sequence[Edit]
) -> tuple[list[FoundCell], dict[Edit, str]]:
    """The cell of each edit, and for the edits without one the reason."""
    tables = [lay_out(_placed(number, found)) for number, found in enumerate(document.tables)]
    rows: dict[frozenset[str], list[tuple[TrialTable, Sequence[Cell]]]] = defaultdict(list)
    for laid_out in tables:
        for row, ids in zip(laid_out.rows, laid_out.ids_by_row, strict=True):
            rows[frozenset(ids)].append((laid_out, row))
    found: list[FoundCell] = []
    missing: dict[Edit, str] = {}
    for edit in edits:
        cell = _find(rows, edit)
        if isinstance(cell, str):
            missing[edit] = cell
        else:
            found.append(FoundCell(edit, cell, document.tables[cell.table].where))
    return found, missing


def _placed(number: int, table: DocumentTable) -> DocumentTable:
    """*table* with the place of each cell."""
    grid = [
        [_placed_cell(number, table.all_rows, line, column) for column in range(len(row))]
        for line, row in enumerate(table.all_rows)
    ]
    headers = len(table.header_rows)
    values = {field.name: getattr(table, field.name) for field in fields(table)}
    rows = [tuple(row) for row in grid]
    return DocumentTable(
        **{**values, "header_rows": tuple(rows[:headers]), "rows": tuple(rows[headers:])}
    )


def _placed_cell(number: int, grid: Sequence[Sequence[Cell]], line: int, column: int) -> PlacedCell:
    cell = grid[line][column]
    values = {field.name: getattr(cell, field.name) for field in fields(Cell)}
    neighbours = (*_at(grid, line + 1, column), *_at(grid, line, column + 1))
    is_shared = cell.is_copy or any(
        other.is_copy and other.text == cell.text for other in neighbours
    )
    return PlacedCell(**values, table=number, line=line, column=column, is_shared=is_shared)


def _at(grid: Sequence[Sequence[Cell]], line: int, column: int) -> Iterator[Cell]:
    if line < len(grid) and column < len(grid[line]):
        yield grid[line][column]


# The rows of all tables, each with its table, by the ids that they name.
Rows = Mapping[frozenset[str], list[tuple[TrialTable, Sequence[Cell]]]]


def _find(rows_by_ids: Rows, edit: Edit) -> PlacedCell | str:
    """The cell of *edit*, or why it is not certain which one it is."""
    rows = rows_by_ids.get(frozenset(edit.nct_ids), [])
    if not rows:
        return f"no row of the document names {' and '.join(edit.nct_ids)} alone"
    name = plain(edit.column)
    cells = [
        row[at]
        for laid_out, row in rows
        for at, other in enumerate(laid_out.header)
        if plain(other) == name
    ]
    if not cells:
        return f"no column of the document is called {edit.column!r}"
    same = [cell for cell in cells if plain(cell.text) == plain(edit.old)]
    if not same:
        return f"the document prints {sanitize(cells[0].text, 60)!r} there"
    if len(same) > 1:
        return "several rows of the document are alike"
    (cell,) = same
    if not isinstance(cell, PlacedCell):
        return "it is no cell of the document"
    return "the cell spans several rows or columns" if cell.is_shared else cell


def plain(text: str) -> str:
    """*text* with single spaces."""
    return " ".join(text.split())
