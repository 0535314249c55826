"""The differences between a table and the registry, grouped by cause."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from enrich.changes.news_rules import is_new_difference, new_differences
from enrich.compare.display import cause_text, claim_text, registry_text
from enrich.compare.own_style import proposal
from enrich.models import Cause, Comparison, Report, ReportRow, ReportTable
from enrich.record.names import label
from enrich.record.urls import history_url, registry_url_or_none
from enrich.reports.content.summary import SETTLED, differing, nct, table_summary, title
from enrich.text import sanitize

_CELL = 90

# A heading and an explanation for each cause, the worst for the table first; dismissed ones last.
CAUSES: Mapping[str, tuple[str, str]] = {
    Cause.NEVER_AGREED: ("Wrong at publication", "Already different when the authors checked."),
    Cause.MOVED: ("Out of date", "Correct when the authors checked; the registry changed later."),
    Cause.UNKNOWN: ("Cause unknown", "No registry version from the day the authors checked."),
    SETTLED: ("Settled", "Known, and left as they are for the reason given."),
}


@dataclass(frozen=True)
class Difference:
    """A fact that a cell states and the registry does not confirm.

    *printed* is the cell, verbatim; *claim* is what it was read to say, where that needs saying;
    *suggestion* is the cell with the registry's value in the table's own style, None where the cell
    states other facts too.
    """

    position: int
    nct_id: str
    title: str
    field: str
    printed: str
    claim: str | None
    now: str
    why: str
    versions_url: str
    suggestion: str | None
    is_new: bool


class Differences(Iterable[Difference]):
    """The differences of *table* that have one cause.

    Their number is known before any is put into words: a report shows the first of thousands.
    """

    def __init__(self, report: Report, table: ReportTable, cause: str, number: int) -> None:
        self._report, self._table, self._cause, self._number = report, table, cause, number

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[Difference]:
        return (
            _difference(self._report, self._table, row, comparison)
            for row, comparison, cause in differing(self._table)
            if cause == self._cause
        )


def differences_by_cause(report: Report, table: ReportTable) -> Mapping[str, Differences]:
    """The differences of *table* under their causes; causes without a difference are left out."""
    number = table_summary(table).differences
    return {
        cause: Differences(report, table, cause, number[cause]) for cause in CAUSES if number[cause]
    }


def first_differences(
    report: Report, table: ReportTable, most: Mapping[str, int]
) -> Mapping[str, Sequence[Difference]]:
    """The first differences under each cause, as many as *most* has for it."""
    first: dict[str, list[Difference]] = {cause: [] for cause in most}
    number = table_summary(table).differences
    left = sum(min(most[cause], number[cause]) for cause in most)
    for row, comparison, cause in differing(table) if left else ():
        if len(first.get(cause, ())) < most.get(cause, 0):
            first[cause].append(_difference(report, table, row, comparison))
            left -= 1
        if not left:
            break
    return first


def _difference(
    report: Report, table: ReportTable, row: ReportRow, comparison: Comparison
) -> Difference:
    printed = sanitize(comparison.cell, _CELL)
    claim = sanitize(claim_text(comparison), _CELL)
    return Difference(
        row.row.position,
        nct(row),
        title(row),
        label(comparison.field),
        printed,
        None if claim.casefold() == printed.casefold() else claim,
        _registry_now(comparison),
        sanitize(cause_text(comparison), 600),
        registry_url_or_none(comparison.link) or history_url(row.trial_id or ""),
        _suggestion(table, row, comparison),
        is_new_difference(report, table, row, comparison),
    )


def _registry_now(comparison: Comparison) -> str:
    """What the registry gives, and the reason for which the difference is settled."""
    now = sanitize(registry_text(comparison), 2 * _CELL)
    reason = comparison.dismissed
    return f"{now} (settled: “{sanitize(reason, 2 * _CELL)}”)" if reason else now


def _suggestion(table: ReportTable, row: ReportRow, comparison: Comparison) -> str | None:
    """The registry's value in the style of the cell, where the cell states this fact alone."""
    proposed = None if comparison.dismissed else proposal(table, row, comparison)
    return None if proposed is None else sanitize(proposed, _CELL)


def new_cells(report: Report, table: ReportTable | None = None) -> int:
    """How many cells (of *table*) are newly out of date: they began to differ in this time, while
    nobody edited them.
    """
    numbers = report.once(_new_cells_by_table)
    return numbers[table.name] if table else sum(numbers.values())


def _new_cells_by_table(report: Report) -> Counter[str]:
    if not report.newly_out_of_date:
        return Counter()
    cells = {
        (table.name, row.row_id, comparison.column)
        for table, row, comparison in new_differences(report)
        if (row.row_id, comparison.column) in report.newly_out_of_date
    }
    return Counter(name for name, *_ in cells)
