"""What the ledger makes of a change in a record: material, or no more than another way to write the same."""

import copy

import pytest

from enrich.changes.diff import diff
from enrich.models import Change, Significance
from enrich.record.names import label
from tests.fixtures.registry_server import get_path, set_path
from tests.fixtures.studies import site, study

MATERIAL, MINOR, NOISE = Significance

DOSE = {"type": "DRUG", "name": "Aspirin", "description": "100 mg a day by mouth"}
ARM = {
    "label": "Aspirin",
    "type": "EXPERIMENTAL",
    "description": "Aspirin for a year",
    "interventionNames": ["Drug: Aspirin"],
}
PAIN = {"measure": "Pain", "timeFrame": "12 weeks", "description": "On a scale from 0 to 10"}
SLEEP = {"measure": "Hours of sleep", "timeFrame": "12 weeks"}
SURVIVAL = {
    "type": "PRIMARY",
    "title": "Overall survival",
    "description": "From randomisation to death",
    "timeFrame": "5 years",
    "unitOfMeasure": "months",
    "groups": [{"id": "OG000", "title": "Aspirin"}],
    "denoms": [{"units": "Participants", "counts": [{"groupId": "OG000", "value": "50"}]}],
    "classes": [{"categories": [{"measurements": [{"groupId": "OG000", "value": "12.1"}]}]}],
    "analyses": [{"groupIds": ["OG000"], "pValue": "0.04", "statisticalMethod": "Log rank"}],
}
SEPSIS = {
    "term": "Sepsis",
    "organSystem": "Infections",
    "stats": [{"groupId": "EG000", "numAffected": 2, "numAtRisk": 50}],
}
GROUP = {"id": "EG000", "title": "Aspirin", "seriousNumAffected": 4, "deathsNumAffected": 1}
NOTICE = {"type": "VIOLATION_IDENTIFIED", "description": "Results are overdue.", "issuedDate": "2021-04-27"}  # fmt: skip

IDENTIFICATION, STATUS = "protocolSection.identificationModule", "protocolSection.statusModule"
ARMS = "protocolSection.armsInterventionsModule.armGroups"
INTERVENTIONS = "protocolSection.armsInterventionsModule.interventions"
OUTCOMES = "protocolSection.outcomesModule"
SPONSORS = "protocolSection.sponsorCollaboratorsModule"
SITES = "protocolSection.contactsLocationsModule.locations"
MASKED = "protocolSection.designModule.designInfo.maskingInfo.whoMasked"
RESULTS = "resultsSection.outcomeMeasuresModule.outcomeMeasures"
EVENTS = "resultsSection.adverseEventsModule"
FLOW = "resultsSection.participantFlowModule.periods"
NOTICES = "annotationSection.annotationModule.violationAnnotation.violationEvents"


def record(**parts):
    """A record with results, in which each of *parts* (a path with / for dots) has its value."""
    made = study(start_date="2021-03", minimum_age="12 Months", lead_sponsor="Acme Corp.")
    given = {
        ARMS: [ARM],
        INTERVENTIONS: [DOSE],
        f"{OUTCOMES}.primaryOutcomes": [PAIN],
        f"{OUTCOMES}.secondaryOutcomes": [SLEEP],
        f"{SPONSORS}.collaborators": [{"name": "Zzz Inc.", "class": "INDUSTRY"}],
        SITES: [site(1), site(2), site(3, country="Chile")],
        MASKED: ["PARTICIPANT"],
        RESULTS: [SURVIVAL],
        f"{EVENTS}.seriousEvents": [SEPSIS],
        f"{EVENTS}.otherEvents": [SEPSIS],
        f"{EVENTS}.eventGroups": [GROUP],
        FLOW: [{"title": "Treatment", "milestones": [{"type": "STARTED"}]}],
        **parts,
    }
    for path, value in given.items():
        set_path(made, path, value)
    return made


def edited(path, value):
    """The whole record with *value* at *path*; without that key where *value* is None."""
    made = copy.deepcopy(record())
    set_path(made, path, value)
    return made


# fmt: off
WEIGHTY = (
    # path, value, field in the ledger, what happened
    (INTERVENTIONS, [{**DOSE, "description": "300 mg a day by mouth"}], "interventions.description", "another dose"),
    (ARMS, [{**ARM, "type": "ACTIVE_COMPARATOR"}], "arms.type", "another type of arm"),
    (ARMS, [{**ARM, "interventionNames": ["Drug: Aspirin", "Drug: Water"]}], "arms.interventionNames", "another intervention in an arm"),
    (MASKED, ["PARTICIPANT", "INVESTIGATOR"], "who_masked", "another role is blinded"),
    (f"{OUTCOMES}.primaryOutcomes", [{**PAIN, "description": "On a scale from 0 to 100"}], "primary_outcomes.description", "another way to measure the primary outcome"),
    (f"{OUTCOMES}.primaryOutcomes", [{**PAIN, "timeFrame": "24 weeks"}], "primary_outcomes.timeFrame", "another time frame"),
    (f"{OUTCOMES}.secondaryOutcomes", [], "secondary_outcomes", "a secondary outcome was dropped"),
    (SITES, [site(1), site(2)], "locations", "the last site in a country closed"),
    (SITES, [site(1), site(2), site(3, country="Chile"), site(4, country="Peru")], "locations", "the first site in a country opened"),
    (RESULTS, [{**SURVIVAL, "classes": [{"categories": [{"measurements": [{"groupId": "OG000", "value": "21.1"}]}]}]}], "outcome_results.classes", "a corrected value"),
    (RESULTS, [{**SURVIVAL, "analyses": [{"groupIds": ["OG000"], "pValue": "0.4", "statisticalMethod": "Log rank"}]}], "outcome_results.analyses", "a corrected p-value"),
    (RESULTS, [{**SURVIVAL, "denoms": []}], "outcome_results.denoms", "another number analysed"),
    (RESULTS, [{**SURVIVAL, "unitOfMeasure": "weeks"}], "outcome_results.unitOfMeasure", "another unit"),
    (RESULTS, [{**SURVIVAL, "timeFrame": "3 years"}], "outcome_results.timeFrame", "another time frame of results"),
    (RESULTS, [], "outcome_results", "a posted result was withdrawn"),
    (f"{EVENTS}.seriousEvents", [{**SEPSIS, "stats": [{"groupId": "EG000", "numAffected": 7, "numAtRisk": 50}]}], "serious_events.stats", "more serious events"),
    (f"{EVENTS}.seriousEvents", [], "serious_events", "a serious event was withdrawn"),
    (f"{EVENTS}.eventGroups", [{**GROUP, "seriousNumAffected": 9}], "event_groups.seriousNumAffected", "more people with serious events"),
    (f"{EVENTS}.eventGroups", [{**GROUP, "deathsNumAffected": 2}], "event_groups.deathsNumAffected", "more deaths"),
    (FLOW, [{"title": "Treatment", "milestones": [{"type": "STARTED"}, {"type": "COMPLETED"}]}], "flow_periods.milestones", "corrected participant flow"),
    (NOTICES, [NOTICE], "fda_notices", "a notice of the FDA"),
    ("protocolSection.oversightModule.fdaaa801Violation", True, "oversightModule.fdaaa801Violation", "a violation of FDAAA 801"),
    (f"{STATUS}.dispFirstSubmitDate", "2021-05-01", "statusModule.dispFirstSubmitDate", "a certificate of delay"),
    (f"{STATUS}.dispFirstPostDateStruct.date", "2021-05-03", "statusModule.dispFirstPostDateStruct.date", "a posted certificate of delay"),
)
LIGHT = (
    (ARMS, [{**ARM, "description": "Aspirin for two years"}], "arms.description", "what happens in an arm, reworded"),
    (f"{OUTCOMES}.secondaryOutcomes", [SLEEP, {"measure": "Dreams"}], "secondary_outcomes", "a secondary outcome was added"),
    (SITES, [site(1), site(3, country="Chile")], "locations", "one of several sites in a country closed"),
    (f"{EVENTS}.otherEvents", [], "other_events", "an event that is not serious"),
    (RESULTS, [{**SURVIVAL, "description": "From randomisation to death or last visit"}], "outcome_results.description", "prose of results"),
)
SAME = (
    (f"{IDENTIFICATION}.briefTitle", "REST for tired PUPILS (1).", "brief_title", "capitals and a full stop"),
    (INTERVENTIONS, [{**DOSE, "description": "100 MG a day  by mouth."}], "interventions.description", "capitals in a dose"),
    (INTERVENTIONS, [{**DOSE, "name": "ASPIRIN"}], "interventions.name", "capitals in a name"),
    (f"{OUTCOMES}.primaryOutcomes", [{**PAIN, "timeFrame": "12 Weeks."}], "primary_outcomes.timeFrame", "capitals in a time frame"),
    (f"{STATUS}.startDateStruct.date", "2021-03-15", "start_date", "a month became a day in it"),
    (f"{STATUS}.startDateStruct.date", "2021", "start_date", "a month became its year"),
    ("protocolSection.eligibilityModule.minimumAge", "1 Year", "minimum_age", "the same age in years"),
    (f"{SPONSORS}.leadSponsor.name", "Acme LLC", "lead_sponsor", "another legal form"),
    (f"{SPONSORS}.collaborators", [{"name": "Zzz GmbH", "class": "INDUSTRY"}], "collaborators.name", "another legal form of a collaborator"),
)
DIFFERENT = (
    (f"{STATUS}.startDateStruct.date", "2021-04-15", "start_date", "another month"),
    ("protocolSection.eligibilityModule.minimumAge", "12 Years", "minimum_age", "another unit of the same number"),
    ("protocolSection.eligibilityModule.minimumAge", "No limit", "minimum_age", "no age at all"),
    (f"{SPONSORS}.leadSponsor.name", "Acme Foods Corp.", "lead_sponsor", "another name"),
    (INTERVENTIONS, [{**DOSE, "description": "10.0 mg a day by mouth"}], "interventions.description", "a full stop within a number"),
)
# fmt: on


def edits(cases):
    return pytest.mark.parametrize(
        ("path", "value", "field"), [pytest.param(*case[:3], id=case[3]) for case in cases]
    )


def found(path, value):
    return [(change.field, change.kind) for change in diff(record(), edited(path, value))]


@edits(WEIGHTY)
def test_a_change_of_what_the_trial_does_or_found_is_material(path, value, field):
    assert found(path, value) == [(field, MATERIAL)]


@edits(LIGHT)
def test_a_change_that_leaves_the_trial_as_it_is_is_minor(path, value, field):
    assert found(path, value) == [(field, MINOR)]


@edits(SAME)
def test_another_way_to_write_the_same_is_noise(path, value, field):
    assert found(path, value) == [(field, NOISE)]


@edits(SAME)
def test_another_way_to_write_the_same_is_noise_in_both_directions(path, value, field):
    back = [(change.field, change.kind) for change in diff(edited(path, value), record())]
    assert back == [(field, NOISE)]


@edits(DIFFERENT)
def test_what_only_looks_like_the_same_is_material(path, value, field):
    assert found(path, value) == [(field, MATERIAL)]


def test_results_that_are_posted_for_the_first_time_are_one_material_change():
    before = record()
    del before["resultsSection"]
    after = copy.deepcopy(record())
    after["hasResults"] = True
    changes = diff(before, after)
    assert [change.field for change in changes if change.kind == MATERIAL] == ["has_results"]
    assert {change.kind for change in changes} == {MATERIAL, MINOR}
    assert len(changes) == 6


def test_of_several_sites_that_close_a_country_one_is_material():
    before = edited(SITES, [site(1), *(site(number, country="Chile") for number in (3, 4, 5))])
    after = edited(SITES, [site(1)])
    kinds = sorted(change.kind for change in diff(before, after))
    assert kinds == [MATERIAL, MINOR, MINOR]


def test_a_site_that_moves_to_another_country_opens_and_closes_one():
    after = edited(SITES, [site(1), site(2), {**site(3), "country": "Peru"}])
    assert found(SITES, get_path(after, SITES)) in (
        [("locations.country", MATERIAL)],
        [("locations", MATERIAL), ("locations", MATERIAL)],
    )


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("outcome_results.classes", "Posted results (values)"),
        ("outcome_results.analyses", "Posted results (analyses)"),
        ("serious_events.stats", "Serious adverse events (numbers)"),
        ("fda_notices", "FDA notices"),
        ("fda_notices.issuedDate", "FDA notices (day issued)"),
        ("statusModule.dispFirstSubmitDate", "Submission of a certificate of delay"),
        ("statusModule.dispFirstPostDateStruct.date", "Posting of a certificate of delay"),
        ("statusModule.studyFirstPostDateStruct.type", "Kind of first posting date"),
        ("identificationModule.orgStudyIdInfo.id", "Sponsor's study id"),
        ("protocolModule.nctIdInfo.id", "Nct id"),
        ("identificationModule.organization.fullName", "Organisation"),
        ("designModule.bioSpec.description", "Bio spec description"),
        ("statusModule.expandedAccessInfo.statusForNctId", "Status for nct id"),
        ("interventions.armGroupLabels", "Interventions (arms)"),
        ("documents.date", "Documents (document date)"),
    ],
)
def test_a_field_of_the_ledger_is_called_by_what_it_belongs_to(field, words):
    assert label(field) == words


def test_a_change_of_any_place_has_a_significance():
    changes = diff({}, record())
    assert changes and all(isinstance(change, Change) for change in changes)
