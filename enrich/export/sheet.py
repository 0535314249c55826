"""The published table with the registry's values beside the printed ones, or in their place: values in, values out.

A printed value is replaced only where it differs from a whole record that the registry has confirmed. What rests on an
incomplete or unconfirmed copy, and what could not be read or checked, stays as printed, and a note says so.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from enrich.compare.display import claimed, fact_text, registered, why
from enrich.dates import long_day
from enrich.errors import TableError
from enrich.models import Answer, Cause, Comparison, Fact, ReportRow, ReportTable, Trial, Verdict
from enrich.record import urls as links
from enrich.record.fields import label
from enrich.text import inert, listing, plural, visible

REGISTRY = "ClinicalTrials.gov"

# What became of a cell: the registry's value took its place, it differs and stays as printed, or nobody knows.
REPLACED, DIFFERING, DOUBTFUL = "replaced", "differing", "doubtful"


@dataclass(frozen=True)
class Cell:
    """What stands in a cell; *mark* is one of the three above or empty, *note* says why."""

    text: str
    mark: str = ""
    note: str = ""


@dataclass(frozen=True)
class Heading:
    """A column's name; *added*: it is not in the printed table."""

    text: str
    added: bool = False


@dataclass(frozen=True)
class Line:
    """A row of the sheet, and what is known of the records behind it."""

    position: int
    cells: tuple[Cell, ...]
    records: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A table to take away: in the printed order, with where its values come from and how far they can be trusted."""

    name: str
    title: str
    citation: str | None
    header: tuple[Heading, ...]
    lines: tuple[Line, ...]
    sources: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def notes(self) -> Iterator[tuple[int, Heading, Cell]]:
        """Every cell that has a note, with its row and column, in reading order."""
        return (
            (line.position, heading, cell)
            for line in self.lines
            for heading, cell in zip(self.header, line.cells, strict=True)
            if cell.note
        )


def choose(tables: Sequence[ReportTable], name: str | None) -> ReportTable:
    """The table of that name (that of its .toml), the only one by default; TableError names those there are."""
    wanted = name.removesuffix(".toml").rpartition("/")[2] if name else None
    found = [table for table in tables if wanted is None or table.name == wanted]
    if len(found) == 1:
        return found[0]
    there = ", ".join(table.name for table in tables) or "none"
    raise TableError(
        f"no table is called {name!r}; there are: {there}"
        if wanted
        else f"name one table with --table; there are: {there}"
    )


def build(table: ReportTable, *, in_place: bool = False, columns: Iterable[str] = ()) -> Sheet:
    """*table* as a sheet: registry values in the place of what differs, or in a column of their own beside each column that is compared.

    Of *columns*, if any are named, only these are taken, in the printed order; TableError for one that is not there.
    """
    wanted = frozenset(columns)
    unknown = wanted - set(table.header)
    if unknown:
        raise TableError(
            f"table {table.name} has no column {sorted(unknown)[0]!r}; its columns are: {'; '.join(table.header)}"
        )
    names = [name for name in table.header if not wanted or name in wanted]
    lines = tuple(
        _line(names, list(rows), table, in_place=in_place)
        for _, rows in groupby(table.rows, key=lambda row: row.row_id)
    )
    title, citation = inert(table.title), inert(table.citation) if table.citation else None
    return Sheet(
        table.name,
        title,
        citation,
        _header(names, table, in_place=in_place),
        lines,
        tuple(_sources(table)),
        tuple(_remarks(lines)),
    )


def _header(names: list[str], table: ReportTable, *, in_place: bool) -> tuple[Heading, ...]:
    if in_place:
        return tuple(Heading(clean(name)) for name in names)
    return tuple(
        heading
        for name in names
        for heading in (
            Heading(clean(name)),
            *([Heading(f"{clean(name)} ({REGISTRY})", added=True)] if name in table.says else []),
        )
    )


def _line(names: list[str], rows: list[ReportRow], table: ReportTable, *, in_place: bool) -> Line:
    printed = {name: clean(cell) for name, cell in rows[0].row.cells.items()}
    cells: list[Cell] = []
    for name in names:
        said = [(row, one) for row in rows for one in row.comparisons if one.column == name]
        mark, note = _mark(said, in_place=in_place), _note(said)
        if in_place:
            alone = len(table.says.get(name, ())) == 1
            cells.append(
                Cell(
                    _replacement(printed[name], said, alone=alone)
                    if mark == REPLACED
                    else printed[name],
                    mark,
                    note,
                )
            )
        else:
            cells += [
                Cell(printed[name], mark),
                *([Cell(_now(said), mark, note)] if name in table.says else []),
            ]
    return Line(
        rows[0].row.position, tuple(cells), tuple(record(row) for row in rows if row.nct_id)
    )


Said = list[tuple[ReportRow, Comparison]]


def _mark(said: Said, *, in_place: bool) -> str:
    verdicts = {one.verdict for _, one in said}
    if Verdict.DIFFERS in verdicts:
        return REPLACED if in_place and _replacing(said) else DIFFERING
    return DOUBTFUL if verdicts & {Verdict.UNREADABLE, Verdict.NOT_CHECKED} else ""


def _replacing(said: Said) -> Said:
    """The differences that may replace what is printed."""
    return [
        (row, one) for row, one in said if one.verdict == Verdict.DIFFERS and doubt(row) is None
    ]


def _replacement(printed: str, said: Said, *, alone: bool) -> str:
    """The registry's value; in a cell that says several things it stands in brackets behind what is printed, of which nothing is lost."""
    values = [value(one, row.trial) for row, one in _replacing(said)]
    named = (
        _named(subject(one.field), words)
        for (_, one), words in zip(_replacing(said), values, strict=True)
    )
    return values[0] if alone else f"{printed} [{REGISTRY}: {'; '.join(named)}]"


def _named(name: str, words: str) -> str:
    """`allocation: randomized`, but `Phase 2` alone, as it names itself."""
    return words if words.lower().startswith(name) else f"{name}: {words}"


def _now(said: Said) -> str:
    """What the registry says of everything that a cell speaks of, or why that is not known."""
    known = [(row, one) for row, one in said if one.verdict != Verdict.NOT_CHECKED]
    unknown = [subject(one.field) for _, one in said if one.verdict == Verdict.NOT_CHECKED]
    told = [
        value(one, row.trial) if one.registry is not None else "not given" for row, one in known
    ]
    if len(said) > 1:
        told = [
            _named(subject(one.field), words) for (_, one), words in zip(known, told, strict=True)
        ]
    if unknown:
        told.append(
            f"not checked: {', '.join(dict.fromkeys(unknown))}" if len(said) > 1 else "not checked"
        )
    return "; ".join(told) + (
        " [copy not confirmed]" if any(doubt(row) for row, _ in known) else ""
    )


def clean(text: str) -> str:
    """*text* as printed, line ends included, without control characters and signs that are not seen but change what is."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return "\n".join(map(visible, lines))


# --- how far a copy can be trusted


def doubt(row: ReportRow) -> str | None:
    """Why the copy behind *row* is not good enough to replace what is printed; None if it is."""
    if row.trial is None:
        return "no record is at hand"
    if not row.trial.complete:
        return f"the copy at hand is incomplete ({inert(row.source or 'source not known', 160)})"
    return (
        f"the copy of {row.as_of} could not be confirmed since {row.stale_since}"
        if row.stale_since
        else None
    )


# --- words


def value(one: Comparison, trial: Trial | None) -> str:
    """What the registry gives, as a table prints it: `20 (planned)`, `2025-12 (planned)`, `Phase 1/Phase 2`."""
    kind = _kind(one, trial)
    return f"{_bare(one, trial)} ({kind})" if kind else _bare(one, trial)


def _bare(one: Comparison, trial: Trial | None) -> str:
    fact: Fact = trial[one.field] if trial else None
    return inert(fact_text(one.field, fact)) if fact is not None else inert(registered(one))


def _kind(one: Comparison, trial: Trial | None) -> str | None:
    """Whether a number or a day was planned or reached; a day that was reached needs no word."""
    kind = trial.text(f"{one.field}_type") if trial else None
    return (
        "planned"
        if kind == "ESTIMATED"
        else "enrolled"
        if kind == "ACTUAL" and one.field == "enrollment"
        else None
    )


# Labels that do not read well in the middle of a sentence.
_SUBJECTS = {
    "minimum_age": "lowest age",
    "maximum_age": "highest age",
    "start_date": "start date",
    "primary_completion_date": "primary completion date",
    "completion_date": "completion date",
    "has_results": "posting of results",
    "first_submitted": "date of registration",
    "first_posted": "date of first posting",
    "results_first_submitted": "date on which results were submitted",
    "results_first_posted": "date on which results were posted",
    "last_update_submitted": "date of the last submission",
    "last_update_posted": "date of the last update",
}


def subject(field: str) -> str:
    """What a field is called in the middle of a sentence."""
    name = label(field)
    return _SUBJECTS.get(field, name[:1].lower() + name[1:])


def _note(said: Said) -> str:
    notes = [_difference(row, one) for row, one in said if one.verdict == Verdict.DIFFERS]
    notes += [
        f"The registry gives no {subject(one.field)}."
        for _, one in said
        if one.verdict == Verdict.SILENT
    ]
    notes += list(
        _unknown(said, Verdict.UNREADABLE, "Cannot be read, and stands as printed")
    ) + list(_unknown(said, Verdict.NOT_CHECKED, "Not checked"))
    return " ".join(notes)


def _difference(row: ReportRow, one: Comparison) -> str:
    kept = doubt(row)
    said = [
        f"{label(one.field)}: printed {inert(claimed(one))}; {_cited(row)} gives {value(one, row.trial)}.",
        why(one),
        f"What is printed stands: {kept}." if kept else "",
    ]
    return " ".join(part for part in said if part)


def _unknown(said: Said, verdict: str, words: str) -> Iterator[str]:
    """One sentence for all fields of a cell that share a reason."""
    reasons: dict[str, list[str]] = {}
    for _, one in said:
        if one.verdict == verdict:
            reasons.setdefault(one.note or "", []).append(subject(one.field))
    for reason, fields in reasons.items():
        yield f"{words}: {listing(dict.fromkeys(fields))}{f' ({inert(reason, 300)})' if reason else ''}."


def _cited(row: ReportRow) -> str:
    trial_id = row.trial.nct_id if row.trial else row.nct_id
    return f"{REGISTRY} {trial_id} ({_version(row.trial)})"


def _version(trial: Trial | None) -> str:
    updated = (
        (trial.text("last_update_posted") or trial.text("last_update_submitted")) if trial else None
    )
    return f"last update {updated}" if updated else "date of last update not known"


def record(row: ReportRow) -> str:
    """The record behind a row in a few words: its id, its version, and how fresh the copy is."""
    if row.answer in _ABSENT or row.trial is None:
        absent = _ABSENT.get(row.answer) if row.answer else None
        return f"{row.nct_id}: {absent or 'not checked, no copy at hand'}"
    told = doubt(row) or f"confirmed on {row.as_of}"
    return f"{row.nct_id}: {_version(row.trial)}; {told}"


_ABSENT = {Answer.GONE: "removed from the registry", Answer.UNKNOWN: "not known to the registry"}


def _sources(table: ReportTable) -> Iterator[str]:
    """A reference for each record, once, with the day of access renewed where the registry confirmed the copy."""
    told: dict[str, str] = {}
    for row in table.rows:
        if row.trial and row.answer != Answer.GONE:
            told.setdefault(row.trial.nct_id, _reference(row, row.trial))
    yield from told.values()


def _reference(row: ReportRow, trial: Trial) -> str:
    title = inert(trial.text("brief_title") or "", 300)
    kept = doubt(row)
    access = f"Not confirmed: {kept}" if kept else f"Accessed {long_day(row.as_of or '')}"
    parts = (
        f"{REGISTRY} {trial.nct_id}",
        title,
        _version(trial).capitalize(),
        links.record(trial.nct_id),
        access,
    )
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def _remarks(lines: Iterable[Line]) -> Iterator[str]:
    """How many cells were replaced, differ, or could not be checked: said once over the whole sheet."""
    marks = [cell.mark for line in lines for cell in line.cells if cell.note]
    for mark, (one, many) in _SUMS.items():
        if mark in marks:
            yield f"{plural(marks.count(mark), one, many)}."


# fmt: off
_SUMS = {
    REPLACED:  ("cell was replaced by the registry's value", "cells were replaced by the registry's values"),
    DIFFERING: ("cell differs from the registry and stands as printed", "cells differ from the registry and stand as printed"),
    DOUBTFUL:  ("further cell could not be read or checked", "further cells could not be read or checked, in whole or in part"),
}
# fmt: on


# --- corrections


_GROUPS = {
    Cause.NEVER_AGREED: "Corrections: the record already read so when the table was made",
    Cause.MOVED: "Updates: they agreed when the table was made, and the registry has moved since",
    "": "Differences of which it is not known whether the table was wrong or the registry moved",
}


def corrections(table: ReportTable) -> dict[str, list[str]]:
    """A sentence for each difference, fit for an erratum, under a heading for its cause; headings without a sentence are left out."""
    grouped: dict[str, list[str]] = {heading: [] for heading in _GROUPS.values()}
    for row in table.rows:
        for one in row.comparisons:
            if one.verdict == Verdict.DIFFERS:
                grouped[_GROUPS.get(one.cause or "", _GROUPS[""])].append(correction(row, one))
    return {heading: sentences for heading, sentences in grouped.items() if sentences}


def correction(row: ReportRow, one: Comparison) -> str:
    """`In row 4, the number of participants is printed as 14; ClinicalTrials.gov NCT00962923 (last update 2009-08-20) gives 20, planned.`"""
    told = [
        _bare(one, row.trial),
        _kind(one, row.trial),
        f"since {one.moved_on}" if one.cause == Cause.MOVED and one.moved_on else None,
    ]
    given = ", ".join(part for part in told if part)
    kept = doubt(row)
    sentence = f"In row {row.row.position}, the {subject(one.field)} is printed as {inert(claimed(one))}; {_cited(row)} gives {given}."
    return f"{sentence} To be confirmed: {kept}." if kept else sentence
