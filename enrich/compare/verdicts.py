"""What the cells of a published row say, against what the registry says: a verdict and a sentence for each."""

from functools import lru_cache

from enrich.compare.cells import Reading, says_nothing
from enrich.compare.conditions import unmatched_conditions
from enrich.compare.display import enrollment_text, fact_json, fact_text
from enrich.compare.rules import RULES, Rule
from enrich.dates import PartialDate
from enrich.models import Claim, Column, Comparison, Fact, Row, Table, Trial, Unreadable, Verdict
from enrich.record.fields import FIELDS

_NO_RECORD = "no record of this trial is at hand"
_PARTIAL = "the copy at hand does not hold this field"
_SEVERAL = "this row names several trials; a cell cannot be told to speak of one of them"


def compare_row(table: Table, row: Row, trial: Trial | None, nct_id: str) -> list[Comparison]:
    """Everything that the cells of *row* claim about the trial printed as *nct_id*, in the order of the columns.

    *trial* is None where no record is at hand. A field that neither the cell nor the registry speaks of gives nothing.
    """
    if len(row.nct_ids) > 1:
        return [
            _not_attributable(column, name, row, nct_id)
            for column in table.columns
            for name in column.says
        ]
    compared = (
        compare_field(
            column, name, row.cells[column.name], trial, nct_id, padded_dates=table.padded_dates
        )
        for column in table.columns
        for name in column.says
    )
    return [one for one in compared if one]


def compare_field(
    column: Column,
    name: str,
    cell: str,
    trial: Trial | None,
    nct_id: str | None = None,
    *,
    padded_dates: bool = False,
) -> Comparison | None:
    """What *cell* says about the field *name*, against the fact of *trial*, which the row prints as *nct_id*."""
    fact = trial[name] if trial else None
    reading = _read(name, cell, says_others=len(column.says) > 1, padded_dates=padded_dates)
    found = _verdict(name, reading, fact, trial)
    if found is None:
        return None
    verdict, note = found
    claim = reading.text if isinstance(reading, Claim) else None
    return Comparison(column.name, name, cell, claim, fact_json(fact), verdict, nct_id, note=note)


def _verdict(
    name: str, reading: Reading, fact: Fact, trial: Trial | None
) -> tuple[Verdict, str | None] | None:
    """A verdict and its note; None where neither side says anything."""
    if isinstance(reading, Unreadable):
        return Verdict.UNREADABLE, reading.reason
    why_not = _why_not_checked(
        name, fact, trial, RULES[name].depends_on if reading and fact is not None else ()
    )
    if why_not:
        return Verdict.NOT_CHECKED, why_not
    assert trial is not None
    return _against(name, reading, fact, trial, RULES[name])


@lru_cache(
    maxsize=4096
)  # columns repeat themselves, and a row may be compared with many versions of one record
def _read(name: str, cell: str, *, says_others: bool, padded_dates: bool) -> Reading:
    if says_nothing(cell):
        return None
    rule = RULES[name]
    reading = rule.read(cell)
    if reading is None and not says_others:
        alone = rule.whole_cell_parser(cell) if rule.whole_cell_parser else None
        reading = alone or Unreadable(
            f"{cell.strip()!r} is not known here as {FIELDS[name].label.lower()}"
        )
    return _without_padding(reading) if padded_dates else reading


def _without_padding(reading: Reading) -> Reading:
    """In a table that prints months as their first day, that day is not part of the claim."""
    if isinstance(reading, Claim) and isinstance(reading.value, PartialDate):
        month = reading.value.as_month()
        return Claim(month, month.iso)
    return reading


def _why_not_checked(
    name: str, fact: Fact, trial: Trial | None, depends_on: tuple[str, ...]
) -> str | None:
    if trial is None:
        return _NO_RECORD
    unread = next((trial.faults[one] for one in (name, *depends_on) if one in trial.faults), None)
    if unread:
        return f"the record cannot be read here: {unread}"
    return None if trial.complete or fact is not None else _PARTIAL


def _against(
    name: str, reading: Claim | None, fact: Fact, trial: Trial, rule: Rule
) -> tuple[Verdict, str | None] | None:
    if reading is None:
        return _unprinted(fact, rule)
    if fact is None:
        nothing_is_meant = (
            isinstance(reading.value, tuple) and reading.value == rule.default_when_absent
        )
        return Verdict.AGREES if nothing_is_meant else Verdict.SILENT, None
    agrees = rule.agrees(reading.value, fact, trial)
    if agrees is None:
        return (
            Verdict.UNREADABLE,
            f"these names cannot be told to mean the same or not; registry: {fact_text(name, fact)}",
        )
    return Verdict.AGREES if agrees else Verdict.DIFFERS, _note(
        name, reading, fact, trial, agrees=agrees
    )


def _unprinted(fact: Fact, rule: Rule) -> tuple[Verdict, str | None] | None:
    """A cell that does not speak of a field: for a phase that is as good as "not applicable"."""
    if fact == rule.default_when_absent and fact is not None:
        return Verdict.AGREES, "nothing printed, and the registry says: not applicable"
    return (Verdict.ADDS, None) if fact is not None else None


def _not_attributable(column: Column, name: str, row: Row, nct_id: str) -> Comparison:
    return Comparison(
        column.name,
        name,
        row.cells[column.name],
        None,
        None,
        Verdict.NOT_CHECKED,
        nct_id,
        note=_SEVERAL,
    )


def _note(name: str, reading: Claim, fact: Fact, trial: Trial, *, agrees: bool) -> str | None:
    if name == "enrollment":
        return None if agrees else f"registry: {enrollment_text(trial)}{_not_updated_since(trial)}"
    if name == "conditions" and agrees:
        unmatched = unmatched_conditions(reading.value, trial)
        return f"not named in the record: {'; '.join(unmatched)}" if unmatched else None
    return None if agrees else f"registry: {fact_text(name, fact)}"


def _not_updated_since(trial: Trial) -> str:
    """Said of a plan that nobody ever followed up: its number is all the registry will ever know."""
    last = trial.text("last_update_posted")
    stale = (
        trial.text("overall_status") == "UNKNOWN" and trial.text("enrollment_type") == "ESTIMATED"
    )
    return f", not updated since {last[:4]}" if last and stale else ""
