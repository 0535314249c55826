"""What a table remembers of its search: the rules, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.search.memory import (
    Basis,
    HitState,
    basis_changes,
    basis_of,
    count_hits,
    counts_sentence,
    reason_for_leaving,
    state_of,
)
from enrich.search.models import Candidate, Decision, DecisionKind

ONE = "NCT00000001"
TRIAL = Candidate(
    ONE,
    title="Rest",
    conditions=("Asthma", "Cough"),
    criteria="Adults,  18 years\nor older.",
    phases=("PHASE1",),
    status="RECRUITING",
)


@pytest.mark.parametrize(
    "verdict, in_table, is_reopened, state",
    [
        (None, False, False, HitState.NEW),
        (None, True, False, HitState.INCLUDED),
        ("include", False, False, HitState.INCLUDED),
        ("maybe", False, False, HitState.MAYBE),
        ("exclude", False, False, HitState.EXCLUDED),
        ("exclude", False, True, HitState.NEW),
        ("exclude", True, False, HitState.INCLUDED),
    ],
)
def test_a_row_of_the_table_counts_more_than_a_decision(verdict, in_table, is_reopened, state):
    decision = Decision(ONE, DecisionKind(verdict)) if verdict else None
    assert state_of(decision, in_table=in_table, is_reopened=is_reopened) is state


def changed(**facts):
    return Candidate(**{**vars(TRIAL), **facts})


@pytest.mark.parametrize(
    "facts",
    [
        {"title": "Sleep"},
        {"conditions": ("Cough", "asthma")},
        {"criteria": "adults, 18 years or older"},
        {"sponsor": "Somebody", "start_date": "2020-01"},
    ],
)
def test_what_means_the_same_is_no_change_of_a_basis(facts):
    assert basis_of(changed(**facts)) == basis_of(TRIAL)


@pytest.mark.parametrize(
    "facts, words",
    [
        ({"phases": ("PHASE2",)}, "its phase was Phase 1 and is Phase 2"),
        ({"phases": ()}, "its phase was Phase 1 and is nothing"),
        ({"status": "WITHDRAWN"}, "its status was recruiting and is withdrawn"),
        ({"conditions": ("Cough",)}, "its conditions were asthma; cough and are cough"),
        ({"criteria": "Children"}, "its eligibility criteria changed"),
    ],
)
def test_a_change_of_a_basis_is_named(facts, words):
    assert basis_changes(basis_of(TRIAL), basis_of(changed(**facts))) == words


@given(st.builds(Basis, st.tuples(st.text()), st.tuples(st.text()), st.text(), st.text()))
def test_a_basis_never_differs_from_itself(basis):
    assert basis_changes(basis, basis) == ""


def test_a_departure_names_every_fact_that_moved():
    after = changed(status="COMPLETED", title="Sleep", keywords=("bed",))
    assert reason_for_leaving(TRIAL, after) == (
        "its keywords changed, its title changed and its status was recruiting and is completed"
    )
    assert reason_for_leaving(TRIAL, TRIAL) == "no fact that is followed has moved"


def test_the_numbers_of_a_flow_diagram_add_up():
    hits = [
        (HitState.NEW, "", False, False),
        (HitState.MAYBE, "", False, False),
        (HitState.INCLUDED, "", True, False),
        (HitState.INCLUDED, "", False, False),
        (HitState.EXCLUDED, "animals", False, False),
        (HitState.EXCLUDED, "animals", False, False),
        (HitState.EXCLUDED, "", False, False),
        (HitState.EXCLUDED, "animals", False, True),
    ]
    counts = count_hits(hits)
    assert counts.identified == sum(counts.states.values()) == 7 and counts.left == 1
    assert counts_sentence(counts) == (
        "7 trials identified: 1 to screen, 1 undecided, 2 included (1 of them not in the table"
        " yet), 3 excluded (animals: 2; no reason given: 1)"
    )
