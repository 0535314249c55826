"""How much a change matters to a reader of the table: one line a rule, and the first that fits
counts.

This is the one place that says what counts as material. Whatever means the same as before is noise
(`equivalence`). What a run holds back for a person to look at does not follow from significance,
but from the mark HOLDS_BACK on a rule.
"""

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, NamedTuple

from enrich.changes.equivalence import means_the_same
from enrich.models import Change, Significance, Study
from enrich.record.children import RESULT_TYPES, read_entry
from enrich.record.countries import canonical_country, countries_of, country_of
from enrich.record.names import OTHER_FIELDS, is_result, ledger_name

MATERIAL, MINOR, NOISE = Significance
# The registry itself never changes such a fact: many changes of it for which no update was
# submitted are a fault of the registry (see `run.plausibility`).
HOLDS_BACK = True


class SignificanceRule(NamedTuple):
    """Changes of *field* are of this *significance*, because of *reason*.

    *field* is a name of FIELDS, of LISTS, of a column of LISTS (`arms.type`) or of OTHER_FIELDS, or
    a pattern with `*`. *holds_back*: many changes of it without a submission hold a run back.
    """

    field: str
    significance: Significance
    reason: str
    holds_back: bool = False


# fmt: off
RULES = (
    SignificanceRule("overall_status",                          MATERIAL, "whether the trial recruits, ended or was stopped is what readers ask first", HOLDS_BACK),
    SignificanceRule("why_stopped",                             MATERIAL, "the reason for an early end", HOLDS_BACK),
    SignificanceRule("phases",                                  MATERIAL, "design, as printed in tables", HOLDS_BACK),
    SignificanceRule("study_type",                              MATERIAL, "design, as printed in tables", HOLDS_BACK),
    SignificanceRule("allocation",                              MATERIAL, "design, as printed in tables", HOLDS_BACK),
    SignificanceRule("intervention_model",                      MATERIAL, "design, as printed in tables", HOLDS_BACK),
    SignificanceRule("masking",                                 MATERIAL, "design, as printed in tables", HOLDS_BACK),
    SignificanceRule("who_masked",                              MATERIAL, "design, as printed in tables"),
    SignificanceRule("primary_purpose",                         MATERIAL, "design", HOLDS_BACK),
    SignificanceRule("enrollment*",                             MATERIAL, "size of the trial, planned or reached", HOLDS_BACK),
    SignificanceRule("start_date*",                             MATERIAL, "whether and when it began", HOLDS_BACK),
    SignificanceRule("primary_completion_date*",                MATERIAL, "when results may be expected", HOLDS_BACK),
    SignificanceRule("completion_date*",                        MATERIAL, "when results may be expected", HOLDS_BACK),
    SignificanceRule("primary_outcomes",                        MATERIAL, "an outcome added or dropped changes what the trial can show", HOLDS_BACK),
    SignificanceRule("primary_outcomes.measure",                MATERIAL, "a reworded outcome may be another outcome", HOLDS_BACK),
    SignificanceRule("primary_outcomes.time_frame",             MATERIAL, "the time of measurement is part of the outcome", HOLDS_BACK),
    SignificanceRule("primary_outcomes.description",            MATERIAL, "how the outcome is measured is part of it"),
    SignificanceRule("minimum_age",                             MATERIAL, "who may take part", HOLDS_BACK),
    SignificanceRule("maximum_age",                             MATERIAL, "who may take part", HOLDS_BACK),
    SignificanceRule("sex",                                     MATERIAL, "who may take part", HOLDS_BACK),
    SignificanceRule("healthy_volunteers",                      MATERIAL, "who may take part", HOLDS_BACK),
    SignificanceRule("has_results",                             MATERIAL, "results are there to be read", HOLDS_BACK),
    SignificanceRule("results_first_*",                         MATERIAL, "results are there to be read", HOLDS_BACK),
    SignificanceRule("conditions",                              MATERIAL, "what is studied", HOLDS_BACK),
    SignificanceRule("interventions",                           MATERIAL, "what is given", HOLDS_BACK),
    SignificanceRule("interventions.name",                      MATERIAL, "what is given", HOLDS_BACK),
    SignificanceRule("interventions.type",                      MATERIAL, "what is given", HOLDS_BACK),
    SignificanceRule("interventions.description",               MATERIAL, "dose, form and course of what is given"),
    SignificanceRule("arms",                                    MATERIAL, "an arm added or dropped is design", HOLDS_BACK),
    SignificanceRule("arms.type",                               MATERIAL, "what the arm is compared as"),
    SignificanceRule("arms.interventions",                      MATERIAL, "what is given in the arm"),
    SignificanceRule("lead_sponsor",                            MATERIAL, "who answers for the trial", HOLDS_BACK),
    SignificanceRule("record",                                  MATERIAL, "the record itself was merged, removed or came back"),
    SignificanceRule("publications.is_retracted",               MATERIAL, "a publication was retracted"),
    SignificanceRule("publications.type",                       MATERIAL, "a publication is now said to report results, or no longer"),
    SignificanceRule("outcome_results",                         MATERIAL, "a posted result was added or withdrawn"),
    SignificanceRule("outcome_results.values",                  MATERIAL, "posted results were corrected"),
    SignificanceRule("outcome_results.analyses",                MATERIAL, "posted results were corrected"),
    SignificanceRule("outcome_results.numbers_analysed",        MATERIAL, "posted results were corrected"),
    SignificanceRule("outcome_results.unit",                    MATERIAL, "posted results were corrected"),
    SignificanceRule("outcome_results.measure_of",              MATERIAL, "posted results were corrected"),
    SignificanceRule("outcome_results.spread_of",               MATERIAL, "posted results were corrected"),
    SignificanceRule("outcome_results.population",              MATERIAL, "posted results are of other people"),
    SignificanceRule("outcome_results.time_frame",              MATERIAL, "the time of measurement is part of the result"),
    SignificanceRule("outcome_results.title",                   MATERIAL, "a reworded result may be another result"),
    SignificanceRule("baseline_results",                        MATERIAL, "posted results were corrected"),
    SignificanceRule("baseline_results.values",                 MATERIAL, "posted results were corrected"),
    SignificanceRule("baseline_results.numbers_analysed",       MATERIAL, "posted results were corrected"),
    SignificanceRule("flow_periods",                            MATERIAL, "who completed the trial was corrected"),
    SignificanceRule("flow_periods.*",                          MATERIAL, "who completed the trial was corrected"),
    SignificanceRule("event_groups.deaths",                     MATERIAL, "harms were corrected"),
    SignificanceRule("event_groups.people_with_serious_events", MATERIAL, "harms were corrected"),
    SignificanceRule("serious_events",                          MATERIAL, "harms were corrected"),
    SignificanceRule("serious_events.*",                        MATERIAL, "harms were corrected"),
    SignificanceRule("fda_notices",                             MATERIAL, "the FDA found a violation, or its correction"),
    SignificanceRule("fda_notices.*",                           MATERIAL, "the FDA found a violation, or its correction"),
    SignificanceRule("fdaaa_violation",                         MATERIAL, "the FDA found a violation, or its correction"),
    SignificanceRule("certificate_submitted",                   MATERIAL, "the results will be late"),
    SignificanceRule("certificate_posted",                      MATERIAL, "the results will be late"),
    SignificanceRule("first_posted_type",                       NOISE,    "whether a posting date is exact moves without anybody's doing"),
    SignificanceRule("certificate_posted_type",                 NOISE,    "whether a posting date is exact moves without anybody's doing"),
    SignificanceRule("results_posted_type",                     NOISE,    "whether a posting date is exact moves without anybody's doing"),
    SignificanceRule("last_update_posted_type",                 NOISE,    "whether a posting date is exact moves without anybody's doing"),
    SignificanceRule("locations.latitude",                      NOISE,    "map points are computed by the registry, and flap"),
    SignificanceRule("removed_countries",                       MINOR,    "countries that the sponsor took out"),
    SignificanceRule("derived.*",                               NOISE,    "the registry's own computation, redone without an update"),
    SignificanceRule("condition_mesh",                          NOISE,    "the registry's own computation, redone without an update"),
    SignificanceRule("*",                                       MINOR,    "contacts, wording, sites and administration"),
)
# fmt: on

_PATTERNS = tuple((ledger_name(rule.field), rule) for rule in RULES)


class RecordContext:
    """What the significance of a change depends on beyond its field: the two contents as a whole.

    Of several sites that open or close a country, the first one is asked about is the news.
    """

    def __init__(self, before: Study, after: Study) -> None:
        self.has_results_on_both_sides = all(
            study.get(OTHER_FIELDS["results"].path) for study in (before, after)
        )
        self._unreported = set(countries_of(before) ^ countries_of(after))

    def opens_or_closes(self, country: str | None) -> bool:
        """Whether a site in *country* is the first there, or was the last."""
        is_news = country in self._unreported
        self._unreported.discard(country or "")
        return is_news


def significance_of(
    field: str, before: Any, after: Any, context: RecordContext | None = None
) -> Significance:
    """How much a change of *field* (a name of the ledger) matters.

    *before* and *after* are values as the record has them. An entry of a list comes (*before* is
    None) or goes (*after* is None). Without a *context* no change opens or closes a country, and
    results are taken for posted before and after.
    """
    if means_the_same(field, before, after):
        return NOISE
    if context and is_result(field) and not context.has_results_on_both_sides:
        return MINOR  # they come or go with all results, which is a change of `has_results`
    if _is_special(field, before, after, context):
        return MATERIAL
    return _rule_for(field).significance


def _is_special(field: str, before: Any, after: Any, context: RecordContext | None) -> bool:
    """Whether a change is material that is minor by the rule for its field."""
    if field == "publications":
        return _reports_results(after or before)
    if field == "secondary_outcomes":
        return after is None
    if context and field == "locations":
        return context.opens_or_closes(country_of(after or before))
    if context and field == _COUNTRY:
        closes, opens = map(context.opens_or_closes, (_canonical(before), _canonical(after)))
        return closes or opens
    return False


@lru_cache(maxsize=1024)  # a change of many sites asks about one field a thousand times
def _rule_for(field: str) -> SignificanceRule:
    return next(rule for pattern, rule in _PATTERNS if fnmatchcase(field, pattern))


def _reports_results(publication: Any) -> bool:
    entry = read_entry("publications", publication)
    return entry["type"] in RESULT_TYPES or bool(entry["is_retracted"])


_COUNTRY = ledger_name("locations.country")


def _canonical(country: Any) -> str | None:
    return canonical_country(country) if isinstance(country, str) else None


def holds_back(change: Change) -> bool:
    """Whether many changes like this one, without a submission, are a fault of the registry."""
    return change.kind != NOISE and _rule_for(change.field).holds_back
