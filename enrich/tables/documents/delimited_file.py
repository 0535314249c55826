"""Reads tables as text: CSV in all its dialects, and the exports of registries and databases.

ClinicalTrials.gov writes bare quotation marks inside of quoted cells, AACT writes `|` and no
quotes, Excel writes semicolons where commas are decimal. A line that does not fit is refused with
its number; no cell is ever moved to make it fit.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from enrich.tables.csv_file import long_cells
from enrich.tables.documents.document import Cell, Document, DocumentError, DocumentTable

DELIMITERS = "\t|;,"


@dataclass(frozen=True)
class Split:
    """The lines of a text as cells under one delimiter; *numbers* are their lines in the file."""

    delimiter: str
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]

    @cached_property
    def width(self) -> int:
        """How many cells most rows have."""
        return Counter(map(len, self.rows)).most_common(1)[0][0] if self.rows else 0

    @cached_property
    def uneven(self) -> list[int]:
        """The numbers of the lines with more cells than the others, or with fewer."""
        width = self.width
        return [
            number
            for number, row in zip(self.numbers, self.rows, strict=True)
            if len(row) != width and any(row[width:]) | (len(row) < width)
        ]


def read_delimited(path: Path, text: str) -> Document | None:
    """The table in *text*; None where no delimiter parts its lines into the same number of cells.

    Raises DocumentError where most lines do, and some do not.
    """
    split = best_split(text)
    if split is None:
        return None
    uneven = _without_title_lines(split)
    if uneven:
        raise DocumentError(
            f"{path}: line {uneven[0]} has another number of cells than the {split.width} of most"
            f" lines; put quotation marks around a cell that contains {split.delimiter!r}"
        )
    rows = [row[: split.width] for row in split.rows]
    cells = tuple(
        tuple(Cell(text) for text in (*row, *[""] * (split.width - len(row)))) for row in rows
    )
    return Document(tables=(DocumentTable(where="the file", rows=cells),))


def best_split(text: str) -> Split | None:
    """The split under which most lines have the same number of cells, two at least."""
    body, hint = _without_hint(text)
    candidates = [split(body, delimiter) for delimiter in hint or DELIMITERS]
    regular = [
        candidate
        for candidate in candidates
        if candidate.width > 1 and _share_even(candidate) >= 0.8
    ]
    return max(
        regular, key=lambda candidate: (_share_even(candidate), candidate.width), default=None
    )


_HINT = re.compile(r'"?sep=([,;\t|])"?(?:\r\n?|\n)', re.I)


def _without_hint(text: str) -> tuple[str, str | None]:
    """The text without a first line `sep=;`, which Excel reads, and the delimiter that it gives."""
    hint = _HINT.match(text)
    return (text[hint.end() :], hint[1]) if hint else (text, None)


def _share_even(split: Split) -> float:
    return 1 - len(split.uneven) / len(split.rows)


def _without_title_lines(split: Split) -> list[int]:
    """The uneven lines but for those at the top that have a single cell:
    a title above the header.
    """
    uneven = set(split.uneven)
    for number, row in zip(split.numbers, split.rows, strict=True):
        if number not in uneven or len([cell for cell in row if cell]) > 1:
            break
        uneven.discard(number)
    return sorted(uneven)


def split(text: str, delimiter: str) -> Split:
    """The cells of each line that has any, by the rules of CSV,
    or by those of bare quotation marks.
    """
    lines = re.sub(r"\r\n?", "\n", text)
    try:
        numbered = _strict_rows(lines, delimiter)
    except csv.Error:
        numbered = [*_lenient_rows(lines, delimiter)]
    filled = [(number, row) for number, row in numbered if any(cell.strip() for cell in row)]
    return Split(
        delimiter, tuple(tuple(row) for _, row in filled), tuple(number for number, _ in filled)
    )


def _strict_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Each row with the number of the line on which it begins."""
    with long_cells():
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        starts = [1]
        rows = []
        for row in reader:
            rows.append((starts[-1], row))
            starts.append(reader.line_num + 1)
    return rows


def _lenient_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The same where cells have bare quotation marks: `"the "best" drug",2`."""
    width = text.split("\n", 1)[0].count(delimiter) + 1
    at, number, first, cells = 0, 1, 1, list[str]()
    while at < len(text):
        cell, stop = _lenient_cell(text, at, delimiter, width)
        cells.append(cell)
        number += text.count("\n", at, stop)
        at = stop + 1
        if text[stop : stop + 1] != delimiter:
            yield first, cells
            number, cells = number + 1, []
            first = number
    if cells:
        yield first, cells


def _lenient_cell(text: str, at: int, delimiter: str, width: int) -> tuple[str, int]:
    """The cell that begins at *at*, and the place of the delimiter or line break behind it."""
    end = _end_of_quoted(text, at + 1, delimiter, width) if text[at] == '"' else None
    if end is None:
        found = re.compile(f"[{re.escape(delimiter)}\n]").search(text, at)
        stop = found.start() if found else len(text)
        return text[at:stop], stop
    stop = end + 1
    while text[stop : stop + 1] == " ":
        stop += 1
    return text[at + 1 : end].replace('""', '"'), stop


def _end_of_quoted(text: str, at: int, delimiter: str, width: int) -> int | None:
    """The place of the quotation mark that ends a cell; None where none does.

    It is one before a delimiter or a line break. Two in a row are one inside of the cell, unless
    they close a bare one and the cell: `"the "best"",2`.
    """
    inside, limit = 0, _next_row(text, at, delimiter, width)
    while (mark := text.find('"', at, limit)) >= 0:
        is_double = text[mark + 1 : mark + 2] == '"'
        if is_double and not (inside % 2 and _ends_cell(text, mark + 2, delimiter)):
            at = mark + 2
            continue
        if is_double:
            return mark + 1
        if _ends_cell(text, mark + 1, delimiter):
            return mark
        inside, at = inside + 1, mark + 1
    return None


_MOST_LINES = 1000


def _next_row(text: str, at: int, delimiter: str, width: int) -> int:
    """Where the next line begins that has as many cells as a row: no cell may go on beyond it.

    Otherwise a mark that is never closed would take in the rows that follow.
    """
    line_break = text.find("\n", at)
    for _ in range(_MOST_LINES):
        if line_break < 0:
            return len(text)
        at = line_break + 1
        line_break = text.find("\n", at)
        end = len(text) if line_break < 0 else line_break
        if text.count(delimiter, at, end) >= width - 1:
            return at
    return at


def _ends_cell(text: str, at: int, delimiter: str) -> bool:
    while text[at : at + 1] == " ":
        at += 1
    return at >= len(text) or text[at] in (delimiter, "\n")
