"""Notices about papers: the four kinds, every spelling of a DOI, both forms of the file."""

import csv
import gzip
import io

import pytest

from enrich.models import NoticeKind
from enrich.papers.citations import normalize_doi
from enrich.papers.notices import (
    Notice,
    NoticesUnreadable,
    find_notices,
    notices_sentence,
)
from tests.fixtures.corpus import REGISTRY

NOTICES = REGISTRY.parent / "papers" / "retraction_notices.csv.gz"
CROSSREF = (
    "Record ID,Title,RetractionDate,RetractionDOI,RetractionPubMedID,OriginalPaperDate,"
    "OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,Notes"
)


def _crossref(*entries: str) -> list[str]:
    return [CROSSREF, *entries]


def test_an_entry_of_crossrefs_file_is_read_with_day_and_notice() -> None:
    lines = _crossref(
        '1,"A title, with a comma",3/14/2021 0:00,10.1000/NOTICE,0,1/2/2015 0:00,10.1000/PAPER,123,'
        "Retraction,",
        "2,Another,3/14/2021 0:00,10.1000/n2,0,1/2/2015 0:00,10.1000/other,456,Retraction,",
    )
    assert list(find_notices(lines, {"10.1000/paper"})) == [
        Notice(NoticeKind.RETRACTION, "10.1000/paper", "123", "2021-03-14", "10.1000/notice")
    ]


def test_a_paper_is_found_by_its_pubmed_id_where_the_doi_is_missing() -> None:
    lines = _crossref("1,T,3/14/2021 0:00,,0,,unavailable,123,Expression of concern,")
    (notice,) = find_notices(lines, set(), {"123"})
    assert notice.kind is NoticeKind.EXPRESSION_OF_CONCERN
    assert list(find_notices(_crossref("1,T,,,0,,unavailable,0,Retraction,"), set(), {"0"})) == []


def test_several_kinds_stay_several() -> None:
    lines = ["doi,nature", "10.1000/a,Correction;Retraction;Expression of concern;Reinstatement"]
    found = [notice.kind for notice in find_notices(lines, {"10.1000/a"})]
    assert found == [
        NoticeKind.CORRECTION,
        NoticeKind.RETRACTION,
        NoticeKind.EXPRESSION_OF_CONCERN,
        NoticeKind.REINSTATEMENT,
    ]


def test_the_sentence_has_each_kind_with_its_day_in_the_order_of_days() -> None:
    retraction = Notice(NoticeKind.RETRACTION, "10.1000/a", None, "2021-03-04")
    reinstated = Notice(NoticeKind.REINSTATEMENT, "10.1000/a", None, "2022-05-06")
    sentence = notices_sentence([reinstated, retraction], "2026-11-25")
    assert sentence == "Retraction of 4 March 2021 and reinstatement of 6 May 2022."
    assert notices_sentence([], "2026-11-25") == "No notice found on 25 November 2026."


@pytest.mark.parametrize("header", ["", "title,nature", "doi,title", "<html>"])
def test_a_file_without_its_columns_is_refused(header: str) -> None:
    with pytest.raises(NoticesUnreadable, match="no column"):
        list(find_notices([header, "a,b"], {"10.1000/a"}))


def test_short_rows_and_unknown_kinds_are_passed_over() -> None:
    lines = ["doi,nature", "10.1000/a", "", "10.1000/a,Withdrawal of a poster", '"10.1000/a","']
    assert list(find_notices(lines, {"10.1000/a"})) == []


@pytest.mark.corpus
@pytest.mark.skipif(not NOTICES.exists(), reason=f"no notices at {NOTICES}")
def test_the_notices_of_real_papers_are_found_in_every_spelling_and_no_other() -> None:
    with gzip.open(NOTICES, "rt", encoding="utf-8") as file:
        text = file.read()
    rows = list(csv.DictReader(io.StringIO(text)))[::97]
    expected = {normalize_doi(row["doi"]): sorted(row["nature"].lower().split(";")) for row in rows}
    assert None not in expected
    spellings = [
        normalize_doi(spelling)
        for row in rows
        for spelling in (f"https://doi.org/{row['doi'].upper()}", f"doi: {row['doi']}.")
    ]
    planted_without = {f"10.1000/no-notice-{number}" for number in range(500)}
    found: dict[str | None, list[str]] = {}
    for notice in find_notices(io.StringIO(text), {*spellings, *planted_without}):
        found.setdefault(notice.doi, []).append(str(notice.kind))
    assert {doi: sorted(kinds) for doi, kinds in found.items()} == expected
