"""The sheet for INSPECT-SR as an Excel workbook: one row a trial, empty columns for judgements."""

from io import BytesIO
from typing import Any

from enrich.errors import MissingExtra
from enrich.export.inspect_sr import COLUMNS, NOTE, TITLE, sheet_rows
from enrich.export.sheet import Sheet

_LONGEST = 32_000  # characters that Excel takes in one cell
_WIDTHS = {"Trial": 14, "Row": 6, "Sources": 46}
_WIDTH, _WIDTH_OF_JUDGEMENT = 38, 16
_FILL = "#FFF9E0"  # of cells for judgements
_HEADER = 2  # row of the headings, below title and note


def render(sheet: Sheet) -> bytes:
    """A workbook. Every cell is text: nothing is ever a formula or a link.

    Raises MissingExtra without xlsxwriter.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtra("the sheet for INSPECT-SR", "excel") from error
    packed = BytesIO()
    never = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    book = Workbook(packed, {"constant_memory": True, **never})
    book.set_properties({"title": f"{TITLE}: {sheet.title}"[:255], "comments": NOTE})
    page = book.add_worksheet("INSPECT-SR")
    page.write_string(0, 0, f"{TITLE}: {sheet.title}"[:_LONGEST], book.add_format({"bold": True}))
    page.write_string(1, 0, NOTE)
    _write_rows(book, page, sheet)
    page.freeze_panes(_HEADER + 1, 1)
    page.repeat_rows(_HEADER)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    book.close()
    return packed.getvalue()


def _write_rows(book: Any, page: Any, sheet: Sheet) -> None:
    cell = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#BBBBBB"}
    plain, judgement = book.add_format(cell), book.add_format({**cell, "bg_color": _FILL})
    heading = book.add_format({**cell, "bold": True})
    for at, column in enumerate(COLUMNS):
        width = _WIDTHS.get(column.heading, _WIDTH if column.text else _WIDTH_OF_JUDGEMENT)
        page.set_column(at, at, width)
        page.write_string(_HEADER, at, column.heading, heading)
    for row, texts in enumerate(sheet_rows(sheet.dossiers), _HEADER + 1):
        for at, (column, text) in enumerate(zip(COLUMNS, texts, strict=True)):
            page.write_string(row, at, text[:_LONGEST], plain if column.text else judgement)
