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
)
from enrich.record.fields import primary_field

_STOPPED = frozenset(("TERMINATED", "SUSPENDED", "WITHDRAWN"))


def is_news(change: Change, rules: NewsRules) -> bool:
    """Whether *change* is news by these rules. That a record was removed or merged always is."""
    if change.field == "record":
        return True
    return (
        _is_of_kind(change, rules)
        and is_among(change.field, rules)
        and _THRESHOLDS.get(primary_field(change.field), _always)(change, rules)
    )


def is_among(field: str, rules: NewsRules) -> bool:
    """Whether *field* is one that the rules name; a list's name stands for its members and their parts."""
    return (
        not rules.fields
        or field in rules.fields
        or field.partition(".")[0] in rules.fields
        or primary_field(field) in rules.fields
    )


def _is_of_kind(change: Change, rules: NewsRules) -> bool:
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
    return change.field == "why_stopped" and bool(_STOPPED & {*rules.status})


def _moved_far(change: Change, rules: NewsRules) -> bool:
    """The number decides: that a plan was reached as planned is no move."""
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


def _moved_long(change: Change, rules: NewsRules) -> bool:
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
    "enrollment": _moved_far,
    "start_date": _moved_long,
    "primary_completion_date": _moved_long,
    "completion_date": _moved_long,
}


# --- a whole report


def news_lines(report: Report) -> tuple[RecordedChange, ...]:
    """The changes that count for at least one of the tables that name their trial."""
    rules_by_trial = rules_of(report) if report.changes else {}
    return tuple(
        line
        for line in report.changes
        if any(is_news(line.change, rules) for rules in rules_by_trial.get(line.nct_id, ()))
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
    """The differences first seen in the time of the report that count for their table.

    One that only follows a change below a threshold is as little news as the change.
    """
    new = {(row_id, one.nct_id, one.column, one.field) for row_id, one in report.new_comparisons}
    if not new:
        return ()
    changed = {(line.nct_id, primary_field(line.change.field)) for line in report.changes}
    told = {(line.nct_id, primary_field(line.change.field)) for line in news_lines(report)}
    return tuple(
        (row, one)
        for table in report.tables
        if table.news_rules.differences
        for row in table.rows
        for one in row.comparisons
        if (row.row_id, one.nct_id, one.column, one.field) in new
        and is_among(one.field, table.news_rules)
        and (
            (row.trial_id, primary_field(one.field)) in told
            or (row.trial_id, primary_field(one.field)) not in changed
        )
    )
