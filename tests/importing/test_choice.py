"""Which table of a document is written: the largest that names trials, with its continuations."""

import pytest

from enrich.importing.choice import choose_table, list_tables
from enrich.tables.documents.document import Cell, Document, DocumentError, DocumentTable, Passage

IDS = [f"NCT0123456{number}" for number in range(10)]
HEADER = ("Trial", "Phase", "N")


def table(*ids, caption="", header=HEADER, where="table 1"):
    rows = tuple((Cell(nct_id), Cell("Phase 1"), Cell("14")) for nct_id in ids)
    return DocumentTable(where, caption, (tuple(map(Cell, header)),), rows)


def found(*tables, **more):
    return list_tables(Document(tables, **more))


def chosen(*tables, number=None, **more):
    document = Document(tables, **more)
    return choose_table("paper.html", document, list_tables(document), number)


def ids_of(found_table):
    return found_table.laid_out.ids


def test_the_table_that_names_most_trials_is_taken():
    assert chosen(table(*IDS[:2]), table(*IDS[2:6]), table(*IDS[6:9])).number == 2


def references(*ids):
    rows = tuple((Cell(str(number)), Cell(nct_id)) for number, nct_id in enumerate(ids, 1))
    return DocumentTable("table 2", "References", ((Cell("No."), Cell("Registration")),), rows)


def test_a_list_of_references_is_not_taken_for_the_table():
    assert chosen(references(*IDS[:5]), table(*IDS[:4])).number == 2


def test_a_table_of_a_few_trials_is_not_taken_however_wide_it_is():
    assert chosen(references(*IDS), table(*IDS[:4])).number == 1


def test_of_two_tables_of_one_size_the_first_is_taken():
    assert chosen(table(*IDS[:2]), table(*IDS[2:4])).number == 1


def test_another_table_is_taken_by_its_number():
    assert chosen(table(*IDS[:2]), table(IDS[3]), number=2).number == 2


def test_trials_that_are_columns_count_as_rows():
    across = DocumentTable(
        "table 1",
        rows=tuple(
            tuple(map(Cell, row))
            for row in (["", *IDS[:3]], ["Phase", "1", "2", "3"], ["N", "1", "2", "3"])
        ),
    )
    assert chosen(across).rows_with_ids == 3


# --- continued tables


@pytest.mark.parametrize(
    "first, second",
    [
        ("Table 2. Trials", ""),
        ("Table 2. Trials", "Table 2. Trials"),
        ("Table 2. Trials", "Table 2 (continued)"),
        ("Table 2. Trials", "Table 2. Cont'd"),
    ],
)
def test_a_table_that_goes_on_is_one(first, second):
    (joined,) = found(table(*IDS[:2], caption=first), table(*IDS[2:4], caption=second))
    assert ids_of(joined) == tuple(IDS[:4]) and joined.title == first
    part = f"“{second}”" if second else "table 1"
    assert joined.laid_out.notes == (f"{part} continues it: 2 rows added",)


@pytest.mark.parametrize(
    "caption, header",
    [
        ("Table 3. Ongoing trials", HEADER),
        ("Table 3 (continued)", HEADER),
        ("", ("Trial", "Phase", "Age")),
    ],
)
def test_another_table_of_the_same_columns_is_another(caption, header):
    tables = found(
        table(*IDS[:2], caption="Table 2. Trials"),
        table(*IDS[2:4], caption=caption, header=header),
    )
    assert [found_table.number for found_table in tables] == [1, 2]


def test_sheets_of_a_workbook_are_never_one_table():
    assert len(found(table(*IDS[:2], where="sheet 'A'"), table(*IDS[2:], where="sheet 'B'"))) == 2


# --- none


def refused(*tables, number=None, **more):
    with pytest.raises(DocumentError) as error:
        chosen(*tables, number=number, **more)
    assert "\n" not in str(error.value) and str(error.value).startswith("paper.html: ")
    return error.value


def refusal(*tables, number=None, **more):
    return str(refused(*tables, number=number, **more))


def test_a_table_of_one_trial_is_taken_only_by_its_number():
    words = refusal(table(IDS[0], caption="Table 1. A trial"))
    assert "choose one with --table N: 1 = Table 1. A trial (1 row, 1 trial)" in words


def test_a_number_that_no_table_has_is_refused_with_those_that_there_are():
    assert "there is no table 3; 1 = table 1 (2 rows, 2 trials)" in refusal(
        table(*IDS[:2]), number=3
    )


def test_a_table_without_ids_is_refused():
    assert "table 1, table 1, names no trial" in refusal(table("A", "B"), number=1)


def test_every_id_in_the_text_is_given_with_its_place():
    passages = [
        Passage("page 1", f"{IDS[0]} and ISRCTN94726526"),
        Passage("page 2", f"{IDS[0]}; parent study {IDS[1]}; NCT0123456; NCT number"),
        Passage("page 3", " ".join(f"NCT0500{number:04}" for number in range(30))),
    ]
    error = refused(table("A", "B"), passages=tuple(passages))
    assert error.ids[:3] == [f"{IDS[0]}  page 1", "ISRCTN94726526  page 1", f"{IDS[1]}  page 2"]
    assert len(error.ids) == 33 and "the 33 ids in the text: see above" in str(error)
    assert str(error).endswith("; misprinted: 'NCT0123456' has 7 digits instead of 8 (page 2)")


def test_a_pdf_is_refused_with_its_ids_and_the_address_of_the_article():
    pages = (
        Passage("page 1", "https://doi.org/10.1186/s12896-018-0443-0."),
        Passage("page 2", IDS[0]),
    )
    error = refused(passages=pages, is_paged=True)
    way = "open https://doi.org/10.1186/s12896-018-0443-0 and save it as HTML (or XML)"
    assert way in str(error) and error.ids == [f"{IDS[0]}  page 2"]


def test_a_pdf_without_a_doi_and_ids_is_refused_too():
    error = refused(passages=(Passage("page 1", "text"),), is_paged=True)
    assert "download the article again" in str(error) and error.ids == []


def test_text_without_any_id_is_no_pdf():
    words = refusal(passages=(Passage("line 1", "words"),), cells_are_sure=False)
    assert "no table names a trial by its NCT id (0 tables found)" in words


def test_no_more_than_a_dozen_tables_are_listed():
    many = [table(nct_id, caption=f"Table {number}. A") for number, nct_id in enumerate(IDS * 2)]
    assert refusal(*many).endswith("8 more")
