"""Which fields a cell can claim, how it is read, and when it agrees with the registry: one line a rule."""

from collections.abc import Callable
from typing import Any, NamedTuple

from enrich.compare import cells as claims
from enrich.compare import vocabulary
from enrich.compare.cells import Age, Count, Read, letters, read_age
from enrich.dates import PartialDate
from enrich.models import Fact, Trial

# A claim's value, the registry's fact and the whole trial, for a rule that must look at a neighbouring fact.
# None: the two cannot be told to be the same or not.
Agrees = Callable[[Any, Any, Trial], bool | None]


def one_of(claim: tuple[str, ...], fact: str, trial: Trial) -> bool:
    """The registry's code is among those the printed label may stand for."""
    return fact in claim


def same_set(claim: tuple[str, ...], fact: tuple[str, ...], trial: Trial) -> bool:
    """The same phases, in any order."""
    return set(claim) == set(fact)


def same(claim: bool, fact: bool, trial: Trial) -> bool:
    return claim == fact


def same_number(claim: Count, fact: int, trial: Trial) -> bool:
    """The same count; a number printed as "about" leaves one in twenty to the rounding."""
    return abs(claim.number - fact) <= (fact / 20 if claim.about else 0)


def dates_meet(claim: PartialDate, fact: str, trial: Trial) -> bool:
    """The coarser side covers the finer: a month covers its days."""
    return claim.agrees(PartialDate(fact))


def at_this_age(claim: Age, fact: str, trial: Trial) -> bool | None:
    """Registry limits are inclusive; "older than 18" is printed for 18 and over, and may mean 19 and over."""
    limit = read_age(fact)
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


def same_title(claim: str, fact: str, trial: Trial) -> bool:
    """The short or the official title, by letters and digits."""
    titles = (fact, trial.text("brief_title"), trial.text("official_title"))
    return any(letters(claim) == letters(title) for title in titles if title)


_ORGANISATION = frozenset(
    (
        "university",
        "universitaet",
        "universität",
        "hospital",
        "hospitals",
        "medical",
        "center",
        "centre",
        "inc",
        "ltd",
        "gmbh",
        "llc",
        "co",
        "ag",
        "corporation",
        "corp",
        "company",
        "of",
        "the",
        "and",
        "de",
        "for",
        "institute",
        "md",
        "phd",
        "dr",
        "prof",
    )
)


def same_name(claim: str, fact: str, trial: Trial) -> bool | None:
    """The same name, or one that is part of the other; names that only overlap cannot be told from a rewording."""
    if letters(claim) == letters(fact):
        return True
    printed, registered = _name_words(claim), _name_words(fact)
    if printed and registered and (printed <= registered or registered <= printed):
        return True
    return None if printed & registered or not printed or not registered else False


def _name_words(text: str) -> frozenset[str]:
    return frozenset(vocabulary.plain(text).split()) - _ORGANISATION


def names_a_condition(claim: tuple[str, ...], fact: tuple[str, ...], trial: Trial) -> bool | None:
    """At least one printed condition is among the registry's conditions, keywords or MeSH terms, by words or listed synonyms.

    Where none is found, only a condition whose names the vocabulary lists may be said to differ.
    """
    registered = [
        vocabulary.condition_words(name)
        for name in (*fact, *_list(trial["keywords"]), *_list(trial["condition_mesh"]))
    ]
    if any(_is_among(vocabulary.condition_words(name), registered) for name in claim):
        return True
    return (
        False
        if all(vocabulary.synonyms(vocabulary.condition_words(name)) for name in claim)
        else None
    )


def unmatched_conditions(claim: tuple[str, ...], trial: Trial) -> tuple[str, ...]:
    """The printed conditions that the record names nowhere."""
    known = (
        *_list(trial["conditions"]),
        *_list(trial["keywords"]),
        *_list(trial["condition_mesh"]),
    )
    registered = [vocabulary.condition_words(name) for name in known]
    return tuple(
        name for name in claim if not _is_among(vocabulary.condition_words(name), registered)
    )


def _list(fact: Fact) -> tuple[str, ...]:
    return fact if isinstance(fact, tuple) else ()


def _is_among(printed: frozenset[str], registered: list[frozenset[str]]) -> bool:
    return any(
        _same_condition(name, words)
        for name in {printed, *vocabulary.synonyms(printed)}
        for words in registered
        if words
    )


def _same_condition(one: frozenset[str], other: frozenset[str]) -> bool:
    """One may be the coarser name of the other, but `non-small cell` is not `small cell`."""
    return ("non" in one) == ("non" in other) and (one <= other or other <= one)


class Rule(NamedTuple):
    """How a cell is read about a field, and when it agrees.

    *unprinted* is what a cell that names nothing agrees with; *alone* reads a cell of a column that says only this field,
    where *read* finds nothing; *also* names the further facts that *agrees* looks at.
    """

    read: Read
    agrees: Agrees
    unprinted: Fact = None
    alone: Read | None = None
    also: tuple[str, ...] = ()


_label = claims.labels

# fmt: off
RULES: dict[str, Rule] = {
    # field                     the cell is read as                             it agrees when              a cell that names none agrees with
    "study_type":               Rule(_label(vocabulary.STUDY_TYPE),             one_of),
    "phases":                   Rule(claims.phases,                             same_set,                   ("NA",)),
    "allocation":               Rule(_label(vocabulary.ALLOCATION),             one_of,                     "NA"),
    "intervention_model":       Rule(_label(vocabulary.INTERVENTION_MODEL),     one_of),
    "masking":                  Rule(claims.masking,                            one_of),
    "primary_purpose":          Rule(_label(vocabulary.PRIMARY_PURPOSE),        one_of),
    "enrollment":               Rule(claims.enrollment,                         same_number),
    "enrollment_type":          Rule(_label(vocabulary.DATE_TYPE),              one_of),
    "overall_status":           Rule(_label(vocabulary.OVERALL_STATUS),         one_of),
    "last_known_status":        Rule(_label(vocabulary.OVERALL_STATUS),         one_of),
    "start_date":               Rule(claims.dates,                              dates_meet),
    "primary_completion_date":  Rule(claims.dates,                              dates_meet),
    "completion_date":          Rule(claims.dates,                              dates_meet),
    "first_submitted":          Rule(claims.dates,                              dates_meet),
    "first_posted":             Rule(claims.dates,                              dates_meet),
    "results_first_submitted":  Rule(claims.dates,                              dates_meet),
    "results_first_posted":     Rule(claims.dates,                              dates_meet),
    "last_update_submitted":    Rule(claims.dates,                              dates_meet),
    "last_update_posted":       Rule(claims.dates,                              dates_meet),
    "minimum_age":              Rule(claims.minimum_age,                        at_this_age,                alone=claims.age_alone),
    "maximum_age":              Rule(claims.maximum_age,                        at_this_age,                alone=claims.age_alone),
    "sex":                      Rule(_label(vocabulary.SEX),                    one_of),
    "brief_title":              Rule(claims.title,                              same_title,                 also=("official_title",)),
    "official_title":           Rule(claims.title,                              same_title,                 also=("brief_title",)),
    "acronym":                  Rule(claims.name,                               same_name),
    "conditions":               Rule(claims.conditions,                         names_a_condition,          also=("keywords", "condition_mesh")),
    "lead_sponsor":             Rule(claims.name,                               same_name),
    "lead_sponsor_class":       Rule(_label(vocabulary.SPONSOR_CLASS),          one_of),
    "has_results":              Rule(claims.truth,                              same),
}
# fmt: on
