"""Which fields a cell can claim, how it is read, and when it agrees with the registry:
one line a rule.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from enrich.compare import vocabulary
from enrich.compare.cells import ages, counts
from enrich.compare.cells import parsers as cells
from enrich.compare.cells.ages import Age, Limit, NoLimit, parse_registry_age
from enrich.compare.cells.counts import Count
from enrich.compare.cells.parsers import Parser
from enrich.compare.names.conditions import conditions_match
from enrich.compare.names.spelling import acronyms_match, titles_match
from enrich.compare.names.sponsors import sponsors_match
from enrich.compare.vocabulary import Codes
from enrich.dates import DateSpan, PartialDate
from enrich.models import Fact, Trial

# A claim's value, the registry's fact and the whole trial, for a rule that must look at a
# neighbouring fact. None: undecided.
Agrees = Callable[[Any, Any, Trial], bool | None]


def code_in(claim: Codes, fact: str, trial: Trial) -> bool | None:
    """The registry's code is among those the printed label may stand for."""
    if fact in claim.agree:
        return True
    return None if fact in claim.unsure or fact not in vocabulary.KNOWN_CODES else False


def sets_equal(claim: Codes, fact: tuple[str, ...], trial: Trial) -> bool | None:
    """The same phases, in any order."""
    if set(claim.agree) == set(fact):
        return True
    return False if set(fact) <= vocabulary.KNOWN_CODES else None


def equal(claim: bool, fact: bool, trial: Trial) -> bool:
    return claim == fact


def counts_match(claim: Count, fact: int, trial: Trial) -> bool | None:
    """The same count; a number printed as "about" leaves one in twenty to the rounding.

    Where the cell prints what was planned and what was enrolled, the number of the kind that the
    registry has is compared.
    """
    kinds = {"ESTIMATED": claim.planned, "ACTUAL": claim.enrolled}
    printed = claim.number
    if None not in kinds.values():
        numbers = (kinds.get(trial.text("enrollment_type") or ""),)
        printed = next((number for number in numbers if number is not None), claim.number)
    if abs(printed - fact) <= (fact / 20 if claim.approximate else 0):
        return True
    return None if claim.is_doubtful or (claim.is_upper_bound and fact < printed) else False


def dates_overlap(claim: PartialDate | DateSpan, fact: str, trial: Trial) -> bool:
    """The coarser side covers the finer: a month covers its days."""
    return claim.agrees(PartialDate(fact))


def age_limits_match(claim: Limit, fact: str, trial: Trial) -> bool | None:
    """Registry limits are inclusive; "older than 18" is printed for 18 and over,
    and may mean 19 and over.
    """
    limit = parse_registry_age(fact)
    if limit is None or isinstance(claim, NoLimit):
        return None if limit is None else False
    agrees = _same_age(claim, limit)
    return None if claim.is_doubtful and not agrees else agrees


def _same_age(claim: Age, limit: Age) -> bool:
    apart = abs(limit.months - claim.months)
    next_year = claim.strict and limit.unit == claim.unit and abs(limit.number - claim.number) == 1
    return apart <= _rounding(claim, limit) or next_year


def _rounding(claim: Age, limit: Age) -> float:
    """Weeks and months are compared to within one part in twenty; years and months exactly."""
    families = {frozenset(("year", "month"))}
    exact = claim.unit == limit.unit or frozenset((claim.unit, limit.unit)) in families
    return 1e-9 if exact else limit.months / 20


class Rule(NamedTuple):
    """How a cell is read about a field, and when it agrees.

    *default_when_absent* is what a cell that names nothing agrees with; *depends_on* names the
    further facts that *agrees* looks at.
    """

    read: Parser
    agrees: Agrees
    default_when_absent: Fact = None
    depends_on: tuple[str, ...] = ()


_labels, _date, _text, _bounded = (
    cells.label_parser,
    cells.date_parser,
    cells.text_parser,
    cells.bounded,
)

# fmt: off
RULES: dict[str, Rule] = {
    # field                     the cell is read as                        it agrees when         a cell that names none agrees with
    "study_type":               Rule(_labels("study_type"),                code_in),
    "phases":                   Rule(_labels("phases"),                    sets_equal,            ("NA",)),
    "allocation":               Rule(_labels("allocation"),                code_in,               "NA"),
    "intervention_model":       Rule(_labels("intervention_model"),        code_in),
    "masking":                  Rule(_labels("masking"),                   code_in),
    "primary_purpose":          Rule(_labels("primary_purpose"),           code_in),
    "enrollment":               Rule(_bounded(counts.parse_enrollment),    counts_match),
    "enrollment_type":          Rule(_bounded(cells.parse_enrollment_type),          code_in),
    "overall_status":           Rule(_labels("overall_status"),            code_in),
    "last_known_status":        Rule(_bounded(cells.parse_last_known_status),        code_in),
    "start_date":               Rule(_date("start_date"),                  dates_overlap),
    "primary_completion_date":  Rule(_date("primary_completion_date"),     dates_overlap),
    "completion_date":          Rule(_date("completion_date"),             dates_overlap),
    "first_submitted":          Rule(_date("first_submitted"),             dates_overlap),
    "first_posted":             Rule(_date("first_posted"),                dates_overlap),
    "results_first_submitted":  Rule(_date("results_first_submitted"),     dates_overlap),
    "results_first_posted":     Rule(_date("results_first_posted"),        dates_overlap),
    "last_update_submitted":    Rule(_date("last_update_submitted"),       dates_overlap),
    "last_update_posted":       Rule(_date("last_update_posted"),          dates_overlap),
    "minimum_age":              Rule(_bounded(ages.parse_minimum_age),     age_limits_match),
    "maximum_age":              Rule(_bounded(ages.parse_maximum_age),     age_limits_match),
    "sex":                      Rule(_labels("sex"),                       code_in),
    "brief_title":              Rule(_text(cells.parse_title),             titles_match,          depends_on=("official_title", "acronym")),
    "official_title":           Rule(_text(cells.parse_title),             titles_match,          depends_on=("brief_title", "acronym")),
    "acronym":                  Rule(_text(cells.parse_name),              acronyms_match),
    "conditions":               Rule(_text(cells.parse_conditions),        conditions_match,      depends_on=("keywords", "condition_mesh", "brief_title", "official_title")),
    "lead_sponsor":             Rule(_text(cells.parse_name),              sponsors_match,        depends_on=("lead_sponsor_class",)),
    "lead_sponsor_class":       Rule(_labels("lead_sponsor_class"),        code_in),
    "has_results":              Rule(_bounded(cells.parse_boolean),        equal),
}
# fmt: on
