"""What a header says about its column."""

import pytest

from enrich.tables.headers import Strength, read_header


@pytest.mark.parametrize(
    ("header", "first"),
    [
        ("Study phase", "phases"),
        ("No. of patients", "enrollment"),
        ("N (male/female)", "enrollment"),
        ("Estimated enrolment", "enrollment"),
        ("Recruitment status", "overall_status"),
        ("StartDate", "start_date"),
        ("study_first_posted_date", "first_posted"),
        ("Primary completion", "primary_completion_date"),
        ("Estimated study completion date", "completion_date"),
        ("Last updated", "last_update_posted"),
        ("Blinding", "masking"),
        ("Ages eligible for study", "minimum_age"),
        ("Gender", "sex"),
        ("Official title", "official_title"),
        ("Title", "brief_title"),
        ("Acronym", "acronym"),
        ("Disease(s)", "conditions"),
        ("Sponsor/Collaborators", "lead_sponsor"),
        ("Funded Bys", "lead_sponsor_class"),
        ("Results posted", "has_results"),
    ],
)
def test_header_names_a_field(header, first):
    words = read_header(header)
    assert next(iter(words.fields)) == first
    assert words.strength(first) is Strength.NAME


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("COVID-19 status", "overall_status"),
        ("Disease stage", "conditions"),
        ("Study design", "allocation"),
        ("Trial name", "acronym"),
        ("Company", "lead_sponsor"),
        ("Female, n (%)", "enrollment"),
    ],
)
def test_header_with_other_words_is_a_hint(header, field):
    assert read_header(header).strength(field) is Strength.HINT


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Mean age", "minimum_age"),
        ("Median age (range), years", "maximum_age"),
        ("Baseline age", "minimum_age"),
        ("Sponsor's country", "lead_sponsor"),
        ("Study centers", "lead_sponsor"),
        ("No. of sites", "enrollment"),
        ("Control arm (n)", "enrollment"),
        ("Publication date", "completion_date"),
        ("Duration of follow-up", "minimum_age"),
    ],
)
def test_header_rules_a_field_out(header, field):
    words = read_header(header)
    assert field in words.vetoes
    assert words.strength(field) is Strength.SILENT


@pytest.mark.parametrize("header", ["", "Ref.", "Trial number", "NCT", "Identifier", "Dose"])
def test_header_of_something_else_names_nothing(header):
    assert Strength.NAME not in read_header(header).fields.values()
