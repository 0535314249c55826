"""The published table with registry values beside the printed ones, or in their place.

A printed value is replaced only where it differs from a complete record that the registry has
confirmed. What rests on an incomplete or unconfirmed copy, and what could not be read or checked,
stays as printed, and a note says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar, overload

from enrich.compare.display import cause_text, claim_text
from enrich.compare.own_style import proposal
from enrich.dates import long_day
from enrich.errors import TableError
from enrich.export.characteristics import Registration, registrations
from enrich.export.corrections import corrections
from enrich.export.participants import HEADINGS
from enrich.export.phrases import (
    REGISTRY,
    cited,
    clean,
    field_phrase,
    last_update,
    record_state,
    registry_value,
    why_not_confirmed,
)
from enrich.models import (
    Answer,
    Comparison,
    ReportRow,
    ReportTable,
    RowsOnDemand,
    Study,
    Trial,
    Verdict,
)
from enrich.record import urls as links
from enrich.record.names import label
from enrich.text import join_and, plural, sanitize, strip_invisible

if TYPE_CHECKING:
    from enrich.export.inspect_sr import Dossier, Evidence

# What became of a cell: replaced by the registry's value; differs, but stays as printed; not known.
REPLACED, DIFFERING, DOUBTFUL = "replaced", "differing", "doubtful"
# What Excel takes in one cell or note.
LONGEST_CELL = 32_000


@dataclass(frozen=True)
class Cell:
    """The text of a cell; *mark* is one of the three above or empty, *note* gives the reason."""

    text: str
    mark: str = ""
    note: str = ""


@dataclass(frozen=True)
class Heading:
    """A column's name; *added*: it is not in the printed table; *is_key*: it has the ids."""

    text: str
    added: bool = False
    is_key: bool = False


@dataclass(frozen=True)
class Line:
    """A row of the sheet, and the state of the records behind it."""

    position: int
    cells: tuple[Cell, ...]
    records: tuple[str, ...]


@dataclass
class Lengths:
    """The characters of the longest word and of the longest text in a column."""

    word: int = 0
    text: int = 0

    def add(self, text: str) -> None:
        """Counts a cell, as far as a spreadsheet takes it."""
        text = text[:LONGEST_CELL]
        self.text = max(self.text, len(text))
        if len(text) > self.word:
            self.word = max(self.word, max(map(len, text.split()), default=0))


@dataclass(frozen=True)
class Survey:
    """How often cells with a note have each mark, if there are any, and the lengths of columns."""

    marks: Mapping[str, int]
    has_notes: bool
    lengths: tuple[Lengths, ...]


@dataclass(frozen=True)
class Sheet:
    """A table to export, in the printed order, with the options of `build`.

    Lines, notes and trials of a large table are made anew each time that they are asked for: most
    formats need some of them, and once.
    """

    table: ReportTable
    columns: tuple[str, ...]
    in_place: bool = False
    studies: Mapping[str, Study] | None = None
    evidence: Evidence | None = None
    participants: Mapping[str, Sequence[str]] | None = None

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def title(self) -> str:
        return sanitize(self.table.title)

    @property
    def citation(self) -> str | None:
        return sanitize(self.table.citation) if self.table.citation else None

    @cached_property
    def header(self) -> tuple[Heading, ...]:
        names = _header(self.columns, self.table, in_place=self.in_place)
        return (*names, *_added(self.participants))

    @cached_property
    def lines(self) -> Sequence[Line]:
        return kept_or_made_anew(self.table, self._lines)

    def _lines(self) -> Iterator[Line]:
        return (
            _line(self.columns, list(rows), self.table, self.participants, in_place=self.in_place)
            for _, rows in groupby(self.table.rows, key=attrgetter("row_id"))
        )

    @cached_property
    def sources(self) -> Sequence[str]:
        """References of the values."""
        return kept_or_made_anew(self.table, lambda: _sources(self.table))

    @cached_property
    def survey(self) -> Survey:
        """What formats need to know before they write the first line."""
        marks: Counter[str] = Counter()
        has_notes = False
        lengths = [Lengths() for _ in self.header]
        for line in self.lines:
            for cell, of_column in zip(line.cells, lengths, strict=True):
                of_column.add(cell.text)
                if cell.note:
                    has_notes = True
                    marks[cell.mark] += 1
        return Survey(marks, has_notes, tuple(lengths))

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sums over the marks."""
        return tuple(_remarks(self.survey.marks))

    @cached_property
    def corrections(self) -> Mapping[str, tuple[str, ...]]:
        """A sentence for each difference, under a heading for its cause.

        Only one format needs them, and to write a cell in the style of its column takes time.
        """
        return corrections(self.table)

    @property
    def notes(self) -> Iterator[tuple[int, Heading, Cell]]:
        """Every cell that has a note, with its row and column, in reading order."""
        return (
            (line.position, heading, cell)
            for line in self.lines
            for heading, cell in zip(self.header, line.cells, strict=True)
            if cell.note
        )

    @cached_property
    def registrations(self) -> Sequence[Registration]:
        """The trials that the table names."""
        return kept_or_made_anew(
            self.table, lambda: registrations(self.table.rows, self.studies or {})
        )

    @property
    def dossiers(self) -> Iterator[Dossier]:
        """The same with what is known beside their records."""
        from enrich.export.inspect_sr import dossiers  # its readers of papers take long to import

        if self.evidence is None:
            return iter(())
        return dossiers(self.registrations, self.table.rows, self.evidence)


_Made = TypeVar("_Made")


class _MadeAnew(Sequence[_Made]):
    """What *make* gives, made at every iteration: it may be too much to be held."""

    def __init__(self, make: Callable[[], Iterable[_Made]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[_Made]:
        return iter(self._make())

    @cached_property
    def _number(self) -> int:
        return sum(1 for _ in self)

    def __len__(self) -> int:
        return self._number

    @overload
    def __getitem__(self, at: int) -> _Made: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[_Made]: ...
    def __getitem__(self, at: int | slice) -> _Made | Sequence[_Made]:
        return tuple(self)[at]


def kept_or_made_anew(table: ReportTable, make: Callable[[], Iterable[_Made]]) -> Sequence[_Made]:
    """What *make* gives; of a large table, whose rows are not held either, made at each use."""
    return _MadeAnew(make) if isinstance(table.rows, RowsOnDemand) else tuple(make())


def select_table(tables: Sequence[ReportTable], name: str | None) -> ReportTable:
    """The table of that name (that of its .toml), by default the only one.

    Raises TableError, which lists the names, where there is none or more than one.
    """
    wanted = name.removesuffix(".toml").rpartition("/")[2] if name else None
    found = [table for table in tables if wanted is None or table.name == wanted]
    if len(found) == 1:
        return found[0]
    names = ", ".join(table.name for table in tables) or "none"
    raise TableError(
        f"no table is called {name!r}; there are: {names}"
        if wanted
        else f"name one table with --table; the tables are: {names}"
    )


def build(
    table: ReportTable,
    *,
    in_place: bool = False,
    columns: Iterable[str] = (),
    studies: Mapping[str, Study] | None = None,
    evidence: Evidence | None = None,
    participants: Mapping[str, Sequence[str]] | None = None,
) -> Sheet:
    """*table* as a sheet.

    Registry values are in a column of their own beside each column that is compared, or
    *in_place* of what differs. Of *columns*, if any are named, only these are taken, in the printed
    order; TableError for one that the table does not have. *studies* are the stored records by the
    ids of their trials, and *evidence* is what is known beside them; only formats that have
    records, or evidence, need them. *participants*: the cells of the columns that
    `export/participants.py` adds, by the ids of the trials; no such columns without it.
    """
    wanted = frozenset(columns)
    unknown = wanted - set(table.header)
    if unknown:
        raise TableError(
            f"table {table.name} has no column {sorted(unknown)[0]!r}; its columns are:"
            f" {'; '.join(table.header)}"
        )
    names = [name for name in table.header if not wanted or name in wanted]
    return Sheet(table, tuple(names), in_place, studies, evidence, participants)


def _added(participants: Mapping[str, Sequence[str]] | None) -> tuple[Heading, ...]:
    if participants is None:
        return ()
    return tuple(Heading(f"{heading} ({REGISTRY})", added=True) for heading in HEADINGS)


def _header(names: Sequence[str], table: ReportTable, *, in_place: bool) -> tuple[Heading, ...]:
    if in_place:
        return tuple(_heading(name, table) for name in names)
    return tuple(heading for name in names for heading in _headings(name, table))


def _heading(name: str, table: ReportTable) -> Heading:
    return Heading(sanitize_multiline(name), is_key=name == table.id_column)


def _headings(name: str, table: ReportTable) -> Iterator[Heading]:
    """The heading of a printed column, and that of the registry's values beside it."""
    yield _heading(name, table)
    if name in table.says:
        yield Heading(f"{sanitize_multiline(name)} ({REGISTRY})", added=True)


# The comparisons of one cell, each with the row of its trial: a row may name several trials.
Comparisons = Sequence[tuple[ReportRow, Comparison]]


def _line(
    names: Sequence[str],
    rows: list[ReportRow],
    table: ReportTable,
    participants: Mapping[str, Sequence[str]] | None,
    *,
    in_place: bool,
) -> Line:
    printed = {name: sanitize_multiline(cell) for name, cell in rows[0].row.cells.items()}
    cells: list[Cell] = []
    for name in names:
        compared = [
            (row, comparison)
            for row in rows
            for comparison in row.comparisons
            if comparison.column == name
        ]
        if in_place:
            cells.append(_cell_in_place(printed[name], compared, table))
        else:
            cells += _cells_beside(printed[name], compared, is_compared=name in table.says)
    if participants is not None:
        cells += _participants(rows, participants)
    states = tuple(record_state(row) for row in rows if row.nct_id)
    return Line(rows[0].row.position, tuple(cells), states)


def _participants(
    rows: Sequence[ReportRow], participants: Mapping[str, Sequence[str]]
) -> Iterator[Cell]:
    """The numbers of people in the trials of a row; of several each with its id."""
    trials = [row.trial_id for row in rows if row.trial_id in participants]
    for at in range(len(HEADINGS)):
        texts = [(nct_id, participants[str(nct_id)][at]) for nct_id in dict.fromkeys(trials)]
        if len(texts) == 1:
            yield Cell(texts[0][1])
        else:
            yield Cell("; ".join(f"{nct_id}: {text}" for nct_id, text in texts if text))


def _cell_in_place(printed: str, compared: Comparisons, table: ReportTable) -> Cell:
    mark = _mark(compared, in_place=True)
    text = _replacement(printed, compared, table) if mark == REPLACED else printed
    return Cell(text, mark, _note(compared))


def _cells_beside(printed: str, compared: Comparisons, *, is_compared: bool) -> Iterator[Cell]:
    mark = _mark(compared, in_place=False)
    yield Cell(printed, mark)
    if is_compared:
        yield Cell(_registry_values(compared), mark, _note(compared))


def _mark(compared: Comparisons, *, in_place: bool) -> str:
    verdicts = {comparison.verdict for _, comparison in compared}
    if Verdict.DIFFERS in verdicts:
        return REPLACED if in_place and _replacing(compared) else DIFFERING
    return DOUBTFUL if verdicts & {Verdict.UNREADABLE, Verdict.NOT_CHECKED} else ""


def _replacing(compared: Comparisons) -> Comparisons:
    """The differences that may replace what is printed."""
    return [
        (row, comparison)
        for row, comparison in compared
        if comparison.verdict == Verdict.DIFFERS
        and comparison.dismissed is None
        and why_not_confirmed(row) is None
    ]


def _replacement(printed: str, compared: Comparisons, table: ReportTable) -> str:
    """The registry's value, in the style of the column.

    In a cell about several fields it follows the printed text in brackets, so that nothing printed
    is lost.
    """
    replacing = _replacing(compared)
    values = [
        (comparison.field, registry_value(comparison, row.trial)) for row, comparison in replacing
    ]
    if len(table.says.get(replacing[0][1].column, ())) == 1:
        # What the column's own style takes over from the printed cell may hold anything.
        return sanitize_multiline(proposal(table, *replacing[0]) or values[0][1])
    named = "; ".join(_named(field_phrase(field), value) for field, value in values)
    return f"{printed} [{REGISTRY}: {named}]"


def _named(name: str, value: str) -> str:
    """`allocation: randomized`, but `Phase 2` alone, as it names itself."""
    return value if value.lower().startswith(name) else f"{name}: {value}"


def _registry_values(compared: Comparisons) -> str:
    """What the registry has for each field of a cell, or why that is not known."""
    checked = [
        (row, comparison)
        for row, comparison in compared
        if comparison.verdict != Verdict.NOT_CHECKED
    ]
    unchecked = [
        field_phrase(comparison.field)
        for _, comparison in compared
        if comparison.verdict == Verdict.NOT_CHECKED
    ]
    has_several = len(compared) > 1
    parts = [_registry_part(row, comparison, named=has_several) for row, comparison in checked]
    if unchecked:
        fields = ", ".join(dict.fromkeys(unchecked))
        parts.append(f"not checked: {fields}" if has_several else "not checked")
    unconfirmed = any(why_not_confirmed(row) for row, _ in checked)
    return "; ".join(parts) + (" [copy not confirmed]" if unconfirmed else "")


def _registry_part(row: ReportRow, comparison: Comparison, *, named: bool) -> str:
    value = (
        registry_value(comparison, row.trial) if comparison.registry is not None else "not given"
    )
    return _named(field_phrase(comparison.field), value) if named else value


def sanitize_multiline(text: str) -> str:
    """*text* with its line ends, without control characters and other invisible ones."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return "\n".join(map(strip_invisible, lines))


# --- notes


def _note(compared: Comparisons) -> str:
    notes = [
        _difference(row, comparison)
        for row, comparison in compared
        if comparison.verdict == Verdict.DIFFERS
    ]
    notes += [
        f"The registry gives no {field_phrase(comparison.field)}."
        for _, comparison in compared
        if comparison.verdict == Verdict.SILENT
    ]
    notes += _notes_by_reason(compared, Verdict.UNREADABLE, "Cannot be read; kept as printed")
    notes += _notes_by_reason(compared, Verdict.NOT_CHECKED, "Not checked")
    return " ".join(notes)


def _difference(row: ReportRow, comparison: Comparison) -> str:
    doubt = why_not_confirmed(row)
    sentences = [
        f"{label(comparison.field)}: printed {sanitize(claim_text(comparison))}; {cited(row)} gives"
        f" {registry_value(comparison, row.trial)}.",
        cause_text(comparison),
        f"Kept as printed: {doubt}." if doubt else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _notes_by_reason(compared: Comparisons, verdict: str, words: str) -> Iterator[str]:
    """One sentence for all fields of a cell that share a reason."""
    reasons: dict[str, list[str]] = {}
    for _, comparison in compared:
        if comparison.verdict == verdict:
            reasons.setdefault(comparison.note or "", []).append(field_phrase(comparison.field))
    for reason, fields in reasons.items():
        because = f" ({sanitize(reason, 300)})" if reason else ""
        yield f"{words}: {join_and(dict.fromkeys(fields))}{because}."


# --- what is above and below a sheet


def _sources(table: ReportTable) -> Iterator[str]:
    """A reference for each record, once."""
    named: set[str] = set()
    for row in table.rows:
        if row.trial and row.answer != Answer.GONE and row.trial.nct_id not in named:
            named.add(row.trial.nct_id)
            yield _reference(row, row.trial)


def _reference(row: ReportRow, trial: Trial) -> str:
    """A record as journals cite it, with the date of access on which the registry confirmed it."""
    title = clean(trial.text("brief_title") or "", 300)
    doubt = why_not_confirmed(row)
    access = f"Not confirmed: {doubt}" if doubt else f"Accessed {long_day(row.as_of or '')}"
    parts = (
        f"{REGISTRY} {trial.nct_id}",
        title,
        last_update(trial).capitalize(),
        links.record_url(trial.nct_id),
        access,
    )
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def _remarks(marks: Mapping[str, int]) -> Iterator[str]:
    """How many cells were replaced, differ, or could not be checked."""
    for mark, (singular, several) in _MARK_SUMMARIES.items():
        if mark in marks:
            yield f"{plural(marks[mark], singular, several)}."


_MARK_SUMMARIES = {
    REPLACED: (
        "cell was replaced by the registry's value",
        "cells were replaced by the registry's values",
    ),
    DIFFERING: (
        "cell differs from the registry and is kept as printed",
        "cells differ from the registry and are kept as printed",
    ),
    DOUBTFUL: (
        "further cell could not be read or checked",
        "further cells could not be read or checked, in whole or in part",
    ),
}
