"""A Word document about studies, one below the other: a table of two columns for each."""

from collections.abc import Iterable, Sequence
from typing import Any

from enrich.errors import MissingExtra
from enrich.export.word import add_rules, new_document, packed, write_cell

_PAGE = (21.0, 29.7)  # centimetres: A4 upright
_WIDTH = 18.0  # of a table

Field = tuple[str, str]


def render_studies(
    heading: str,
    paragraphs: Sequence[str],
    studies: Iterable[tuple[str, Sequence[Field]]],
    *,
    width_of_names: float,
) -> bytes:
    """The document, whose first paragraph is the title of the published table.

    *studies* are ids with their fields, each as (name, text). *width_of_names* is that of the first
    column, in centimetres. Raises MissingExtra without python-docx.
    """
    try:
        document = new_document(f"{heading}: {paragraphs[0]}", _PAGE)
    except ImportError as error:
        raise MissingExtra("docx", "docx") from error
    document.add_heading(heading, level=1)
    for text in paragraphs:
        document.add_paragraph(text)
    for nct_id, fields in studies:
        document.add_heading(nct_id, level=2)
        _write_table(document, fields, (width_of_names, _WIDTH - width_of_names))
    return packed(document)


def _write_table(document: Any, fields: Sequence[Field], widths: tuple[float, float]) -> None:
    from docx.shared import Cm

    table = document.add_table(rows=len(fields), cols=2)
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row, (name, text) in zip(table.rows, fields, strict=True):
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)
        write_cell(row.cells[0], name, bold=True)
        write_cell(row.cells[1], text)
    add_rules(table, inside=True)
