"""Which fields a cell can claim, how it is read, and when it agrees with the registry: one line a rule."""

from collections.abc import Callable
from typing import Any, NamedTuple

from enrich.compare import cells, vocabulary
from enrich.compare.cells import Age, Count, Parser, parse_registry_age
from enrich.compare.conditions import conditions_match
from enrich.compare.names import acronyms_match, titles_match
from enrich.compare.sponsors import sponsors_match
from enrich.dates import PartialDate
from enrich.models import Fact, Trial

# A claim's value, the registry's fact and the whole trial, for a rule that must look at a neighbouring fact.
# None: the two cannot be told to be the same or not.
Agrees = Callable[[Any, Any, Trial], bool | None]


def code_in(claim: tuple[str, ...], fact: str, trial: Trial) -> bool:
    """The registry's code is among those the printed label may stand for."""
    return fact in claim


def sets_equal(claim: tuple[str, ...], fact: tuple[str, ...], trial: Trial) -> bool:
    """The same phases, in any order."""
    return set(claim) == set(fact)


def equal(claim: bool, fact: bool, trial: Trial) -> bool:
    return claim == fact


def counts_match(claim: Count, fact: int, trial: Trial) -> bool:
    """The same count; a number printed as "about" leaves one in twenty to the rounding."""
    return abs(claim.number - fact) <= (fact / 20 if claim.approximate else 0)


def dates_overlap(claim: PartialDate, fact: str, trial: Trial) -> bool:
    """The coarser side covers the finer: a month covers its days."""
    return claim.agrees(PartialDate(fact))


def age_limits_match(claim: Age, fact: str, trial: Trial) -> bool | None:
    """Registry limits are inclusive; "older than 18" is printed for 18 and over, and may mean 19 and over."""
    limit = parse_registry_age(fact)
    if limit is None:
        return None
    apart = abs(limit.months - claim.months)
    next_year = claim.strict and limit.unit == claim.unit and abs(limit.number - claim.number) == 1
    return apart <= _rounding(claim, limit) or next_year


def _rounding(claim: Age, limit: Age) -> float:
    """Weeks and months cannot be told apart more finely than one part in twenty; years and months can."""
    families = {frozenset(("year", "month"))}
    exact = claim.unit == limit.unit or frozenset((claim.unit, limit.unit)) in families
    return 1e-9 if exact else limit.months / 20


class Rule(NamedTuple):
    """How a cell is read about a field, and when it agrees.

    *default_when_absent* is what a cell that names nothing agrees with; *whole_cell_parser* reads a cell of a column that says only this field,
    where *read* finds nothing; *depends_on* names the further facts that *agrees* looks at.
    """

    read: Parser
    agrees: Agrees
    default_when_absent: Fact = None
    whole_cell_parser: Parser | None = None
    depends_on: tuple[str, ...] = ()


_label = cells.label_parser

# fmt: off
RULES: dict[str, Rule] = {
    # field                     the cell is read as                             it agrees when              a cell that names none agrees with
    "study_type":               Rule(_label(vocabulary.STUDY_TYPE),             code_in),
    "phases":                   Rule(cells.parse_phases,                             sets_equal,                   ("NA",)),
    "allocation":               Rule(_label(vocabulary.ALLOCATION),             code_in,                     "NA"),
    "intervention_model":       Rule(_label(vocabulary.INTERVENTION_MODEL),     code_in),
    "masking":                  Rule(cells.parse_masking,                            code_in),
    "primary_purpose":          Rule(_label(vocabulary.PRIMARY_PURPOSE),        code_in),
    "enrollment":               Rule(cells.parse_enrollment,                         counts_match),
    "enrollment_type":          Rule(_label(vocabulary.DATE_TYPE),              code_in),
    "overall_status":           Rule(_label(vocabulary.OVERALL_STATUS),         code_in),
    "last_known_status":        Rule(_label(vocabulary.OVERALL_STATUS),         code_in),
    "start_date":               Rule(cells.parse_date,                              dates_overlap),
    "primary_completion_date":  Rule(cells.parse_date,                              dates_overlap),
    "completion_date":          Rule(cells.parse_date,                              dates_overlap),
    "first_submitted":          Rule(cells.parse_date,                              dates_overlap),
    "first_posted":             Rule(cells.parse_date,                              dates_overlap),
    "results_first_submitted":  Rule(cells.parse_date,                              dates_overlap),
    "results_first_posted":     Rule(cells.parse_date,                              dates_overlap),
    "last_update_submitted":    Rule(cells.parse_date,                              dates_overlap),
    "last_update_posted":       Rule(cells.parse_date,                              dates_overlap),
    "minimum_age":              Rule(cells.parse_minimum_age,                        age_limits_match,                whole_cell_parser=cells.parse_bare_age),
    "maximum_age":              Rule(cells.parse_maximum_age,                        age_limits_match,                whole_cell_parser=cells.parse_bare_age),
    "sex":                      Rule(_label(vocabulary.SEX),                    code_in),
    "brief_title":              Rule(cells.parse_title,                              titles_match,                 depends_on=("official_title", "acronym")),
    "official_title":           Rule(cells.parse_title,                              titles_match,                 depends_on=("brief_title", "acronym")),
    "acronym":                  Rule(cells.parse_name,                               acronyms_match),
    "conditions":               Rule(cells.parse_conditions,                         conditions_match,             depends_on=("keywords", "condition_mesh", "brief_title", "official_title")),
    "lead_sponsor":             Rule(cells.parse_name,                               sponsors_match,               depends_on=("lead_sponsor_class",)),
    "lead_sponsor_class":       Rule(_label(vocabulary.SPONSOR_CLASS),          code_in),
    "has_results":              Rule(cells.parse_boolean,                              equal),
}
# fmt: on
