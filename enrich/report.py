"""A report in words for a terminal, a pipe or a mail: text from records, sorted, with no clock."""

import io
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from enrich.compare import in_words, people
from enrich.records import (
    ADDS,
    AGREES,
    DIFFERS,
    MATERIAL,
    MINOR,
    NOISE,
    NOT_CHECKED,
    SILENT,
    UNREADABLE,
    Comparison,
    LedgerLine,
    Problem,
    Report,
    ReportRow,
    ReportTable,
    RunTold,
    Trial,
)
from enrich.words import change as in_sentence
from enrich.words import claimed, inert, label, listing, plural, registered, why

_CELL = 90


def text(report: Report, *, width: int = 80, color: bool = False, everything: bool = False) -> str:
    """The whole report; *everything* shows the changes that are only noise, too."""
    page = _Page(width, color)
    for table in report.tables:
        _write_table(page, table, report)
    _write_changes(page, report.changes, everything=everything)
    _write_problems(page, report.problems)
    page.line(accounts(report.run), "dim")
    return page.text()


class _Page:
    """Lines of text of one width. Only `Text` objects are printed, so nothing in a record can be taken for markup."""

    def __init__(self, width: int, color: bool) -> None:
        self._out = io.StringIO()
        self._console = Console(
            file=self._out, width=width, force_terminal=color, color_system="standard" if color else None, highlight=False, markup=False, emoji=False
        )

    def heading(self, words: str) -> None:
        self._console.print()
        self._console.print(Text(words.upper(), "bold"))

    def line(self, words: str = "", style: str = "", indent: int = 0) -> None:
        self._console.print(Padding(Text(words, style), (0, 0, 0, indent)))

    def pairs(self, pairs: Iterable[tuple[str, str]], indent: int = 2) -> None:
        grid = Grid.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column()
        for name, words in pairs:
            grid.add_row(Text(name), Text(words))
        self._console.print(Padding(grid, (0, 0, 0, indent)))

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._out.getvalue().splitlines()) + "\n"


# --- one table


def _write_table(page: _Page, table: ReportTable, report: Report) -> None:
    page.line(inert(table.title), "bold")
    if table.citation:
        page.line(inert(table.citation), "dim")
    page.line()
    page.line(headline(table))
    for note in standing(report.run, table, report.problems):
        page.line(note, "yellow")
    _write_differences(page, table)
    _write_unreadable(page, table)
    _write_trials(page, table)
    _write_unregistered(page, table)


def headline(table: ReportTable) -> str:
    """What the table holds and how it stands, in two sentences."""
    rows = {row.row_id for row in table.rows}
    registered_rows = {row.row_id for row in table.rows if row.nct_id}
    trials = {row.nct_id for row in table.rows if row.nct_id}
    counts = {
        verdict: sum(one.verdict == verdict for row in table.rows for one in row.comparisons) for verdict in (DIFFERS, AGREES, NOT_CHECKED, UNREADABLE, SILENT)
    }
    without = len(rows) - len(registered_rows)
    first = f"{plural(len(rows), 'study', 'studies')}: {plural(len(trials), 'registered trial')}" + (f", {without} without a registry id." if without else ".")
    said = [
        f"{plural(counts[DIFFERS], 'statement')} of the table {'differs' if counts[DIFFERS] == 1 else 'differ'} from the registry",
        f"{counts[AGREES]} agree",
    ]
    said += [f"{counts[verdict]} {words}" for verdict, words in _RARE.items() if counts[verdict]]
    return f"{first} {listing(said)}."


_RARE = {SILENT: "have no counterpart there", UNREADABLE: "cannot be read", NOT_CHECKED: "could not be checked"}


def standing(run: RunTold, table: ReportTable, problems: Sequence[Problem]) -> list[str]:
    """Where the facts come from, if not from the registry just now."""
    notes = [f"The registry could not be reached: {inert(problem.message)}." for problem in problems if problem.kind == "unreachable"]
    if run.outcome in ("unreachable", "offline"):
        notes.append("What follows rests on the copies at hand; the day of each stands beside it.")
    partial = {row.nct_id for row in table.rows if row.trial and not row.trial.complete}
    if partial:
        notes.append(f"{plural(len(partial), 'copy is', 'copies are')} incomplete: what they do not hold is not checked.")
    return notes


def _write_differences(page: _Page, table: ReportTable) -> None:
    differing = [row for row in table.rows if any(one.verdict == DIFFERS for one in row.comparisons)]
    if not differing:
        return
    page.heading("Where the table and the registry differ")
    for row in differing:
        page.line()
        page.line(f"Row {row.row.position} · {row.nct_id}{_title(row.trial)}", "bold")
        for one in row.comparisons:
            if one.verdict == DIFFERS:
                page.line(f"{label(one.field)}", "red", indent=2)
                page.pairs(_difference(one), indent=4)


def _title(trial: Trial | None) -> str:
    title = trial.text("acronym") or trial.text("brief_title") if trial else None
    return f" · {inert(title, 48)}" if title else ""


def _difference(one: Comparison) -> list[tuple[str, str]]:
    printed = inert(one.cell, _CELL)
    claim = claimed(one)
    table = claim if claim == printed else f"{claim}  (printed: {printed})"
    return [("table:", table), ("registry:", registered(one)), ("why:", why(one)), *([("see:", one.link)] if one.link else [])]


def _write_unreadable(page: _Page, table: ReportTable) -> None:
    unread = [(row, one) for row in table.rows for one in row.comparisons if one.verdict == UNREADABLE]
    if unread:
        page.heading("Cells that could not be read, shown as printed")
        page.pairs((f"Row {row.row.position} · {label(one.field)}:", f"{inert(one.cell, _CELL)}  ({inert(one.note or '', _CELL)})") for row, one in unread)


def _write_trials(page: _Page, table: ReportTable) -> None:
    known = [row for row in table.rows if row.nct_id]
    if not known:
        return
    page.heading("What the registry says now")
    for row in known:
        page.line()
        page.line(f"Row {row.row.position} · {row.nct_id} · {status(row)}", "bold")
        page.pairs(facts(row))


def status(row: ReportRow) -> str:
    """The recruitment status, or what became of the record."""
    if row.answer in ("gone", "unknown"):
        return "removed from the registry" if row.answer == "gone" else "not known to the registry; is the id right?"
    if row.trial is None:
        return "not checked, no copy at hand"
    return in_words("overall_status", row.trial["overall_status"]) if row.trial["overall_status"] else "status not given"


def facts(row: ReportRow) -> list[tuple[str, str]]:
    """What is worth knowing of a trial beside its row: course, size, results, and what the table leaves out."""
    trial = row.trial
    if trial is None:
        return []
    told = [("course:", course(trial)), ("N:", people(trial) if trial["enrollment"] is not None else "")]
    told.append(
        (
            "not printed:",
            "; ".join(f"{label(one.field).lower()} {inert(in_words(one.field, trial[one.field]), 80)}" for one in row.comparisons if one.verdict == ADDS),
        )
    )
    told += [
        (f"{_BESIDE.get(one.field, one.field)}:", f"{inert(one.registry, 160)}{f' ({inert(one.note, 200)})' if one.note else ''}")
        for one in row.beside
        if one.field in _BESIDE
    ]
    told.append(("results:", _results(trial)))
    told.append(("record:", _record(row, trial)))
    return [(name, words) for name, words in told if words]


# What stands beside a cell without a verdict; the rest is in the database, and said elsewhere here.
_BESIDE = {"time_frames": "follow-up", "interventions": "given", "publications": "published", "sex": "sexes"}


def course(trial: Trial) -> str:
    """From start to completion, each said to be planned where it is."""
    parts = [_dated(trial, "start_date", "started", "start planned"), _dated(trial, "completion_date", "completed", "completion planned")]
    return ", ".join(part for part in parts if part)


def _dated(trial: Trial, name: str, actual: str, planned: str) -> str:
    day, kind = trial.text(name), trial.text(f"{name}_type")
    words = {"ACTUAL": actual, "ESTIMATED": planned}.get(kind or "", "start" if name == "start_date" else "completion")
    return f"{words} {day}" if day else ""


def _results(trial: Trial) -> str:
    if trial["has_results"]:
        posted = trial.text("results_first_posted")
        return f"posted{f' on {posted}' if posted else ''}"
    return "" if trial["has_results"] is None else "none posted"


def _record(row: ReportRow, trial: Trial) -> str:
    updated = trial.text("last_update_posted")
    told = [f"last update {updated}" if updated else ""]
    if updated and row.row.accessed:
        told.append("after the authors looked" if updated > row.row.accessed else "before the authors looked")
    if row.answer == "merged":
        told.append(f"now part of {trial.nct_id}")
    if row.source and not trial.complete:
        told.append(f"from {inert(row.source, 120)}")
    elif row.stale_since:
        told.append(f"copy of {row.as_of}, not confirmed since {row.stale_since}")
    return ", ".join(part for part in told if part)


def _write_unregistered(page: _Page, table: ReportTable) -> None:
    without = [row for row in table.rows if not row.nct_id]
    if without:
        page.heading("Not a registered trial (no NCT id printed)")
        page.pairs((f"Row {row.row.position}:", describe(row)) for row in without)


def describe(row: ReportRow) -> str:
    """A row by its last and its first telling cells."""
    cells = [inert(cell, 60) for cell in row.row.cells.values() if cell.strip()]
    return " · ".join(dict.fromkeys([*cells[1:4], *cells[-1:]])) if cells else "(empty row)"


# --- changes, problems, accounts


def _write_changes(page: _Page, lines: Sequence[LedgerLine], *, everything: bool) -> None:
    hidden = sum(line.change.kind == NOISE for line in lines)
    shown = [line for line in lines if everything or line.change.kind != NOISE]
    if not lines:
        return
    page.heading("What changed in the registry")
    order = (MATERIAL, MINOR, NOISE)
    for kind in order:
        for line in (line for line in shown if line.change.kind == kind):
            page.line(f"{line.nct_id}  {in_sentence(line.change)}{'' if kind == MATERIAL else f'  ({kind})'}", "" if kind == MATERIAL else "dim", indent=2)
    if hidden and not everything:
        page.line(f"{plural(hidden, 'noise change')} not shown; --all shows them.", "dim", indent=2)


_TOLD_ELSEWHERE = frozenset(("unreachable", NOT_CHECKED))


def _write_problems(page: _Page, problems: Sequence[Problem]) -> None:
    told = [problem for problem in problems if problem.kind not in _TOLD_ELSEWHERE]
    unchecked = [problem for problem in problems if problem.kind == NOT_CHECKED]
    if not told and not unchecked:
        return
    page.heading("To look at")
    page.pairs((f"{problem.nct_id or ''}", inert(problem.message, 300)) for problem in told)
    for message in dict.fromkeys(problem.message for problem in unchecked):
        ids = [problem.nct_id or "" for problem in unchecked if problem.message == message]
        page.line(f"{plural(len(ids), 'trial')} not checked ({inert(message, 300)}): {_few(ids)}", indent=2)


def _few(ids: Sequence[str]) -> str:
    return ", ".join(ids[:6]) + (f" and {len(ids) - 6} more" if len(ids) > 6 else "")


def accounts(run: RunTold) -> str:
    """The run in one line: what was asked, what came of it, what it cost."""
    sums = f"{run.asked} asked = {run.changed} changed + {run.unchanged} unchanged + {run.new} new + {run.gone} gone + {run.not_checked} not checked"
    return f"\n{plural(run.asked, 'id')} · {plural(run.requests, 'request')} · {plural(run.retries, 'retry', 'retries')}\n{sums}"
