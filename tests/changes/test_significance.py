"""How much a change matters: an answer for every field, each rule used, each with its reason."""

from fnmatch import fnmatchcase

import pytest

from enrich.changes.significance import (
    RULES,
    RecordContext,
    holds_back,
    significance_of,
)
from enrich.models import Change, Significance
from enrich.record.children import LISTS
from enrich.record.fields import FIELDS
from enrich.record.names import OTHER_FIELDS, ledger_name
from tests.fixtures.studies import study, with_list

MATERIAL, MINOR, NOISE = Significance

# fmt: off
SIGNIFICANCE = (
    *((name, MATERIAL) for name in ("overall_status", "phases", "enrollment", "enrollment_type", "allocation", "masking", "start_date", "completion_date",
                                    "primary_completion_date", "primary_completion_date_type", "primary_outcomes", "minimum_age", "sex", "has_results",
                                    "results_first_posted", "conditions", "interventions", "interventions.description", "who_masked", "fda_notices", "lead_sponsor", "record", "publications.retractions")),
    *((name, MINOR) for name in ("contacts", "contacts.phone", "brief_title", "status_verified", "last_update_posted", "locations.status", "officials",
                                 "secondary_outcomes", "arms.description", "keywords", "documents", "submissions", "aliases",
                                 "identificationModule.organization.fullName", "oversightModule.isFdaRegulatedDrug", "resultsSection.anything",
                                 "derivedSection.miscInfoModule.removedCountries")),
    *((name, NOISE) for name in ("locations.geoPoint", "condition_mesh", "derivedSection.conditionBrowseModule.meshes", "derivedSection.miscInfoModule.x",
                                 "statusModule.lastUpdatePostDateStruct.type", "statusModule.studyFirstPostDateStruct.type")),
)
# fmt: on


@pytest.mark.parametrize("field, kind", SIGNIFICANCE)
def test_the_significance_of_a_field(field, kind):
    assert significance_of(field, "a", "b") == kind


BEFORE, AFTER = (
    with_list(study(), LISTS["locations"].path, [{"country": country} for country in countries])
    for countries in (("Spain", "Turkey"), ("Spain", "Chile", "Türkiye"))
)


# fmt: off
ENTRIES = (
    # list, before, after, kind, why
    ("publications",   None, {"type": "RESULT"},      MATERIAL, "a publication of results came"),
    ("publications",   {"type": "DERIVED"}, None,     MATERIAL, "one went"),
    ("publications",   None, {"type": "BACKGROUND"},  MINOR,    "one that reports none"),
    ("publications",   None, {"type": "BACKGROUND", "retractions": [{}]}, MATERIAL, "a retracted one"),
    ("publications",   None, "RESULT",                MINOR,    "no object"),
    ("documents",      None, {"type": "RESULT"},      MINOR,    "only a publication reports results"),
    ("submissions",    None, {"type": "RESULT"},      MINOR,    "the same behind it in the alphabet"),
    ("locations",      None, {"country": "Chile"},    MATERIAL, "a site in a new country"),
    ("locations",      None, {"country": "Spain"},    MINOR,    "a site in a known one"),
    ("locations",      None, {"country": "Türkiye"},  MINOR,    "a known one under another name"),
    ("locations",      None, {"country": None},       MINOR,    "a site of no country"),
    ("locations",      None, "Chile",                 MINOR,    "no object"),
    ("locations",      {"country": "Spain"}, None,    MINOR,    "a site that went"),
    ("contacts",       None, {"country": "Chile"},    MINOR,    "only a site opens a country"),
    ("officials",      None, {"country": "Chile"},    MINOR,    "the same behind it in the alphabet"),
)
# fmt: on


@pytest.mark.parametrize(
    "field, before, after, kind",
    [pytest.param(*line[:4], id=f"{line[0]}: {line[4]}") for line in ENTRIES],
)
def test_the_significance_of_an_entry_that_came_or_went(field, before, after, kind):
    assert significance_of(field, before, after, RecordContext(BEFORE, AFTER)) == kind


def test_every_rule_has_a_reason_and_is_the_first_for_something():
    names = {
        *FIELDS,
        *LISTS,
        *map(ledger_name, OTHER_FIELDS),
        *(field for field, _ in SIGNIFICANCE),
        *(ledger_name(f"{name}.{part}") for name in LISTS for part in LISTS[name].columns),
    }
    used = {
        next(rule for rule in RULES if fnmatchcase(name, ledger_name(rule.field))) for name in names
    }
    assert [rule.field for rule in RULES if rule not in used] == []
    assert all(rule.reason for rule in RULES)


# --- what a run holds back does not follow from what is material

HOLDING_BACK = (
    *("overall_status", "why_stopped", "phases", "study_type", "allocation"),
    *("intervention_model", "masking", "primary_purpose", "enrollment", "enrollment_type"),
    *("start_date", "start_date_type", "primary_completion_date", "primary_completion_date_type"),
    *("completion_date", "completion_date_type", "minimum_age", "maximum_age", "sex"),
    *("healthy_volunteers", "has_results", "results_first_submitted", "results_first_posted"),
    *("conditions", "interventions", "interventions.name", "interventions.type", "arms"),
    *("lead_sponsor", "primary_outcomes", "primary_outcomes.measure"),
    "primary_outcomes.timeFrame",
)


def test_what_holds_a_run_back_is_pinned():
    """These hold a run back where many change without a submission: see run/plausibility.py."""
    names = {
        *FIELDS,
        *LISTS,
        *map(ledger_name, OTHER_FIELDS),
        *(ledger_name(f"{name}.{part}") for name in LISTS for part in LISTS[name].columns),
        "record",
    }
    found = {name for name in names if holds_back(Change(name, "a", "b", MATERIAL))}
    assert found == {*HOLDING_BACK}
