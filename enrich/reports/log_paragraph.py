"""What a living review writes into its log: one paragraph a table, ready to be pasted. It claims no check that was not made."""

from collections.abc import Sequence

from enrich.dates import long_day
from enrich.models import Answer, Report, ReportTable, RunOutcome, Verdict
from enrich.reports.events import Event, events_of_table, short_title
from enrich.reports.rendering import RenderContext
from enrich.reports.summary import shorten_list
from enrich.text import join_and, plural, sanitize

# More trials than these are counted, not told one by one.
_MOST = 12


def render(context: RenderContext) -> str:
    """A paragraph for each table of the report."""
    return "\n\n".join(paragraph(context, table) for table in context.report.tables) + "\n"


def paragraph(context: RenderContext, table: ReportTable) -> str:
    """When the trials of *table* were checked against which data, and what that changes."""
    report = context.report
    registered = list(dict.fromkeys(row.nct_id for row in table.rows if row.nct_id))
    checked = {row.nct_id for row in table.rows if row.checked and row.nct_id}
    if not registered:
        return f"{short_title(table)} names no registered trial."
    events = events_of_table(context.events.news, table)
    news = [event for event in events if event.table is None]  # of the registry alone
    return " ".join(
        (
            _checked(report, table, registered, checked)
            + _outcome(report, table, news, len(checked), len(registered)),
            *_absent(table),
        )
    ).strip()


def _checked(
    report: Report, table: ReportTable, registered: Sequence[str], checked: set[str]
) -> str:
    day = long_day(report.run.finished_at or report.run.started_at)
    data = f" (data of {long_day(report.run.data_timestamp)})" if report.run.data_timestamp else ""
    missed = [sanitize(nct_id, 20) for nct_id in registered if nct_id not in checked]
    all_of_them = (
        f"all {len(registered)} registered trials"
        if len(registered) > 1
        else "the one registered trial"
    )
    if not missed:
        return f"On {day} {all_of_them} of {short_title(table)} {'were' if len(registered) > 1 else 'was'} checked against ClinicalTrials.gov{data}"
    if not checked:
        which = (
            f"none of the {len(registered)} registered trials"
            if len(registered) > 1
            else "the one registered trial"
        )
        return f"On {day} {which} of {short_title(table)} could {'' if len(registered) > 1 else 'not '}be checked against ClinicalTrials.gov{_why_none(report)}"
    return (
        f"On {day} {len(checked)} of the {len(registered)} registered trials of {short_title(table)} {'was' if len(checked) == 1 else 'were'} checked against"
        f" ClinicalTrials.gov{data}; {len(missed)} could not be checked ({shorten_list(missed)})"
    )


def _why_none(report: Report) -> str:
    return {
        RunOutcome.OFFLINE: " (offline, from the copies at hand)",
        RunOutcome.UNREACHABLE: " (the registry could not be reached)",
    }.get(report.run.outcome, "")


def _outcome(
    report: Report, table: ReportTable, news: Sequence[Event], checked: int, registered: int
) -> str:
    since = f" since {long_day(report.since)}" if report.since and report.is_longer else ""
    if news:
        return f". {_what_changed(news, since)}"
    if not checked:
        return "; nothing is known of changes" + since + "."
    if report.since is None:
        return f" for the first time: {_standing(table)}."
    if checked < registered:
        return f". In those that were, no change that affects the table{since}."
    return f": no change that affects the table{since}."


def _standing(table: ReportTable) -> str:
    differing = sum(
        comparison.verdict == Verdict.DIFFERS
        for row in table.rows
        for comparison in row.comparisons
    )
    return (
        f"{plural(differing, 'statement')} of the table {'differs' if differing == 1 else 'differ'} from the registry"
        if differing
        else "nothing differs from the table"
    )


def _what_changed(news: Sequence[Event], since: str) -> str:
    by_trial: dict[str, list[str]] = {}
    for event in news:
        by_trial.setdefault(event.nct_id, []).append(event.sentence)
    shown = [
        f"{sanitize(nct_id, 20)} {'; '.join(sentences)}".removesuffix(".")
        for nct_id, sentences in list(by_trial.items())[:_MOST]
    ]
    left = len(by_trial) - len(shown)
    more = f" {plural(left, 'more trial')} changed, too." if left else ""
    return f"{plural(len(by_trial), 'trial')} changed in a way that affects the table{since}: {'. '.join(shown)}.{more}"


def _absent(table: ReportTable) -> list[str]:
    absent = list(
        dict.fromkeys(
            sanitize(row.nct_id or "", 20)
            for row in table.rows
            if row.checked and row.answer in (Answer.GONE, Answer.UNKNOWN)
        )
    )
    return [f"The registry has no record of {join_and(absent)}."] if absent else []
