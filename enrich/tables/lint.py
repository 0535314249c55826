"""Checks a table without the registry: doubtful ids, rows without an id,
cells that cannot be read.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from enrich.compare.display import enrollment_text
from enrich.compare.participants import may_be_another_number, number_sentence
from enrich.compare.verdicts import compare_field
from enrich.models import Column, Comparison, FetchedRecord, Row, Table, TableWarning, Verdict
from enrich.record.fields import trial_of
from enrich.record.names import label
from enrich.tables.nct_ids import find_other_ids
from enrich.text import join_and, join_some, sanitize

# How much is listed of what repeats: rows of one remark, and different cells of one column.
ROWS_NAMED = 5
CELLS_NAMED = 5


class Remark(NamedTuple):
    """Something in one row that a person should look at; *cell* is what is printed there."""

    row: int
    message: str
    cell: str = ""

    def __str__(self) -> str:
        return f"row {self.row}: {_text(self)}"


def check_table(table: Table) -> list[Remark]:
    """What a person should look at, in the order of the rows."""
    warnings: dict[int, list[TableWarning]] = {}
    for warning in table.warnings:
        warnings.setdefault(warning.row, []).append(warning)
    return [
        *(
            remark
            for row in table.rows
            for remark in _remarks(table, row, warnings.get(row.position, []))
        ),
        *_repeated_rows(table),
    ]


def _repeated_rows(table: Table) -> Iterator[Remark]:
    """A row that is printed twice stays two rows, each with its own comparisons."""
    first: dict[tuple[str, ...], int] = {}
    for row in table.rows:
        place = first.setdefault(tuple(row.cells.values()), row.position)
        if place != row.position:
            yield Remark(row.position, f"the same as row {place}; both are kept")


def remark_lines(remarks: Iterable[Remark]) -> list[str]:
    """The remarks as lines, each distinct remark once with the rows that it is about.

    Of a column in which many different cells cannot be read, the first few are listed.

    >>> remark_lines([Remark(1, "no id"), Remark(2, "cannot read", "'x'"), Remark(3, "no id")])
    ['rows 1 and 3: no id', "row 2: cannot read 'x'"]
    """
    alike: dict[str, dict[str, list[Remark]]] = {}
    for remark in remarks:
        alike.setdefault(remark.message, {}).setdefault(remark.cell, []).append(remark)
    return [line for by_cell in alike.values() for line in _lines_of_message(by_cell)]


def _lines_of_message(by_cell: dict[str, list[Remark]]) -> Iterator[str]:
    cells = list(by_cell.values())
    for remarks in cells[:CELLS_NAMED]:
        yield f"{_rows(remarks)}: {_text(remarks[0])}"
    more = [remark for remarks in cells[CELLS_NAMED:] for remark in remarks]
    if more:
        yield f"{_rows(more)}: {more[0].message} other cells, too; --all lists them"


def _text(remark: Remark) -> str:
    return f"{remark.message} {remark.cell}".rstrip()


def _rows(remarks: list[Remark]) -> str:
    rows = sorted(remark.row for remark in remarks)
    return f"{'row' if len(rows) == 1 else 'rows'} {join_some([*map(str, rows)], ROWS_NAMED)}"


def _remarks(table: Table, row: Row, warnings: Sequence[TableWarning]) -> Iterator[Remark]:
    if not row.nct_ids and not warnings:
        elsewhere = find_other_ids(row.cells[table.id_column])
        reason = f"registered elsewhere: {join_and(elsewhere)}" if elsewhere else "no NCT id"
        yield Remark(row.position, f"{reason}; nothing is compared, the row is kept")
    for warning in warnings:
        yield Remark(row.position, f"column {warning.column!r}: {warning.message}")
    if len(row.nct_ids) > 1:
        number = len(row.nct_ids)
        yield Remark(
            row.position, f"names {number} trials: each is followed, but no cell is compared"
        )
    if row.nct_ids:
        yield from _unreadable_cells(table, row)


def _unreadable_cells(table: Table, row: Row) -> Iterator[Remark]:
    for column in table.columns:
        for field in column.says:
            comparison = _comparison(table, column, field, row)
            if comparison and comparison.verdict == Verdict.UNREADABLE:
                yield Remark(
                    row.position,
                    f"column {column.name!r}, {label(field).lower()}, is not compared:",
                    sanitize(comparison.note or comparison.cell, 200),
                )


# --- numbers of people

_PARTICIPANTS = "enrollment"


def named_numbers(table: Table, copies: Iterable[FetchedRecord]) -> list[Remark]:
    """For each n that is not the enrolment of its record, but another number of it: which one.

    *copies* are records at hand.
    """
    records = {copy.nct_id: copy for copy in copies}
    return [
        remark
        for row in table.rows
        if len(row.nct_ids) == 1 and (record := records.get(row.nct_ids[0]))
        for column in table.columns
        if _PARTICIPANTS in column.says
        for remark in _named_number(table, row, column, record)
    ]


def _named_number(
    table: Table, row: Row, column: Column, record: FetchedRecord
) -> Iterator[Remark]:
    trial = trial_of(record.study, complete=record.complete)
    cell, padded = row.cells[column.name], table.padded_dates
    found = compare_field(column, _PARTICIPANTS, cell, trial, padded_dates=padded)
    if found and may_be_another_number(found, trial):
        sentence = number_sentence(found, trial, record.study)
        if sentence:
            given = enrollment_text(trial)
            yield Remark(row.position, f"{sentence.removesuffix('.')}; the record gives {given}")


# --- what will be compared


class CellCounts(NamedTuple):
    """Of one column and field: how many cells are comparable, unreadable, or about something else.

    Counted are the rows that name one trial; no cell of another row is compared.
    """

    column: str
    field: str
    compared: int
    unreadable: int
    silent: int

    def __str__(self) -> str:
        cells = self.compared + self.unreadable + self.silent
        parts = [f"{self.compared:,} of {cells:,} cells can be compared"]
        if self.unreadable:
            parts.append(f"{self.unreadable:,} cannot be read")
        if self.silent:
            parts.append(
                f"{self.silent:,} {'says' if self.silent == 1 else 'say'} nothing about it"
            )
        return f"column {self.column!r}, {label(self.field).lower()}: {join_and(parts)}"


def count_cells(table: Table) -> list[CellCounts]:
    """What of *table* will be compared, by column and field, in the order of the table."""
    rows = [row for row in table.rows if len(row.nct_ids) == 1]
    counts = []
    for column in table.columns:
        for field in column.says:
            comparisons = [
                comparison
                for row in rows
                if row.cells[column.name].strip()
                and (comparison := _comparison(table, column, field, row))
            ]
            unreadable = sum(comparison.verdict == Verdict.UNREADABLE for comparison in comparisons)
            compared = sum(comparison.claim is not None for comparison in comparisons)
            silent = len(rows) - unreadable - compared
            counts.append(CellCounts(column.name, field, compared, unreadable, silent))
    return counts


def why_nothing_is_compared(table: Table, counts: Sequence[CellCounts]) -> str | None:
    """The reason, and the way out, where no cell of *table* will be compared."""
    if any(count.compared for count in counts):
        return None
    if not counts:
        return (
            'no column states anything: name what a column says, such as [columns."Phase"]'
            ' says = ["phases"]'
        )
    if not any(len(row.nct_ids) == 1 for row in table.rows):
        return f"no row names exactly one trial in the column {table.id_column!r}"
    return "no cell of the columns that state something can be read"


def _comparison(table: Table, column: Column, field: str, row: Row) -> Comparison | None:
    cell = row.cells[column.name]
    return compare_field(column, field, cell, None, padded_dates=table.padded_dates)
