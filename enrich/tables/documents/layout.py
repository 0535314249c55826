"""Makes a table of trials of a table as a document has it: one header, one row for each entry.

Title lines, headers of several rows, headings between the rows, repeated headers, tables whose
trials are columns: each is recognised by its shape, and reported. Cells keep their text and their
row.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from enrich.tables.documents.document import EMPTY, Cell, DocumentTable
from enrich.tables.nct_ids import find_ids
from enrich.text import join_some, plural

Rows = list[list[Cell]]

SECTION = "Section"
ID_COLUMN = "NCT id"
_NUMBER = re.compile(r"\A[.,%<>=±/()\s–-]*\d[\d.,%<>=±/()\s–-]*")
# A header has at most so many rows.
_MOST_HEADER_ROWS = 3


@dataclass(frozen=True)
class TrialTable:
    """A table that can be written as CSV: the names of its columns, and as many cells in each row.

    *id_column* is the column with the ids, None where no cell has one. *notes* report what was
    done.
    """

    where: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    id_column: str | None
    footnotes: str = ""
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> list[Cell]:
        """The cells of the column *name*."""
        at = self.header.index(name)
        return [row[at] for row in self.rows]

    @property
    def ids_by_row(self) -> list[tuple[str, ...]]:
        """The ids that each row names in the id column."""
        if self.id_column is None:
            return [() for _ in self.rows]
        is_nct = "NCT" in self.id_column.upper()
        cells = self.column(self.id_column)
        return [find_ids(cell.text, column_names_nct=is_nct).ids for cell in cells]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in the id column, each once."""
        return tuple(dict.fromkeys(nct_id for ids in self.ids_by_row for nct_id in ids))


def lay_out(table: DocumentTable) -> TrialTable:
    """The table of trials in *table*."""
    notes = list(table.notes)
    header_rows = [list(row) for row in table.header_rows]
    rows = [list(row) for row in table.rows if any(cell.text for cell in row)]
    if _is_transposed([*header_rows, *rows]):
        header_rows, rows = [], _transposed([*header_rows, *rows])
        notes.append("the trials are columns; they were turned into rows")
    titles, header_rows, rows = _without_titles(header_rows, rows)
    if not header_rows:
        header_rows, rows = _split_header(rows)
    if not header_rows:
        notes.append("there is no header; the columns are numbered")
    header = _names(header_rows, len(rows[0]) if rows else 0)
    rows = _without_repeated_headers(rows, header_rows, notes)
    rows, closing = _without_closing_lines(rows, len(header))
    header, rows = _with_sections(header, rows, notes)
    header, rows = _without_empty_columns(header, rows)
    header, rows, id_column = _with_id_column(header, rows, notes)
    return TrialTable(
        table.where,
        " ".join([table.caption, *titles]).strip(),
        tuple(header),
        tuple(tuple(row) for row in rows),
        id_column,
        "\n".join(filter(None, [table.footnotes, *closing])),
        tuple(notes),
    )


# --- trials in columns


def _is_transposed(rows: Rows) -> bool:
    """Whether one row names the trials, each in a column of its own,
    and no column names several.
    """
    ids_by_row = [[bool(_ids(cell)) for cell in row] for row in rows]
    with_ids = [row for row in ids_by_row if any(row)]
    if len(with_ids) != 1 or len(rows) < 3:
        return False
    named = sum(with_ids[0])
    return named >= 2 and named >= (len(with_ids[0]) - 1) / 2 and not with_ids[0][0]


def _transposed(rows: Rows) -> list[list[Cell]]:
    return [
        [replace(cell, is_header=False) for cell in column] for column in zip(*rows, strict=True)
    ]


# --- the header


def _without_titles(header_rows: Rows, rows: Rows) -> tuple[list[str], Rows, Rows]:
    """The text of lines above the header that have a single cell, and what is left."""
    titles: list[str] = []
    rows_of_header, body = list(header_rows), list(rows)
    for lines in (rows_of_header, body):
        while (
            len(lines) > 1 and len(lines[0]) > 2 and _is_single(lines[0]) and not _ids_of(lines[0])
        ):
            if lines is body and rows_of_header:
                break  # a heading of the rows, below the header
            if lines is body and not _is_header_row(lines[1]) and not _is_single(lines[1]):
                break
            titles.append(" ".join(_texts(lines.pop(0))[0].split()))
    return titles, rows_of_header, body


def _split_header(rows: Rows) -> tuple[Rows, Rows]:
    """The first rows that look like names of columns;
    a second or third one only below spanning names.
    """
    if not rows or not _is_header_row(rows[0]) or (len(rows) > 1 and _ids_of(rows[0])):
        return [], rows
    number = 1
    while number < min(_MOST_HEADER_ROWS, len(rows) - 1) and _continues_header(rows, number):
        number += 1
    return rows[:number], rows[number:]


def _continues_header(rows: Rows, number: int) -> bool:
    """Whether the row *number* names parts of columns.

    It does where a cell of the row above spans several columns, and where below each cell that does
    not there is nothing, or that cell again.
    """
    above, row = rows[number - 1], rows[number]
    spanning = _spanning(above)
    others = (at for at in range(len(row)) if at not in spanning)
    return (
        bool(spanning)
        and _is_header_row(row)
        and all(not row[at].text or row[at].is_copy for at in others)
    )


def _spanning(row: Sequence[Cell]) -> set[int]:
    """The columns that a cell of *row* covers together with others."""
    copies = [
        at for at, cell in enumerate(row) if cell.is_copy and at and cell.text == row[at - 1].text
    ]
    return {*copies, *(at - 1 for at in copies)}


def _is_header_row(row: Sequence[Cell]) -> bool:
    """Texts, none of them an id, and few of them numbers."""
    texts = _texts(row)
    numbers = [text for text in texts if _NUMBER.fullmatch(text)]
    return bool(texts) and not _ids_of(row) and len(numbers) <= len(texts) / 3


def _names(header_rows: Rows, width: int) -> list[str]:
    """The names of the columns: those of several header rows with colons, all different.

    >>> upper = [Cell("Trial"), Cell("Age"), Cell("Age", is_copy=True)]
    >>> _names([upper, [Cell(""), Cell("from"), Cell("to")]], 3)
    ['Trial', 'Age: from', 'Age: to']
    """
    width = max([width, *map(len, header_rows)])
    names: list[str] = []
    for column in range(width):
        parts = [" ".join(row[column].text.split()) for row in header_rows if column < len(row)]
        distinct = [part for part in dict.fromkeys(parts) if part]
        names.append(": ".join(distinct) or f"Column {column + 1}")
    return _distinct(names)


def _distinct(names: Iterable[str]) -> list[str]:
    """A number behind a name that is there already: a table may have two columns "N".

    >>> _distinct(["N", "N"])
    ['N', 'N (2)']
    """
    seen: Counter[str] = Counter()
    distinct: list[str] = []
    for name in names:
        seen[name] += 1
        numbered = name if seen[name] == 1 else f"{name} ({seen[name]})"
        while numbered in distinct:
            seen[name] += 1
            numbered = f"{name} ({seen[name]})"
        distinct.append(numbered)
    return distinct


def _without_repeated_headers(rows: Rows, header_rows: Rows, notes: list[str]) -> Rows:
    headers = [[cell.text for cell in row] for row in header_rows]
    kept = [row for row in rows if [cell.text for cell in row] not in headers]
    if len(kept) < len(rows):
        notes.append(f"{plural(len(rows) - len(kept), 'repeated header')} left out")
    return kept


# --- headings between the rows


def _with_sections(header: list[str], rows: Rows, notes: list[str]) -> tuple[list[str], Rows]:
    """A heading between the rows becomes a column, so that each row keeps it."""
    is_heading = _headings(rows, len(header))
    headings = [row for row, heads in zip(rows, is_heading, strict=True) if heads]
    if not headings or len(headings) == len(rows):
        return header, rows
    found: list[list[Cell]] = []
    section = EMPTY
    for row, heads in zip(rows, is_heading, strict=True):
        if heads:
            section = next(cell for cell in row if cell.text)
        else:
            found.append([replace(section, is_copy=False), *row])
    texts = [_shortened(_texts(row)[0]) for row in headings]
    notes.append(
        f"{plural(len(headings), 'heading')} between the rows became the column {SECTION!r}:"
        f" {join_some(texts, 3)}"
    )
    return _distinct([SECTION, *header]), found


def _headings(rows: Rows, width: int) -> list[bool]:
    """Which rows are headings: a single cell at the beginning, with three columns or more.

    One that names a trial is a heading only where no other row names any, and where rows of its own
    follow: without them it would be lost.
    """
    single = [width >= 3 and _is_single(row) and bool(row[0].text) for row in rows]
    trials_are_headings = not any(
        _ids_of(row) for row, is_single in zip(rows, single, strict=True) if not is_single
    )
    has_rows = [not is_single for is_single in (*single, True)[1:]]
    return [
        is_single and (not _ids_of(row) or (trials_are_headings and follows))
        for row, is_single, follows in zip(rows, single, has_rows, strict=True)
    ]


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 40 else f"{line[:39]}…")


def _without_closing_lines(rows: Rows, width: int) -> tuple[Rows, list[str]]:
    """The rows without lines of a single cell after the last: those are footnotes."""
    end = len(rows)
    while end > 1 and width >= 3 and _is_single(rows[end - 1]) and not _ids_of(rows[end - 1]):
        end -= 1
    return rows[:end], [_texts(row)[0] for row in rows[end:]]


# --- columns


def _without_empty_columns(header: list[str], rows: Rows) -> tuple[list[str], Rows]:
    """Without columns that have neither a name nor a cell."""
    kept = [
        at
        for at, name in enumerate(header)
        if not re.fullmatch(r"Column \d+", name) or any(row[at].text for row in rows)
    ]
    return [header[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _with_id_column(
    header: list[str], rows: Rows, notes: list[str]
) -> tuple[list[str], Rows, str | None]:
    """The column that names most trials; where only links do,
    a column of what they name is added.
    """
    by_column = [
        sum(
            bool(find_ids(row[at].text, column_names_nct="NCT" in name.upper()).ids) for row in rows
        )
        for at, name in enumerate(header)
    ]
    in_links = [
        tuple(dict.fromkeys(nct_id for cell in row for nct_id in _ids(cell))) for row in rows
    ]
    best = max(by_column, default=0)
    if best and best >= sum(map(bool, in_links)) / 2:
        at = max(range(len(header)), key=lambda at: (by_column[at], _is_id_name(header[at]), -at))
        return header, rows, header[at]
    if not any(in_links):
        return header, rows, None
    notes.append(f"the ids are in links; they were written into the column {ID_COLUMN!r}")
    names = _distinct([*header, ID_COLUMN])
    return (
        names,
        [[*row, Cell("; ".join(ids))] for row, ids in zip(rows, in_links, strict=True)],
        names[-1],
    )


def _is_id_name(name: str) -> bool:
    return bool(
        re.search(r"\bNCT\b|trials\.gov|regist|identifier|\bid\b|number|\bno\b", name, re.I)
    )


# --- cells


def _ids(cell: Cell) -> tuple[str, ...]:
    return find_ids(cell.all_text).ids


def _ids_of(row: Sequence[Cell]) -> bool:
    return any(_ids(cell) for cell in row)


def _texts(row: Sequence[Cell]) -> list[str]:
    return [cell.text for cell in row if cell.text and not cell.is_copy]


def _is_single(row: Sequence[Cell]) -> bool:
    return len(_texts(row)) == 1
