"""A sheet as an Excel workbook: marked cells, a note in each,
and a second sheet with notes and sources.
"""

from io import BytesIO
from typing import Any

from enrich.errors import MissingExtra
from enrich.export.sheet import DIFFERING, DOUBTFUL, REPLACED, Cell, Sheet

# What Excel takes in one cell or note.
_LONGEST = 32_000
_HIGHEST = 400.0
_FILL = {REPLACED: "#FFF1B8", DIFFERING: "#FFE0D6", DOUBTFUL: "#ECECEC"}


def render(sheet: Sheet) -> bytes:
    """*sheet* as a workbook. Every cell is text: nothing is ever a formula or a link.

    Raises MissingExtra without xlsxwriter.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtra("xlsx", "excel") from error
    packed = BytesIO()
    book = Workbook(
        packed,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": sheet.title[:255], "comments": " ".join(sheet.remarks)})
    formats = {
        mark: book.add_format(
            {"text_wrap": True, "valign": "top", **({"bg_color": _FILL[mark]} if mark else {})}
        )
        for mark in ("", *_FILL)
    }
    _write_table(book, book.add_worksheet("Table"), sheet, formats)
    _write_notes(book, book.add_worksheet("Notes"), sheet, formats[""])
    book.close()
    return packed.getvalue()


def _write_table(book: Any, page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    added = book.add_format(
        {"bold": True, "italic": True, "text_wrap": True, "valign": "top", "bottom": 1}
    )
    for column, heading in enumerate(sheet.header):
        page.write_string(0, column, heading.text[:_LONGEST], added if heading.added else bold)
    widths = [
        _width(heading.text, (line.cells[column] for line in sheet.lines))
        for column, heading in enumerate(sheet.header)
    ]
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.set_row(0, _height([heading.text for heading in sheet.header], widths))
    for row, line in enumerate(sheet.lines, 1):
        page.set_row(row, _height([cell.text for cell in line.cells], widths))
        for column, cell in enumerate(line.cells):
            _write_cell(page, row, column, cell, formats)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    if sheet.lines and sheet.header:
        page.ignore_errors({"number_stored_as_text": f"A1:{_corner(sheet)}"})


def _write_cell(page: Any, row: int, column: int, cell: Cell, formats: dict[str, Any]) -> None:
    if cell.text:
        page.write_string(row, column, cell.text[:_LONGEST], formats[cell.mark])
    else:
        page.write_blank(row, column, None, formats[cell.mark])
    if cell.note:
        page.write_comment(
            row,
            column,
            cell.note[:_LONGEST],
            {"author": "enrich", "x_scale": 2.5, "y_scale": 1 + len(cell.note) / 200},
        )


def _corner(sheet: Sheet) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(len(sheet.lines), len(sheet.header) - 1))


def _width(heading: str, cells: Any) -> float:
    """Wide enough for the longest word and for the usual cell,
    and never wider than a screen can show.
    """
    texts = [heading, *(cell.text for cell in cells)]
    word = max((len(word) for text in texts for word in text.split()), default=0)
    return min(max(word + 2, max(map(len, texts), default=0) / 3, 9), 45)


def _height(texts: list[str], widths: list[float]) -> float:
    """Room for the cell that wraps most; not every spreadsheet finds it by itself."""
    lines = max(
        (
            sum(len(line) // max(int(width) - 1, 1) + 1 for line in text.split("\n"))
            for text, width in zip(texts, widths, strict=True)
        ),
        default=1,
    )
    return min(15.0 * lines, _HIGHEST)


def _write_notes(book: Any, page: Any, sheet: Sheet, wrapped: Any) -> None:
    bold = book.add_format({"bold": True, "valign": "top"})
    rows: list[tuple[str, str, str]] = [
        ("", "", text) for text in (sheet.title, sheet.citation or "", *sheet.remarks) if text
    ]
    rows += (
        [
            ("Row", "Column", "Note"),
            *((str(position), heading.text, cell.note) for position, heading, cell in sheet.notes),
        ]
        if any(sheet.notes)
        else []
    )
    rows += (
        [("", "", "Sources"), *(("", "", source) for source in sheet.sources)]
        if sheet.sources
        else []
    )
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            page.write_string(
                at,
                column,
                text[:_LONGEST],
                bold if row in (("Row", "Column", "Note"), ("", "", "Sources")) else wrapped,
            )
    page.set_column(0, 0, 6)
    page.set_column(1, 1, 28)
    page.set_column(2, 2, 110)
