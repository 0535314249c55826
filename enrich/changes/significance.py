"""How much a change matters to a reader of the table: one line a rule, and the first that fits counts.

This is the one place that says what counts as material. What a run holds back for a person to look
at does not follow from it, but from the mark ONLY_SUBMITTED on a rule.
"""

from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from enrich.models import Change, Significance
from enrich.record.children import RESULT_TYPES, read_entry
from enrich.record.countries import canonical_country, country_of
from enrich.record.fields import primary_field
from enrich.record.names import ledger_name

MATERIAL, MINOR, NOISE = Significance
# Only the sponsor changes such a fact, by a submission: the registry never does so by itself.
ONLY_SUBMITTED = True


class SignificanceRule(NamedTuple):
    """Changes of *field* are of this *significance*, because of *reason*.

    *field* is a name of FIELDS, LISTS, a column of LISTS or OTHER_PATHS, or a pattern with `*`. Many
    changes of an *only_submitted* fact without a submission are a fault of the registry.
    """

    field: str
    significance: Significance
    reason: str
    only_submitted: bool = False


# fmt: off
RULES = (
    SignificanceRule("overall_status",              MATERIAL, "whether the trial recruits, ended or was stopped is what readers ask first", ONLY_SUBMITTED),
    SignificanceRule("why_stopped",                 MATERIAL, "the reason for an early end", ONLY_SUBMITTED),
    SignificanceRule("phases",                      MATERIAL, "design, as printed in tables", ONLY_SUBMITTED),
    SignificanceRule("study_type",                  MATERIAL, "design, as printed in tables", ONLY_SUBMITTED),
    SignificanceRule("allocation",                  MATERIAL, "design, as printed in tables", ONLY_SUBMITTED),
    SignificanceRule("intervention_model",          MATERIAL, "design, as printed in tables", ONLY_SUBMITTED),
    SignificanceRule("masking",                     MATERIAL, "design, as printed in tables", ONLY_SUBMITTED),
    SignificanceRule("primary_purpose",             MATERIAL, "design", ONLY_SUBMITTED),
    SignificanceRule("enrollment*",                 MATERIAL, "size of the trial, planned or reached", ONLY_SUBMITTED),
    SignificanceRule("start_date*",                 MATERIAL, "whether and when it began", ONLY_SUBMITTED),
    SignificanceRule("primary_completion_date*",    MATERIAL, "when results may be expected", ONLY_SUBMITTED),
    SignificanceRule("completion_date*",            MATERIAL, "when results may be expected", ONLY_SUBMITTED),
    SignificanceRule("primary_outcomes",            MATERIAL, "an outcome added or dropped changes what the trial can show", ONLY_SUBMITTED),
    SignificanceRule("primary_outcomes.measure",    MATERIAL, "a reworded outcome may be another outcome", ONLY_SUBMITTED),
    SignificanceRule("primary_outcomes.time_frame", MATERIAL, "the time of measurement is part of the outcome", ONLY_SUBMITTED),
    SignificanceRule("minimum_age",                 MATERIAL, "who may take part", ONLY_SUBMITTED),
    SignificanceRule("maximum_age",                 MATERIAL, "who may take part", ONLY_SUBMITTED),
    SignificanceRule("sex",                         MATERIAL, "who may take part", ONLY_SUBMITTED),
    SignificanceRule("healthy_volunteers",          MATERIAL, "who may take part", ONLY_SUBMITTED),
    SignificanceRule("has_results",                 MATERIAL, "results are there to be read", ONLY_SUBMITTED),
    SignificanceRule("results_first_*",             MATERIAL, "results are there to be read", ONLY_SUBMITTED),
    SignificanceRule("conditions",                  MATERIAL, "what is studied", ONLY_SUBMITTED),
    SignificanceRule("interventions",               MATERIAL, "what is given", ONLY_SUBMITTED),
    SignificanceRule("interventions.name",          MATERIAL, "what is given", ONLY_SUBMITTED),
    SignificanceRule("interventions.type",          MATERIAL, "what is given", ONLY_SUBMITTED),
    SignificanceRule("arms",                        MATERIAL, "an arm added or dropped is design", ONLY_SUBMITTED),
    SignificanceRule("lead_sponsor",                MATERIAL, "who answers for the trial", ONLY_SUBMITTED),
    SignificanceRule("record",                      MATERIAL, "the record itself was merged, removed or came back"),
    SignificanceRule("publications.is_retracted",   MATERIAL, "a publication was retracted"),
    SignificanceRule("publications.type",           MATERIAL, "a publication is now said to report results, or no longer"),
    SignificanceRule("first_posted_type",           NOISE,    "whether a posting date is exact moves without anybody's doing"),
    SignificanceRule("certificate_posted_type",     NOISE,    "whether a posting date is exact moves without anybody's doing"),
    SignificanceRule("results_posted_type",         NOISE,    "whether a posting date is exact moves without anybody's doing"),
    SignificanceRule("last_update_posted_type",     NOISE,    "whether a posting date is exact moves without anybody's doing"),
    SignificanceRule("locations.latitude",          NOISE,    "map points are computed by the registry, and flap"),
    SignificanceRule("removed_countries",           MINOR,    "countries that the sponsor took out"),
    SignificanceRule("derived.*",                   NOISE,    "the registry's own computation, redone without an update"),
    SignificanceRule("condition_mesh",              NOISE,    "the registry's own computation, redone without an update"),
    SignificanceRule("*",                           MINOR,    "contacts, wording, sites and administration"),
)
# fmt: on

_PATTERNS = tuple((ledger_name(rule.field), rule) for rule in RULES)


def significance_of(
    field: str, before: Any, after: Any, *, earlier_countries: set[str]
) -> Significance:
    """How much a change of *field* (a name of the ledger) matters.

    *before* and *after* are values as the record has them. An entry of a list comes (*before* is
    None) or goes (*after* is None). *earlier_countries*: those that had a site before.
    """
    if field == "publications" and _reports_results(after or before):
        return MATERIAL
    if field == "locations" and before is None and _is_in_new_country(after, earlier_countries):
        return MATERIAL
    return _rule_for(field).significance


def changes_only_by_submission(change: Change) -> bool:
    """Whether only a submission of the sponsor can have made this change."""
    return _rule_for(change.field).only_submitted


def _rule_for(field: str) -> SignificanceRule:
    return next(rule for pattern, rule in _PATTERNS if fnmatchcase(field, pattern))


def _reports_results(publication: Any) -> bool:
    entry = read_entry("publications", publication)
    return entry["type"] in RESULT_TYPES or bool(entry["is_retracted"])


def _is_in_new_country(site: Any, earlier: set[str]) -> bool:
    country = country_of(site)
    return country is not None and country not in earlier


_COUNTRY = ledger_name("locations.country")


def is_renamed_country(field: str, before: Any, after: Any) -> bool:
    """Whether the country of a site only got another name, which is no change."""
    return (
        field == _COUNTRY
        and isinstance(before, str)
        and isinstance(after, str)
        and canonical_country(before) == canonical_country(after)
    )


# --- the order of importance

# What readers ask first; the others follow in the order of the record.
_FIRST = (
    "record",
    "overall_status",
    "has_results",
    "publications",
    "primary_outcomes",
    "enrollment",
    "completion_date",
    "primary_completion_date",
    "start_date",
)
_ORDER = tuple(Significance)


def severity(change: Change) -> tuple[int, int]:
    """A key to sort changes by, the most important first."""
    main = primary_field(change.field).partition(".")[0]
    return (_ORDER.index(change.kind), _FIRST.index(main) if main in _FIRST else len(_FIRST))
