"""Cells of a table in every kind of document: each is read as printed, in its row and column."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.tables.documents.document import Cell
from enrich.tables.documents.reader import read_document
from enrich.tables.documents.spans import SpanningCell, unroll
from tests.tables.documents.twins import SPANNING, WRITERS, plain

A, B = "NCT01234567", "NCT02345678"


def read(folder, ending, content):
    path = folder / f"document{ending}"
    path.write_bytes(content)
    return read_document(path)


def texts(table):
    """The text of each cell, blanks at the ends aside: no format keeps those."""
    return [[cell.text.strip() for cell in row] for row in table.all_rows]


PRINTED = [
    ["Trial", "Phase", "N (m/f)", "Result"],
    [A, "Phase I/II", "14 (3/11)", "5 % < 10 % & rising"],
    [B, "", "2,000", 'said "open"'],
    ["ISRCTN94726526", "Früh – Phase 1", "30", "a|b;c,d"],
]


@pytest.mark.parametrize("ending", WRITERS)
def test_cells_are_read_as_printed(tmp_path, ending):
    (table,) = read(
        tmp_path, ending, WRITERS[ending](plain(PRINTED), caption="Table 1. Trials")
    ).tables
    assert texts(table) == PRINTED and table.ids == (A, B) and table.rows_with_ids == 2


@pytest.mark.parametrize("ending", SPANNING)
def test_a_cell_of_several_lines_keeps_them(tmp_path, ending):
    rows = plain([["Trial", "Phase"], [f"{A}\n{B}", "Phase 1\nPhase 2"]])
    (table,) = read(tmp_path, ending, SPANNING[ending](rows)).tables
    assert texts(table)[1] == [f"{A}\n{B}", "Phase 1\nPhase 2"]


@pytest.mark.parametrize("ending", [".html", ".xml", ".xlsx", ".md"])
def test_the_targets_of_links_are_kept(tmp_path, ending):
    target = f"https://clinicaltrials.gov/study/{A}"
    linked = SpanningCell(Cell("Oxford", (target,)))
    rows = [*plain([["Trial", "Phase"]]), [linked, SpanningCell(Cell("1"))]]
    (table,) = read(tmp_path, ending, WRITERS[ending](rows)).tables
    assert table.all_rows[1][0].links == (target,) and table.ids == (A,)


# --- spans


@st.composite
def tables_with_spans(draw):
    """A table without holes whose cells all differ, so that none can be moved and go unnoticed."""
    height, width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    taken: set[tuple[int, int]] = set()
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            if (y, x) in taken:
                continue
            free = next((at for at in range(x, width) if (y, at) in taken), width) - x
            columns = draw(st.integers(1, free)) if draw(st.booleans()) else 1
            most = height - y
            lines = draw(st.integers(1, most)) if draw(st.integers(0, 3)) == 0 else 1
            taken |= {(y + down, x + right) for down in range(lines) for right in range(columns)}
            row.append(SpanningCell(Cell(f"{string.ascii_letters[y]}{x}"), columns, lines))
        rows.append(row)
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("laws")


@pytest.mark.parametrize("ending", SPANNING)
@pytest.mark.parametrize("examples", [12, pytest.param(200, marks=pytest.mark.long)])
def test_no_cell_is_moved_by_cells_that_span(folder, ending, examples):
    law = given(tables_with_spans())(lambda rows: check_cells(folder, ending, rows))
    settings(max_examples=examples, deadline=None)(law)()


def check_cells(folder, ending, rows):
    expected = [[cell.text for cell in row] for row in unroll(rows)]
    (table,) = read(folder, ending, SPANNING[ending](rows, header=0)).tables
    assert texts(table) == expected


@given(rows=tables_with_spans())
def test_a_spanning_cell_is_copied_to_all_its_places_and_marked(rows):
    grid = unroll(rows)
    originals = [cell.text for row in grid for cell in row if not cell.is_copy]
    assert originals == [spanning.cell.text for row in rows for spanning in row]
    assert sum(spanning.columns * spanning.rows for row in rows for spanning in row) == sum(
        map(len, grid)
    )
