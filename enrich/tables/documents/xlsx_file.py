"""Reads Excel workbooks (.xlsx) by openpyxl: each sheet as a table, its cells as Excel shows them.

Formulas are never computed: what is read is the value that Excel stored. Macros are not opened.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock

from enrich.tables.documents.document import (
    EMPTY,
    Cell,
    Document,
    DocumentError,
    DocumentTable,
    rectangle,
)
from enrich.tables.documents.office import check_package
from enrich.tables.documents.spans import MOST_COLUMNS, MOST_ROWS
from enrich.text import join_some, plural, sanitize

# Unpacked; a sheet of 5,000 rows has about 5 MB.
MOST_BYTES = 50_000_000


def read_xlsx(path: Path, content: bytes) -> Document:
    """The sheets of the workbook in *content*. Raises DocumentError where it cannot be read."""
    check_package(path, content, "xl/workbook.xml", "an Excel workbook (.xlsx)", MOST_BYTES)
    try:
        workbook = openpyxl.load_workbook(
            io.BytesIO(content), data_only=True, keep_links=False, rich_text=True
        )
        uncomputed = _uncomputed_formulas(content, workbook)
        tables = [
            _table(path, sheet, uncomputed.get(sheet.title, [])) for sheet in workbook.worksheets
        ]
    except DocumentError:
        raise
    except Exception as error:  # openpyxl lets the errors of its parsers through
        raise DocumentError(
            f"{path}: not an Excel workbook that can be read ({sanitize(str(error), 80)}); open it "
            "in Excel and save it"
            " again"
        ) from error
    return Document(
        tables=tuple(table for table in tables if table.rows), title=workbook.properties.title
    )


def _uncomputed_formulas(content: bytes, workbook: Any) -> dict[str, list[str]]:
    """The cells of each sheet with a formula whose value was never stored: they look empty."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        if not any(b"<f" in package.read(name) for name in sheets if name.endswith(".xml")):
            return {}
    formulas = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    return {
        sheet.title: [
            cell.coordinate
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f" and workbook[sheet.title][cell.coordinate].value is None
        ]
        for sheet in formulas.worksheets
    }


def _table(path: Path, sheet: Any, uncomputed: list[str]) -> DocumentTable:
    if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
        raise DocumentError(
            f"{path}: sheet {sheet.title!r} has {plural(sheet.max_row, 'row')} and"
            f" {plural(sheet.max_column, 'column')}, too many for a table; delete the empty ones"
        )
    rows = [[_cell(cell) for cell in row] for row in sheet.iter_rows()]
    for merged in sheet.merged_cells.ranges:
        _fill(rows, merged)
    return DocumentTable(
        where=f"sheet {sheet.title!r}",
        rows=rectangle(_trimmed(rows)),
        notes=tuple(_notes(sheet, uncomputed)),
    )


def _fill(rows: list[list[Cell]], merged: Any) -> None:
    """Copies the cell at the top left of a merged area to all its places."""
    origin = rows[merged.min_row - 1][merged.min_col - 1]
    for row in range(merged.min_row - 1, min(merged.max_row, len(rows))):
        for column in range(merged.min_col - 1, min(merged.max_col, len(rows[row]))):
            if (row, column) != (merged.min_row - 1, merged.min_col - 1):
                rows[row][column] = Cell(origin.text, origin.links, is_copy=True)


def _trimmed(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Without the empty rows at the end and the empty columns at the right,
    which only have a format.
    """
    while rows and not any(cell.text for cell in rows[-1]):
        rows.pop()
    width = max((at for row in rows for at, cell in enumerate(row, 1) if cell.text), default=0)
    return [row[:width] for row in rows]


def _notes(sheet: Any, uncomputed: list[str]) -> Iterator[str]:
    """What somebody who sees the sheet may not see."""
    if sheet.sheet_state != "visible":
        yield "the sheet is hidden"
    rows = sorted(number for number, row in sheet.row_dimensions.items() if row.hidden)
    if rows:
        yield f"hidden, and read: {_named('row', map(str, rows))}"
    columns = sorted(letter for letter, column in sheet.column_dimensions.items() if column.hidden)
    if columns:
        yield f"hidden, and read: {_named('column', columns)}"
    if uncomputed:
        cells = _named("cell", uncomputed)
        yield f"a formula without a stored value, read as empty: {cells}; save the file in Excel"


def _named(word: str, places: Iterable[str]) -> str:
    listed = [*places]
    return f"{word}{'s' if len(listed) > 1 else ''} {join_some(listed, 5)}"


# --- a cell as Excel shows it


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return EMPTY
    target = cell.hyperlink.target if cell.hyperlink else None
    return Cell(_shown(value, cell.number_format or ""), (target,) if target else ())


def _shown(value: Any, number_format: str) -> str:
    if isinstance(value, CellRichText):
        return "".join(map(_rich, value)).strip()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime | date):
        return _shown_date(value, number_format)
    if isinstance(value, int | float):
        return _shown_number(value, number_format)
    if isinstance(value, time):
        return value.isoformat()
    return str(value).replace("\r\n", "\n").replace("_x000D_", "").strip()


def _rich(part: Any) -> str:
    """A piece of a cell; superscript has `^` before it."""
    if not isinstance(part, TextBlock):
        return str(part)
    is_superscript = part.font is not None and part.font.vertAlign == "superscript"
    return f"^{part.text}" if is_superscript else str(part.text)


def _shown_date(value: datetime | date, number_format: str) -> str:
    """ISO, with no more than the format shows: `Mar-21` claims no day."""
    plain = re.sub(r'"[^"]*"|\\.|\[[^\[\]]*\]', "", number_format).lower()
    day = value.date() if isinstance(value, datetime) else value
    if plain and "y" in plain and "d" not in plain:
        return day.isoformat()[: 7 if "m" in plain else 4]
    is_moment = isinstance(value, datetime) and (value.hour or value.minute) and "h" in plain
    return (
        value.isoformat(" ", "minutes")
        if is_moment and isinstance(value, datetime)
        else day.isoformat()
    )


def _shown_number(value: float, number_format: str) -> str:
    """
    >>> _shown_number(14.0, "General"), _shown_number(0.58, "0%")
    ('14', '58%')
    >>> _shown_number(1234567, "00000000")
    '01234567'
    """
    if "%" in number_format:
        return f"{_plain_number(round(value * 100, 10))}%"
    if re.fullmatch(r"0{2,}", number_format) and float(value).is_integer():
        return f"{int(value):0{len(number_format)}d}"
    return _plain_number(value)


def _plain_number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
