"""Registry values, records and doubts in the words of an exported table."""

from enrich.changes.personal_data import without_contact_details
from enrich.compare.display import fact_text, registry_text
from enrich.models import Answer, Comparison, Fact, ReportRow, Trial
from enrich.record.names import label
from enrich.text import sanitize

REGISTRY = "ClinicalTrials.gov"


def clean(text: str, longest: int | None = None) -> str:
    """Registry text on one line, without invisible characters, e-mail addresses and phone numbers;
    cut at *longest* characters.

    >>> clean("Write\\nto jane@clinic.example", 20)
    'Write to (contact d…'
    """
    # Cut last: half an address would not be known as one.
    return sanitize(without_contact_details(sanitize(text)), longest)


def why_not_confirmed(row: ReportRow) -> str | None:
    """Why the copy behind *row* may not replace what is printed; None if it may."""
    if row.trial is None:
        return "there is no saved record"
    if row.answer == Answer.GONE:
        return f"{REGISTRY} has removed the record"
    if not row.trial.complete:
        return f"the saved copy is incomplete ({sanitize(row.source or 'source not known', 160)})"
    return (
        f"the copy of {row.as_of} could not be confirmed since {row.stale_since}"
        if row.stale_since
        else None
    )


# --- values


def registry_value(comparison: Comparison, trial: Trial | None) -> str:
    """What the registry gives, as a table prints it: `20 (planned)`, `2025-12 (planned)`."""
    kind = planned_or_enrolled(comparison, trial)
    return f"{bare_value(comparison, trial)} ({kind})" if kind else bare_value(comparison, trial)


def bare_value(comparison: Comparison, trial: Trial | None) -> str:
    """The registry's value without a word on whether it is planned."""
    fact: Fact = trial[comparison.field] if trial else None
    return (
        clean(fact_text(comparison.field, fact))
        if fact is not None
        else clean(registry_text(comparison))
    )


def planned_or_enrolled(comparison: Comparison, trial: Trial | None) -> str | None:
    """Whether a number or a date is planned; None for a date that was reached."""
    kind = trial.text(f"{comparison.field}_type") if trial else None
    if kind == "ESTIMATED":
        return "planned"
    return "enrolled" if kind == "ACTUAL" and comparison.field == "enrollment" else None


# Labels that do not read well in the middle of a sentence.
_PHRASES = {
    "minimum_age": "lowest age",
    "maximum_age": "highest age",
    "start_date": "start date",
    "primary_completion_date": "primary completion date",
    "completion_date": "completion date",
    "has_results": "posting of results",
    "first_submitted": "date of registration",
    "first_posted": "date of first posting",
    "results_first_submitted": "date on which results were submitted",
    "results_first_posted": "date on which results were posted",
    "last_update_submitted": "date of the last submission",
    "last_update_posted": "date of the last update",
}


def field_phrase(field: str) -> str:
    """What a field is called in the middle of a sentence."""
    name = label(field)
    return _PHRASES.get(field, name[:1].lower() + name[1:])


# --- records


def cited(row: ReportRow) -> str:
    """`ClinicalTrials.gov NCT00962923 (last update 2009-08-20)`."""
    trial_id = row.trial.nct_id if row.trial else row.nct_id
    return f"{REGISTRY} {trial_id} ({last_update(row.trial)})"


def last_update(trial: Trial | None) -> str:
    """The version of a record: the date of its last update."""
    updated = (
        (trial.text("last_update_posted") or trial.text("last_update_submitted")) if trial else None
    )
    return f"last update {updated}" if updated else "date of last update not known"


_ABSENT = {Answer.GONE: "removed from the registry{}", Answer.UNKNOWN: "not known to the registry"}


def record_state(row: ReportRow) -> str:
    """The record behind a row: its id, its version, and how fresh the copy is."""
    if row.answer in _ABSENT or row.trial is None:
        noticed = f" (noticed on {row.gone_since})" if row.gone_since else ""
        absent = _ABSENT[row.answer].format(noticed) if row.answer in _ABSENT else None
        return f"{row.nct_id}: {absent or 'not checked, no saved copy'}"
    confirmed = why_not_confirmed(row) or f"confirmed on {row.as_of}"
    merged = f" (merged into {row.trial_id})" if row.answer == Answer.MERGED else ""
    return f"{row.nct_id}{merged}: {last_update(row.trial)}; {confirmed}"
