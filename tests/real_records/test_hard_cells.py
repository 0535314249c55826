"""Hard cells of published tables: never a wrong verdict, and most of what a person reads is read."""

import pytest

from tests.fixtures.corpus import needs_corpus
from tests.tools.cells import (
    FALSE_AGREES,
    FALSE_DIFFERS,
    FALSE_SILENCE,
    FROM_CASES,
    HELD_OUT,
    RIGHT,
    TUNING,
    hard_cells,
    judged,
    readable,
    share,
    wrong,
)

pytestmark = needs_corpus

# The most that is wrong, and the least percentage of readable cells that is read, by part.
# fmt: off
BARS = {
    TUNING:     {FALSE_AGREES: 0, FALSE_DIFFERS: 0, FALSE_SILENCE: 0, "read": 98},
    HELD_OUT:   {FALSE_AGREES: 0, FALSE_DIFFERS: 0, FALSE_SILENCE: 0, "read": 93},
    FROM_CASES: {FALSE_AGREES: 0, FALSE_DIFFERS: 0, FALSE_SILENCE: 0, "read": 100},
}
# fmt: on


@pytest.fixture(scope="module")
def found():
    return judged(hard_cells())


@pytest.mark.parametrize("part", BARS)
@pytest.mark.parametrize("outcome", [FALSE_AGREES, FALSE_DIFFERS, FALSE_SILENCE])
def test_wrong_verdicts_stay_within_the_bar(found, part, outcome):
    listed = [made for made in found if made.hard.part == part and made.outcome == outcome]
    assert len(listed) <= BARS[part][outcome], wrong(listed)


@pytest.mark.parametrize("part", BARS)
def test_most_of_what_a_person_reads_is_read(found, part):
    read = [judgement for judgement in found if judgement.hard.part == part and readable(judgement)]
    right = sum(judgement.outcome == RIGHT for judgement in read)
    assert share(right, len(read)) >= BARS[part]["read"]
