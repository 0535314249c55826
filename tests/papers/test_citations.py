"""What a citation says: the spellings of a DOI, titles, years, and the dates of PubMed ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.papers.citations import doi_in, normalize_doi, read_citation, year_of_pubmed_id


@pytest.mark.parametrize(
    "spelling",
    [
        "10.1056/NEJMoa0908806",
        "10.1056/nejmoa0908806",
        "https://doi.org/10.1056/NEJMoa0908806",
        "http://dx.doi.org/10.1056/NEJMoa0908806",
        "doi:10.1056/NEJMoa0908806",
        "DOI 10.1056/NEJMoa0908806",
        "doi.org/10.1056%2FNEJMoa0908806",
        " 10.1056/NEJMoa0908806.",
        "10.1056/NEJMoa0908806,",
        "10.1056/NEJMoa0908806).",
        "10.1056/NEJMoa0908806”",
    ],
)
def test_every_spelling_of_a_doi_is_one(spelling: str) -> None:
    assert normalize_doi(spelling) == "10.1056/nejmoa0908806"


@pytest.mark.parametrize(
    "doi",
    ["10.1016/s0140-6736(14)60153-7", "10.1002/(sici)1097-0258(19980815)17:15", "10.1000/a.b"],
)
def test_brackets_and_stops_inside_a_doi_stay(doi: str) -> None:
    assert normalize_doi(f"https://doi.org/{doi.upper()}.") == doi
    assert doi_in(f"Lancet. 2014;1:2. doi: {doi}. Epub 2014 Jan 2.") == doi


@pytest.mark.parametrize("text", ["", "10.1", "see 10.1056/x", "NCT00000102", "11.1056/abc"])
def test_what_is_no_doi_is_none(text: str) -> None:
    assert normalize_doi(text) is None


@given(st.text())
def test_a_normal_doi_is_its_own_normal_form(text: str) -> None:
    for found in (normalize_doi(text), doi_in(text)):
        assert found is None or normalize_doi(found) == found


def test_title_and_year_are_read_from_a_citation() -> None:
    citation = (
        "Melen E, Granell R. Genome-wide study of body mass index. Is it real? Clin Exp Allergy. "
        "2013 Apr;43(4):463-74. doi: 10.1111/cea.12054."
    )
    found = read_citation(citation)
    assert found.year == 2013
    assert (found.title or "").startswith("Genome-wide study of body mass index")
    assert read_citation("see the website of the trial") == (None, None)


def test_pubmed_ids_tell_their_year() -> None:
    assert year_of_pubmed_id("11150000") == 2001.0
    assert int(year_of_pubmed_id("39800000") or 0) == 2025
    assert year_of_pubmed_id("234174") == 1999.0
    assert year_of_pubmed_id("") is year_of_pubmed_id("PMC123") is None


@given(st.integers(1, 99_999_999), st.integers(1, 99_999_999))
def test_later_ids_are_never_earlier(first: int, second: int) -> None:
    low, high = sorted((first, second))
    assert (year_of_pubmed_id(str(low)) or 0) <= (year_of_pubmed_id(str(high)) or 0)
