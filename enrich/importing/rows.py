"""The rows of a table of trials as they are written: one row for each trial, where that is safe.

A row that names several trials is parted only where its other cells have as many lines, or as many
items, as there are ids. Which trial a single number belongs to nobody can say: such a row stays
whole, and its trials are followed without being compared.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from enrich.tables.documents.layout import TrialTable
from enrich.tables.nct_ids import find_ids, find_other_ids

Line = tuple[str, ...]


@dataclass(frozen=True)
class SplitRow:
    """The row *row* of the document that became the rows *first* to *last* of the file.

    *columns* are those whose cells had a line or an item for each of them. *ids* are those of the
    trials; registrations elsewhere and misprinted ids have rows, too.
    """

    row: int
    first: int
    last: int
    ids: Line
    columns: Line


@dataclass(frozen=True)
class WrittenTable:
    """A table as it is written. *several* are rows that name several trials, and stay whole."""

    header: Line
    rows: tuple[Line, ...]
    id_column: str
    splits: tuple[SplitRow, ...] = ()
    several: tuple[int, ...] = ()

    @cached_property
    def ids_by_row(self) -> list[tuple[str, ...]]:
        """The ids of each row."""
        at = self.header.index(self.id_column)
        return [_ids(row[at], self.id_column) for row in self.rows]


def write_rows(table: TrialTable, compared: Collection[str] = ()) -> WrittenTable:
    """The rows of *table*. A row is parted only where each of its cells in the columns that are
    *compared* is parted, too, or empty.
    """
    id_column = table.id_column or table.header[0]
    at = table.header.index(id_column)
    rows: list[Line] = []
    splits: list[SplitRow] = []
    several: list[int] = []
    for number, cells in enumerate(table.rows, 1):
        texts = tuple(plain_text(cell.text) for cell in cells)
        ids = _ids(texts[at], id_column)
        parts = _parted(texts, at) if len(ids) > 1 else None
        columns = _parted_columns(table.header, texts, parts, at) if parts else ()
        if parts and _is_safe(table.header, texts, columns, {*compared} - {id_column}):
            splits.append(SplitRow(number, len(rows) + 1, len(rows) + len(parts), ids, columns))
            rows += parts
            continue
        rows.append(texts)
        if len(ids) > 1:
            several.append(len(rows))
    return WrittenTable(table.header, tuple(rows), id_column, tuple(splits), tuple(several))


def plain_text(text: str) -> str:
    """The text of a cell as a file can hold it: line breaks of one kind, no NUL."""
    return re.sub(r"\r\n?", "\n", text).replace("\0", "")


def _ids(cell: str, id_column: str) -> tuple[str, ...]:
    return find_ids(cell, column_names_nct="NCT" in id_column.upper()).ids


# --- parting


def _parted(texts: Sequence[str], at: int) -> list[Line] | None:
    """The row as one row for each registration in its cell *at*; None where they do not part.

    >>> _parted(("A; B", "NCT01234567\\nNCT02345678", "both"), 1)
    [('A', 'NCT01234567', 'both'), ('B', 'NCT02345678', 'both')]
    """
    ids = _registrations(texts[at])
    if ids is None:
        return None
    number = len(ids)
    columns = [
        ids if place == at else _items(text, number) or [text] * number
        for place, text in enumerate(texts)
    ]
    return [tuple(row) for row in zip(*columns, strict=True)]


def _registrations(text: str) -> list[str] | None:
    """The parts of a cell of ids that name one registration each; None where there are none."""
    for pattern in (r"\n", r"[;\n]", r"[,;\n]"):
        parts = [part.strip() for part in re.split(pattern, text) if part.strip()]
        if len(parts) > 1 and all(map(_names_one, parts)):
            return parts
    return None


def _names_one(text: str) -> bool:
    found = find_ids(text)
    if found.related:
        return False
    return len(found.ids) + len(found.misprints) + len(find_other_ids(text)) == 1


def _items(text: str, number: int) -> list[str] | None:
    """The lines of a cell, or what is between its semicolons, if there are *number* of them."""
    for separator in "\n;":
        parts = [part.strip() for part in text.split(separator) if part.strip()]
        if len(parts) == number:
            return parts
    return None


def _parted_columns(
    header: Sequence[str], texts: Sequence[str], parts: Sequence[Line], at: int
) -> Line:
    return tuple(
        name
        for place, name in enumerate(header)
        if place != at and _items(texts[place], len(parts)) is not None
    )


def _is_safe(
    header: Sequence[str], texts: Sequence[str], columns: Line, compared: Collection[str]
) -> bool:
    whole = {
        name
        for name, text in zip(header, texts, strict=True)
        if text.strip() and name not in columns
    }
    return bool(columns) and whole.isdisjoint(compared)


# --- trials over several rows


@dataclass(frozen=True)
class SpreadTrial:
    """A trial that has several rows, *first* to *last*, which differ in some *columns*."""

    nct_id: str
    first: int
    last: int
    columns: frozenset[str]


def spread_trials(table: WrittenTable) -> list[SpreadTrial]:
    """The trials that have several rows, as where each arm has one.

    Rows of one trial are rows that follow each other with the same id, and rows without an id
    whose first cell is empty, too, below it.
    """
    at = table.header.index(table.id_column)
    found: list[SpreadTrial] = []
    first = 0
    for number in range(1, len(table.rows) + 1):
        if number < len(table.rows) and _goes_on(table, first, number, at):
            continue
        if number - first > 1:
            columns = _differing(table, table.rows[first:number], at)
            found.append(SpreadTrial(table.ids_by_row[first][0], first + 1, number, columns))
        first = number
    return found


def _goes_on(table: WrittenTable, first: int, number: int, at: int) -> bool:
    """Whether the row *number* is about the trial of the row *first*."""
    ids, row = table.ids_by_row[first], table.rows[number]
    if not ids or table.ids_by_row[number]:
        return bool(ids) and table.ids_by_row[number] == ids
    filled = sum(bool(cell.strip()) for cell in row)
    return not row[at].strip() and not row[0].strip() and 0 < filled < len(row) / 2


def _differing(table: WrittenTable, rows: Sequence[Line], at: int) -> frozenset[str]:
    return frozenset(
        name
        for place, name in enumerate(table.header)
        if place != at and len({row[place] for row in rows if row[place].strip()}) > 1
    )
