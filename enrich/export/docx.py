"""A sheet as a Word document that a journal would take:
landscape, three rules, the header on every page, lettered notes, renewed sources.

A table too wide for a page is parted, and each part names row and trial. A long text is cut, and
follows in full below the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from enrich.errors import EnrichError, MissingExtra
from enrich.export.columns import comfortable, longest_text, parts, stretched
from enrich.export.footnotes import lettered_lines, lettered_notes
from enrich.export.sheet import DIFFERING, REPLACED, Cell, Heading, Sheet
from enrich.export.word import (
    MARGIN,
    SIZE,
    add_mark,
    add_rules,
    describe_table,
    keep_together,
    new_document,
    packed,
    repeat_header,
    rule_below,
    write_cell,
)

# Landscape, in centimetres: A4, and A3 for a table that is too wide for A4.
_A4, _A3 = (29.7, 21.0), (42.0, 29.7)
# Word takes minutes to open a table of more rows, and python-docx to write one.
MOST_ROWS = 2_000

Line = list[tuple[Cell, str]]


@dataclass(frozen=True)
class _Column:
    """A column: its heading, and its cells with the letters of their notes."""

    heading: Heading
    cells: list[tuple[Cell, str]]

    @property
    def width(self) -> float:
        """In centimetres, so that it can be read."""
        return comfortable([self.heading.text, *(cell.text for cell, _ in self.cells)], SIZE)


def render(sheet: Sheet) -> bytes:
    """*sheet* as a document; columns in which nothing is printed are left out.

    Raises MissingExtra without python-docx, and EnrichError for a table that is too long for Word.
    """
    if len(sheet.lines) > MOST_ROWS:
        raise EnrichError(
            f"table {sheet.name} has {len(sheet.lines):,} rows, and a Word document takes at most"
            f" {MOST_ROWS:,}; write it with --format xlsx or --format html"
        )
    lines = [*lettered_lines(sheet)]
    columns = _filled_columns(sheet, lines)
    page, groups = _layout(sheet, columns)
    try:
        document = new_document(sheet.title, page)
    except ImportError as error:
        raise MissingExtra("docx", "docx") from error
    _write_title(document, sheet)
    full_texts: dict[tuple[int, str], str] = {}
    for number, group in enumerate(groups, 1):
        part = f"Part {number} of {len(groups)}" if len(groups) > 1 else ""
        room = page[0] - 2 * MARGIN
        full_texts |= _write_part(document, sheet, group, part, room, has_all=number == 1)
    _write_list(
        document,
        "Notes",
        [
            (letter, f"Row {position}, {heading.text}. {cell.note}")
            for letter, position, heading, cell in lettered_notes(sheet)
        ],
    )
    _write_list(
        document,
        "Texts in full",
        [("", f"Row {row}, {name}. {text}") for (row, name), text in full_texts.items()],
    )
    _write_list(
        document,
        "Sources",
        [(str(number), source) for number, source in enumerate(sheet.sources, 1)],
    )
    return packed(document)


# --- the columns and their place


def _filled_columns(sheet: Sheet, lines: Sequence[Line]) -> list[_Column]:
    columns = [
        _Column(heading, [line[at] for line in lines]) for at, heading in enumerate(sheet.header)
    ]
    return [
        column
        for column in columns
        if any(cell.text.strip() or letter for cell, letter in column.cells)
    ]


def _layout(
    sheet: Sheet, columns: list[_Column]
) -> tuple[tuple[float, float], list[list[_Column]]]:
    """The page, and the columns of each part of the table: one part where they fit on a page."""
    needed = sum(column.width for column in columns)
    for page in (_A4, _A3):
        if needed <= page[0] - 2 * MARGIN:
            return page, [columns] if columns else []
    numbered = [_row_numbers(sheet), *columns]
    keys = [0, *(at for at, column in enumerate(numbered) if column.heading.is_key)]
    added = [at for at, column in enumerate(numbered) if column.heading.added]
    widths = [column.width for column in numbered]
    groups = parts(widths, _A4[0] - 2 * MARGIN, keys, added)
    return _A4, [[numbered[at] for at in group] for group in groups]


def _row_numbers(sheet: Sheet) -> _Column:
    """A column with the number of each row, by which its parts and notes belong together."""
    return _Column(Heading("Row"), [(Cell(str(line.position)), "") for line in sheet.lines])


# --- writing


def _write_title(document: Any, sheet: Sheet) -> None:
    document.add_heading(sheet.title, level=1)
    for text in (sheet.citation, " ".join(sheet.remarks)):
        if text:
            document.add_paragraph(text)


def _write_part(
    document: Any, sheet: Sheet, columns: list[_Column], part: str, room: float, *, has_all: bool
) -> dict[tuple[int, str], str]:
    """A table with these columns; returns the texts that were cut, by row and column.

    It *has_all* rows, or only those with something in these columns: a row that is empty but for
    its ids is in the first part alone.
    """
    if part:
        document.add_heading(part, level=2)
    widths = stretched([column.width for column in columns], room)
    cut: dict[tuple[int, str], str] = {}
    shown = []
    for column, width in zip(columns, widths, strict=True):
        longest = longest_text(width, SIZE)
        for line, (cell, _) in zip(sheet.lines, column.cells, strict=True):
            if len(cell.text) > longest:
                cut[line.position, column.heading.text] = cell.text
        shown.append([(_cut(cell, longest), letter) for cell, letter in column.cells])
    lines = [line for line in zip(*shown, strict=True) if has_all or _is_filled(columns, line)]
    _write_table(document, [column.heading for column in columns], lines, widths, sheet.title)
    return cut


def _is_filled(columns: list[_Column], line: Sequence[tuple[Cell, str]]) -> bool:
    """Whether a part of the table has anything to show in a row, but its number and its ids."""
    return any(
        cell.text.strip() or letter
        for column, (cell, letter) in zip(columns[1:], line[1:], strict=True)
        if not column.heading.is_key
    )


def _cut(cell: Cell, longest: int) -> Cell:
    if len(cell.text) <= longest:
        return cell
    beginning = cell.text[:longest]
    start = beginning.rpartition(" ")[0].rstrip() or beginning
    return replace(cell, text=f"{start} … (in full below)")


def _write_table(
    document: Any,
    headings: list[Heading],
    lines: Sequence[Sequence[tuple[Cell, str]]],
    widths: list[float],
    title: str,
) -> None:
    from docx.shared import Cm

    table = document.add_table(rows=1 + len(lines), cols=len(headings))
    table.autofit = False
    describe_table(table, title)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    rows = [*table.rows]
    _write_header(rows[0], headings)
    for row, line in zip(rows[1:], lines, strict=True):
        keep_together(row)
        for place, (cell, letter) in zip(row.cells, line, strict=True):
            write_cell(place, cell.text, bold=cell.mark in (REPLACED, DIFFERING))
            if letter:
                add_mark(place, letter)
    add_rules(table)


def _write_header(row: Any, headings: list[Heading]) -> None:
    for place, heading in zip(row.cells, headings, strict=True):
        write_cell(place, heading.text, bold=True, italic=heading.added)
    repeat_header(row)
    keep_together(row)
    rule_below(row)


def _write_list(document: Any, heading: str, items: list[tuple[str, str]]) -> None:
    if not items:
        return
    from docx.shared import Pt

    document.add_heading(heading, level=2)
    for mark, text in items:
        paragraph = document.add_paragraph()
        marker = paragraph.add_run(mark)
        marker.font.superscript = True
        run = paragraph.add_run(f" {text}" if mark else text)
        marker.font.size = run.font.size = Pt(SIZE)
