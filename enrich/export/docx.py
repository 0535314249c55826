"""A sheet as a Word document that a journal would take:
landscape, three rules, the header on every page, lettered notes, renewed sources.
"""

from typing import Any

from enrich.errors import MissingExtra
from enrich.export.footnotes import lettered
from enrich.export.sheet import DIFFERING, REPLACED, Cell, Heading, Sheet
from enrich.export.word import (
    MARGIN,
    SIZE,
    add_mark,
    add_rules,
    new_document,
    packed,
    repeat_header,
    rule_below,
    write_cell,
)

# Landscape, in centimetres: A4, and A3 for a table of more columns than A4 can show.
_A4, _A3 = (29.7, 21.0), (42.0, 29.7)
_MOST_ON_A4 = 10
_NARROWEST = 1.2


def render(sheet: Sheet) -> bytes:
    """*sheet* as a document; columns in which nothing is printed are left out.

    Raises MissingExtra without python-docx.
    """
    lines, notes = lettered(sheet)
    kept = [
        at
        for at in range(len(sheet.header))
        if any(line[at][0].text.strip() or line[at][1] for line in lines)
    ]
    page = _A4 if len(kept) <= _MOST_ON_A4 else _A3
    try:
        document = new_document(sheet.title, page)
    except ImportError as error:
        raise MissingExtra("docx", "docx") from error
    _write_title(document, sheet)
    if kept:
        _write_table(
            document,
            [sheet.header[at] for at in kept],
            [[line[at] for at in kept] for line in lines],
            page[0] - 2 * MARGIN,
        )
    _write_list(
        document,
        "Notes",
        [
            (letter, f"Row {position}, {heading.text}. {cell.note}")
            for letter, position, heading, cell in notes
        ],
    )
    _write_list(
        document,
        "Sources",
        [(str(number), source) for number, source in enumerate(sheet.sources, 1)],
    )
    return packed(document)


def _write_title(document: Any, sheet: Sheet) -> None:
    document.add_heading(sheet.title, level=1)
    for text in (sheet.citation, " ".join(sheet.remarks)):
        if text:
            document.add_paragraph(text)


def _write_table(
    document: Any, headings: list[Heading], lines: list[list[tuple[Cell, str]]], room: float
) -> None:
    table = document.add_table(rows=1 + len(lines), cols=len(headings))
    table.autofit = False
    widths = _widths(
        [
            [heading.text, *(line[at][0].text for line in lines)]
            for at, heading in enumerate(headings)
        ],
        room,
    )
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for place, heading, width in zip(table.rows[0].cells, headings, widths, strict=True):
        place.width = width
        write_cell(place, heading.text, bold=True, italic=heading.added)
    for row, line in zip(table.rows[1:], lines, strict=True):
        for place, (cell, letter), width in zip(row.cells, line, widths, strict=True):
            place.width = width
            _write_cell(place, cell, letter)
    repeat_header(table.rows[0])
    rule_below(table.rows[0])
    add_rules(table)


def _write_cell(place: Any, cell: Cell, letter: str) -> None:
    write_cell(place, cell.text, bold=cell.mark in (REPLACED, DIFFERING))
    if letter:
        add_mark(place, letter)


def _widths(columns: list[list[str]], room: float) -> list[Any]:
    """A share of the page for each column: by the root of its longest cell, as text wraps,
    and no narrower than its longest word.
    """
    from docx.shared import Cm

    letter = SIZE * 0.024  # centimetres that a letter takes, more or less
    least = [
        max(
            _NARROWEST,
            min(max((len(word) for text in texts for word in text.split()), default=1), 14) * letter
            + 0.4,
        )
        for texts in columns
    ]
    wanted = [max(map(len, texts)) ** 0.5 for texts in columns]
    spare, scale = max(room - sum(least), 0), min(room / sum(least), 1)
    return [
        Cm(low * scale + spare * want / sum(wanted))
        for low, want in zip(least, wanted, strict=True)
    ]


def _write_list(document: Any, heading: str, items: list[tuple[str, str]]) -> None:
    if not items:
        return
    from docx.shared import Pt

    document.add_heading(heading, level=2)
    for mark, text in items:
        paragraph = document.add_paragraph()
        marker = paragraph.add_run(mark)
        marker.font.superscript = True
        run = paragraph.add_run(f" {text}")
        marker.font.size = run.font.size = Pt(8)
