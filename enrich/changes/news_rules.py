"""What counts as news: the news rules of each table, applied to the changes of a report.

What is no news stays in the ledger and in the reports.
"""

from collections.abc import Callable, Mapping

from enrich.dates import days_between
from enrich.models import (
    Change,
    Comparison,
    NewsRules,
    RecordedChange,
    Report,
    ReportRow,
    Significance,
    TableChangeKind,
)
from enrich.record.fields import STOPPED_STATUSES, primary_field


def is_news(change: Change, rules: NewsRules) -> bool:
    """Whether *change* is news by these rules. That a record was removed or merged always is."""
    if change.field == "record":
        return True
    passes = _THRESHOLDS.get(primary_field(change.field), _always)
    return (
        _has_significance(change, rules) and is_named(change.field, rules) and passes(change, rules)
    )


def is_named(field: str, rules: NewsRules) -> bool:
    """Whether the rules name *field*, or name no field; the name of a list includes its entries."""
    return (
        not rules.fields
        or field in rules.fields
        or field.partition(".")[0] in rules.fields
        or primary_field(field) in rules.fields
    )


def _has_significance(change: Change, rules: NewsRules) -> bool:
    default = (
        (Significance.MATERIAL, Significance.MINOR) if rules.fields else (Significance.MATERIAL,)
    )
    return change.kind in (rules.kinds or default)


# --- thresholds


def _always(change: Change, rules: NewsRules) -> bool:
    return True


def _leads_to_a_named_status(change: Change, rules: NewsRules) -> bool:
    if not rules.status:
        return True
    if change.field == "overall_status":
        return change.after in rules.status
    return change.field == "why_stopped" and bool(STOPPED_STATUSES & {*rules.status})


def _moved_by_enough_people(change: Change, rules: NewsRules) -> bool:
    """The number decides: that a planned number was enrolled as planned is no move."""
    if rules.enrollment_percent is None:
        return True
    if change.field != "enrollment":
        return False
    before, after = _number(change.before), _number(change.after)
    return (
        before is None
        or after is None
        or abs(after - before) * 100 > rules.enrollment_percent * before
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _moved_by_enough_days(change: Change, rules: NewsRules) -> bool:
    if rules.date_days is None:
        return True
    if change.field not in _THRESHOLDS:
        return False
    if change.before is None or change.after is None:
        return True
    days = days_between(change.before, change.after)
    return days is None or abs(days) > rules.date_days


_THRESHOLDS: Mapping[str, Callable[[Change, NewsRules], bool]] = {
    "overall_status": _leads_to_a_named_status,
    "enrollment": _moved_by_enough_people,
    "start_date": _moved_by_enough_days,
    "primary_completion_date": _moved_by_enough_days,
    "completion_date": _moved_by_enough_days,
}


# --- a whole report


def news_of(report: Report) -> tuple[RecordedChange, ...]:
    """The changes that are news for at least one of the tables that name their trial."""
    rules_by_trial = rules_of(report) if report.changes else {}
    return tuple(
        recorded
        for recorded in report.changes
        if any(is_news(recorded.change, rules) for rules in rules_by_trial.get(recorded.nct_id, ()))
    )


def rules_of(report: Report) -> Mapping[str, tuple[NewsRules, ...]]:
    """For each trial the rules of the tables that name it."""
    rules: dict[str, tuple[NewsRules, ...]] = {}
    for table in report.tables:
        for row in table.rows:
            if row.trial_id:
                rules[row.trial_id] = tuple(
                    dict.fromkeys((*rules.get(row.trial_id, ()), table.news_rules))
                )
    return rules


def new_differences(report: Report) -> tuple[tuple[ReportRow, Comparison], ...]:
    """The differences first seen in the time of the report that are news for their table.

    One that was dismissed is settled, until its fact or its cell moves.

    One that only follows from a change below a threshold is suppressed together with it. One that
    follows an edit of its cell is reported with the edit: the registry did nothing.
    """
    edited = {
        (change.row_id, change.column)
        for change in report.table_changes
        if change.kind == TableChangeKind.CELL_EDITED
    }
    new = {
        (row_id, comparison.nct_id, comparison.column, comparison.field)
        for row_id, comparison in report.new_comparisons
        if (row_id, comparison.column) not in edited
    }
    if not new:
        return ()
    suppressed = _fields(report.changes) - _fields(news_of(report))
    return tuple(
        (row, comparison)
        for table in report.tables
        if table.news_rules.differences
        for row in table.rows
        for comparison in row.comparisons
        if comparison.dismissed is None
        and (row.row_id, comparison.nct_id, comparison.column, comparison.field) in new
        and is_named(comparison.field, table.news_rules)
        and (row.trial_id, primary_field(comparison.field)) not in suppressed
    )


def _fields(changes: tuple[RecordedChange, ...]) -> set[tuple[str | None, str]]:
    return {(recorded.nct_id, primary_field(recorded.change.field)) for recorded in changes}
