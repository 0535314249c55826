"""The news as a mail: a subject line, at most 40 lines of text, and the same as HTML."""

from collections.abc import Sequence

from enrich.models import Report
from enrich.reports.content.account import histories_left, run_sum
from enrich.reports.content.headlines import subject
from enrich.reports.content.news import TrialNews
from enrich.reports.content.sentences import failure_sentence
from enrich.reports.content.summary import (
    attention_items,
    differing_cells,
    health,
    notes,
)
from enrich.reports.layout.text_blocks import (
    since_option,
    statement_text,
    table_event_text,
    trial_line,
    write_differences,
)
from enrich.reports.layout.text_page import TextPage
from enrich.reports.rendering import RenderContext
from enrich.text import plural

_WIDTH = 78
_MOST_ATTENTION = 4
_MOST_FAILURES = 3
_MOST_TABLES = 3
_MOST_NOTES = 2


def render(context: RenderContext) -> str:
    """The mail as text: what happened by trial, then what is left, and how the check went last."""
    page, tail = TextPage(_WIDTH), _tail(context)
    page.line(subject(context.report, context.news), most=2)
    room = context.most_lines - len(page.lines) - len(tail.lines) - 2
    block = page.new()
    # A first check has no news, but for what came while it could not be sent.
    if context.news.trials or context.report.since:
        _write_trials(block, context.news.trials, room)
    else:
        write_differences(block, context.report, room)
    page.add(block, blank_before=True)
    page.add(tail, blank_before=True)
    return page.text()


def _write_trials(page: TextPage, trials: Sequence[TrialNews], room: int) -> None:
    """As many trials in detail as there is room for; the others in a line, the last as a number."""
    for at, trial in enumerate(trials):
        left = len(trials) - at
        block = _in_detail(trial, page)
        if len(page.lines) + len(block.lines) + 1 + (left - 1) <= room:
            page.add(block, blank_before=True)
            continue
        line = _in_a_line(trial, page)
        # The last line says how many trials there was no room for.
        if len(page.lines) + len(line.lines) + (1 if left > 1 else 0) > room:
            page.line(f"and {plural(left, 'more trial')} with news")
            break
        page.add(line)


def _in_detail(trial: TrialNews, page: TextPage) -> TextPage:
    block = page.new()
    block.line(trial_line(trial), most=1)
    for statement in trial.statements:
        block.line(statement_text(statement), indent=2, most=2)
    block.line(trial.record_url, indent=2)
    return block


def _in_a_line(trial: TrialNews, page: TextPage) -> TextPage:
    block = page.new()
    more = len(trial.statements) - 1
    text = f"{trial.nct_id}{trial.in_rows} {trial.statements[0].text}"
    block.line(f"{text}{f'; {more} more' if more else ''}", most=1)
    return block


# --- what is left, and how the check went


def _tail(context: RenderContext) -> TextPage:
    """Failures, the tables, what needs attention, and the health of the check: 36 lines at most."""
    page, report = TextPage(_WIDTH), context.report
    for failure in report.lasting_failures[:_MOST_FAILURES]:
        page.line(failure_sentence(failure), most=2)
    events = (*context.news.of_searches, *context.news.of_tables)
    for event in events[:_MOST_TABLES]:
        page.line(table_event_text(event), most=3)
    if len(events) > _MOST_TABLES:
        page.line(f"and {len(events) - _MOST_TABLES} more about tables and searches", most=1)
    _write_attention(page, report)
    for table in report.tables[:_MOST_TABLES]:
        page.line(f"{differing_cells(table)}.", most=2)
    ends = (
        rest_line(context),
        health(report),
        run_sum(report.run),
        *histories_left(report),
    )
    for text in (*context.scope[:_MOST_TABLES], *notes(report)[:_MOST_NOTES], *ends):
        page.line(text, most=2)
    return page


def _write_attention(page: TextPage, report: Report) -> None:
    items = attention_items(report.problems)
    for nct_id, message in items[:_MOST_ATTENTION]:
        page.line(f"Needs your attention: {f'{nct_id} {message}'.strip()}", most=1)
    if len(items) > _MOST_ATTENTION:
        page.line(f"and {len(items) - _MOST_ATTENTION} more that need your attention")


def rest_line(context: RenderContext) -> str:
    """How many smaller changes there are, and the command that shows them."""
    number = context.news.smaller_count
    since = since_option(context.report)
    if not number:
        return f"Full report: enrich report{since} --all"
    return f"{plural(number, 'smaller change')}: enrich report{since} --all"
