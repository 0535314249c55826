"""What a place in a record is called, in the ledger and for people."""

import pytest

from enrich.record.children import LISTS
from enrich.record.fields import FIELDS
from enrich.record.names import OTHER_FIELDS, field_name_for_path, label, ledger_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (FIELDS["phases"].path, "phases"),
        (LISTS["arms"].path, "arms"),
        ("protocolSection.oversightModule.isUsExport", "oversightModule.isUsExport"),
        ("resultsSection.anything", "resultsSection.anything"),
    ],
)
def test_the_ledger_names_a_place_as_we_do_or_by_its_path(path, name):
    assert field_name_for_path(path) == name


@pytest.mark.parametrize(
    ("name", "ledger"),
    [
        ("enrollment*", "enrollment*"),
        ("arms", "arms"),
        ("arms.*", "arms.*"),
        ("interventions.arms", "interventions.armGroupLabels"),
        ("locations.latitude", "locations.geoPoint"),
        ("publications.retraction", "publications.retractions"),
        ("first_posted_type", "statusModule.studyFirstPostDateStruct.type"),
    ],
)
def test_a_rule_speaks_of_a_place_by_names_of_ours(name, ledger):
    assert ledger_name(name) == ledger


def test_no_two_places_have_one_name():
    names = [*FIELDS, *(name for name in LISTS if name not in FIELDS), *OTHER_FIELDS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("phases", "Phase"),
        ("arms", "Arms"),
        ("primary_outcomes.timeFrame", "Primary outcomes (time frame)"),
        ("oversightModule.isUsExport", "Is us export"),
        ("x.evil\x1b[2J\nName", "Evil[2j name"),
    ],
)
def test_a_label_is_plain_words(field, words):
    assert label(field) == words
