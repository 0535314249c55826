"""Every id of a document is accounted for: followed, or named with its place."""

from enrich.tables.documents.accounts import account_ids
from enrich.tables.documents.document import Cell, Document, DocumentTable, Passage
from enrich.tables.documents.layout import lay_out

A, B, C, D = "NCT01234567", "NCT02345678", "NCT03456789", "NCT04567890"


def account(rows, *, passages=(), links=(), footnotes="", **more):
    cells = tuple(
        tuple(Cell(text, links if text == "linked" else ()) for text in row) for row in rows
    )
    table = DocumentTable("table 1", rows=cells, footnotes=footnotes)
    texts = tuple(Passage(where, text) for where, text in passages)
    return account_ids(Document((table,), texts, **more), lay_out(table))


def shown(found):
    return [(passage.text, passage.where) for passage in found]


HEADER = ["Trial", "Comment"]


def test_ids_of_the_id_column_are_followed():
    found = account([HEADER, [A, "x"], [f"{B}; {A}", "y"]])
    assert found.followed == (A, B) and found.lines() == ["2 trials in the table"]


def test_ids_beside_it_are_named_with_row_and_column():
    found = account([HEADER, [A, f"see also {C}"], [B, f"as {A}"]])
    assert shown(found.in_other_columns) == [(C, "row 1, column 'Comment'")]


def test_ids_outside_of_the_table_are_named_with_their_place():
    passages = [("page 3", f"{A} and {C} and {C}"), ("page 4", f"{C}, {D}")]
    found = account([HEADER, [A, "x"], [B, "y"]], passages=passages, footnotes=f"without {D}")
    assert shown(found.outside) == [(D, "below table 1"), (C, "page 3")]
    assert (
        found.lines()[1]
        == f"elsewhere in the document, and not followed: {D} (below table 1) and {C} (page 3)"
    )


def test_parents_of_trials_are_set_apart():
    found = account([HEADER, [f"{A} (parent study {C})", "x"], [B, f"extension of {D}"]])
    assert found.followed == (A, B)
    assert shown(found.parents) == [(C, "table 1, line 2"), (D, "table 1, line 3")]


def test_ids_of_other_registers_are_named_as_such():
    found = account([HEADER, [A, "x"], ["ChiCTR2000030835", "y"], ["ISRCTN94726526", "z"]])
    assert found.lines()[1:] == [
        "registered elsewhere: ChiCTR2000030835 (table 1, line 3) and ISRCTN94726526 (table 1, line 4)"
    ]


def test_misprints_are_named_with_their_place():
    found = account([HEADER, ["NTC01234567", "x"], [B, "y"], ["NCT0123456", "z"]])
    assert [misprint.text for misprint in found.misprints] == [
        "'NTC01234567' is not an NCT id; NCT01234567 may be meant",
        "'NCT0123456' has 7 digits instead of 8",
    ]


def test_in_a_list_the_first_line_is_line_1():
    rows = tuple((Cell(text),) for text in (A, "NCT0123456"))
    header = ((Cell("NCT id"),),)
    table = DocumentTable("the list", header_rows=header, rows=rows, header_is_ours=True)
    (misprint,) = account_ids(Document((table,)), lay_out(table)).misprints
    assert misprint.where == "the list, line 2"


def test_the_word_nct_in_prose_is_no_misprint():
    passages = [("page 1", "We searched for each NCT number.")]
    assert account([HEADER, [A, "x"], [B, "y"]], passages=passages).misprints == ()


def test_links_are_accounted_for():
    found = account(
        [HEADER, [A, "linked"], [B, "y"]], links=(f"https://clinicaltrials.gov/study/{C}",)
    )
    assert shown(found.in_other_columns) == [(C, "row 1, column 'Comment'")]


def test_many_ids_are_listed_in_part_and_counted():
    passages = [("page 1", " ".join(f"NCT0500{number:04}" for number in range(20)))]
    line = account([HEADER, [A, "x"], [B, "y"]], passages=passages).lines()[1]
    assert "NCT05000007" in line and "NCT05000008" not in line and line.endswith("and 12 more")
