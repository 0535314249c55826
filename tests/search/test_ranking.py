"""Which candidates come first, on what grounds, and which relatives of included trials are named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.search.models import Candidate, Decision, DecisionKind, RankedCandidate
from enrich.search.ranking import rank
from tests.fixtures.corpus import needs_corpus
from tests.tools.search_ranking import added_to_the_list, left_out, pool, reviews, score

INCLUDE, EXCLUDE, MAYBE = DecisionKind


def _trial(
    number: int, title: str, conditions: str, interventions: str, **more: object
) -> Candidate:
    return Candidate(
        f"NCT{number:08}",
        title=title,
        conditions=(conditions,),
        interventions=(interventions,),
        **{"sponsor": f"Hospital {number}", "start_date": f"20{number:02}-01", **more},  # type: ignore[arg-type]
    )


SCLERADEC = _trial(
    1, "Adipose-Derived Cells in the Hands of Patients With Scleroderma, Part 1", "Systemic Sclerosis",
    "Autologous adipose-derived cells", phases=("PHASE2",), sponsor="Marseille",
)  # fmt: skip
HANDS = _trial(
    2,
    "Fat Injection for Hand Disability",
    "Systemic Sclerosis",
    "adipose tissue",
    phases=("PHASE2",),
)
FACE = _trial(
    3, "Filling of the Face", "Scleroderma", "adipose-derived stromal fraction", phases=("PHASE3",)
)
LUNGS = _trial(
    4, "Mycophenolate in Scleroderma Lung Disease", "Systemic Sclerosis", "mycophenolate mofetil"
)
ASTHMA = _trial(5, "Rest in Asthma", "Asthma", "rest")
OTHERS = [_trial(10 + at, f"Trial of Drug{at} in Sepsis", "Sepsis", f"drug{at}") for at in range(8)]
CANDIDATES = (ASTHMA, LUNGS, FACE, *OTHERS, SCLERADEC, HANDS)


def _decisions(kind: DecisionKind, *candidates: Candidate, reason: str = "") -> list[Decision]:
    return [Decision(candidate.nct_id, kind, reason) for candidate in candidates]


def _ids(ranked: tuple[RankedCandidate, ...]) -> list[str]:
    return [it.candidate.nct_id for it in ranked]


def test_trials_like_the_included_come_first_with_the_reasons() -> None:
    ranked = rank(CANDIDATES, _decisions(INCLUDE, SCLERADEC))
    assert _ids(ranked)[:2] == [FACE.nct_id, HANDS.nct_id]
    grounds = {it.candidate: it.grounds for it in ranked}
    assert grounds[FACE] == ("adipose-derived stromal fraction", "Scleroderma")
    assert grounds[HANDS] == ("Systemic Sclerosis", "adipose tissue", "phase 2")
    assert grounds[ASTHMA] == ()


def test_trials_like_an_excluded_one_come_later_and_name_it() -> None:
    included = _decisions(INCLUDE, HANDS)
    decisions = [*included, *_decisions(EXCLUDE, LUNGS, reason="no cells")]
    more_lungs = replace(LUNGS, nct_id="NCT00000006", sponsor="")
    candidates = (*CANDIDATES, more_lungs)
    before = {it.candidate: it for it in rank(candidates, included)}
    after = {it.candidate: it for it in rank(candidates, decisions)}
    assert after[more_lungs].score < before[more_lungs].score
    assert after[more_lungs].grounds[-1] == f"but like the excluded {LUNGS.nct_id} (no cells)"
    assert LUNGS not in after


def test_a_trial_of_the_same_title_but_for_a_number_is_named_as_such() -> None:
    second = replace(
        SCLERADEC, nct_id="NCT00000007", title=SCLERADEC.title.replace("Part 1", "Part 2")
    )
    (first, *_) = rank((*CANDIDATES, second), _decisions(INCLUDE, SCLERADEC))
    assert first.candidate == second
    assert first.related == f"Its title is that of {SCLERADEC.nct_id} but for a number."
    (first, *_) = rank(
        (*CANDIDATES, replace(SCLERADEC, nct_id="NCT00000007")), _decisions(INCLUDE, SCLERADEC)
    )
    assert first.related == f"Its title is that of {SCLERADEC.nct_id}."


@pytest.mark.parametrize(
    ("sponsor", "is_named"), [("MARSEILLE", True), ("Lyon", False), ("", False)]
)
def test_an_extension_is_named_only_where_the_sponsor_is_the_same(
    sponsor: str, is_named: bool
) -> None:
    extension = _trial(8, "Open-label Extension of Adipose-Derived Cells in Scleroderma", "Systemic Sclerosis",
                       "adipose-derived cells", sponsor=sponsor)  # fmt: skip
    ranked = rank((*CANDIDATES, extension), _decisions(INCLUDE, SCLERADEC))
    related = {it.candidate: it.related for it in ranked}[extension]
    sentence = f"It may go on with {SCLERADEC.nct_id}, a trial of the same sponsor."
    assert related == (sentence if is_named else None)


def test_nothing_included_leaves_the_newest_first() -> None:
    ranked = rank(CANDIDATES, _decisions(EXCLUDE, ASTHMA))
    starts = [it.candidate.start_date for it in ranked]
    assert starts == sorted(starts, reverse=True)
    assert {(it.score, it.grounds, it.related) for it in ranked} == {(0.0, (), None)}


def test_a_trial_that_is_only_perhaps_included_stays_in_the_list() -> None:
    decisions = [*_decisions(INCLUDE, SCLERADEC), *_decisions(MAYBE, ASTHMA)]
    assert ASTHMA.nct_id in _ids(rank(CANDIDATES, decisions))


def test_a_word_that_fits_every_trial_is_no_ground() -> None:
    registry = _trial(40, "A Study of Patients With Scleroderma", "Scleroderma", "registry")
    asthma = _trial(41, "A Study of Patients With Asthma", "Asthma", "rest")
    ranked = rank((registry, asthma, *OTHERS), _decisions(INCLUDE, registry))
    assert ranked[0].candidate == asthma
    assert ranked[0].grounds == ()


def test_grounds_show_no_control_characters() -> None:
    hostile = replace(HANDS, nct_id="NCT00000009", conditions=("Systemic \x1b[2J\u202eSclerosis",))
    ranked = rank((*CANDIDATES, hostile), _decisions(INCLUDE, HANDS))
    assert all(ground.isprintable() for it in ranked for ground in it.grounds)


_CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.integers(0, 99).map(lambda number: f"NCT{number:08}"),
        title=st.text(max_size=30) | st.sampled_from(["A vaccine", "a vaccine 2 in adults", "i"]),
        conditions=st.lists(st.text(max_size=8), max_size=2).map(tuple),
        phases=st.sampled_from([(), ("PHASE1",), ("NA",)]),
        sponsor=st.sampled_from(["", "Hospital"]),
    ),
    max_size=12,
    unique_by=lambda candidate: candidate.nct_id,
)


@given(_CANDIDATES, st.dictionaries(st.integers(0, 99), st.sampled_from(DecisionKind), max_size=60))
def test_every_open_candidate_is_ranked_once_in_whatever_order_they_come(
    candidates: list[Candidate], kinds: dict[int, DecisionKind]
) -> None:
    decisions = [Decision(f"NCT{number:08}", kind) for number, kind in kinds.items()]
    settled = {it.nct_id for it in decisions if it.verdict is not MAYBE}
    ranked = rank(candidates, decisions)
    assert sorted(_ids(ranked)) == sorted({it.nct_id for it in candidates} - settled)
    scores = [it.score for it in ranked]
    assert scores == sorted(scores, reverse=True)
    assert _ids(rank(candidates[::-1], decisions[::-1])) == _ids(ranked)


class TestRealSearches:
    """The bars, as `python -m tests.tools.search_ranking` reports them."""

    pytestmark = needs_corpus

    def test_what_a_list_kept_by_hand_gained_comes_within_the_first_40(self) -> None:
        places = added_to_the_list()
        assert places
        assert max(places.values()) <= 40

    @pytest.mark.long
    def test_trials_left_out_of_reviews_are_found_again(self) -> None:
        found = score(left_out(pool(), reviews()))
        assert found.number > 20
        assert found.median <= 10
        assert found.within_100 >= 0.9
