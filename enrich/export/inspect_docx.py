"""The sheet for INSPECT-SR as a Word document: a table for each trial, fields for judgements."""

from typing import Any

from enrich.errors import MissingExtra
from enrich.export.inspect_sr import COLUMNS, NOTE, TITLE, sheet_rows
from enrich.export.sheet import Sheet
from enrich.export.word import add_rules, new_document, packed, write_cell

_WIDTHS = (4.0, 14.0)  # centimetres, on A4 upright
_PAGE = (21.0, 29.7)


def render(sheet: Sheet) -> bytes:
    """A document with a table of two columns for each trial.

    Raises MissingExtra without python-docx.
    """
    try:
        document = new_document(f"{TITLE}: {sheet.title}", _PAGE)
    except ImportError as error:
        raise MissingExtra("docx", "docx") from error
    document.add_heading(TITLE, level=1)
    for text in (sheet.title, NOTE):
        document.add_paragraph(text)
    for texts in sheet_rows(sheet.dossiers):
        document.add_heading(texts[0], level=2)
        _write_table(document, texts)
    return packed(document)


def _write_table(document: Any, texts: list[str]) -> None:
    from docx.shared import Cm

    table = document.add_table(rows=len(COLUMNS) - 1, cols=2)
    table.autofit = False
    for table_column, width in zip(table.columns, _WIDTHS, strict=True):
        table_column.width = Cm(width)
    for row, column, text in zip(table.rows, COLUMNS[1:], texts[1:], strict=True):
        for cell, width in zip(row.cells, _WIDTHS, strict=True):
            cell.width = Cm(width)
        write_cell(row.cells[0], column.heading, bold=True)
        write_cell(row.cells[1], text)
    add_rules(table, inside=True)
