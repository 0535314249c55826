"""Rows that name several trials, and trials that have several rows."""

import pytest

from enrich.importing.rows import SplitRow, spread_trials, write_rows
from enrich.tables.documents.document import Cell
from enrich.tables.documents.layout import TrialTable

A, B, C = "NCT01234567", "NCT02345678", "NCT03456789"
HEADER = ("Trial", "Phase", "N")


def table(*rows, header=HEADER, id_column="Trial"):
    cells = tuple(tuple(map(Cell, row)) for row in rows)
    return TrialTable("table 1", "", header, cells, id_column)


# --- several ids in one row


@pytest.mark.parametrize(
    "ids", [f"{A}\n{B}", f"{A}; {B}", f"{A}, {B}", f"{A};\n{B}", f"{A} (a)\n{B} (b)"]
)
@pytest.mark.parametrize("phases", ["Phase 1\nPhase 2", "Phase 1; Phase 2", "• Phase 1\n• Phase 2"])
def test_a_row_is_parted_where_another_cell_has_as_many_lines_or_items(ids, phases):
    written = write_rows(table((ids, phases, "")))
    assert [written.ids_by_row, [row[1][-7:] for row in written.rows]] == [
        [(A,), (B,)],
        ["Phase 1", "Phase 2"],
    ]
    assert written.splits == (SplitRow(1, 1, 2, (A, B), ("Phase",)),)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param((f"{A}\n{B}", "Phase 1", "14"), id="no other cell has two"),
        pytest.param((f"{A}\n{B}", "Phase 1\nPhase 2\nPhase 3", ""), id="another has three"),
        pytest.param((f"{A}, {B}", "COVID, pneumonia", ""), id="commas part no other cell"),
        pytest.param((f"{A} and {B}", "Phase 1\nPhase 2", ""), id="ids in a sentence"),
        pytest.param((f"{A}\nextension of {B}", "Phase 1\nPhase 2", ""), id="a parent"),
        pytest.param(
            (f"{A}\n2009-015929-37", "Phase 1\nPhase 2", ""), id="one trial, two registers"
        ),
    ],
)
def test_any_other_row_stays_whole(row):
    written = write_rows(table(row))
    assert written.rows == (row,) and not written.splits


def test_a_row_stays_whole_where_a_cell_that_is_compared_does_not_part():
    """Nobody can say whether 54 is the number of one trial, or of both."""
    row = (f"{A}\n{B}", "Phase 1\nPhase 2", "54")
    assert len(write_rows(table(row), compared={"Phase"}).rows) == 2
    written = write_rows(table(row), compared={"Phase", "N"})
    assert written.rows == (row,) and written.several == (1,)


def test_cells_that_do_not_part_are_copied_as_they_are():
    written = write_rows(table((f"{A}\n{B}", "Phase 1\nPhase 2", "a drug")), compared={"Phase"})
    assert [row[2] for row in written.rows] == ["a drug", "a drug"]


def test_an_id_of_another_register_among_two_gets_a_row_of_its_own():
    written = write_rows(table((f"{A}\nISRCTN94726526\n{B}", "1\n2\n3", "")))
    assert written.ids_by_row == [(A,), (), (B,)] and [row[1] for row in written.rows] == [*"123"]
    assert [(split.first, split.last) for split in written.splits] == [(1, 3)]


def test_rows_are_counted_in_the_document_and_in_the_file():
    both = (f"{A}\n{B}", "1\n2", "")
    written = write_rows(table((C, "3", "9"), both, both))
    places = [(split.row, split.first, split.last) for split in written.splits]
    assert places == [(2, 2, 3), (3, 4, 5)]


def test_line_breaks_of_all_kinds_are_one_kind():
    assert write_rows(table((A, "x\r\ny\rz\0", ""))).rows == ((A, "x\ny\nz", ""),)


# --- trials over several rows


def spread(*rows, **more):
    return [
        (trial.nct_id, trial.first, trial.last, sorted(trial.columns))
        for trial in spread_trials(write_rows(table(*rows, **more)))
    ]


def test_rows_with_the_same_id_are_one_trial():
    assert spread((A, "1", "30"), (A, "1", "28"), (B, "2", "9")) == [(A, 1, 2, ["N"])]


def test_a_row_without_id_and_first_cell_goes_on():
    header = ("Name", "Trial", "Phase", "Arm", "N")
    first, second = ("Blundell", A, "1", "drug", "30"), ("", "", "", "placebo", "28")
    assert spread(("x", B, "1", "drug", "9"), first, second, header=header) == [
        (A, 2, 3, ["Arm", "N"])
    ]


def test_the_same_row_twice_differs_in_no_column():
    assert spread((A, "1", "30"), (A, "1", "30")) == [(A, 1, 2, [])]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(("", "2", "28"), id="a row of its own, unregistered"),
        pytest.param(("ISRCTN94726526", "", ""), id="another register"),
        pytest.param((B, "", ""), id="another trial"),
    ],
)
def test_other_rows_are_not(second):
    assert spread((A, "1", "30"), second) == []


def test_rows_before_the_first_id_belong_to_no_trial():
    assert spread(("", "", "30"), ("", "", "28"), (A, "1", "1")) == []
