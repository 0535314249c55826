"""What counts as news: each table's rules of interest, applied to what a report holds. The rest stays in the ledger and in the reports."""

from collections.abc import Callable, Mapping

from enrich.dates import days_between
from enrich.models import Change, Comparison, Interest, LedgerLine, Report, ReportRow, Significance
from enrich.record.fields import main_field

_STOPPED = frozenset(("TERMINATED", "SUSPENDED", "WITHDRAWN"))


def counts(change: Change, interest: Interest) -> bool:
    """Whether *change* is news by these rules. That a record was removed or merged always is."""
    if change.field == "record":
        return True
    return (
        _is_of_kind(change, interest)
        and is_among(change.field, interest)
        and _THRESHOLDS.get(main_field(change.field), _always)(change, interest)
    )


def is_among(field: str, interest: Interest) -> bool:
    """Whether *field* is one that the rules name; a list's name stands for its members and their parts."""
    return (
        not interest.fields
        or field in interest.fields
        or field.partition(".")[0] in interest.fields
        or main_field(field) in interest.fields
    )


def _is_of_kind(change: Change, interest: Interest) -> bool:
    default = (
        (Significance.MATERIAL, Significance.MINOR) if interest.fields else (Significance.MATERIAL,)
    )
    return change.kind in (interest.kinds or default)


# --- thresholds


def _always(change: Change, interest: Interest) -> bool:
    return True


def _leads_to_a_named_status(change: Change, interest: Interest) -> bool:
    if not interest.status:
        return True
    if change.field == "overall_status":
        return change.after in interest.status
    return change.field == "why_stopped" and bool(_STOPPED & {*interest.status})


def _moved_far(change: Change, interest: Interest) -> bool:
    """The number decides: that a plan was reached as planned is no move."""
    if interest.enrollment_percent is None:
        return True
    if change.field != "enrollment":
        return False
    before, after = _number(change.before), _number(change.after)
    return (
        before is None
        or after is None
        or abs(after - before) * 100 > interest.enrollment_percent * before
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _moved_long(change: Change, interest: Interest) -> bool:
    if interest.date_days is None:
        return True
    if change.field not in _THRESHOLDS:
        return False
    if change.before is None or change.after is None:
        return True
    days = days_between(change.before, change.after)
    return days is None or abs(days) > interest.date_days


_THRESHOLDS: Mapping[str, Callable[[Change, Interest], bool]] = {
    "overall_status": _leads_to_a_named_status,
    "enrollment": _moved_far,
    "start_date": _moved_long,
    "primary_completion_date": _moved_long,
    "completion_date": _moved_long,
}


# --- a whole report


def news_lines(report: Report) -> tuple[LedgerLine, ...]:
    """The changes that count for at least one of the tables that name their trial."""
    rules = rules_of(report) if report.changes else {}
    return tuple(
        line
        for line in report.changes
        if any(counts(line.change, interest) for interest in rules.get(line.nct_id, ()))
    )


def rules_of(report: Report) -> Mapping[str, tuple[Interest, ...]]:
    """For each trial the rules of the tables that name it."""
    rules: dict[str, tuple[Interest, ...]] = {}
    for table in report.tables:
        for row in table.rows:
            if row.trial_id:
                rules[row.trial_id] = tuple(
                    dict.fromkeys((*rules.get(row.trial_id, ()), table.interest))
                )
    return rules


def new_differences(report: Report) -> tuple[tuple[ReportRow, Comparison], ...]:
    """The differences first seen in the time of the report that count for their table.

    One that only follows a change below a threshold is as little news as the change.
    """
    new = {(row_id, one.nct_id, one.column, one.field) for row_id, one in report.new_comparisons}
    if not new:
        return ()
    changed = {(line.nct_id, main_field(line.change.field)) for line in report.changes}
    told = {(line.nct_id, main_field(line.change.field)) for line in news_lines(report)}
    return tuple(
        (row, one)
        for table in report.tables
        if table.interest.differences
        for row in table.rows
        for one in row.comparisons
        if (row.row_id, one.nct_id, one.column, one.field) in new
        and is_among(one.field, table.interest)
        and (
            (row.trial_id, main_field(one.field)) in told
            or (row.trial_id, main_field(one.field)) not in changed
        )
    )
