"""A sheet as CSV that spreadsheets open without running what is in it."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from enrich.escaping import escape_formula
from enrich.export.sheet import Sheet


def render(sheet: Sheet) -> str:
    """Comma-separated, as RFC 4180 has it; what other formats print below the table is in two more
    columns here.
    """
    return "".join(render_parts(sheet))


def render_parts(sheet: Sheet) -> Iterator[str]:
    """The same, line by line."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(
        _safe([*(heading.text for heading in sheet.header), "Registry record", "Notes"])
    )
    for line in sheet.lines:
        notes = " ".join(
            f"{heading.text}: {cell.note}"
            for heading, cell in zip(sheet.header, line.cells, strict=True)
            if cell.note
        )
        writer.writerow(
            _safe([*(cell.text for cell in line.cells), "; ".join(line.records), notes])
        )
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


# What begins with a sign and is a plain number is no formula.
_PLAIN_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*\s*%?")


def _safe(cells: Iterable[str]) -> list[str]:
    return [cell if _PLAIN_NUMBER.fullmatch(cell) else escape_formula(cell) for cell in cells]
