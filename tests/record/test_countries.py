"""The country of a site, under whichever of its names."""

import pytest

from enrich.record.countries import (
    canonical_country,
    countries_of,
    country_of,
    with_canonical_country,
)
from tests.fixtures.studies import study


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("Turkey", "Turkey (Türkiye)", True),
        ("Korea, Republic of", "South Korea", True),
        ("Turkey", "Iran", False),
        ("Atlantis", "Atlantis", True),
    ],
)
def test_names_of_one_country_have_one_canonical_name(name, other, same):
    assert (canonical_country(name) == canonical_country(other)) is same


@pytest.mark.parametrize("site", [None, "Chile", {}, {"country": None}, {"country": ["Chile"]}])
def test_a_site_without_a_country_has_none_and_stays_as_it_is(site):
    assert country_of(site) is None
    assert with_canonical_country(site or {}) == (site or {})


def test_the_countries_of_a_record_are_those_of_its_sites():
    sites = [{"country": "Russia"}, {"country": "Russian Federation"}, {"city": "Lyon"}, "Chile"]
    record = study()
    record["protocolSection"]["contactsLocationsModule"] = {"locations": sites}
    assert countries_of(record) == {canonical_country("Russia")}
