"""What the cells of a published row say, against what the registry says:
a verdict and a sentence for each.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from enrich.compare.cells.ages import NoLimit
from enrich.compare.cells.labels import is_understood
from enrich.compare.cells.reading import Cell, Elsewhere, Reading, unreadable
from enrich.compare.cells.scan import VOCABULARIES
from enrich.compare.display import enrollment_text, fact_json, fact_text
from enrich.compare.names.conditions import unmatched_conditions
from enrich.compare.rules import RULES, Rule
from enrich.compare.vocabulary import Codes
from enrich.dates import PartialDate
from enrich.models import Claim, Column, Comparison, Fact, Row, Table, Trial, Unreadable, Verdict
from enrich.record.fields import FIELDS

_NO_RECORD = "there is no saved record of this trial"
_PARTIAL = "the saved copy does not have this field"
_SEVERAL = "the row names several trials, so its cells cannot be attributed to one of them"


def compare_row(table: Table, row: Row, trial: Trial | None, nct_id: str) -> list[Comparison]:
    """Everything that the cells of *row* claim about the trial printed as *nct_id*, in the order of
    the columns.

    *trial* is None where there is no saved record. A field that neither the cell nor the registry
    speaks of gives nothing.
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
    return [comparison for comparison in compared if comparison]


def compare_field(
    column: Column,
    name: str,
    cell: str,
    trial: Trial | None,
    nct_id: str | None = None,
    *,
    padded_dates: bool = False,
) -> Comparison | None:
    """What *cell* says about the field *name*, against the fact of *trial*,
    which the row prints as *nct_id*.
    """
    fact = trial[name] if trial else None
    readings = _read(
        cell, column.says, column.date_order, column.participants, padded_dates=padded_dates
    )
    reading = readings.of[name]
    found = _verdict(name, reading, fact, trial, readings.cell)
    if found is None:
        return None
    verdict, note = found
    claim = reading.text if isinstance(reading, Claim) else None
    return Comparison(column.name, name, cell, claim, fact_json(fact), verdict, nct_id, note=note)


class _Readings(NamedTuple):
    """What a cell says about each field of its column."""

    cell: Cell
    of: Mapping[str, Claim | Unreadable | None]


# Columns repeat themselves, and a row may be compared with many versions of one record.
@lru_cache(maxsize=4096)
def _read(
    text: str,
    says: tuple[str, ...],
    date_order: str | None,
    participants: str | None,
    *,
    padded_dates: bool,
) -> _Readings:
    cell = Cell(text, says, date_order, participants)
    if cell.is_blank:
        return _Readings(cell, dict.fromkeys(says))
    readings = {name: RULES[name].read(cell) for name in says}
    if not any(isinstance(reading, Claim | Elsewhere) for reading in readings.values()):
        silent = VOCABULARIES.keys() if len(says) > 1 and is_understood(cell) else ()
        readings = {
            name: reading or (None if name in silent else _not_known(cell, name))
            for name, reading in readings.items()
        }
    if padded_dates:
        readings = {name: _without_padding(reading) for name, reading in readings.items()}
    return _Readings(cell, _without_elsewhere(readings))


def _without_elsewhere(readings: Mapping[str, Reading]) -> Mapping[str, Claim | Unreadable | None]:
    return {
        name: None if isinstance(reading, Elsewhere) else reading
        for name, reading in readings.items()
    }


def _not_known(cell: Cell, name: str) -> Unreadable:
    return unreadable(cell, f"is not known here as {FIELDS[name].label.lower()}")


def _verdict(
    name: str,
    reading: Claim | Unreadable | None,
    fact: Fact,
    trial: Trial | None,
    cell: Cell,
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
    if reading is None:
        return _unprinted(fact, RULES[name], cell)
    return _against(name, reading, fact, trial, RULES[name])


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
    if trial.faults:
        unread = [trial.faults[known] for known in (name, *depends_on) if known in trial.faults]
        if unread:
            return f"the record cannot be read here: {unread[0]}"
    return None if trial.complete or fact is not None else _PARTIAL


def _against(
    name: str, reading: Claim, fact: Fact, trial: Trial, rule: Rule
) -> tuple[Verdict, str | None]:
    if fact is None:
        return Verdict.AGREES if _means_nothing(reading, rule) else Verdict.SILENT, None
    # What is printed as the registry has it is the same, whatever the rule: true of most cells.
    agrees = reading.text == fact or rule.agrees(reading.value, fact, trial)
    if agrees is None:
        note = f"cannot tell whether the two mean the same; registry: {fact_text(name, fact)}"
        return Verdict.UNREADABLE, note
    verdict = Verdict.AGREES if agrees else Verdict.DIFFERS
    return verdict, _note(name, reading, fact, trial, agrees=agrees)


def _means_nothing(reading: Claim, rule: Rule) -> bool:
    """Whether a claim is that there is nothing: no age limit, no phase."""
    value = reading.value
    return isinstance(value, NoLimit) or (
        isinstance(value, Codes)
        and rule.default_when_absent is not None
        and value.agree == rule.default_when_absent
    )


def _unprinted(fact: Fact, rule: Rule, cell: Cell) -> tuple[Verdict, str | None] | None:
    """A cell that does not speak of a field: for a phase that is as good as "not applicable".

    Only a cell of which each word is understood is known to say nothing: unread is not unprinted.
    """
    if fact is None:
        return None
    if fact == rule.default_when_absent and (cell.is_blank or is_understood(cell)):
        return Verdict.AGREES, "nothing printed, and the registry says: not applicable"
    return Verdict.ADDS, None


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
    """Said of a plan that nobody ever followed up:
    its number is all the registry will ever know.
    """
    last = trial.text("last_update_posted")
    stale = (
        trial.text("overall_status") == "UNKNOWN" and trial.text("enrollment_type") == "ESTIMATED"
    )
    return f", not updated since {last[:4]}" if last and stale else ""
