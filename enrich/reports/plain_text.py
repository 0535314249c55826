"""A report in words for a terminal, a pipe or a mail: text from records, sorted, with no clock."""

import io
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from enrich.dates import long_day
from enrich.models import Comparison, Report, ReportRow, ReportTable, Significance, Verdict
from enrich.record.names import label
from enrich.reports.events import Event
from enrich.reports.log_paragraph import paragraph
from enrich.reports.rendering import RenderContext
from enrich.reports.summary import (
    CELL,
    accounts,
    describe,
    difference,
    differing,
    facts,
    headline,
    nct,
    provenance,
    status,
    title,
    to_look_at,
    unread,
)
from enrich.text import plural, sanitize, strip_invisible

# A table of more trials than these is told in numbers: nobody reads a thousand entries in a mail.
MOST_ROWS = 60


def render(context: RenderContext) -> str:
    """The report in words, as wide as the context asks for."""
    report = context.report
    page = _Page(context.width, context.color)
    for table in report.tables:
        _write_head(page, table, report)
    _write_news(page, context)
    for table in () if context.only_news else report.tables:
        _write_table(page, table, of_several=len(report.tables) > 1)
    _write_others(page, context)
    _write_problems(page, report)
    page.line()
    for line in accounts(report.run).splitlines():
        page.line(line, "dim")
    return page.text()


class _Page:
    """Lines of text of one width. Only visible `Text` is printed, so nothing in a record can be taken for markup or steer a terminal."""

    def __init__(self, width: int, color: bool) -> None:
        self._out = io.StringIO()
        self._console = Console(
            file=self._out,
            width=width,
            force_terminal=color,
            color_system="standard" if color else None,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def heading(self, words: str) -> None:
        self._console.print()
        self._console.print(Text(words.upper(), "bold"))

    def line(self, words: str = "", style: str = "", indent: int = 0) -> None:
        self._console.print(Padding(Text(strip_invisible(words), style), (0, 0, 0, indent)))

    def pairs(self, pairs: Iterable[tuple[str, str]], indent: int = 2) -> None:
        grid = Grid.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column()
        for name, words in pairs:
            grid.add_row(Text(strip_invisible(name)), Text(strip_invisible(words)))
        self._console.print(Padding(grid, (0, 0, 0, indent)))

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._out.getvalue().splitlines()) + "\n"


# --- what is new


def _write_head(page: _Page, table: ReportTable, report: Report) -> None:
    page.line(sanitize(table.title, 300), "bold")
    if table.citation:
        page.line(sanitize(table.citation, 600), "dim")
    page.line()
    page.line(headline(table))
    for note in provenance(report.run, table, report.problems):
        page.line(note, "yellow")


def _write_news(page: _Page, context: RenderContext) -> None:
    """The news since the last report; nothing in a first run, as everything would be new."""
    report = context.report
    if context.events.news:
        page.heading(f"New since {long_day(report.since)}" if report.since else "New")
        for event in context.events.news:
            page.line(_sentence(event), indent=2)
    elif report.since and any(row.checked for table in report.tables for row in table.rows):
        page.line()
        for table in report.tables:
            page.line(paragraph(context, table), "green")


def _sentence(event: Event) -> str:
    kind = "" if event.kind == Significance.MATERIAL else f"  ({event.kind})"
    return f"{sanitize(event.nct_id, 40)} {event.sentence}{kind}"


def _write_others(page: _Page, context: RenderContext) -> None:
    noise = context.events.noise
    if not context.other_events and not noise:
        return
    page.heading("Other changes in the registry")
    for event in context.other_events:
        page.line(_sentence(event), "dim" if event.kind != Significance.MATERIAL else "", indent=2)
    if noise and not context.include_noise:
        page.line(
            f"{plural(len(noise), f'{Significance.NOISE} change')} not shown; --all shows them.",
            "dim",
            indent=2,
        )


def _write_problems(page: _Page, report: Report) -> None:
    told = to_look_at(report.problems)
    if told:
        page.heading("To look at")
        page.pairs((nct_id, message) for nct_id, message in told if nct_id)
        for message in (message for nct_id, message in told if not nct_id):
            page.line(message, indent=2)


# --- one table


def _write_table(page: _Page, table: ReportTable, *, of_several: bool) -> None:
    if of_several:
        page.line()
        page.line(f"— {sanitize(table.title, 300)} —", "bold")
    _write_differences(page, table)
    _write_unreadable(page, table)
    _write_trials(page, table)
    _write_unregistered(page, table)


def _write_differences(page: _Page, table: ReportTable) -> None:
    rows = differing(table)
    if rows:
        page.heading("Where the table and the registry differ")
    for row in rows:
        page.line()
        page.line(
            " · ".join(part for part in (f"Row {row.row.position}", nct(row), title(row)) if part),
            "bold",
        )
        for one in row.comparisons:
            if one.verdict == Verdict.DIFFERS:
                page.line(f"{label(one.field)}", "red", indent=2)
                page.pairs(_difference(one), indent=4)


def _difference(one: Comparison) -> list[tuple[str, str]]:
    return [
        *zip(("table:", "registry:", "why:"), difference(one), strict=True),
        *([("see:", sanitize(one.link, 300))] if one.link else []),
    ]


def _write_unreadable(page: _Page, table: ReportTable) -> None:
    cells = unread(table)
    if cells:
        page.heading("Cells that could not be read, shown as printed")
        page.pairs(
            (
                f"Row {row.row.position} · {label(one.field)}:",
                f"{sanitize(one.cell, CELL)}  ({sanitize(one.note or '', CELL)})",
            )
            for row, one in cells
        )


def _write_trials(page: _Page, table: ReportTable) -> None:
    known = [row for row in table.rows if row.nct_id]
    if not known:
        return
    page.heading("What the registry says now")
    if len(known) > MOST_ROWS:
        page.line(f"{_by_status(known)}. `enrich browse` shows each.", indent=2)
        return
    for row in known:
        page.line()
        page.line(f"Row {row.row.position} · {nct(row)} · {status(row)}", "bold")
        page.pairs(facts(row))


def _by_status(rows: Sequence[ReportRow]) -> str:
    """How many trials stand how, the most frequent first."""
    return "; ".join(
        f"{number:,} {words}"
        for words, number in Counter(status(row) for row in rows).most_common()
    )


def _write_unregistered(page: _Page, table: ReportTable) -> None:
    without = [row for row in table.rows if not row.nct_id]
    if without:
        page.heading("Not a registered trial (no NCT id printed)")
        page.pairs((f"Row {row.row.position}:", describe(row)) for row in without)
