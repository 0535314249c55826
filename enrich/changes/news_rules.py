"""What counts as news: the news rules of each table, applied to the changes of a report.

What is no news stays in the ledger and in the reports.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from enrich.dates import days_between
from enrich.models import (
    Change,
    Comparison,
    NewsRules,
    RecordedChange,
    Report,
    ReportRow,
    ReportTable,
    RowsOnDemand,
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


def rows_with_news(report: Report) -> Sequence[tuple[ReportTable, ReportRow]]:
    """The rows that the news of *report* may be about, with their tables: all rows of each trial
    that changed, differs anew or is new, and what the owners of the tables edited.

    Of a large table these are few, and the others need not be read again.
    """
    return report.once(_rows_with_news)


def _rows_with_news(report: Report) -> Sequence[tuple[ReportTable, ReportRow]]:
    is_first = report.since is None
    ids: set[str | None] = {line.nct_id for line in report.changes}
    ids |= {change.nct_id for change in report.table_changes}
    ids |= {news.nct_id for news in report.paper_news}
    ids |= {news.nct_id for news in report.site_news}
    ids |= {comparison.nct_id for _, comparison in report.new_comparisons if not is_first}
    named = {nct_id for nct_id in ids if nct_id}
    edited = {change.row_id for change in report.table_changes if change.row_id is not None}
    if is_first and not named and not edited:
        return ()
    return [
        (table, row)
        for table in report.tables
        for row in _rows_concerning(table, named, edited, with_new=not is_first)
        if row.nct_id in named
        or row.trial_id in named
        or row.row_id in edited
        or (row.new_since and not is_first)
    ]


def _rows_concerning(
    table: ReportTable, ids: set[str], row_ids: set[int], *, with_new: bool
) -> Iterable[ReportRow]:
    if isinstance(table.rows, RowsOnDemand):
        return table.rows.concerning(ids, row_ids, with_new=with_new)
    return table.rows


def news_of(report: Report) -> tuple[RecordedChange, ...]:
    """The changes that are news for at least one of the tables that name their trial."""
    return report.once(_news_of)


def _news_of(report: Report) -> tuple[RecordedChange, ...]:
    rules_by_trial = _rules_of(report) if report.changes else {}
    return tuple(
        recorded
        for recorded in report.changes
        if any(is_news(recorded.change, rules) for rules in rules_by_trial.get(recorded.nct_id, ()))
    )


def _rules_of(report: Report) -> Mapping[str, tuple[NewsRules, ...]]:
    """For each trial that changed the rules of the tables that name it."""
    rules: dict[str, tuple[NewsRules, ...]] = {}
    for table, row in rows_with_news(report):
        if row.trial_id:
            rules[row.trial_id] = tuple(
                dict.fromkeys((*rules.get(row.trial_id, ()), table.news_rules))
            )
    return rules


def new_differences(report: Report) -> Iterator[tuple[ReportTable, ReportRow, Comparison]]:
    """The differences first seen in the time of the report that are news for their table.

    One that was dismissed is settled, until its fact or its cell moves.

    One that only follows from a change below a threshold is suppressed together with it. One that
    follows an edit of its cell is reported with the edit: the registry did nothing.
    """
    if not report.once(_seen_first):
        return
    # In a first run everything is new.
    rows = rows_with_news(report) if report.since else _all_rows(report)
    for table, row in rows:
        for comparison in row.comparisons:
            if is_new_difference(report, table, row, comparison):
                yield table, row, comparison


def _all_rows(report: Report) -> Iterator[tuple[ReportTable, ReportRow]]:
    return ((table, row) for table in report.tables for row in table.rows)


def is_new_difference(
    report: Report, table: ReportTable, row: ReportRow, comparison: Comparison
) -> bool:
    """Whether *comparison* is one of `new_differences`."""
    return (
        (row.row_id, comparison.nct_id, comparison.column, comparison.field)
        in report.once(_seen_first)
        and table.news_rules.differences
        and comparison.dismissed is None
        and is_named(comparison.field, table.news_rules)
        and (row.trial_id, primary_field(comparison.field)) not in report.once(_suppressed)
    )


def _seen_first(report: Report) -> frozenset[tuple[int, str | None, str, str]]:
    """The differences first seen in this time, but for those in edited cells: row, id, column and
    field of each.
    """
    edited = {
        (change.row_id, change.column)
        for change in report.table_changes
        if change.kind == TableChangeKind.CELL_EDITED
    }
    return frozenset(
        (row_id, comparison.nct_id, comparison.column, comparison.field)
        for row_id, comparison in report.new_comparisons
        if (row_id, comparison.column) not in edited
    )


def _suppressed(report: Report) -> set[tuple[str | None, str]]:
    return _fields(report.changes) - _fields(news_of(report))


def _fields(changes: tuple[RecordedChange, ...]) -> set[tuple[str | None, str]]:
    return {(recorded.nct_id, primary_field(recorded.change.field)) for recorded in changes}
