"""How each trial stands beside the table, in words that every format uses."""

from collections.abc import Sequence
from datetime import datetime

from enrich.compare.display import cause_text, claim_text, enrollment_text, fact_text, registry_text
from enrich.dates import day_range
from enrich.models import (
    Answer,
    Comparison,
    Problem,
    ReportRow,
    ReportTable,
    RunOutcome,
    RunSummary,
    Trial,
    Verdict,
)
from enrich.record.names import label
from enrich.text import join_and, plural, sanitize

CELL = 90


def headline(table: ReportTable) -> str:
    """What the table holds and how it stands, in two sentences."""
    rows = {row.row_id for row in table.rows}
    registered_rows = {row.row_id for row in table.rows if row.nct_id}
    trials = {row.nct_id for row in table.rows if row.nct_id}
    counts = {
        verdict: sum(one.verdict == verdict for row in table.rows for one in row.comparisons)
        for verdict in (
            Verdict.DIFFERS,
            Verdict.AGREES,
            Verdict.NOT_CHECKED,
            Verdict.UNREADABLE,
            Verdict.SILENT,
        )
    }
    without = len(rows) - len(registered_rows)
    first = (
        f"{plural(len(rows), 'study', 'studies')}: {plural(len(trials), 'registered trial')}"
        + (f", {without} without a registry id." if without else ".")
    )
    said = [
        f"{plural(counts[Verdict.DIFFERS], 'statement')} of the table {'differs' if counts[Verdict.DIFFERS] == 1 else 'differ'} from the registry",
        f"{counts[Verdict.AGREES]} agree",
    ]
    said += [f"{counts[verdict]} {words}" for verdict, words in _RARE.items() if counts[verdict]]
    return f"{first} {join_and(said)}."


_RARE = {
    Verdict.SILENT: "have no counterpart there",
    Verdict.UNREADABLE: "cannot be read",
    Verdict.NOT_CHECKED: "could not be checked",
}


def provenance(run: RunSummary, table: ReportTable, problems: Sequence[Problem]) -> list[str]:
    """Where the facts come from, if not from the registry just now."""
    notes = [
        problem.kind.handling.note.format(sanitize(problem.message))
        for problem in problems
        if problem.kind.handling.note
    ]
    if run.outcome in (RunOutcome.UNREACHABLE, RunOutcome.OFFLINE):
        notes.append("What follows rests on the copies at hand; the day of each stands beside it.")
    partial = {row.nct_id for row in table.rows if row.trial and not row.trial.complete}
    if partial:
        notes.append(
            f"{plural(len(partial), 'copy is', 'copies are')} incomplete: what they do not hold is not checked."
        )
    return notes


def title(row: ReportRow, longest: int = 48) -> str:
    """What the trial is called for short; empty where that is not known."""
    name = row.trial.text("acronym") or row.trial.text("brief_title") if row.trial else None
    return sanitize(name, longest) if name else ""


def differing(table: ReportTable) -> list[ReportRow]:
    """The rows with a statement that differs."""
    return [
        row for row in table.rows if any(one.verdict == Verdict.DIFFERS for one in row.comparisons)
    ]


def difference(one: Comparison) -> tuple[str, str, str]:
    """What the table says, what the registry says, and why they differ."""
    printed = sanitize(one.cell, CELL)
    claim = sanitize(claim_text(one), CELL)
    table = claim if claim == printed else f"{claim}  (printed: {printed})"
    return table, sanitize(registry_text(one), 2 * CELL), sanitize(cause_text(one), 600)


def unread(table: ReportTable) -> list[tuple[ReportRow, Comparison]]:
    """The cells that could not be read."""
    return [
        (row, one)
        for row in table.rows
        for one in row.comparisons
        if one.verdict == Verdict.UNREADABLE
    ]


def verdicts(row: ReportRow) -> list[tuple[Verdict, int]]:
    """How often each verdict fell on this row, worst first."""
    counts = (
        (verdict, sum(one.verdict == verdict for one in row.comparisons))
        for verdict in (
            Verdict.DIFFERS,
            Verdict.UNREADABLE,
            Verdict.SILENT,
            Verdict.NOT_CHECKED,
            Verdict.ADDS,
            Verdict.AGREES,
        )
    )
    return [(verdict, count) for verdict, count in counts if count]


def nct(row: ReportRow) -> str:
    """The printed id, which only ever looks like one."""
    return sanitize(row.nct_id or "", 40)


def status(row: ReportRow) -> str:
    """The recruitment status, or what became of the record."""
    if row.answer in (Answer.GONE, Answer.UNKNOWN):
        return (
            "removed from the registry"
            if row.answer == Answer.GONE
            else "not known to the registry; is the id right?"
        )
    if row.trial is None:
        return "not checked, no copy at hand"
    return (
        sanitize(fact_text("overall_status", row.trial["overall_status"]), 60)
        if row.trial["overall_status"]
        else "status not given"
    )


def facts(row: ReportRow) -> list[tuple[str, str]]:
    """What is worth knowing of a trial beside its row: course, size, results, and what the table leaves out."""
    trial = row.trial
    if trial is None:
        return []
    told = [
        ("course:", course(trial)),
        ("N:", enrollment_text(trial) if trial["enrollment"] is not None else ""),
    ]
    told.append(
        (
            "not printed:",
            "; ".join(
                f"{label(one.field).lower()} {sanitize(fact_text(one.field, trial[one.field]), 80)}"
                for one in row.comparisons
                if one.verdict == Verdict.ADDS
            ),
        )
    )
    told += [
        (
            f"{_BESIDE[one.field]}:",
            f"{sanitize(one.registry, 160)}{f' ({sanitize(one.note, 200)})' if one.note else ''}",
        )
        for one in row.context_notes
        if one.field in _BESIDE
    ]
    told.append(("results:", results(trial)))
    told.append(("record:", _record(row, trial)))
    return [(name, words) for name, words in told if words]


# What stands beside a cell without a verdict; the rest is in the database, and said elsewhere here.
_BESIDE = {
    "time_frames": "follow-up",
    "interventions": "given",
    "publications": "published",
    "sex": "sexes",
}


def course(trial: Trial) -> str:
    """From start to completion, each said to be planned where it is."""
    parts = [
        _dated(trial, "start_date", "started", "start planned"),
        _dated(trial, "completion_date", "completed", "completion planned"),
    ]
    return ", ".join(part for part in parts if part)


def _dated(trial: Trial, name: str, actual: str, planned: str) -> str:
    day, kind = trial.text(name), trial.text(f"{name}_type")
    words = {"ACTUAL": actual, "ESTIMATED": planned}.get(
        kind or "", "start" if name == "start_date" else "completion"
    )
    return f"{words} {day}" if day else ""


def results(trial: Trial) -> str:
    """Whether results stand in the registry; empty where that is not known."""
    if trial["has_results"]:
        posted = trial.text("results_first_posted")
        return f"posted{f' on {posted}' if posted else ''}"
    return "" if trial["has_results"] is None else "none posted"


def _record(row: ReportRow, trial: Trial) -> str:
    updated = trial.text("last_update_posted")
    told = [f"last update {updated}" if updated else ""]
    if updated and row.row.accessed:
        looked = day_range(row.row.accessed)
        told += ["after the authors looked"] if updated > looked.last else []
        told += ["before the authors looked"] if updated <= looked.first else []
    if row.answer == Answer.MERGED:
        told.append(f"now part of {sanitize(trial.nct_id, 40)}")
    if row.source and not trial.complete:
        told.append(f"from {sanitize(row.source, 120)}")
    elif row.stale_since:
        told.append(f"copy of {row.as_of}, not confirmed since {row.stale_since}")
    return ", ".join(part for part in told if part)


def describe(row: ReportRow) -> str:
    """A row by its last and its first telling cells."""
    cells = [sanitize(cell, 60) for cell in row.row.cells.values() if cell.strip()]
    return " · ".join(dict.fromkeys([*cells[1:4], *cells[-1:]])) if cells else "(empty row)"


def to_look_at(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    """What went wrong: for whom, and a sentence; trials that were not checked for one and the same reason stand together."""
    told = [
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
        told.append(
            (
                "",
                f"{plural(len(ids), 'trial')} not checked ({sanitize(message, 300)}): {shorten_list(ids)}",
            )
        )
    return told


def shorten_list(ids: Sequence[str]) -> str:
    """The first ids, and how many more there are."""
    return ", ".join(ids[:6]) + (f" and {len(ids) - 6} more" if len(ids) > 6 else "")


def accounts(run: RunSummary) -> str:
    """The run in one line: what was asked, what came of it, what it cost."""
    sums = f"{run.asked} asked = {run.changed} changed + {run.unchanged} unchanged + {run.new} new + {run.gone} gone + {run.not_checked} not checked"
    return f"{plural(run.asked, 'id')} · {plural(run.requests, 'request')} · {plural(run.retries, 'retry', 'retries')}{_seconds(run)}\n{sums}"


def _seconds(run: RunSummary) -> str:
    """How long the run took; a run that was cut off and taken up again counts from its first start."""
    if run.finished_at is None:
        return ""
    took = datetime.fromisoformat(run.finished_at) - datetime.fromisoformat(run.started_at)
    return f" · {took.total_seconds():,.1f} s"


_COUNTED = {
    Verdict.DIFFERS: "differs",
    Verdict.UNREADABLE: "not readable",
    Verdict.SILENT: "not in the registry",
    Verdict.NOT_CHECKED: "not checked",
    Verdict.ADDS: "not printed",
    Verdict.AGREES: "agrees",
}
_SEVERAL = {Verdict.DIFFERS: "differ", Verdict.AGREES: "agree"}


def verdict_counts(row: ReportRow) -> str:
    """`1 differs, 3 agree`."""
    return ", ".join(
        f"{count} {_SEVERAL.get(verdict, _COUNTED[verdict]) if count > 1 else _COUNTED[verdict]}"
        for verdict, count in verdicts(row)
    )
