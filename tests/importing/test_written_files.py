"""What is written can be read: every cell as it was in the document, and a description in TOML."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.escaping import toml_string
from enrich.importing.choice import FoundTable, choose_table, list_tables
from enrich.importing.csv_text import csv_of
from enrich.importing.description_text import description_of
from enrich.importing.draft import draft_table
from enrich.importing.summary import summary_of
from enrich.tables.documents.document import Cell, Document, DocumentTable, Passage
from enrich.tables.documents.reader import read_document
from enrich.tables.documents.spans import SpanningCell, unroll
from enrich.tables.reader import read_table
from tests.tables.documents.twins import SPANNING

IDS = [f"NCT012345{number}" for number in range(10, 30)]


def draft(*rows, header=("NCT ID", "Phase", "N"), passages=(), **more):
    table = DocumentTable(
        "table 1",
        header_rows=(tuple(map(Cell, header)),),
        rows=tuple(tuple(map(Cell, row)) for row in rows),
        caption=more.pop("caption", ""),
        footnotes=more.pop("footnotes", ""),
    )
    document = Document((table,), tuple(passages), **more)
    (found,) = list_tables(document)
    return draft_table("paper.docx", document, (found,), found, {})


def written(folder, drafted, published=None):
    """The table as `enrich check` reads it."""
    (folder / "t.csv").write_bytes(csv_of(drafted.written))
    (folder / "t.toml").write_text(description_of(drafted, "t.csv", published), encoding="utf-8")
    return read_table(folder / "t.toml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("written")


ROWS = [(IDS[0], "Phase 1", "14"), (IDS[1], "Phase 2", "20")]

# --- cells

_TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12
)


@settings(deadline=None)
@given(st.lists(st.tuples(_TEXT, _TEXT), min_size=2, max_size=5))
def test_every_cell_comes_back_as_it_was(folder, cells):
    rows = [(nct_id, *texts) for nct_id, texts in zip(IDS, cells, strict=False)]
    drafted = draft(*rows, header=("NCT ID", "First", "Second"))
    table = written(folder, drafted)
    assert [tuple(row.cells.values()) for row in table.rows] == [*drafted.written.rows]
    expected = [tuple(row) for row in rows]
    assert table.header == drafted.written.header and [*drafted.written.rows] == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(_TEXT, min_size=1, max_size=4), _TEXT, _TEXT)
def test_a_description_can_be_read_whatever_the_document_prints(folder, names, caption, title):
    header = ("NCT ID", *names)
    rows = [(nct_id, *("Phase 1" for _ in names)) for nct_id in IDS[:3]]
    passages = [Passage("page 1", f"{caption} accessed on 18 December 2018")]
    drafted = draft(*rows, header=header, caption=caption, title=title, passages=passages)
    assert len(written(folder, drafted).rows) == 3
    assert summary_of(drafted, "", None)


@st.composite
def trials_with_spans(draw):
    """A table with a header, an id in each row, and cells that span; all cells differ."""
    height, width = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    rows = [[SpanningCell(Cell(f"Name {chr(97 + x)}")) for x in range(width + 1)]]
    taken: set[tuple[int, int]] = set()
    for y in range(height):
        row = [SpanningCell(Cell(IDS[y]))]
        for x in range(width):
            if (y, x) in taken:
                continue
            free = next((at for at in range(x, width) if (y, at) in taken), width) - x
            columns = draw(st.integers(1, free)) if draw(st.booleans()) else 1
            lines = draw(st.integers(1, height - y)) if draw(st.booleans()) else 1
            taken |= {(y + down, x + right) for down in range(lines) for right in range(columns)}
            row.append(SpanningCell(Cell(f"cell {y}{x}"), columns, lines))
        rows.append(row)
    return rows


@pytest.mark.parametrize("ending", SPANNING)
@pytest.mark.parametrize("examples", [6, pytest.param(200, marks=pytest.mark.long)])
def test_no_cell_is_moved_on_the_way_from_a_document_to_the_file(folder, ending, examples):
    law = given(trials_with_spans())(lambda rows: check_cells(folder, ending, rows))
    settings(max_examples=examples, deadline=None)(law)()


def check_cells(folder, ending, rows):
    path = folder / f"document{ending}"
    path.write_bytes(SPANNING[ending](rows))
    document = read_document(path)
    tables = list_tables(document)
    found: FoundTable = choose_table(path.name, document, tables, None)
    table = written(folder, draft_table(path.name, document, tuple(tables), found, {}))
    cells = [table.header, *(tuple(row.cells.values()) for row in table.rows)]
    assert cells == [tuple(cell.text for cell in row) for row in unroll(rows)]


@pytest.mark.parametrize(
    "cell, is_formula", [("=1+1", True), ("@SUM(1)", True), ("+", False), ("-3", False)]
)
def test_a_cell_that_begins_like_a_formula_stays_and_is_named(cell, is_formula):
    drafted = draft((IDS[0], "Phase 1", cell), (IDS[1], "Phase 2", "20"))
    assert csv_of(drafted.written).decode().splitlines()[1].endswith(f",{cell}")
    assert (
        "Row 1 has a cell that begins like a formula" in summary_of(drafted, "", None)
    ) == is_formula


# --- the description


def description(*rows, published=None, **more):
    return description_of(draft(*rows, **more), "t.csv", published)


def test_what_is_recognised_is_active_with_its_evidence():
    text = description(*ROWS)
    assert tomllib.loads(text)["columns"] == {
        "Phase": {"says": ["phases"]},
        "N": {"says": ["enrollment"]},
    }
    assert "# Phase: the header names phase; 2 of 2 cells can be read so (likely).\n" in text


def test_the_evidence_is_given_once():
    text = description(*ROWS)
    assert text.count("the header names phase") == 1 == text.count("the header names number")


def test_what_is_in_doubt_is_a_comment_that_can_be_taken_by_deleting_its_marks():
    text = description(*[(*row[:2], "diabetes") for row in ROWS], header=("Id", "Phase", "Setting"))
    assert "Setting" not in tomllib.loads(text)["columns"]
    taken = text.replace('# [columns."Setting"]', '[columns."Setting"]').replace("# says", "says")
    assert tomllib.loads(taken)["columns"]["Setting"] == {"says": ["conditions"]}


def test_what_is_in_doubt_keeps_the_order_of_its_dates():
    """Rows of one trial differ, so that the column is left in doubt."""
    rows = [(nct_id, day) for nct_id in IDS[:2] for day in ("6/24/2020", "7/25/2020")]
    text = description(*rows, header=("Id", "Start date"))
    assert '# says = ["start_date"]\n# date_order = "mdy"\n' in text


def test_an_example_of_a_day_claims_nothing_about_the_document():
    text = description(*ROWS, footnotes="Registry accessed on 05/03/2019.")
    assert "# (day and month may be swapped) the authors looked: “accessed on 05/03/2019”" in text
    assert "# published = 2021-03-09  # (an example: write the right day)\n" in text


def test_the_rows_that_one_row_became_are_counted_with_those_of_other_registers():
    ids = f"{IDS[0]}\nISRCTN94726526\n{IDS[1]}"
    summary = " ".join(summary_of(draft((ids, "1\n2\n3", "")), "", None).split())
    assert "Row 1 names 2 trials, and 1 other registration, and became rows 1 to 3:" in summary


def test_columns_that_are_not_compared_are_named():
    text = description(*[(*row, "x") for row in ROWS], header=("Id", "Phase", "N", 'Dose "mg"'))
    assert '\n# Not compared: "Dose \\"mg\\"".\n' in text


def test_what_the_document_says_about_itself_is_kept():
    body = tomllib.loads(
        description(*ROWS, caption="Table 2. Trials", title="A review", doi="10.1234/x")
    )
    assert (body["title"], body["citation"], body["doi"]) == (
        "Table 2. Trials",
        "A review",
        "10.1234/x",
    )


def test_a_day_is_proposed_with_its_source_and_never_taken():
    text = description(
        *ROWS,
        footnotes="Registry accessed on 18 December 2018.",
        published=None,
    )
    assert "published" not in tomllib.loads(text)
    line = "# published = 2018-12-18  # the authors looked: “accessed on 18 December 2018”"
    assert f"{line} (below table 1)\n" in text


def test_a_column_of_days_of_access_is_proposed(tmp_path):
    rows = [(*row, "2021-03-01") for row in ROWS]
    text = description(*rows, header=("Id", "Phase", "N", "Last checked"))
    line = '# accessed_column = "Last checked"  # a day for each row\n'
    assert line in text
    drafted = draft(*rows, header=("Id", "Phase", "N", "Last checked"))
    assert "'Last checked' may have the day for each row" in summary_of(drafted, "", None)
    (tmp_path / "t.csv").write_bytes(csv_of(drafted.written))
    (tmp_path / "t.toml").write_text(text.replace(line, line[2:]), encoding="utf-8")
    assert [row.accessed for row in read_table(tmp_path / "t.toml").rows] == ["2021-03-01"] * 2


@pytest.mark.parametrize("cell", ["yes", "2021-03-01 and later"])
def test_another_column_of_that_name_is_not(cell):
    rows = [(*row, cell) for row in ROWS]
    assert "accessed_column" not in description(*rows, header=("Id", "Phase", "N", "Retrieved"))


def test_days_are_looked_for_on_sheets_without_trials():
    table = DocumentTable(
        "sheet 'A'",
        rows=tuple(
            tuple(map(Cell, row)) for row in [("Id", "N"), *((nct_id, "1") for nct_id in IDS[:2])]
        ),
    )
    remarks = DocumentTable("sheet 'Read me'", rows=((Cell("Accessed: 2021-03-01"),),))
    document = Document((remarks, table))
    tables = list_tables(document)
    drafted = draft_table("t.xlsx", document, tuple(tables), tables[1], {})
    assert [(day.iso, day.source) for day in drafted.days] == [
        ("2021-03-01", "“Accessed: 2021-03-01” (sheet 'Read me')")
    ]


@pytest.mark.parametrize("day", ["2021-03-09", "2021-03", "2021"])
def test_the_day_that_the_user_gives_is_taken(tmp_path, day):
    assert written(tmp_path, draft(*ROWS), day).published == day


def test_every_id_that_no_row_follows_is_named_however_many_there_are():
    passages = [Passage("page 3", " ".join(IDS[2:]))]
    text = description(*ROWS, passages=passages)
    assert [nct_id for nct_id in IDS if nct_id not in text and nct_id not in IDS[:2]] == []


def test_text_with_lost_cells_is_followed_and_not_compared(tmp_path):
    rows = [(f"{IDS[0]} Phase 1 14",), (f"{IDS[1]} Phase 2 20",)]
    drafted = draft(*rows, header=("Line",), cells_are_sure=False)
    table = written(tmp_path, drafted)
    assert table.nct_ids == tuple(IDS[:2]) and not table.columns
    assert "has lost its cells" in summary_of(drafted, "", None)


def test_a_publication_is_not_taken_for_its_trial_by_its_header():
    text = description(
        ("Title of a paper", IDS[0]),
        ("Another", IDS[1]),
        header=("Title", "Id"),
        are_references=True,
    )
    assert "columns" not in tomllib.loads(text)
    assert "the rows are publications, and may be called otherwise than their trials" in " ".join(
        text.replace("#", "").split()
    )


@given(st.text())
def test_any_text_is_a_string_of_toml(text):
    encodable = text.encode("utf-8", "replace").decode()
    assert tomllib.loads(f"x = {toml_string(encodable)}")["x"] == encodable
