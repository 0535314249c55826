"""A report in words for a terminal: at most two screens, the summary last; all of it on request."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice

from enrich.models import Comparison, Report, ReportRow, ReportTable
from enrich.record.names import label
from enrich.reports.content.account import run_account
from enrich.reports.content.differences import CAUSES, Difference, differences_by_cause
from enrich.reports.content.events import Event
from enrich.reports.content.headlines import news_in_numbers
from enrich.reports.content.news import TrialNews
from enrich.reports.content.ranks import HEADINGS, SEARCH_HEADING
from enrich.reports.content.search_events import search_sentences
from enrich.reports.content.summary import (
    attention_items,
    describe,
    facts,
    headline,
    health,
    nct,
    provenance,
    rows_without_id,
    status,
    table_summary,
    title,
    unreadable_cells,
)
from enrich.reports.layout.text_blocks import (
    heading_of_time,
    since_option,
    statement_text,
    table_event_text,
    trial_line,
    write_differences,
)
from enrich.reports.layout.text_page import TextPage, label_width
from enrich.reports.rendering import RenderContext
from enrich.text import plural, sanitize

_SCREENS = 2
_MOST_ATTENTION = 4
_CELL = 90
_PAIRS = 500


def render(context: RenderContext) -> str:
    """The report in words; in full with *show_all*, else what fits on two screens."""
    return "".join(render_parts(context))


def render_parts(context: RenderContext) -> Iterator[str]:
    """The same, some lines at a time."""
    page = TextPage(context.width, color=context.color)
    if context.show_all:
        for _ in _write_all(page, context):
            yield page.taken()
    else:
        _write_short(page, context)
    yield page.taken()


# --- two screens


def _write_short(page: TextPage, context: RenderContext) -> None:
    """News or, without any, differences, as far as there is room; then what sums it all up."""
    tail = page.new()
    _write_search_events(tail, context, _MOST_ATTENTION)
    _write_table_events(tail, context, _MOST_ATTENTION)
    _write_attention(tail, context.report, _MOST_ATTENTION)
    _write_summary(tail, context)
    # A line for the empty one between, and one for the prompt.
    room = _SCREENS * context.height - len(tail.lines) - 2
    if context.news.trials:
        page.add(_news_that_fits(page, context, room))
    else:
        write_differences(page, context.report, room)
    page.add(tail, blank_before=True)


def _news_that_fits(page: TextPage, context: RenderContext, room: int) -> TextPage:
    """The trials with news under their headings; what there is no room for is counted."""
    block = page.new()
    block.line(heading_of_time(context.report).upper(), "bold")
    trials = context.news.trials
    for at, trial in enumerate(trials):
        entry = page.new()
        if at == 0 or trials[at - 1].rank != trial.rank:
            entry.line(HEADINGS[trial.rank], "bold underline" if page.color else "")
        _write_trial(entry, trial, most=2)
        # A line more is kept for the number of those without room.
        if len(block.lines) + len(entry.lines) + 1 > room:
            block.line(f"{plural(len(trials) - at, 'more trial')} with news", "dim")
            break
        block.add(entry)
    return block


def _write_trial(page: TextPage, trial: TrialNews, *, most: int = 0, links: bool = False) -> None:
    page.line(trial_line(trial), "bold", indent=2, most=1 if most else 0)
    for statement in trial.statements:
        page.line(statement_text(statement), indent=4, most=most)
    if links:
        page.line(f"record: {trial.record_url}", "dim", indent=4)
        page.line(f"versions: {trial.versions_url}", "dim", indent=4)


# --- the end of every report


def _write_search_events(page: TextPage, context: RenderContext, most: int | None = None) -> None:
    """What is new in the searches of the tables."""
    _write_events(page, SEARCH_HEADING, context.news.of_searches, most)


def _write_table_events(page: TextPage, context: RenderContext, most: int | None = None) -> None:
    """What happened to the tables themselves, and to none of their trials."""
    _write_events(page, "Edits of the table", context.news.of_tables, most)


def _write_events(page: TextPage, heading: str, events: Sequence[Event], most: int | None) -> None:
    if not events:
        return
    page.heading(heading)
    for event in events[:most]:
        page.line(table_event_text(event), indent=2, most=3 if most else 0)
    if most and len(events) > most:
        page.line(f"and {len(events) - most} more", "dim", indent=2)


def _write_attention(page: TextPage, report: Report, most: int | None = None) -> None:
    items = attention_items(report.problems)
    if not items:
        return
    page.heading("Needs your attention")
    for nct_id, message in items[:most]:
        page.line(f"{nct_id} {message}".strip(), "yellow", indent=2, most=2 if most else 0)
    if most and len(items) > most:
        page.line(f"and {len(items) - most} more", "dim", indent=2)


def _write_summary(page: TextPage, context: RenderContext) -> None:
    report = context.report
    page.heading("Summary")
    for table in report.tables:
        _write_table_summary(page, report, table)
    if report.since:
        numbers = news_in_numbers(report, context.news)
        page.line(f"{heading_of_time(report)}: {numbers}.", "bold", indent=2)
    page.line(health(report), indent=2)
    if not context.show_all:
        smaller = context.news.smaller_count
        what = f"{plural(smaller, 'smaller change')}. " if smaller else ""
        page.line(f"{what}Full report: enrich report{since_option(report)} --all", indent=2)
    for line in run_account(report):
        page.line(line, "dim", indent=2)


def _write_table_summary(page: TextPage, report: Report, table: ReportTable) -> None:
    page.line(sanitize(table.title, 300), "bold", indent=2, most=2)
    page.line(headline(table), indent=2)
    for sentence in search_sentences(report, table.name):
        page.line(f"{sentence} To screen them: enrich candidates", indent=2)
    for note in provenance(report.run, table, report.problems):
        page.line(note, "yellow", indent=2)


# --- everything

# What writes a long section stops now and then, so that its lines can leave the page.
_Steps = Iterator[None]


def _write_all(page: TextPage, context: RenderContext) -> _Steps:
    report = context.report
    for table in report.tables:
        page.line(sanitize(table.title, 300), "bold")
        if table.citation:
            page.line(sanitize(table.citation, 600), "dim")
    yield from _write_all_news(page, context)
    _write_search_events(page, context)
    _write_table_events(page, context)
    for table in report.tables:
        yield from _write_table(page, report, table)
    yield from _write_smaller(page, context)
    _write_attention(page, report)
    _write_summary(page, context)


def _write_all_news(page: TextPage, context: RenderContext) -> _Steps:
    if not context.news.trials:
        return
    page.heading(heading_of_time(context.report))
    for rank, trials in groupby(context.news.trials, key=lambda trial: trial.rank):
        page.line()
        page.line(HEADINGS[rank], "bold")
        for trial in trials:
            _write_trial(page, trial, links=True)
            yield


def _write_smaller(page: TextPage, context: RenderContext) -> _Steps:
    news = context.news
    if not news.smaller and not news.noise:
        return
    page.heading("Smaller changes")
    for trial in news.smaller:
        statements = "; ".join(statement_text(statement) for statement in trial.statements)
        page.line(f"{trial.nct_id} {statements}", "dim", indent=2)
        yield
    for event in context.events.noise:
        page.line(f"{sanitize(event.nct_id, 40)} {event.sentence} (noise)", "dim", indent=2)
        yield


def _write_table(page: TextPage, report: Report, table: ReportTable) -> _Steps:
    if len(report.tables) > 1:
        page.line()
        page.line(f"— {sanitize(table.title, 300)} —", "bold")
    for cause, differences in differences_by_cause(report, table).items():
        heading, explanation = CAUSES[cause]
        page.heading(f"{heading} ({len(differences)})")
        page.line(explanation, "dim", indent=2)
        for difference in differences:
            _write_difference(page, difference)
            yield
    yield from _write_unreadable(page, table)
    yield from _write_trials(page, table)
    yield from _write_unregistered(page, table)


def _write_difference(page: TextPage, difference: Difference) -> None:
    parts = (f"Row {difference.position}", difference.nct_id, difference.title)
    page.line(" · ".join(part for part in parts if part), "bold", indent=2)
    reading = f" (read as {difference.claim})" if difference.claim else ""
    printed = f"printed “{difference.printed}”{reading}"
    page.line(f"{difference.field}: {printed}, now {difference.now}", indent=4)
    suggested = [("suggested:", difference.suggestion)] if difference.suggestion else []
    pairs = [*suggested, ("why:", difference.why), ("versions:", difference.versions_url)]
    page.pairs(pairs, indent=6)


def _write_unreadable(page: TextPage, table: ReportTable) -> _Steps:
    number = table_summary(table).unreadable
    if number:
        page.heading(f"Cells that could not be read ({number})")
        yield from _write_pairs(page, lambda: map(_unreadable, unreadable_cells(table)))


def _unreadable(cell: tuple[ReportRow, Comparison]) -> tuple[str, str]:
    row, comparison = cell
    return (
        f"Row {row.row.position} · {label(comparison.field)}:",
        f"“{sanitize(comparison.cell, _CELL)}” ({sanitize(comparison.note or '', _CELL)})",
    )


def _write_pairs(page: TextPage, pairs: Callable[[], Iterable[tuple[str, str]]]) -> _Steps:
    """Labels with texts beside them, all under each other; *pairs* gives them anew."""
    widest = max((label_width(name) for name, _ in pairs()), default=0)
    left = iter(pairs())
    while some := [*islice(left, _PAIRS)]:
        page.pairs(some, least=widest)
        yield


def _write_trials(page: TextPage, table: ReportTable) -> _Steps:
    if not table_summary(table).entries:
        return
    page.heading("What ClinicalTrials.gov gives now")
    page.line(f"{_by_status(row for row in table.rows if row.nct_id)}.", indent=2)
    for row in table.rows:
        if row.nct_id:
            _write_facts(page, row)
            yield


def _write_facts(page: TextPage, row: ReportRow) -> None:
    page.line()
    parts = (f"Row {row.row.position}", nct(row), title(row), status(row))
    page.line(" · ".join(part for part in parts if part), "bold")
    page.pairs((f"{name}:", text) for name, text in facts(row))


def _by_status(rows: Iterable[ReportRow]) -> str:
    """How many trials have which status, the most frequent first."""
    counts = Counter(status(row) for row in rows).most_common()
    return "; ".join(f"{number:,} {words}" for words, number in counts)


def _write_unregistered(page: TextPage, table: ReportTable) -> _Steps:
    if table_summary(table).without:
        page.heading("No NCT number in this row")
        yield from _write_pairs(
            page,
            lambda: ((f"Row {row.row.position}:", describe(row)) for row in rows_without_id(table)),
        )
