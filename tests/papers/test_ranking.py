"""Which reference is the results paper, on what grounds, and when none is."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.papers.citations import doi_in
from enrich.papers.ranking import (
    LEAST_POINTS,
    PaperRole,
    Reference,
    ReferenceType,
    TrialDates,
    rank_papers,
    results_paper,
)
from enrich.record.children import entries
from enrich.record.fields import trial_of
from enrich.run.papers import dates_of
from tests.fixtures.corpus import read_records
from tests.tools.papers import HELD_OUT, PAPERS, known_papers, score

DATES = TrialDates(start=2010.0, completion=2013.0)


def _reference(year: int, **parts: object) -> Reference:
    """A derived reference of about the middle of *year*, by its PubMed id."""
    pmid = {2009: "19400000", 2011: "21600000", 2014: "24900000", 2016: "27300000"}[year]
    return Reference(ReferenceType.DERIVED, pmid, **{"doi": f"10.1000/{year}", **parts})  # type: ignore[arg-type]


def test_the_first_paper_after_the_end_of_the_trial_comes_first() -> None:
    early, first, later = _reference(2011), _reference(2014), _reference(2016)
    ranked = rank_papers([later, early, first], DATES)
    assert ranked[0].reference is first
    assert ranked[0].role is PaperRole.RESULTS
    assert "the first after the end of the trial" in ranked[0].grounds
    roles = {paper.reference: paper.role for paper in ranked}
    assert roles[early] is PaperRole.BEFORE


@pytest.mark.parametrize(
    ("title", "role"),
    [
        ("Rest for pupils: study protocol of a randomised trial", PaperRole.PROTOCOL),
        ("Rationale and design of REST", PaperRole.PROTOCOL),
        ("Rest: a pooled analysis of six trials", PaperRole.POOLED),
        ("Rest in schools: a subgroup analysis", PaperRole.SECONDARY),
    ],
)
def test_titles_tell_protocols_pooled_and_secondary_analyses_apart(
    title: str, role: PaperRole
) -> None:
    cited = f"Lee A, Roy B. {title}. J Rest. 2014 Mar;1:2. doi: 10.1000/2014."
    paper = _reference(2014, citation=cited)
    other = _reference(2016)
    ranked = rank_papers([paper, other], DATES)
    assert ranked[0].reference is other
    assert {it.reference: it.role for it in ranked}[paper] is role


def test_a_paper_of_many_trials_is_a_pooled_one() -> None:
    (paper,) = rank_papers([_reference(2009, trials=6)], DATES)
    assert paper.role is PaperRole.POOLED


def test_background_from_before_the_trial_is_no_results_paper() -> None:
    background = Reference(ReferenceType.BACKGROUND, "19400000", "10.1000/2009")
    ranked = rank_papers([background], DATES)
    assert results_paper(ranked) is None
    assert ranked[0].points < LEAST_POINTS


def test_a_web_page_is_not_ranked() -> None:
    assert rank_papers([Reference(ReferenceType.RESULT, citation="our website")], DATES) == ()
    assert results_paper(()) is None


_REFERENCES = st.builds(
    Reference,
    st.sampled_from(ReferenceType),
    st.none() | st.integers(1, 50_000_000).map(str),
    st.none() | st.just("10.1000/x"),
    st.none() | st.text(max_size=40),
    st.integers(1, 5),
)


@given(st.lists(_REFERENCES, max_size=6), st.none() | st.floats(1990, 2030))
def test_every_usable_reference_is_ranked_once_with_its_grounds(
    references: list[Reference], start: float | None
) -> None:
    ranked = rank_papers(references, TrialDates(start))
    usable = [it for it in references if it.pmid or it.doi]
    assert sorted(map(repr, usable)) == sorted(repr(paper.reference) for paper in ranked)
    assert [paper.points for paper in ranked] == sorted(
        (paper.points for paper in ranked), reverse=True
    )
    assert all(paper.role is not PaperRole.RESULTS for paper in ranked[1:])


@pytest.mark.corpus
@pytest.mark.skipif(not PAPERS.exists(), reason=f"no papers at {PAPERS}")
def test_the_right_paper_comes_first_on_the_half_that_tuned_nothing() -> None:
    found = score([trial for trial in known_papers() if trial.part == HELD_OUT])
    assert found.share_first >= 0.89
    assert found.share_given <= 0.10


def _read_by_title() -> dict[str, str]:
    """Trials with the PubMed id of the paper that a reader of all the titles chose; empty: none."""
    with (Path(__file__).parent / "results_papers.csv").open(encoding="utf-8") as file:
        return {row["nct_id"]: row["pmid"] for row in csv.DictReader(file)}


@pytest.mark.corpus
def test_titles_and_dates_lead_to_the_paper_that_a_reader_of_the_titles_chose() -> None:
    chosen, trials = _read_by_title(), Counter[str]()
    records = {}
    for record in read_records("studies.ndjson.gz"):
        publications = [it for it in entries(record, "publications") if it["pmid"]]
        trials.update(it["pmid"] for it in publications)
        nct_id = record["protocolSection"]["identificationModule"]["nctId"]
        if nct_id in chosen:
            records[nct_id] = (trial_of(record, complete=True), publications)
    right = {nct_id: 0 for nct_id in records if chosen[nct_id]}
    wrongly_given = {nct_id: 0 for nct_id in records if not chosen[nct_id]}
    for nct_id, (trial, publications) in records.items():
        references = [
            Reference(
                ReferenceType(it["type"]),
                it["pmid"],
                doi_in(it["citation"] or ""),
                it["citation"],
                trials[it["pmid"]],
            )
            for it in publications
        ]
        ranked = rank_papers(references, dates_of(trial), trial.text("brief_title") or "")
        best = results_paper(ranked)
        pmid = best.reference.pmid if best else ""
        (right if chosen[nct_id] else wrongly_given)[nct_id] = int(
            pmid == chosen[nct_id] if chosen[nct_id] else bool(pmid)
        )
    assert len(right) >= 50 and len(wrongly_given) >= 8
    print(
        f"{sum(right.values())} of {len(right)} right; {sum(wrongly_given.values())} of {len(wrongly_given)} given"
    )
    assert sum(right.values()) >= 0.88 * len(right)
    assert sum(wrongly_given.values()) <= 3


@pytest.mark.parametrize(
    ("doi", "title"),
    [
        ("10.1002/14651858.cd012345", "Rest for pupils"),
        ("10.1000/2014", "Rest in seven studies"),
        ("10.1000/2014", "Quality of life after rest"),
    ],
)
def test_reviews_and_analyses_of_several_trials_never_come_before_a_trial(
    doi: str, title: str
) -> None:
    cited = f"Lee A, Roy B. {title}. J Rest. 2014 Mar;1:2."
    paper = _reference(2014, citation=cited, doi=doi)
    trial = _reference(2016, citation="Lee A, Roy B. Rest: a randomised trial. J Rest. 2016;1:2.")
    assert rank_papers([paper, trial], DATES)[0].reference is trial
    if "14651858" in doi:
        assert results_paper(rank_papers([paper], DATES)) is None


def test_grounds_begin_with_who_named_a_paper_and_end_with_what_is_against_it() -> None:
    (paper,) = rank_papers([_reference(2011, doi="10.1056/nejm1")], DATES)
    assert paper.grounds[0] == "found in PubMed under the trial's number"
    assert paper.grounds[1] == "in a general medical journal"
    assert paper.grounds[-1].startswith("but published")
