"""How much speaks for a column and a field: header, cells and records weighed.

A header that names the field is believed unless the cells speak against it. Without such a header
the cells must speak for the field: in words that mean nothing else, or by agreeing with the
records far more often than chance would have it.
"""

from typing import NamedTuple

from enrich.inference.evidence import TITLES, Evidence
from enrich.inference.guesses import Confidence
from enrich.inference.shape import CellShape
from enrich.tables.headers import Strength

AGES = ("minimum_age", "maximum_age")

# So unlikely must agreement by chance be to prove a column (1) whose header names the field,
# (2) whose header hints at it, (3) whose header says nothing. A table has some ten columns and two
# dozen fields, so that one pair in 250 agrees so well by chance alone.
_PROVEN, _SUPPORTED, _PROVEN_WITHOUT_HEADER = 0.01, 0.05, 0.003
# A column with so many cells compared, and none that agrees, says something else. A status moves
# on, so that all of them may differ, and hardly any other word is printed like one.
_REFUTED_AFTER, _STATUS_REFUTED_AFTER = 6, 12

# What changes in nearly every record from its registration to its end.
_MOVING = frozenset(
    ("overall_status", "enrollment", "completion_date", "primary_completion_date", "has_results")
)


class Case(NamedTuple):
    """What is known of one column and one field."""

    field: str
    strength: Strength
    evidence: Evidence
    shape: CellShape
    both_ages: bool  # the cells print the other limit of age


def confidence_of(case: Case) -> Confidence | None:
    """How much speaks for *case*; None where nothing does."""
    if case.strength is Strength.NAME:
        return _named(case)
    return _hinted(case) if case.strength is Strength.HINT else _without_header(case)


def _named(case: Case) -> Confidence | None:
    evidence = case.evidence
    if evidence.printed and not _has_shape(case):
        return Confidence.DOUBT if evidence.claims else None
    if is_refuted(case.field, evidence):
        return Confidence.DOUBT
    if case.field in AGES and case.shape.holds_measured_ages:
        return _if(is_supported(evidence))
    return Confidence.SURE if is_proven(evidence) else Confidence.LIKELY


def _hinted(case: Case) -> Confidence | None:
    evidence = case.evidence
    if not evidence.claims:
        return None
    if is_refuted(case.field, evidence) or not _fits_hint(case):
        return Confidence.DOUBT
    if is_supported(evidence) and _agrees_mostly(case.field, evidence):
        return Confidence.LIKELY
    return _if(_agrees_mostly(case.field, evidence) and _speaks(case))


def _without_header(case: Case) -> Confidence | None:
    evidence = case.evidence
    is_readable = evidence.readable >= 0.5 or (case.both_ages and evidence.claims)
    if not is_readable or is_refuted(case.field, evidence):
        return None
    agrees = evidence.agree >= 3 and evidence.agreement >= 0.6
    if agrees and evidence.p_value <= _PROVEN_WITHOUT_HEADER:
        return Confidence.LIKELY
    distinct = case.shape.counts_distinct(case.field)
    if distinct >= 0.6 * evidence.printed and _agrees_mostly(case.field, evidence):
        return Confidence.LIKELY
    return Confidence.DOUBT if is_supported(evidence) else None


def _if(is_likely: bool) -> Confidence:
    return Confidence.LIKELY if is_likely else Confidence.DOUBT


# --- what the cells show


def is_proven(evidence: Evidence) -> bool:
    """Whether chance cannot explain how many cells agree."""
    return evidence.agree >= 2 and evidence.p_value <= _PROVEN


def is_supported(evidence: Evidence) -> bool:
    """Whether chance hardly explains how many cells agree."""
    return evidence.agree >= 2 and evidence.p_value <= _SUPPORTED


def is_refuted(field: str, evidence: Evidence) -> bool:
    """Whether so many cells were compared, and none agrees, that something else is meant."""
    most = _STATUS_REFUTED_AFTER if field == "overall_status" else _REFUTED_AFTER
    return (
        evidence.compared >= most
        and not evidence.agree
        and evidence.resembling < evidence.compared / 2
    )


def _agrees_mostly(field: str, evidence: Evidence) -> bool:
    """Whether as many cells agree as can be expected years after a table was printed."""
    least = 0.3 if field in _MOVING else 0.5
    return evidence.compared < 3 or evidence.agreement >= least


def _has_shape(case: Case) -> bool:
    """Whether the cells look like what a column of that name has."""
    if case.field == "acronym":
        return case.shape.words <= 6
    if case.field in TITLES:
        return case.shape.words >= 4
    if case.field == "lead_sponsor":
        return not case.shape.holds_sponsor_classes
    if case.field in AGES and case.both_ages:  # many tables print only lower limits
        return True
    return case.evidence.readable >= 0.5


def _fits_hint(case: Case) -> bool:
    """Whether the cells look like the field where the header only hints at it."""
    if case.field == "acronym":
        return case.shape.holds_acronyms
    if case.field in TITLES:
        return case.shape.words >= 8
    return case.shape.counts_distinct(case.field) > 0 or case.evidence.readable >= 0.5


def _speaks(case: Case) -> bool:
    """Whether the cells speak of the field in words, or by their form."""
    if case.field in ("acronym", "brief_title"):  # their form was seen
        return not case.evidence.recorded or case.evidence.agree > 0
    return case.shape.counts_distinct(case.field) > 0
