"""A column may say which of several numbers counts the participants."""

import pytest

from enrich.compare.verdicts import compare_field
from enrich.models import Column, Trial, Verdict

TRIAL = Trial("NCT01234567", {"enrollment": 118, "phases": ("PHASE2",)})


def compare(cell, place, says=("enrollment",)):
    return compare_field(Column("N", says, participants=place), "enrollment", cell, TRIAL)


@pytest.mark.parametrize(
    ("cell", "place", "claim"),
    [
        ("120/118", "first", "120"),
        ("120/118", "second", "118"),
        ("120 / 118 / 90", "third", "90"),
        ("120/118", "last", "118"),
        ("118", "first", "118"),
        ("1,200 (1,180)", "second", "1180"),
        ("12 months; 120; 118", "first", "120"),
        ("Phase 2; 120/118", "second", "118"),
    ],
)
def test_number_at_the_place_is_the_claim(cell, place, claim):
    assert compare(cell, place).claim == claim


@pytest.mark.parametrize(
    ("cell", "place"), [("118", "second"), ("120/118", "third"), ("1.5/2.5", "first")]
)
def test_cell_without_that_number_is_unreadable(cell, place):
    assert compare(cell, place).verdict is Verdict.UNREADABLE


def test_cell_without_a_number_is_unreadable_and_an_empty_one_silent():
    assert compare("see text", "first").verdict is Verdict.UNREADABLE
    assert compare("", "first").verdict is Verdict.ADDS
