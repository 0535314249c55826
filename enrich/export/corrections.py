"""A sentence for each difference, fit for an erratum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from enrich.compare.display import claim_text, dismissal_text
from enrich.compare.own_style import proposal
from enrich.export.phrases import (
    bare_value,
    cited,
    clean,
    field_phrase,
    planned_or_enrolled,
    why_not_confirmed,
)
from enrich.models import Answer, Cause, Comparison, ReportRow, ReportTable, Verdict
from enrich.text import sanitize

if TYPE_CHECKING:
    from enrich.export.sheet import Sheet

_MERGED = "Records that were merged into another: the table may have been right"
_DOUBTFUL = "To be confirmed: based on a copy that is incomplete, old or of a removed record"
_UNKNOWN = "Cause unknown: no registry version from the day the authors checked"
_BY_CAUSE = {
    Cause.NEVER_AGREED: "Corrections: already different when the authors checked",
    Cause.MOVED: "Updates: correct when the authors checked; the registry changed later",
}
_SETTLED = "Settled: known, and left as printed for the reason given"
_HEADINGS = (*_BY_CAUSE.values(), _MERGED, _UNKNOWN, _DOUBTFUL, _SETTLED)
_QUOTED = 160  # characters of a printed cell
_NAMED = 80  # characters of a trial's name


def corrections(table: ReportTable) -> Mapping[str, tuple[str, ...]]:
    """A sentence for each difference under a heading for its cause; empty headings are left out."""
    grouped: dict[str, list[str]] = {heading: [] for heading in _HEADINGS}
    for row in table.rows:
        for comparison in row.comparisons:
            if comparison.verdict == Verdict.DIFFERS:
                grouped[_heading(row, comparison)].append(correction(table, row, comparison))
    return {heading: tuple(sentences) for heading, sentences in grouped.items() if sentences}


def _heading(row: ReportRow, comparison: Comparison) -> str:
    """Only a whole, confirmed record of the very trial shows what it read then."""
    if comparison.dismissed:
        return _SETTLED
    if why_not_confirmed(row):
        return _DOUBTFUL
    if _is_merged(row):
        return _MERGED
    return _BY_CAUSE.get(comparison.cause, _UNKNOWN) if comparison.cause else _UNKNOWN


def _is_merged(row: ReportRow) -> bool:
    return row.answer == Answer.MERGED or row.trial_id != row.nct_id


def correction(table: ReportTable, row: ReportRow, comparison: Comparison) -> str:
    """One difference as a sentence.

    `Row 4, NCT00962923 (Cells for MS): number of participants printed “14”; ClinicalTrials.gov
    NCT00962923 (last update 2009-08-20) gives 20, planned. In the table: “20”.`
    """
    doubt = why_not_confirmed(row)
    stays = doubt or comparison.dismissed
    proposed = None if stays else proposal(table, row, comparison)
    sentence = (
        f"Row {row.row.position}, {_trial(row)}: {field_phrase(comparison.field)}"
        f" {_printed(comparison)}; {cited(row)} gives {_given(row, comparison)}."
    )
    ends = [
        f"In the table: “{sanitize(proposed, _QUOTED)}”." if proposed else "",
        dismissal_text(comparison),
        f"To be confirmed: {doubt}." if doubt else "",
    ]
    return " ".join(part for part in (sentence, *ends) if part)


def _trial(row: ReportRow) -> str:
    """`NCT00962923 (Cells for MS)`: the id as printed, and what the trial is called."""
    trial = row.trial
    name = (trial.text("acronym") or trial.text("brief_title")) if trial else None
    return f"{row.nct_id} ({clean(name, _NAMED)})" if name else str(row.nct_id)


def _printed(comparison: Comparison) -> str:
    """The paper's own words, and what they were read to say where that is less than all of them."""
    quoted = f"printed “{sanitize(comparison.cell, _QUOTED)}”"
    claim = sanitize(claim_text(comparison), _QUOTED)
    is_said = claim.casefold() in comparison.cell.casefold()
    return quoted if is_said else f"{quoted} (read as {claim})"


def _given(row: ReportRow, comparison: Comparison) -> str:
    is_moved = _heading(row, comparison) == _BY_CAUSE[Cause.MOVED]
    parts = [
        bare_value(comparison, row.trial),
        planned_or_enrolled(comparison, row.trial),
        f"since {comparison.moved_on}" if is_moved and comparison.moved_on else None,
    ]
    return ", ".join(part for part in parts if part)


def render(sheet: Sheet) -> str:
    """The corrections of the table of *sheet*, a paragraph each."""
    paragraphs = [sheet.title, *([sheet.citation] if sheet.citation else [])]
    for heading, sentences in sheet.corrections.items():
        paragraphs += [heading, *sentences]
    if not sheet.corrections:
        paragraphs.append("Nothing that could be checked differs from the registry.")
    return "\n\n".join(paragraphs) + "\n"
