"""A Word document about studies, one below the other: a table of two columns for each."""

from collections.abc import Iterable, Sequence
from typing import Any

from enrich.errors import EnrichError, MissingExtra
from enrich.export.word import add_rules, new_document, packed, write_cell

_PAGE = (21.0, 29.7)  # centimetres: A4 upright
_WIDTH = 18.0  # of a table
# Rows of all tables: Word takes minutes to open more, and python-docx to write them.
MOST_ROWS = 10_000

Field = tuple[str, str]


def render_studies(
    heading: str,
    paragraphs: Sequence[str],
    studies: Iterable[tuple[str, Sequence[Field]]],
    *,
    width_of_names: float,
    other: str,
) -> bytes:
    """The document, whose first paragraph is the title of the published table.

    *studies* are ids with their fields, each as (name, text). *width_of_names* is that of the first
    column, in centimetres, and *other* a format for more studies. Raises MissingExtra without
    python-docx, and EnrichError for more studies than Word opens.
    """
    shown = _held(studies, paragraphs[0], other)
    try:
        document = new_document(f"{heading}: {paragraphs[0]}", _PAGE)
    except ImportError as error:
        raise MissingExtra("docx", "docx") from error
    document.add_heading(heading, level=1)
    for text in paragraphs:
        document.add_paragraph(text)
    for nct_id, fields in shown:
        document.add_heading(nct_id, level=2)
        _write_table(document, fields, (width_of_names, _WIDTH - width_of_names))
    return packed(document)


def _held(
    studies: Iterable[tuple[str, Sequence[Field]]], title: str, other: str
) -> list[tuple[str, Sequence[Field]]]:
    held = []
    rows = 0
    for study in studies:
        held.append(study)
        rows += len(study[1])
        if rows > MOST_ROWS:
            raise EnrichError(
                f"“{title}” names too many trials: a Word document takes {len(held) - 1:,} of them;"
                f" write all with --format {other}"
            )
    return held


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
