"""Rows and columns are found again by their content, not by their position."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.changes.row_matching import match_columns, match_rows
from enrich.models import Row


def row(position, *cells, ids=()):
    return Row(position, {f"c{at}": cell for at, cell in enumerate(cells)}, ids)


def trial(number, *cells):
    nct_id = f"NCT{number:08d}"
    return row(number, nct_id, *cells, ids=(nct_id,))


TABLE = [
    trial(1, "full moon", "Phase 2", "40"),
    trial(2, "half moon", "Phase 1", "20"),
    trial(3, "new moon", "Phase 3", "120"),
    row(4, "", "lamp", "case report", "1"),
    row(5, "", "candle", "case report", "1"),
]


def test_an_unchanged_table_is_the_same_row_by_row():
    assert match_rows(TABLE, TABLE) == {at: at for at in range(5)}


def test_a_row_put_in_front_moves_nothing_but_places():
    assert match_rows(TABLE, [trial(9, "sun", "Phase 2", "5"), *TABLE]) == {
        at + 1: at for at in range(5)
    }


def test_a_sorted_table_is_the_same_table():
    order = [3, 0, 4, 2, 1]
    assert match_rows(TABLE, [TABLE[at] for at in order]) == dict(enumerate(order))


def test_an_edited_cell_leaves_the_row_the_same():
    edited = [*TABLE[:2], trial(3, "new moon", "Phase 3", "121"), *TABLE[3:]]
    assert match_rows(TABLE, edited) == {at: at for at in range(5)}


def test_a_removed_row_is_missing_and_its_neighbours_stay():
    assert match_rows(TABLE, [*TABLE[:1], *TABLE[2:]]) == {0: 0, 1: 2, 2: 3, 3: 4}


def test_a_row_without_an_id_is_known_by_half_of_its_cells():
    edited = [row(1, "", "candle", "case series", "1"), *TABLE[:4]]
    assert match_rows(TABLE, edited) == {0: 4, 1: 0, 2: 1, 3: 2, 4: 3}


def test_a_corrected_id_leaves_the_row_the_same():
    assert match_rows(TABLE, [trial(7, "full moon", "Phase 2", "40"), *TABLE[1:]]) == {
        at: at for at in range(5)
    }


def test_a_row_for_another_trial_is_another_row_while_both_ids_are_there():
    swapped = [trial(2, "full moon", "Phase 2", "40"), trial(1, "half moon", "Phase 1", "20")]
    assert match_rows(TABLE[:2], swapped) == {0: 1, 1: 0}


def test_a_row_that_shares_only_usual_texts_with_a_removed_one_is_another_row():
    before = [
        trial(1, "A", "20", "Completed"),
        trial(2, "B", "20", "Completed"),
        trial(3, "C", "9", "Unknown"),
    ]
    after = [before[0], before[2], trial(4, "D", "20", "Completed")]
    assert match_rows(before, after) == {0: 0, 1: 2}


def test_duplicates_stay_apart():
    twice = [TABLE[0], replace(TABLE[0], position=2), TABLE[1]]
    assert match_rows(twice, twice) == {0: 0, 1: 1, 2: 2}
    assert match_rows(twice, [TABLE[1], TABLE[0]]) == {0: 2, 1: 0}


def test_two_rows_of_one_trial_are_distinguished_by_their_cells():
    before = [trial(1, "adults", "30"), trial(1, "children", "12")]
    after = [trial(1, "children", "13"), trial(1, "adults", "30")]
    assert match_rows(before, after) == {0: 1, 1: 0}


def test_an_id_that_was_added_to_a_row_leaves_it_the_same():
    before = [row(1, "", "lamp", "Phase 2", "12"), TABLE[1]]
    after = [trial(6, "lamp", "Phase 2", "12"), TABLE[1]]
    assert match_rows(before, after) == {0: 0, 1: 1}


@pytest.mark.parametrize("count", [500, 5000])
def test_likeness_is_asked_for_few_pairs(count, monkeypatch):
    """A long table that is sorted anew, with one edited row, costs no look at every pair."""
    import enrich.changes.row_matching as identity

    before = [trial(number, f"title {number}", "Phase 2", "20") for number in range(count)]
    after = [*reversed(before[1:]), trial(0, "title 0", "Phase 2", "21")]
    asked = []
    likeness = identity._Matching._likeness
    monkeypatch.setattr(
        identity._Matching, "_likeness", lambda *given: asked.append(1) or likeness(*given)
    )
    assert len(match_rows(before, after)) == count and len(asked) < 50


TABLES = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from("abc"), st.integers(1, 3)),
    max_size=15,
    unique_by=lambda line: line[0],
)


@given(TABLES, st.randoms(use_true_random=False), st.integers(0, 3))
def test_any_order_any_insertion_and_any_removal_keep_every_row_that_stays(lines, chance, removed):
    before = [trial(number, text, str(size)) for number, text, size in lines]
    stay = before[removed:]
    after = [*stay, *(trial(100 + extra, "a", "1") for extra in range(chance.randint(0, 3)))]
    random.Random(chance.random()).shuffle(after)
    matched = match_rows(before, after)
    for index, line in enumerate(after):
        if line in stay:
            assert before[matched[index]] is line
    assert len(set(matched.values())) == len(matched)


def renamed(header, *columns, keys_before=None, keys_after=None):
    before = [
        Row(at, dict(zip(header[0], cells, strict=True)))
        for at, cells in enumerate(zip(*columns, strict=True))
    ]
    after = [
        Row(at, dict(zip(header[1], cells, strict=True)))
        for at, cells in enumerate(zip(*columns, strict=True))
    ]
    pairs = list(zip(before, after, strict=True))
    return match_columns(*header, pairs, keys_before or {}, keys_after or {})


def test_a_column_under_another_header_is_known_by_its_cells():
    assert renamed((["Trial", "N"], ["Trial", "Participants"]), "ABC", ["1", "2", "3"]) == {
        "N": "Participants"
    }


@pytest.mark.parametrize(("cells", "is_known"), [("123x", True), ("12xx", False), ("12x", False)])
def test_a_renamed_column_of_a_small_table_may_have_one_edited_cell(cells, is_known):
    rows = [
        (Row(at, {"N": str(at)}), Row(at, {"Participants": cell}))
        for at, cell in enumerate(cells, 1)
    ]
    found = match_columns(["N"], ["Participants"], rows, {}, {})
    assert found == ({"N": "Participants"} if is_known else {})


def test_columns_with_other_cells_are_other_columns():
    header = ["Trial", "N"]
    before, after = Row(1, {"Trial": "A", "N": "1"}), Row(1, {"Trial": "A", "Phase": "2"})
    assert match_columns(header, ["Trial", "Phase"], [(before, after)], {}, {}) == {}


def test_an_empty_column_is_never_recognized():
    assert renamed((["Trial", "N"], ["Trial", "Size"]), "AB", ["", ""]) == {}


def test_a_key_identifies_its_column():
    header = (["Trial", "N"], ["Trial", "Size"])
    pairs = [(Row(1, {"Trial": "A", "N": "1"}), Row(1, {"Trial": "A", "Size": "9"}))]
    assert match_columns(*header, pairs, {"N": "size"}, {"Size": "size"}) == {"N": "Size"}
