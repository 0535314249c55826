"""Cochrane's "characteristics of ongoing studies" as a Word document: a table for each study."""

from typing import Any

from enrich.errors import MissingExtra
from enrich.export.revman import TITLE, ongoing, remarks
from enrich.export.sheet import Sheet
from enrich.export.word import add_rules, new_document, packed, write_cell

_WIDTHS = (3.5, 14.5)  # centimetres, on A4 upright
_PAGE = (21.0, 29.7)


def render(sheet: Sheet) -> bytes:
    """A document with a table of two columns for each study.

    Raises MissingExtra without python-docx.
    """
    try:
        document = new_document(f"{TITLE}: {sheet.title}", _PAGE)
    except ImportError as error:
        raise MissingExtra("docx", "docx") from error
    document.add_heading(TITLE, level=1)
    for text in (sheet.title, *remarks(sheet)):
        document.add_paragraph(text)
    for nct_id, fields in ongoing(sheet):
        document.add_heading(nct_id, level=2)
        _write_table(document, fields)
    return packed(document)


def _write_table(document: Any, fields: list[tuple[str, str]]) -> None:
    from docx.shared import Cm

    table = document.add_table(rows=len(fields), cols=2)
    table.autofit = False
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column.width = Cm(width)
    for row, (name, text) in zip(table.rows, fields, strict=True):
        for cell, width in zip(row.cells, _WIDTHS, strict=True):
            cell.width = Cm(width)
        write_cell(row.cells[0], name, bold=True)
        write_cell(row.cells[1], text)
    add_rules(table, inside=True)
