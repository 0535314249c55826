"""The table of trials in a table of a document: its header, its rows, its id column, what was done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.tables.documents.document import Cell, DocumentTable
from enrich.tables.documents.layout import lay_out
from enrich.tables.documents.spans import SpanningCell, unroll

A, B, C = "NCT01234567", "NCT02345678", "NCT03456789"


def row(*texts):
    return tuple(Cell(text) for text in texts)


def table(*rows, header=(), **more):
    return DocumentTable("table 1", header_rows=tuple(header), rows=tuple(rows), **more)


def grid(*rows):
    """Rows of texts, or of text, columns and rows for a cell that spans."""
    cells = [
        [
            SpanningCell(Cell(spec[0]), *spec[1:])
            if isinstance(spec, tuple)
            else SpanningCell(Cell(spec))
            for spec in line
        ]
        for line in rows
    ]
    return [tuple(line) for line in unroll(cells)]


def content(laid_out):
    return [[cell.text for cell in line] for line in laid_out.rows]


HEADER = row("Trial", "Phase", "N")
ROWS = (row(A, "1", "14"), row(B, "2", "20"))


def test_a_plain_table():
    laid_out = lay_out(table(HEADER, *ROWS, caption="Table 1", footnotes="a: none"))
    assert (laid_out.header, laid_out.id_column, laid_out.ids) == (
        ("Trial", "Phase", "N"),
        "Trial",
        (A, B),
    )
    assert content(laid_out) == [[A, "1", "14"], [B, "2", "20"]]
    assert (laid_out.caption, laid_out.footnotes, laid_out.notes) == ("Table 1", "a: none", ())


# --- headers


@pytest.mark.parametrize(
    "header, names",
    [
        pytest.param([row("Trial", "Phase", "N")], ("Trial", "Phase", "N"), id="one row"),
        pytest.param(
            grid(["Trial", ("Participants", 2, 1)], ["", "Age", "N"]),
            ("Trial", "Participants: Age", "Participants: N"),
            id="a name above two",
        ),
        pytest.param(
            grid([("Trial", 1, 2), ("Participants", 2, 1)], ["Age", "N"]),
            ("Trial", "Participants: Age", "Participants: N"),
            id="beside a name of two rows",
        ),
        pytest.param(
            grid([("Trial", 1, 3), ("Participants", 2, 1)], [("Adults", 2, 1)], ["Age", "N"]),
            ("Trial", "Participants: Adults: Age", "Participants: Adults: N"),
            id="three rows",
        ),
        pytest.param([row("Trial", "N", "N")], ("Trial", "N", "N (2)"), id="a name twice"),
        pytest.param(
            [row("Trial", "", "N")], ("Trial", "Column 2", "N"), id="a column without a name"
        ),
        pytest.param(
            [row("Trial", "Age\n(years)", "N")], ("Trial", "Age (years)", "N"), id="two lines"
        ),
    ],
)
@pytest.mark.parametrize("is_marked", [True, False])
def test_names_of_columns(header, names, is_marked):
    document_table = table(*ROWS, header=header) if is_marked else table(*header, *ROWS)
    assert lay_out(document_table).header == names and lay_out(document_table).ids == (A, B)


def test_the_first_id_of_a_table_without_a_header_is_not_lost():
    laid_out = lay_out(table(*ROWS, row(C, "3", "9")))
    assert laid_out.ids == (A, B, C) and laid_out.header == ("Column 1", "Column 2", "Column 3")
    assert laid_out.notes == ("there is no header; the columns are numbered",)


def test_a_row_of_words_below_a_spanning_name_is_a_row_where_others_have_names_of_their_own():
    rows = grid(
        ["Trial", ("Outcome", 2, 1)], ["Blundell 2017", "weight", "BMI"], [A, "weight", "BMI"]
    )
    laid_out = lay_out(table(*rows))
    assert content(laid_out)[0] == ["Blundell 2017", "weight", "BMI"]


def test_lines_above_the_header_are_part_of_the_caption():
    laid_out = lay_out(
        table(row("Table 1. Ongoing trials", "", ""), row("As of May", "", ""), HEADER, *ROWS)
    )
    assert laid_out.caption == "Table 1. Ongoing trials As of May"
    assert laid_out.header == ("Trial", "Phase", "N") and laid_out.ids == (A, B)


def test_a_header_that_is_repeated_between_the_rows_is_left_out_and_reported():
    laid_out = lay_out(table(HEADER, ROWS[0], HEADER, ROWS[1]))
    assert content(laid_out) == [[A, "1", "14"], [B, "2", "20"]]
    assert laid_out.notes == ("1 repeated header left out",)


# --- headings between the rows


@pytest.mark.parametrize(
    "heading",
    [
        pytest.param(row("Adults", "", ""), id="in the first cell"),
        pytest.param(grid([("Adults", 3, 1)])[0], id="across all columns"),
    ],
)
def test_a_heading_becomes_a_column(heading):
    laid_out = lay_out(table(HEADER, heading, ROWS[0], row("Children", "", ""), ROWS[1]))
    assert laid_out.header == ("Section", "Trial", "Phase", "N")
    assert content(laid_out) == [["Adults", A, "1", "14"], ["Children", B, "2", "20"]]
    assert laid_out.notes == (
        "2 headings between the rows became the column 'Section': 'Adults' and 'Children'",
    )


def test_a_trial_of_which_only_the_id_is_printed_is_a_row():
    laid_out = lay_out(table(HEADER, ROWS[0], row(B, "", "")))
    assert content(laid_out) == [[A, "1", "14"], [B, "", ""]]


def test_trials_that_are_headings_are_named_in_each_of_their_rows():
    arm = row("Arm", "Dose", "N")
    laid_out = lay_out(
        table(
            arm,
            row(f"CANVAS ({A})", "", ""),
            row("x", "1 mg", "5"),
            row("y", "2 mg", "6"),
            row(B, "", ""),
            row("x", "1 mg", "7"),
        )
    )
    assert laid_out.id_column == "Section" and laid_out.ids == (A, B)
    assert content(laid_out) == [
        [f"CANVAS ({A})", "x", "1 mg", "5"],
        [f"CANVAS ({A})", "y", "2 mg", "6"],
        [B, "x", "1 mg", "7"],
    ]


def test_lines_below_the_last_row_are_footnotes():
    laid_out = lay_out(table(HEADER, *ROWS, row("a: accessed on 18 December 2018", "", "")))
    assert laid_out.footnotes == "a: accessed on 18 December 2018" and len(laid_out.rows) == 2


def test_a_row_whose_first_cell_is_empty_is_no_heading():
    laid_out = lay_out(table(HEADER, ROWS[0], row("", "", "28"), ROWS[1]))
    assert content(laid_out) == [[A, "1", "14"], ["", "", "28"], [B, "2", "20"]]


# --- trials as columns


def test_trials_that_are_columns_become_rows():
    laid_out = lay_out(
        table(row("", A, B, C), row("Phase", "1", "2", "3"), row("N", "14", "20", "9"))
    )
    assert laid_out.header == ("Column 1", "Phase", "N") and laid_out.ids == (A, B, C)
    assert content(laid_out) == [[A, "1", "14"], [B, "2", "20"], [C, "3", "9"]]
    assert laid_out.notes[0] == "the trials are columns; they were turned into rows"


def test_trials_that_are_columns_keep_the_name_of_their_ids():
    laid_out = lay_out(
        table(row("Name", "CANVAS", "DECLARE"), row("Registration", A, B), row("N", "14", "20"))
    )
    assert (laid_out.header, laid_out.id_column) == (("Name", "Registration", "N"), "Registration")


def test_one_row_that_names_two_trials_is_not_turned():
    laid_out = lay_out(table(row("Trial", "Parent", "N"), row(A, B, "14"), row("none", "", "20")))
    assert content(laid_out)[0] == [A, B, "14"]


# --- the column of ids


def test_ids_that_are_only_in_links_get_a_column():
    link = f"https://clinicaltrials.gov/ct2/show/{A}?term={A}"
    laid_out = lay_out(table(row("Trial", "N"), (Cell("Oxford", (link,)), Cell("5"))))
    assert laid_out.header == ("Trial", "N", "NCT id") and laid_out.ids == (A,)


def test_the_column_that_names_most_trials_is_that_of_the_ids():
    laid_out = lay_out(table(row("old", "new"), row(A, C), row(B, "")))
    assert laid_out.id_column == "old"


def test_of_two_such_columns_the_one_called_so_is_that_of_the_ids():
    laid_out = lay_out(
        table(row("Title", "Registration no."), row(f"A study ({A})", A), row(f"B ({B})", B))
    )
    assert laid_out.id_column == "Registration no."


def test_bare_numbers_are_ids_in_a_column_called_nct():
    laid_out = lay_out(
        table(row("NCT number", "N"), row("01,234,567", "1"), row("02,345,678", "2"))
    )
    assert (laid_out.id_column, laid_out.ids) == ("NCT number", (A, B))


def test_a_table_without_ids_has_no_such_column():
    assert lay_out(table(row("Trial", "N"), row("x", "1"), row("y", "2"))).id_column is None


@pytest.mark.parametrize(
    "cells", [[["", "x", "14"], [A, "", ""]], [[A, "", ""], [B, "", ""], ["", "x", "14"]]]
)
def test_a_heading_that_names_a_trial_and_has_no_rows_stays_a_row(cells):
    laid_out = lay_out(table(*(row(*line) for line in cells)))
    assert A in [cell.text for line in laid_out.rows for cell in line]


# --- laws

_CELL = st.sampled_from(["", "x", "Phase 1", "14", A, B, f"{A}; {B}"])


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.lists(_CELL, min_size=width, max_size=width), min_size=1, max_size=8
        )
    )
)
def test_every_id_of_a_table_is_in_a_cell_or_a_note_afterwards(cells):
    laid_out = lay_out(table(*(row(*line) for line in cells)))
    before = {nct_id for line in cells for cell in line for nct_id in (A, B) if nct_id in cell}
    text = " ".join(
        [
            *laid_out.header,
            *(cell.text for line in laid_out.rows for cell in line),
            laid_out.caption,
            laid_out.footnotes,
        ]
    )
    assert all(nct_id in text for nct_id in before)
    assert len(set(laid_out.header)) == len(laid_out.header)
    assert all(len(line) == len(laid_out.header) for line in laid_out.rows)
