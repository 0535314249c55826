"""The lists of a record in tables of their own, and the words under which a trial is found."""

import copy

import pytest

from enrich.record.children import CHILD_TABLES, COLUMNS, SEARCH_COLUMNS, child_rows
from tests.fixtures.sample_database import (
    HOSTILE,
    STUDY,
)


def rows_by_table(children):
    """The rows of each table, by the names of their columns; all of them name the trial."""
    rows = {
        name: [dict(zip(COLUMNS[name], row, strict=True)) for row in found]
        for name, found in children.rows.items()
    }
    assert all(row.pop("nct_id") == children.nct_id for found in rows.values() for row in found)
    return rows


def test_each_list_gives_its_rows_in_the_order_of_the_record():
    rows = rows_by_table(child_rows(STUDY))
    assert rows["conditions"] == [{"condition": "Insomnia"}, {"condition": HOSTILE}]
    assert [(row["role"], row["name"]) for row in rows["sponsors"]] == [
        ("lead", "Dream Institute"),
        ("collaborator", "Pillow Fund"),
    ]
    assert [(row["role"], row["term"]) for row in rows["mesh_terms"]] == [
        ("condition", "Sleep Disorders"),
        ("intervention", "Milk"),
    ]
    assert [(row["city"], row["latitude"], row["longitude"]) for row in rows["locations"]] == [
        ("Lyon", 45.75, 4.85),
        ("Grenoble", 45.17, 5.72),
    ]
    assert rows["publications"][0]["retraction"] == "Sandman 2025"
    assert rows["secondary_outcomes"] == [
        {"measure": "Snoring", "time_frame": None, "description": None},
        {"measure": "Dreams recalled", "time_frame": "1 year", "description": None},
    ]


def test_a_document_has_the_address_that_the_registry_gives_it():
    (document,) = rows_by_table(child_rows(STUDY))["documents"]
    assert (
        document["url"] == "https://cdn.clinicaltrials.gov/large-docs/01/NCT10000001/Prot%201.pdf"
    )
    assert document["uploaded"] == "2024-02-03"


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        pytest.param(
            ("protocolSection", "conditionsModule"),
            {"conditions": "Insomnia"},
            None,
            id="one word in place of a list is its only member",
        ),
        pytest.param(
            ("protocolSection", "conditionsModule"),
            ["Insomnia"],
            "conditions",
            id="a list where a module should be",
        ),
        pytest.param(
            ("protocolSection", "contactsLocationsModule"),
            {"locations": [{"city": "Lyon", "geoPoint": "45"}]},
            "locations.latitude",
            id="a point that is text",
        ),
        pytest.param(
            ("protocolSection", "outcomesModule"),
            {"primaryOutcomes": ["Hours"]},
            "primary_outcomes.measure",
            id="words where objects should be",
        ),
    ],
)
def test_a_wrong_shape_is_named_and_the_others_are_kept(path, value, fault):
    study = copy.deepcopy(STUDY)
    study[path[0]][path[1]] = value
    children = child_rows(study)
    assert (fault in children.faults) if fault else not children.faults
    assert rows_by_table(children)["arms"][0]["label"] == "Warm milk"


def test_a_record_with_nothing_but_an_id_has_empty_lists():
    children = child_rows({"protocolSection": {"identificationModule": {"nctId": "NCT10000001"}}})
    assert set(children.rows) == set(CHILD_TABLES)
    assert not any(children.rows.values())
    assert not children.faults


def test_a_trial_is_found_by_titles_and_by_words_of_its_lists():
    assert {"titles", "conditions", "interventions", "sponsors", "outcomes", "keywords"} <= set(
        SEARCH_COLUMNS
    )
