"""Which reference is the results paper, on what grounds, and when none is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.papers.ranking import (
    LEAST_POINTS,
    PaperRole,
    Reference,
    ReferenceType,
    TrialDates,
    rank_papers,
    results_paper,
)
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
