"""How much a change matters: a kind for every field, each rule used, each with its reason."""

from fnmatch import fnmatchcase

import pytest

from enrich.fields import FIELDS, LISTS
from enrich.kinds import KINDS, is_renaming, kind_of
from enrich.records import MATERIAL, MINOR, NOISE

# fmt: off
FIELDS_AND_KINDS = (
    *((name, MATERIAL) for name in ("overall_status", "phases", "enrollment", "enrollment_type", "allocation", "masking", "start_date", "completion_date",
                                    "primary_completion_date", "primary_completion_date_type", "primary_outcomes", "minimum_age", "sex", "has_results",
                                    "results_first_posted", "conditions", "interventions", "lead_sponsor", "record", "publications.retractions")),
    *((name, MINOR) for name in ("contacts", "contacts.phone", "brief_title", "status_verified", "last_update_posted", "locations.status", "officials",
                                 "secondary_outcomes", "interventions.description", "arms.description", "keywords", "documents", "submissions", "aliases",
                                 "identificationModule.organization.fullName", "oversightModule.isFdaRegulatedDrug", "resultsSection.anything",
                                 "derivedSection.miscInfoModule.removedCountries")),
    *((name, NOISE) for name in ("locations.geoPoint", "condition_mesh", "derivedSection.conditionBrowseModule.meshes", "derivedSection.miscInfoModule.x",
                                 "statusModule.lastUpdatePostDateStruct.type", "statusModule.studyFirstPostDateStruct.type")),
)
# fmt: on


@pytest.mark.parametrize("field, kind", FIELDS_AND_KINDS)
def test_kinds(field, kind):
    assert kind_of(field, "a", "b", known_countries=set()) == kind


@pytest.mark.parametrize(
    "field, before, after, renamed",
    [
        ("locations.country", "Turkey", "Turkey (Türkiye)", True),
        ("locations.country", "Turkey (Türkiye)", "Turkey", True),
        ("locations.country", "Turkey", "Iran", False),
        ("locations.country", None, "Turkey", False),
        ("locations.city", "Turkey", "Türkiye", False),
        ("locations.country", ["Turkey"], {}, False),
    ],
)
def test_renamings(field, before, after, renamed):
    assert is_renaming(field, before, after) is renamed


def test_every_rule_has_a_reason_and_is_the_first_for_something():
    names = {*FIELDS, *LISTS, *(field for field, _ in FIELDS_AND_KINDS), *(f"{name}.{part}" for name in LISTS for part in LISTS[name].identity)}
    used = {next(rule for rule in KINDS if fnmatchcase(name, rule.field)) for name in names} | {rule for rule in KINDS if rule.field == "publications.type"}
    assert [rule.field for rule in KINDS if rule not in used] == []
    assert all(rule.reason and rule.kind in (MATERIAL, MINOR, NOISE) for rule in KINDS)
