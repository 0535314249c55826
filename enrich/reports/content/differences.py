"""The differences between a table and the registry, grouped by cause."""

from collections.abc import Mapping
from dataclasses import dataclass

from enrich.changes.news_rules import new_differences
from enrich.compare.display import cause_text, claim_text, registry_text
from enrich.compare.own_style import proposal
from enrich.models import Cause, Comparison, Report, ReportRow, ReportTable, Verdict
from enrich.record.names import label
from enrich.record.urls import history_url, registry_url_or_none
from enrich.reports.content.summary import nct, title
from enrich.text import sanitize

_CELL = 90

# A heading and an explanation for each cause, the worst for the table first; dismissed ones last.
SETTLED = "settled"
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


def differences_by_cause(report: Report, table: ReportTable) -> Mapping[str, list[Difference]]:
    """The differences of *table* under their causes; causes without a difference are left out."""
    new = {
        (row.row_id, comparison.nct_id, comparison.column, comparison.field)
        for row, comparison in new_differences(report)
    }
    grouped: dict[str, list[Difference]] = {cause: [] for cause in CAUSES}
    for row in table.rows:
        for comparison in row.comparisons:
            if comparison.verdict == Verdict.DIFFERS:
                key = (row.row_id, comparison.nct_id, comparison.column, comparison.field)
                difference = _difference(table, row, comparison, is_new=key in new)
                cause = SETTLED if comparison.dismissed else comparison.cause
                grouped[cause or Cause.UNKNOWN].append(difference)
    return {cause: differences for cause, differences in grouped.items() if differences}


def _difference(
    table: ReportTable, row: ReportRow, comparison: Comparison, *, is_new: bool
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
        is_new,
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
    row_ids = None if table is None else {row.row_id for row in table.rows}
    cells = {(row.row_id, comparison.column) for row, comparison in new_differences(report)}
    return sum(row_ids is None or cell[0] in row_ids for cell in cells & report.newly_out_of_date)
