"""How a table compares with the registry, in words that every format uses."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from enrich.compare.display import enrollment_text, fact_text
from enrich.dates import day_range, long_day
from enrich.models import (
    Answer,
    Cause,
    Comparison,
    Problem,
    ProblemKind,
    Report,
    ReportRow,
    ReportTable,
    RunOutcome,
    RunSummary,
    Trial,
    Verdict,
)
from enrich.record.names import label
from enrich.text import plural, sanitize

REGISTRY = "ClinicalTrials.gov"
_MOST_IDS = 6


# --- cells


@dataclass(frozen=True)
class CellCounts:
    """How many compared cells of a table are in which state. A cell counts once, by its worst.

    *out_of_date*: the registry moved since; *wrong*: they never agreed; *cause_unknown*: they
    differ, and nobody knows since when; *only_printed*: the registry has nothing to compare with;
    *settled*: they differ, and somebody dismissed that.
    """

    correct: int = 0
    out_of_date: int = 0
    wrong: int = 0
    cause_unknown: int = 0
    unreadable: int = 0
    not_checked: int = 0
    only_printed: int = 0
    settled: int = 0

    @property
    def differing(self) -> int:
        return self.out_of_date + self.wrong + self.cause_unknown

    @property
    def compared(self) -> int:
        """The cells whose comparison has a result."""
        return self.correct + self.differing + self.settled


_CAUSE_STATES = {Cause.NEVER_AGREED: "wrong", Cause.MOVED: "out_of_date"}
_VERDICT_STATES = {
    Verdict.UNREADABLE: "unreadable",
    Verdict.NOT_CHECKED: "not_checked",
    Verdict.SILENT: "only_printed",
    Verdict.AGREES: "correct",
}
# The worst first; a cell that says nothing about a field has no state.
_STATES = (
    "wrong",
    "out_of_date",
    "cause_unknown",
    "settled",
    "unreadable",
    "not_checked",
    "only_printed",
    "correct",
)


_RANKS: Mapping[str | None, int] = {state: rank for rank, state in enumerate(_STATES)}

# The heading of differences that somebody dismissed, whatever their cause.
SETTLED = "settled"


@dataclass(frozen=True)
class TableSummary:
    """What is counted in a table.

    *rows*, those of them *without* an id, and distinct *trials*; *entries* are the rows with an id,
    each once for every trial that it names. *differences* by cause, *unreadable* comparisons, the
    trials of which there is only a *partial* copy, and the *days* for which facts hold.
    """

    cells: CellCounts
    rows: int
    without: int
    trials: int
    entries: int
    differences: Counter[str]
    unreadable: int
    partial: int
    days: tuple[str, ...]


def table_summary(table: ReportTable) -> TableSummary:
    """What is counted in *table*, in one pass over its rows."""
    return table.once(_table_summary)


def _table_summary(table: ReportTable) -> TableSummary:
    count = _Count()
    for _, rows in groupby(table.rows, key=attrgetter("row_id")):
        count.add([*rows])
    return count.summary()


class _Count:
    """Counts what is in a table, row by row."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._cells: Counter[int] = Counter()  # by the rank of their state
        self._differences: Counter[str] = Counter()
        self._trials: set[str] = set()
        self._partial: set[str | None] = set()
        self._days: set[str] = set()

    def add(self, rows: Sequence[ReportRow]) -> None:
        """Counts a row, which is there once for every trial that it names."""
        worst: dict[str, int] = {}  # the rank of the worst state in each column
        for row in rows:
            self._add_trial(row)
            for comparison in row.comparisons:
                rank = _RANKS.get(_state(comparison), len(_RANKS))
                if rank < worst.get(comparison.column, len(_RANKS)):
                    worst[comparison.column] = rank
                if comparison.verdict == Verdict.DIFFERS:
                    self._differences[cause_of(comparison)] += 1
                elif comparison.verdict == Verdict.UNREADABLE:
                    self._numbers["unreadable"] += 1
        self._numbers["rows"] += 1
        self._numbers["without"] += not any(row.nct_id for row in rows)
        self._cells.update(worst.values())

    def _add_trial(self, row: ReportRow) -> None:
        if row.nct_id:
            self._numbers["entries"] += 1
            self._trials.add(row.nct_id)
        if row.trial and not row.trial.complete:
            self._partial.add(row.nct_id)
        if row.as_of:
            self._days.add(row.as_of)

    def summary(self) -> TableSummary:
        return TableSummary(
            CellCounts(**{state: self._cells[rank] for state, rank in _RANKS.items() if state}),
            rows=self._numbers["rows"],
            without=self._numbers["without"],
            trials=len(self._trials),
            entries=self._numbers["entries"],
            differences=self._differences,
            unreadable=self._numbers["unreadable"],
            partial=len(self._partial),
            days=tuple(sorted(self._days)),
        )


def cause_of(comparison: Comparison) -> str:
    """Under which cause a difference is reported."""
    return SETTLED if comparison.dismissed else comparison.cause or Cause.UNKNOWN


def differing(table: ReportTable) -> Iterator[tuple[ReportRow, Comparison, str]]:
    """The differences of *table* in the order of its rows, with their causes."""
    return (
        (row, comparison, cause_of(comparison))
        for row in table.rows
        for comparison in row.comparisons
        if comparison.verdict == Verdict.DIFFERS
    )


def cell_counts(table: ReportTable) -> CellCounts:
    """The compared cells of *table* by their state."""
    return table_summary(table).cells


def _state(comparison: Comparison) -> str | None:
    if comparison.dismissed:
        return "settled"
    if comparison.verdict == Verdict.DIFFERS:
        cause = comparison.cause
        return _CAUSE_STATES.get(cause, "cause_unknown") if cause else "cause_unknown"
    return _VERDICT_STATES.get(comparison.verdict)


def headline(table: ReportTable) -> str:
    """How many trials the table names and how many cells differ, in two sentences."""
    counted = table_summary(table)
    first = f"{plural(counted.rows, 'row')}, {plural(counted.trials, 'trial')}"
    if counted.without:
        first += f", {counted.without} without an NCT number"
    return f"{first}. {differing_cells(table)}."


def differing_cells(table: ReportTable) -> str:
    """`41 cells differ from ClinicalTrials.gov (12 out of date, 9 wrong at publication)`."""
    counts = cell_counts(table)
    if not counts.compared:
        return "No cell could be compared"
    settled = f"; {counts.settled} settled" if counts.settled else ""
    if not counts.correct + counts.differing:
        return f"{plural(counts.settled, 'cell')} settled; no other cell could be compared"
    if not counts.differing:
        others = "other " if counts.settled else ""
        return f"All {counts.correct} {others}compared cells agree with {REGISTRY}{settled}"
    causes = [
        f"{number} {words}"
        for number, words in (
            (counts.out_of_date, "out of date"),
            (counts.wrong, "wrong at publication"),
            (counts.cause_unknown, "cause unknown"),
        )
        if number
    ]
    verb = "differs" if counts.differing == 1 else "differ"
    cells = plural(counts.differing, "cell")
    return f"{cells} of {counts.compared} {verb} from {REGISTRY} ({', '.join(causes)}){settled}"


def provenance(run: RunSummary, table: ReportTable, problems: Sequence[Problem]) -> list[str]:
    """Where the facts come from, if not from the registry just now."""
    notes = [
        problem.kind.handling.note.format(sanitize(problem.message))
        for problem in problems
        if problem.kind.handling.note
    ]
    if run.outcome in (RunOutcome.UNREACHABLE, RunOutcome.OFFLINE):
        notes.append("Based on saved copies; each row gives the date of its copy.")
    partial = table_summary(table).partial
    if partial:
        notes.append(
            f"{plural(partial, 'copy is', 'copies are')} incomplete. What they lack is not checked."
        )
    return notes


def notes(report: Report) -> list[str]:
    """Where the facts of any table come from, if not from the registry just now; each once."""
    every = (
        note for table in report.tables for note in provenance(report.run, table, report.problems)
    )
    return list(dict.fromkeys(every))


def unreadable_cells(table: ReportTable) -> Iterator[tuple[ReportRow, Comparison]]:
    """The cells that could not be read."""
    rows = table.rows if table_summary(table).unreadable else ()
    return (
        (row, comparison)
        for row in rows
        for comparison in row.comparisons
        if comparison.verdict == Verdict.UNREADABLE
    )


def rows_without_id(table: ReportTable) -> Iterator[ReportRow]:
    """The rows that name no trial."""
    rows = table.rows if table_summary(table).without else ()
    return (row for row in rows if not row.nct_id)


# --- one trial


def title(row: ReportRow, longest: int = 48) -> str:
    """The acronym of a trial, or else its title; empty where there is no saved record."""
    name = row.trial.text("acronym") or row.trial.text("brief_title") if row.trial else None
    return sanitize(name, longest) if name else ""


def nct(row: ReportRow) -> str:
    """The printed id, safe to print."""
    return sanitize(row.nct_id or "", 40)


def status(row: ReportRow) -> str:
    """The recruitment status, or what became of the record."""
    if row.answer == Answer.GONE:
        return f"no longer on {REGISTRY}{_noticed(row)}"
    if row.answer == Answer.UNKNOWN:
        return f"not on {REGISTRY}; is the number right?"
    if row.trial is None:
        return "not checked; no saved copy"
    code = row.trial["overall_status"]
    words = sanitize(fact_text("overall_status", code), 60) if code else "status not given"
    return f"{merger(row)}; {words}" if row.answer == Answer.MERGED else words


def _noticed(row: ReportRow) -> str:
    return f" (first noticed on {long_day(row.gone_since)})" if row.gone_since else ""


def merger(row: ReportRow) -> str:
    """`merged into NCT00000008`; empty of a record that stands for itself."""
    if row.answer != Answer.MERGED:
        return ""
    return f"merged into {sanitize(row.trial_id or '', 40)}"


def facts(row: ReportRow) -> list[tuple[str, str]]:
    """What a reader may want to know of a trial besides its row, as pairs of label and text.

    Those of a removed record are marked as the last that were known.
    """
    trial = row.trial
    if trial is None:
        return []
    has_size = trial["enrollment"] is not None
    pairs = [
        ("dates", course(trial)),
        ("participants", enrollment_text(trial) if has_size else ""),
        ("not in the table", _additions(row, trial)),
        *(
            (
                _CONTEXT_LABELS[note.field],
                f"{sanitize(note.registry, 160)}"
                f"{f' ({sanitize(note.note, 200)})' if note.note else ''}",
            )
            for note in row.context_notes
            if note.field in _CONTEXT_LABELS
        ),
        ("results", results(trial)),
        ("record", _record(row, trial)),
    ]
    prefix = "last known " if row.answer == Answer.GONE else ""
    return [(f"{prefix}{name}", text) for name, text in pairs if text]


# Context without a verdict that reports show; the database has the rest.
_CONTEXT_LABELS = {
    "time_frames": "follow-up",
    "interventions": "treatment",
    "publications": "publications",
    "sex": "sexes",
}


def _additions(row: ReportRow, trial: Trial) -> str:
    """What the registry gives and the cells of the row do not."""
    return "; ".join(
        f"{label(comparison.field).lower()}"
        f" {sanitize(fact_text(comparison.field, trial[comparison.field]), 80)}"
        for comparison in row.comparisons
        if comparison.verdict == Verdict.ADDS
    )


def course(trial: Trial) -> str:
    """From start to completion, each marked as planned where it is."""
    parts = [
        _dated(trial, "start_date", "started", "start planned"),
        _dated(trial, "completion_date", "completed", "completion planned"),
    ]
    return ", ".join(part for part in parts if part)


def _dated(trial: Trial, name: str, actual: str, planned: str) -> str:
    day, kind = trial.text(name), trial.text(f"{name}_type")
    otherwise = "start" if name == "start_date" else "completion"
    words = {"ACTUAL": actual, "ESTIMATED": planned}.get(kind or "", otherwise)
    return f"{words} {sanitize(day, 40)}" if day else ""


def results(trial: Trial) -> str:
    """Whether the registry has results; empty where that is not known."""
    if trial["has_results"]:
        posted = trial.text("results_first_posted")
        return f"posted{f' on {sanitize(posted, 40)}' if posted else ''}"
    return "" if trial["has_results"] is None else "none posted"


def _record(row: ReportRow, trial: Trial) -> str:
    updated = trial.text("last_update_posted")
    parts = [f"updated {sanitize(updated, 40)}" if updated else ""]
    if updated and row.row.accessed:
        looked = day_range(row.row.accessed)
        parts += ["after the authors looked"] if updated > looked.last else []
        parts += ["before the authors looked"] if updated <= looked.first else []
    if row.answer == Answer.MERGED:
        parts.append(f"now part of {sanitize(trial.nct_id, 40)}")
    if row.source and not trial.complete:
        parts.append(f"from {sanitize(row.source, 120)}")
    elif row.stale_since:
        parts.append(f"copy of {row.as_of}, not confirmed since {row.stale_since}")
    return ", ".join(part for part in parts if part)


def describe(row: ReportRow) -> str:
    """A row without an NCT number, by some of its cells."""
    cells = [sanitize(cell, 60) for cell in row.row.cells.values() if cell.strip()]
    return " · ".join(dict.fromkeys([*cells[1:4], *cells[-1:]])) if cells else "(empty row)"


_VERDICT_WORDS = {
    Verdict.DIFFERS: ("differs", "differ"),
    Verdict.UNREADABLE: ("unreadable", "unreadable"),
    Verdict.SILENT: ("not in the registry", "not in the registry"),
    Verdict.NOT_CHECKED: ("not checked", "not checked"),
    Verdict.ADDS: ("not in the table", "not in the table"),
    Verdict.AGREES: ("agrees", "agree"),
}


def verdict_counts(row: ReportRow) -> str:
    """`1 differs, 3 agree`: the facts that a row states, worst verdict first."""
    counts = (
        (sum(comparison.verdict == verdict for comparison in row.comparisons), words)
        for verdict, words in _VERDICT_WORDS.items()
    )
    return ", ".join(f"{count} {words[count > 1]}" for count, words in counts if count)


# --- the run


def attention_items(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    """What needs a person's attention: an NCT number (or none) and a sentence.

    Trials that were not checked for the same reason are one item.
    """
    items = [
        (sanitize(problem.nct_id or "", 40), sanitize(problem.message, 300))
        for problem in problems
        if not problem.kind.handling.note and not problem.kind.handling.is_grouped
    ]
    unchecked = [problem for problem in problems if problem.kind.handling.is_grouped]
    for message in dict.fromkeys(problem.message for problem in unchecked):
        ids = [
            sanitize(problem.nct_id or "", 40)
            for problem in unchecked
            if problem.message == message
        ]
        trials = plural(len(ids), "trial")
        items.append(("", f"{trials} not checked ({sanitize(message, 300)}): {shorten_list(ids)}"))
    return items


def shorten_list(ids: Sequence[str]) -> str:
    """The first ids, and how many more there are."""
    more = len(ids) - _MOST_IDS
    return ", ".join(ids[:_MOST_IDS]) + (f" and {more} more" if more > 0 else "")


def health(report: Report) -> str:
    """How the check went, in a sentence: what was checked, when, against which data."""
    run = report.run
    day = long_day(run.finished_at or run.started_at)
    checked = run.asked - run.not_checked
    if not run.asked:
        return f"No trial to check on {day}."
    if not checked:
        reason = why_unchecked(report)
        return f"Not checked on {day}{f': {reason}' if reason else ''}."
    data = f" against the data of {long_day(run.data_timestamp)}" if run.data_timestamp else ""
    if run.not_checked:
        return f"Checked {checked} of {run.asked} trials on {day}{data}."
    return f"Checked {'all ' if run.asked > 1 else ''}{plural(run.asked, 'trial')} on {day}{data}."


def why_unchecked(report: Report) -> str:
    """Why a run checked nothing, with the day of the data that it shows or did not believe; empty
    where that is not known.
    """
    if report.run.outcome == RunOutcome.OFFLINE:
        return f"offline, from saved copies{_day_of_copies(report)}"
    if report.run.outcome == RunOutcome.UNREACHABLE:
        return "the registry could not be reached"
    held = (each.message for each in report.problems if each.kind == ProblemKind.HELD)
    return next(held, "").partition(";")[0]


def _day_of_copies(report: Report) -> str:
    """Of which day the copies are that the rows of *report* rest on, or the oldest of them."""
    days = sorted({day for table in report.tables for day in table_summary(table).days})
    if not days:
        return ""
    return f"{', the oldest' if len(days) > 1 else ''} of {long_day(days[0])}"
