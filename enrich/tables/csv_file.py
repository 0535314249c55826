"""Reads the cells of a CSV file, as spreadsheets and statistics programs save it. Edits nothing."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from enrich.errors import TableError
from enrich.files import read_file

# A published cell can hold a whole paragraph; the standard library stops at 131,072 characters.
LONGEST_CELL = 10_000_000
# A table of 5,000 trials has about 5 MB and 100,000 cells.
MOST_BYTES = 25_000_000
MOST_CELLS = 1_000_000


class CellGrid(NamedTuple):
    """The cells of a table as printed: the names of its columns, and as many cells in each row."""

    header: tuple[str, ...]
    rows: list[list[str]]


def read_csv(file: Path, id_column: str) -> CellGrid:
    """The cells of *file*. The delimiter is the one under which the header holds *id_column*.

    Raises TableError, which names the file and the row.
    """
    text, delimiter = _split_hint(decode(file), id_column)
    lines = _filled(_parse(file, text, delimiter))
    if not lines:
        raise TableError(f"{file}: the file is empty")
    header = tuple(name.strip() for name in lines[0])
    _check_header(file, header)
    for number, line in enumerate(lines[1:], 1):
        if len(line) != len(header):
            raise TableError(
                f"{file}: row {number} has {len(line)} cells, but the header has {len(header)};"
                f" put quotation marks around a cell that contains {delimiter!r}"
            )
    return CellGrid(header, lines[1:])


def decode(file: Path) -> str:
    """The text of a file: UTF-8, UTF-16 with a byte order mark, else Windows-1252."""
    try:
        raw = read_file(file, MOST_BYTES)
    except OSError as error:
        raise TableError(f"{file}: {error.strerror}") from error
    encodings = ["utf-16"] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise TableError(
                f"{file}: contains NUL characters; if it is a spreadsheet (.xlsx), save it as CSV"
            )
        return text
    raise TableError(f"{file}: not a text file; save it as CSV in UTF-8")


def _parse(file: Path, text: str, delimiter: str) -> list[list[str]]:
    lines: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins, cells = 1, 0
    try:
        with long_cells():
            for line in reader:
                lines.append(line)
                cells += len(line)
                begins = reader.line_num + 1
                if cells > MOST_CELLS:
                    raise TableError(f"{file}: it has more than {MOST_CELLS:,} cells")
    except csv.Error as error:
        number = len(_filled(lines))  # of rows, as the header is not one
        where = f"row {number}" if number else "the header"
        raise TableError(
            f"{file}: {where}, line {begins}: {error}; does a quotation mark open there that is not"
            " closed?"
        ) from error
    return lines


@contextmanager
def long_cells() -> Iterator[None]:
    """Raises the limit of the standard library while a file is read: it holds for the whole
    process.
    """
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _filled(lines: Iterable[list[str]]) -> list[list[str]]:
    """The lines that are not blank, without blank columns after the last:
    spreadsheets write them.
    """
    filled = [line for line in lines if any(cell.strip() for cell in line)]
    width = max(
        (place for line in filled for place, cell in enumerate(line, 1) if cell.strip()), default=0
    )
    return [line[:width] for line in filled]


# A first line that only gives Excel the delimiter.
_HINT = re.compile(r'"?sep=([,;\t|])"?(?:\r\n?|\n)', re.I)


def _split_hint(text: str, id_column: str) -> tuple[str, str]:
    """The text of the cells and their delimiter: as the hint says, else as the header shows."""
    hint = _HINT.match(text)
    return (text[hint.end() :], hint[1]) if hint else (text, _delimiter(text, id_column))


def _delimiter(text: str, id_column: str) -> str:
    """Excel writes semicolons where the decimal sign is a comma."""
    for delimiter in ",;\t":
        with long_cells():
            lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            header = next(lines, [])
        if id_column in [name.strip() for name in header]:
            return delimiter
    return max(",;\t", key=text.split("\n", 1)[0].count)


def _check_header(file: Path, header: Sequence[str]) -> None:
    for name in header:
        if header.count(name) > 1:
            raise TableError(
                f"{file}: the header has the column {name!r} twice; rename one of the two"
            )
