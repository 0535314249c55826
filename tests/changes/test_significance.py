"""How much a change matters: a kind for every field, each rule used, each with its reason."""

from fnmatch import fnmatchcase

import pytest

from enrich.changes.significance import RULES, is_renaming, significance_of
from enrich.models import Significance
from enrich.record.fields import FIELDS, LISTS

# fmt: off
FIELDS_AND_KINDS = (
    *((name, Significance.MATERIAL) for name in ("overall_status", "phases", "enrollment", "enrollment_type", "allocation", "masking", "start_date", "completion_date",
                                    "primary_completion_date", "primary_completion_date_type", "primary_outcomes", "minimum_age", "sex", "has_results",
                                    "results_first_posted", "conditions", "interventions", "lead_sponsor", "record", "publications.retractions")),
    *((name, Significance.MINOR) for name in ("contacts", "contacts.phone", "brief_title", "status_verified", "last_update_posted", "locations.status", "officials",
                                 "secondary_outcomes", "interventions.description", "arms.description", "keywords", "documents", "submissions", "aliases",
                                 "identificationModule.organization.fullName", "oversightModule.isFdaRegulatedDrug", "resultsSection.anything",
                                 "derivedSection.miscInfoModule.removedCountries")),
    *((name, Significance.NOISE) for name in ("locations.geoPoint", "condition_mesh", "derivedSection.conditionBrowseModule.meshes", "derivedSection.miscInfoModule.x",
                                 "statusModule.lastUpdatePostDateStruct.type", "statusModule.studyFirstPostDateStruct.type")),
)
# fmt: on


@pytest.mark.parametrize("field, kind", FIELDS_AND_KINDS)
def test_kinds(field, kind):
    assert significance_of(field, "a", "b", known_countries=set()) == kind


@pytest.mark.parametrize(
    "field, before, after, renamed",
    [
        ("locations.country", "Turkey", "Turkey (Türkiye)", True),
        ("locations.country", "Turkey (Türkiye)", "Turkey", True),
        ("locations.country", "Turkey", "Iran", False),
        ("locations.country", "Iran", "Turkey", False),
        ("locations.country", None, "Turkey", False),
        ("locations.city", "Turkey", "Türkiye", False),
        ("locations.country", ["Turkey"], {}, False),
    ],
)
def test_renamings(field, before, after, renamed):
    assert is_renaming(field, before, after) is renamed


# fmt: off
MEMBERS = (
    # list, before, after, kind, why
    ("publications",   None, {"type": "RESULT"},      Significance.MATERIAL, "a publication of results came"),
    ("publications",   {"type": "DERIVED"}, None,     Significance.MATERIAL, "one went"),
    ("publications",   None, {"type": "BACKGROUND"},  Significance.MINOR,    "one that reports none"),
    ("publications",   None, {"type": "BACKGROUND", "retractions": [{}]}, Significance.MATERIAL, "a retracted one"),
    ("publications",   None, "RESULT",                Significance.MINOR,    "no object"),
    ("documents",      None, {"type": "RESULT"},      Significance.MINOR,    "only a publication reports results"),
    ("submissions",    None, {"type": "RESULT"},      Significance.MINOR,    "the same behind it in the alphabet"),
    ("locations",      None, {"country": "Chile"},    Significance.MATERIAL, "a site in a new country"),
    ("locations",      None, {"country": "Spain"},    Significance.MINOR,    "a site in a known one"),
    ("locations",      None, {"country": "Türkiye"},  Significance.MINOR,    "a known one under another name"),
    ("locations",      None, {"country": None},       Significance.MINOR,    "a site of no country"),
    ("locations",      None, "Chile",                 Significance.MINOR,    "no object"),
    ("locations",      {"country": "Chile"}, None,    Significance.MINOR,    "a site that went"),
    ("contacts",       None, {"country": "Chile"},    Significance.MINOR,    "only a site opens a country"),
    ("officials",      None, {"country": "Chile"},    Significance.MINOR,    "the same behind it in the alphabet"),
)
# fmt: on


@pytest.mark.parametrize(
    "field, before, after, kind",
    [pytest.param(*line[:4], id=f"{line[0]}: {line[4]}") for line in MEMBERS],
)
def test_kinds_of_members_that_came_or_went(field, before, after, kind):
    assert significance_of(field, before, after, known_countries={"Spain", "Turkey"}) == kind


def test_every_rule_has_a_reason_and_is_the_first_for_something():
    names = {
        *FIELDS,
        *LISTS,
        *(field for field, _ in FIELDS_AND_KINDS),
        *(f"{name}.{part}" for name in LISTS for part in LISTS[name].identity),
    }
    used = {next(rule for rule in RULES if fnmatchcase(name, rule.field)) for name in names} | {
        rule for rule in RULES if rule.field == "publications.type"
    }
    assert [rule.field for rule in RULES if rule not in used] == []
    assert all(
        rule.reason and rule.kind in (Significance.MATERIAL, Significance.MINOR, Significance.NOISE)
        for rule in RULES
    )
