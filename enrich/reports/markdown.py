"""A report as Markdown, for an issue or a page: the news first, long parts folded.

What the registry gives is text there: no markup, no mention, no link. The whole is shorter than
what GitHub takes in one text.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from enrich.escaping import escape_markdown
from enrich.models import ReportRow, ReportTable
from enrich.record.names import label
from enrich.record.urls import record_url
from enrich.reports.content.account import run_account
from enrich.reports.content.differences import (
    CAUSES,
    Difference,
    Differences,
    differences_by_cause,
)
from enrich.reports.content.headlines import news_in_numbers
from enrich.reports.content.news import TrialNews
from enrich.reports.content.ranks import HEADINGS, SEARCH_HEADING
from enrich.reports.content.search_events import search_sentences
from enrich.reports.content.summary import (
    attention_items,
    cell_counts,
    describe,
    headline,
    health,
    nct,
    provenance,
    rows_without_id,
    status,
    table_summary,
    title,
    unreadable_cells,
    verdict_counts,
)
from enrich.reports.layout.text_blocks import heading_of_time, statement_text, table_event_text
from enrich.reports.log_paragraph import paragraph
from enrich.reports.rendering import RenderContext
from enrich.text import plural, sanitize

MOST_CHARACTERS = 60_000
# What each list may take of that, so that none crowds out the others.
_ROOM = {"news": 26_000, "differences": 14_000, "trials": 9_000, "smaller": 6_000, "other": 1_500}
_SCALES = (1.0, 0.7, 0.4, 0.1)
_CELL = 90


def render(context: RenderContext) -> str:
    """The report as Markdown; of several or large tables less of each list."""
    texts = (_render(context, scale) for scale in _SCALES)
    return next((text for text in texts if len(text) < MOST_CHARACTERS), "")


def _render(context: RenderContext, scale: float) -> str:
    report = context.report
    room = {name: int(size * scale) for name, size in _ROOM.items()}
    lines = [
        *(line for table in report.tables for line in _head(context, table)),
        *_news(context, room["news"]),
        *_search_events(context, room["other"]),
        *_table_events(context, room["other"]),
        *_attention(context, room["other"]),
        *_log(context),
    ]
    for table in report.tables:
        if len(report.tables) > 1:
            lines += [f"# {escape_markdown(sanitize(table.title, 300))}: in full", ""]
        lines += _table(context, table, room)
    lines += [*_smaller(context, room["smaller"]), "---", ""]
    lines += [f"{escape_markdown(line)}  " for line in run_account(report)]
    return "\n".join(lines).rstrip() + "\n"


def _section(level: int, heading: str, lines: Sequence[str], room: int) -> Iterator[str]:
    """A heading with its lines, as many as there is *room* for; nothing without lines."""
    fitting = _fit(lines, len(lines), room)
    if fitting:
        yield from (f"{'#' * level} {heading}", "", *fitting, "")


def _folded(summary: str, lines: Iterable[str], number: int, room: int) -> Iterator[str]:
    """The same of *number* lines, folded: a reader opens it."""
    fitting = _fit(lines, number, room)
    if fitting:
        yield from (f"<details><summary>{summary}</summary>", "", *fitting, "", "</details>", "")


def _fit(lines: Iterable[str], number: int, room: int) -> list[str]:
    """The first of *lines*, up to *room* characters, and how many there are more of *number*.

    What there is no room for is not made: a table may have a hundred thousand rows.
    """
    fitting: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0 and fitting:
            more = f"and {number - len(fitting)} more; `enrich report --all` shows them"
            is_grid = fitting[-1].startswith("|")
            return [*fitting, *([""] if is_grid else []), f"{'' if is_grid else '- '}{more}"]
        fitting.append(line)
    return fitting


# --- the state of each table, and the news


def _head(context: RenderContext, table: ReportTable) -> Iterator[str]:
    report = context.report
    yield from (f"# {escape_markdown(sanitize(table.title, 300))}", "")
    if table.citation:
        yield from (f"_{escape_markdown(sanitize(table.citation, 600))}_", "")
    yield from (escape_markdown(headline(table)), "", *_strip(table), "")
    for sentence in search_sentences(report, table.name):
        yield from (escape_markdown(sentence), "")
    for note in provenance(report.run, table, report.problems):
        yield from (f"> {escape_markdown(note)}", "")
    yield from (escape_markdown(health(report)), "")


def _strip(table: ReportTable) -> list[str]:
    """How many compared cells are in which state."""
    counts = cell_counts(table)
    numbers = (counts.correct, counts.out_of_date, counts.wrong, counts.cause_unknown)
    header = ("Correct", "Out of date", "Wrong at publication", "Cause unknown")
    return [*_grid(header, [[f"{number:,}" for number in numbers]])]


def _news(context: RenderContext, room: int) -> Iterator[str]:
    trials = context.news.trials
    if not trials:
        return
    yield from (f"## {heading_of_time(context.report)}", "")
    yield from (f"{escape_markdown(news_in_numbers(context.report, context.news))}.", "")
    for at, trial in enumerate(trials):
        lines = [*_rank_heading(trial, trials[at - 1] if at else None), *_trial_news(trial)]
        room -= sum(len(line) + 1 for line in lines)
        if room < 0 and at:
            yield f"- and {plural(len(trials) - at, 'more trial')}; `enrich report --all` shows all"
            break
        yield from lines
    yield ""


def _rank_heading(trial: TrialNews, before: TrialNews | None) -> Iterator[str]:
    """The heading of the trial's rank, where it is the first of it."""
    if before is None or before.rank != trial.rank:
        yield from (*([""] if before else []), f"### {HEADINGS[trial.rank]}", "")


def _trial_news(trial: TrialNews) -> list[str]:
    record = f"[{escape_markdown(trial.nct_id)}]({trial.record_url})"
    title = f"{record}{trial.in_rows} {escape_markdown(trial.title)}"
    head = f"- {title} · [versions]({trial.versions_url})"
    return [
        head,
        *(f"  - {escape_markdown(statement_text(statement))}" for statement in trial.statements),
    ]


def _search_events(context: RenderContext, room: int) -> Iterator[str]:
    events = context.news.of_searches
    lines = [f"- {escape_markdown(table_event_text(event))}" for event in events]
    yield from _section(2, SEARCH_HEADING, lines, room)


def _table_events(context: RenderContext, room: int) -> Iterator[str]:
    lines = [f"- {escape_markdown(table_event_text(event))}" for event in context.news.of_tables]
    yield from _section(2, "Edits of the table", lines, room)


def _attention(context: RenderContext, room: int) -> Iterator[str]:
    items = [
        f"- {escape_markdown(f'{nct_id} {message}'.strip())}"
        for nct_id, message in attention_items(context.report.problems)
    ]
    yield from _section(2, "Needs your attention", items, room)


def _log(context: RenderContext) -> Iterator[str]:
    paragraphs = [
        line
        for table in context.report.tables
        for line in (f"> {escape_markdown(paragraph(context, table))}", "")
    ]
    yield from _section(2, "For the log", paragraphs[:-1], _ROOM["other"])


# --- one table


def _table(context: RenderContext, table: ReportTable, rooms: dict[str, int]) -> Iterator[str]:
    grouped = differences_by_cause(context.report, table)
    if grouped:
        yield from ("## Where the table and the registry differ", "")
    for cause, differences in grouped.items():
        yield from _cause(cause, differences, rooms["differences"] // len(grouped))
    count = table_summary(table)
    grid = _grid(
        ("Row", "Trial", "Status", "Facts in the row", "Record updated"),
        (_row(row) for row in table.rows if row.nct_id),
    )
    summary = f"All {plural(count.entries, 'trial')}"
    yield from _folded(summary, *_counted_grid(grid, count.entries), rooms["trials"])
    cells = (
        f"- Row {row.row.position}, {label(comparison.field)}:"
        f" “{escape_markdown(sanitize(comparison.cell, _CELL))}”"
        f" ({escape_markdown(sanitize(comparison.note or '', _CELL))})"
        for row, comparison in unreadable_cells(table)
    )
    summary = f"{plural(count.unreadable, 'cell')} could not be read"
    yield from _folded(summary, cells, count.unreadable, rooms["other"])
    lines = (
        f"- Row {row.row.position}: {escape_markdown(describe(row))}"
        for row in rows_without_id(table)
    )
    summary = f"{plural(count.without, 'row')} without an NCT number"
    yield from _folded(summary, lines, count.without, rooms["other"])


def _row(row: ReportRow) -> list[str]:
    updated = row.trial.text("last_update_posted") if row.trial else None
    return [
        str(row.row.position),
        f"{_link(nct(row))} {escape_markdown(title(row))}".strip(),
        escape_markdown(status(row)),
        verdict_counts(row),
        escape_markdown(sanitize(updated or "")),
    ]


def _cause(cause: str, differences: Differences, room: int) -> Iterator[str]:
    heading, explanation = CAUSES[cause]
    number = len(differences)
    yield from (f"### {heading} ({number})", "", explanation, "")
    grid = _grid(
        ("Row", "Trial", "What", "Printed", "Now", "Suggested cell", "Why"),
        map(_difference, differences),
    )
    yield from (*_fit(*_counted_grid(grid, number), room), "")


def _difference(difference: Difference) -> list[str]:
    why = f"{escape_markdown(difference.why)} [versions]({difference.versions_url})"
    return [
        str(difference.position),
        f"{_link(difference.nct_id)} {escape_markdown(difference.title)}".strip(),
        escape_markdown(difference.field),
        f"“{escape_markdown(difference.printed)}”",
        escape_markdown(difference.now),
        escape_markdown(difference.suggestion or ""),
        why.strip(),
    ]


def _smaller(context: RenderContext, room: int) -> Iterator[str]:
    news = context.news
    lines = [
        f"- {escape_markdown(trial.nct_id)} "
        f"{escape_markdown('; '.join(map(statement_text, trial.statements)))}"
        for trial in news.smaller
    ]
    if context.show_all:
        lines += [
            f"- {escape_markdown(sanitize(event.nct_id, 40))} {escape_markdown(event.sentence)} "
            "(noise)"
            for event in context.events.noise
        ]
    yield from _folded(plural(news.smaller_count, "smaller change"), lines, len(lines), room)


def _link(nct_id: str) -> str:
    return f"[{escape_markdown(sanitize(nct_id, 40))}]({record_url(nct_id)})"


def _grid(header: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    return (f"| {' | '.join(line)} |" for line in chain((header, ["---"] * len(header)), lines))


def _counted_grid(grid: Iterable[str], number: int) -> tuple[Iterable[str], int]:
    """A *grid* with the number of its lines; empty where it would have a header alone."""
    return (grid, number + 2) if number else ((), 0)
