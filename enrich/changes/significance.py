"""How much a change matters to a reader of the table: one line a rule, the first that fits counts."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from enrich.models import Change, Significance
from enrich.record.fields import primary_field


class SignificanceRule(NamedTuple):
    """Changes of *field* (a name of fields.py, or a pattern) are of this *kind*, because of *reason*."""

    field: str
    kind: Significance
    reason: str


# fmt: off
RULES = (
    SignificanceRule("overall_status",                Significance.MATERIAL, "whether the trial recruits, ended or was stopped is what readers ask first"),
    SignificanceRule("why_stopped",                   Significance.MATERIAL, "the reason for an early end"),
    SignificanceRule("phases",                        Significance.MATERIAL, "design, as printed in tables"),
    SignificanceRule("study_type",                    Significance.MATERIAL, "design, as printed in tables"),
    SignificanceRule("allocation",                    Significance.MATERIAL, "design, as printed in tables"),
    SignificanceRule("intervention_model",            Significance.MATERIAL, "design, as printed in tables"),
    SignificanceRule("masking",                       Significance.MATERIAL, "design, as printed in tables"),
    SignificanceRule("primary_purpose",               Significance.MATERIAL, "design"),
    SignificanceRule("enrollment*",                   Significance.MATERIAL, "size of the trial, planned or reached"),
    SignificanceRule("start_date*",                   Significance.MATERIAL, "whether and when it began"),
    SignificanceRule("primary_completion_date*",      Significance.MATERIAL, "when results may be expected"),
    SignificanceRule("completion_date*",              Significance.MATERIAL, "when results may be expected"),
    SignificanceRule("primary_outcomes",              Significance.MATERIAL, "an outcome added or dropped changes what the trial can show"),
    SignificanceRule("primary_outcomes.measure",      Significance.MATERIAL, "a reworded outcome may be another outcome"),
    SignificanceRule("primary_outcomes.timeFrame",    Significance.MATERIAL, "the time of measurement is part of the outcome"),
    SignificanceRule("minimum_age",                   Significance.MATERIAL, "who may take part"),
    SignificanceRule("maximum_age",                   Significance.MATERIAL, "who may take part"),
    SignificanceRule("sex",                           Significance.MATERIAL, "who may take part"),
    SignificanceRule("healthy_volunteers",            Significance.MATERIAL, "who may take part"),
    SignificanceRule("has_results",                   Significance.MATERIAL, "results are there to be read"),
    SignificanceRule("results_first_*",               Significance.MATERIAL, "results are there to be read"),
    SignificanceRule("conditions",                    Significance.MATERIAL, "what is studied"),
    SignificanceRule("interventions",                 Significance.MATERIAL, "what is given"),
    SignificanceRule("interventions.name",            Significance.MATERIAL, "what is given"),
    SignificanceRule("interventions.type",            Significance.MATERIAL, "what is given"),
    SignificanceRule("arms",                          Significance.MATERIAL, "an arm added or dropped is design"),
    SignificanceRule("lead_sponsor",                  Significance.MATERIAL, "who answers for the trial"),
    SignificanceRule("record",                        Significance.MATERIAL, "the record itself was merged, removed or came back"),
    SignificanceRule("publications.retractions",      Significance.MATERIAL, "a publication was retracted"),
    SignificanceRule("publications.type",             Significance.MATERIAL, "a publication is now said to report results, or no longer"),
    SignificanceRule("*PostDateStruct.type",          Significance.NOISE,    "whether a posting date is exact moves without anybody's doing"),
    SignificanceRule("locations.geoPoint",            Significance.NOISE,    "map points are computed by the registry, and flap"),
    SignificanceRule("derivedSection.miscInfoModule.removedCountries", Significance.MINOR, "countries that the sponsor took out"),
    SignificanceRule("derivedSection.*",              Significance.NOISE,    "the registry's own computation, redone without an update"),
    SignificanceRule("condition_mesh",                Significance.NOISE,    "the registry's own computation, redone without an update"),
    SignificanceRule("*",                             Significance.MINOR,    "contacts, wording, sites and administration"),
)
# fmt: on

# Publications that may report results: named so by the sponsor, or found in PubMed by the registry under this trial's id.
_RESULT_TYPES = ("RESULT", "DERIVED")

# Country names that the registry changed by itself; the place stayed the same.
_RENAMED = (
    frozenset(("Korea, Republic of", "South Korea")),
    frozenset(("Turkey", "Turkey (Türkiye)", "Türkiye")),
    frozenset(("Russian Federation", "Russia")),
    frozenset(("Iran, Islamic Republic of", "Iran")),
    frozenset(("Viet Nam", "Vietnam")),
    frozenset(("Czech Republic", "Czechia")),
    frozenset(("Macedonia, The Former Yugoslav Republic of", "North Macedonia")),
    frozenset(("Moldova, Republic of", "Moldova")),
    frozenset(("Congo, The Democratic Republic of the", "Democratic Republic of the Congo")),
    frozenset(("Tanzania, United Republic of", "Tanzania")),
    frozenset(("Swaziland", "Eswatini")),
    frozenset(("Syrian Arab Republic", "Syria")),
    frozenset(("Lao People's Democratic Republic", "Laos")),
    frozenset(("Côte D'Ivoire", "Ivory Coast", "Côte d'Ivoire")),
    frozenset(
        (
            "Palestinian Territories, Occupied",
            "Palestinian Territory, occupied",
            "Palestinian Territories",
        )
    ),
)


def is_renaming(field: str, before: Any, after: Any) -> bool:
    """Whether a country only got another name, which is nothing."""
    return (
        field.endswith("country")
        and isinstance(before, str)
        and isinstance(after, str)
        and one_name(before) == one_name(after)
    )


def one_name(country: str) -> str:
    """The one of a country's names that stands for all of them."""
    return next((min(names) for names in _RENAMED if country in names), country)


def significance_of(
    field: str, before: Any, after: Any, *, known_countries: set[str]
) -> Significance:
    """The kind of a change of *field*; a member of a list comes (*before* is None) or goes (*after* is None)."""
    if field == "publications" and _reports_results(after or before):
        return Significance.MATERIAL
    if field == "locations" and before is None and _in_new_country(after, known_countries):
        return Significance.MATERIAL
    return next(rule.kind for rule in RULES if fnmatchcase(field, rule.field))


def _reports_results(publication: Any) -> bool:
    return isinstance(publication, Mapping) and (
        publication.get("type") in _RESULT_TYPES or bool(publication.get("retractions"))
    )


def _in_new_country(site: Any, known: set[str]) -> bool:
    country = site.get("country") if isinstance(site, Mapping) else None
    return isinstance(country, str) and one_name(country) not in {one_name(name) for name in known}


# What readers ask first; the rest follows in the order of the record.
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


def severity(one: Change) -> tuple[int, int]:
    """A key to sort by: what matters most comes first."""
    main = primary_field(one.field).partition(".")[0]
    return (_ORDER.index(one.kind), _FIRST.index(main) if main in _FIRST else len(_FIRST))
