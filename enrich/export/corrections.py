"""A sentence for each difference, fit for an erratum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from enrich.compare.display import claim_text
from enrich.export.phrases import (
    bare_value,
    cited,
    field_phrase,
    planned_or_enrolled,
    why_not_confirmed,
)
from enrich.models import Cause, Comparison, ReportRow, ReportTable, Verdict
from enrich.text import sanitize

if TYPE_CHECKING:
    from enrich.export.sheet import Sheet

_HEADINGS = {
    Cause.NEVER_AGREED: "Corrections: the record already read so when the table was made",
    Cause.MOVED: "Updates: they agreed when the table was made, and the registry has moved since",
    "": "Differences of which it is not known whether the table was wrong or the registry moved",
}


def corrections(table: ReportTable) -> Mapping[str, tuple[str, ...]]:
    """A sentence for each difference under a heading for its cause; empty headings are left out."""
    grouped: dict[str, list[str]] = {heading: [] for heading in _HEADINGS.values()}
    for row in table.rows:
        for comparison in row.comparisons:
            if comparison.verdict == Verdict.DIFFERS:
                heading = _HEADINGS.get(comparison.cause or "", _HEADINGS[""])
                grouped[heading].append(correction(row, comparison))
    return {heading: tuple(sentences) for heading, sentences in grouped.items() if sentences}


def correction(row: ReportRow, comparison: Comparison) -> str:
    """One difference as a sentence.

    `In row 4, the number of participants is printed as 14; ClinicalTrials.gov NCT00962923 (last
    update 2009-08-20) gives 20, planned.`
    """
    parts = [
        bare_value(comparison, row.trial),
        planned_or_enrolled(comparison, row.trial),
        f"since {comparison.moved_on}"
        if comparison.cause == Cause.MOVED and comparison.moved_on
        else None,
    ]
    given = ", ".join(part for part in parts if part)
    doubt = why_not_confirmed(row)
    sentence = (
        f"In row {row.row.position}, the {field_phrase(comparison.field)} is printed as"
        f" {sanitize(claim_text(comparison))}; {cited(row)} gives {given}."
    )
    return f"{sentence} To be confirmed: {doubt}." if doubt else sentence


def render(sheet: Sheet) -> str:
    """The corrections of the table of *sheet*, a paragraph each."""
    paragraphs = [sheet.title, *([sheet.citation] if sheet.citation else [])]
    for heading, sentences in sheet.corrections.items():
        paragraphs += [heading, *sentences]
    if not sheet.corrections:
        paragraphs.append("Nothing that could be checked differs from the registry.")
    return "\n\n".join(paragraphs) + "\n"
