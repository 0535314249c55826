"""A user's own table: read as spreadsheets write it, or refused in one line that names the fault
where.
"""

import codecs
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.errors import TableError
from enrich.models import Column
from enrich.tables.lint import check_table, count_cells, why_nothing_is_compared
from enrich.tables.reader import find_tables, read_table, read_tables

A, B = "NCT01234567", "NCT02345678"
TOML = """
title = "Sérums"
file = "t.csv"
published = 2021-03-09
id_column = "NCT ID"
"""
CSV = f"NCT ID,Phase,N\n{A},Phase 1,14\n{B},Phase 2,20\n"
ROWS = [{"NCT ID": A, "Phase": "Phase 1", "N": "14"}, {"NCT ID": B, "Phase": "Phase 2", "N": "20"}]


@pytest.fixture
def described(tmp_path):
    """Writes a table and its description; gives the path of the description."""

    def write(toml=TOML, csv=CSV, name="t"):
        path = tmp_path / f"{name}.toml"
        path.write_bytes(toml if isinstance(toml, bytes) else toml.encode())
        if csv is not None:
            (tmp_path / "t.csv").write_bytes(csv if isinstance(csv, bytes) else csv.encode())
        return path

    return write


# --- files as spreadsheets write them


@pytest.mark.parametrize(
    "csv",
    [
        pytest.param(CSV, id="plain"),
        pytest.param(codecs.BOM_UTF8 + CSV.encode(), id="byte order mark"),
        pytest.param(CSV.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(CSV.replace("\n", "\r"), id="CR alone"),
        pytest.param(CSV.replace(",", ";"), id="semicolons"),
        pytest.param(CSV.replace(",", "\t"), id="tabs"),
        pytest.param(CSV.encode("utf-16"), id="UTF-16, little end first"),
        pytest.param(codecs.BOM_UTF16_BE + CSV.encode("utf-16-be"), id="UTF-16, big end first"),
        pytest.param(
            codecs.BOM_UTF8 + b"sep=;\r\n" + CSV.replace(",", ";").replace("\n", "\r\n").encode(),
            id="first line says sep=;",
        ),
        pytest.param("sep=\t\n" + CSV.replace(",", "\t"), id="first line says sep=tab"),
        pytest.param(CSV.replace("Phase 1", '"Phase 1"'), id="quoted cell"),
        pytest.param('"NCT ID","Phase","N"\n' + CSV.partition("\n")[2], id="quoted header"),
        pytest.param(CSV.replace("NCT ID,", " NCT ID ,"), id="blanks around a name in the header"),
        pytest.param(CSV.removesuffix("\n"), id="no line break at the end"),
        pytest.param(CSV.replace("\n", "\n\n") + ",,\n\n", id="empty lines"),
        pytest.param(CSV.replace("\n", ",,\n"), id="empty columns behind the last"),
    ],
)
def test_the_same_table_however_it_was_saved(described, csv):
    table = read_table(described(csv=csv))
    assert [dict(row.cells) for row in table.rows] == ROWS
    assert table.header == ("NCT ID", "Phase", "N") and table.nct_ids == (A, B)


@pytest.mark.parametrize(
    "cell, printed",
    [
        pytest.param('"Phase 1,\r\nopen label"', "Phase 1,\r\nopen label", id="quoted line break"),
        pytest.param('"said ""open"""', 'said "open"', id="quoted quotation marks"),
        pytest.param('5" needle', '5" needle', id="a quotation mark inside a cell"),
        pytest.param("  106 cells ", "  106 cells ", id="blanks and lost superscripts stay"),
        pytest.param("Sjögren – 50 µg", "Sjögren – 50 µg", id="accents"),
        pytest.param('"a;b;c"', "a;b;c", id="semicolons in a table with commas"),
        pytest.param("x" * 200_000, "x" * 200_000, id="a cell longer than the library's own limit"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_cells_are_kept_verbatim(described, cell, printed, encoding):
    table = read_table(described(csv=f"NCT ID,Phase\n{A},{cell}\n".encode(encoding)))
    assert table.rows[0].cells["Phase"] == printed


def test_one_column_may_have_no_name(described):
    """As R writes its row numbers."""
    table = read_table(described(csv=f'"","NCT ID"\n"1",{A}\n'))
    assert table.rows[0].cells == {"": "1", "NCT ID": A} and not table.warnings


def test_a_table_without_rows_is_a_table(described):
    assert read_table(described(csv="NCT ID,Phase\n")).rows == ()


# --- what is refused


@pytest.mark.parametrize(
    "toml, csv, words",
    [
        pytest.param(TOML, None, ["t.csv", "No such file"], id="no CSV"),
        pytest.param(TOML, "", ["t.csv", "empty"], id="empty CSV"),
        pytest.param(TOML, "\n\n", ["t.csv", "empty"], id="only line breaks"),
        pytest.param(TOML, b"PK\x03\x04\0\0\x81", ["t.csv", "CSV"], id="a spreadsheet file"),
        pytest.param(TOML, CSV.encode("utf-16-le"), ["t.csv", "CSV"], id="UTF-16 without its mark"),
        pytest.param(
            TOML,
            f"NCT ID,Phase\n{A},Phase 1,14\n",
            ["t.csv", "row 1", "3 cells", "2"],
            id="a row with too many cells",
        ),
        pytest.param(
            TOML,
            f"NCT ID,Phase\n{A},Phase 1\n{B}\n",
            ["t.csv", "row 2", "1 cells"],
            id="a row with too few cells",
        ),
        pytest.param(
            TOML,
            f'NCT ID,Phase\n{A},"Phase 1\n{B},x\n',
            ["t.csv", "quotation mark"],
            id="a quotation mark that is never closed",
        ),
        pytest.param(
            TOML,
            f'NCT ID,Phase\n{A},"Phase" 1\n',
            ["t.csv", "quotation mark"],
            id="text behind a closing quotation mark",
        ),
        pytest.param(
            TOML, f"NCT ID,N,N\n{A},1,2\n", ["t.csv", "'N'", "twice"], id="a column twice"
        ),
        pytest.param(
            TOML,
            f"NCT ID,,\n{A},1,2\n",
            ["t.csv", "''"],
            id="cells under two columns without a name",
        ),
        pytest.param(
            TOML,
            "Trial,Phase\n1,2\n",
            ["t.toml", "id_column", "'NCT ID'", "'Trial'"],
            id="no id column",
        ),
        pytest.param(
            TOML + 'colums = "x"', CSV, ["t.toml", "'colums'", "'columns'"], id="unknown key"
        ),
        pytest.param(
            TOML + '[columns."Phase"]\nsays = ["phase"]',
            CSV,
            ["t.toml", "'phase'", "'phases'", "'Phase'"],
            id="unknown field",
        ),
        pytest.param(
            TOML + '[columns."Fase"]\nsays = ["phases"]',
            CSV,
            ["t.toml", "'Fase'", "t.csv"],
            id="unknown column",
        ),
        pytest.param(
            TOML + '[columns."Phase"]\nsay = ["phases"]',
            CSV,
            ["t.toml", "'Phase'", "says"],
            id="no says",
        ),
        pytest.param(
            TOML + '[columns."Phase"]\nsays = "phases"',
            CSV,
            ["t.toml", "'Phase'", "says"],
            id="says is no list",
        ),
        pytest.param(
            TOML + '[columns."Phase"]\nsays = [1]',
            CSV,
            ["t.toml", "'Phase'", "says"],
            id="says holds a number",
        ),
        pytest.param(
            TOML + '[columns."Phase"]\nsays = ["phases"]\nnote = ""',
            CSV,
            ["t.toml", "'note'", "'Phase'"],
            id="unknown key of a column",
        ),
        pytest.param(
            TOML + 'columns = "x"', CSV, ["t.toml", "'columns'"], id="columns is no section"
        ),
        pytest.param(
            TOML + 'accessed_column = "Day"',
            CSV,
            ["t.toml", "accessed_column", "'Day'"],
            id="unknown column of days",
        ),
        pytest.param(
            TOML + 'padded_dates = "yes"', CSV, ["t.toml", "'padded_dates'"], id="a word for true"
        ),
        pytest.param(TOML + "doi = 10.1", CSV, ["t.toml", "'doi'"], id="a number for text"),
        pytest.param(
            TOML.replace("2021-03-09", '"spring"'),
            CSV,
            ["t.toml", "'published'"],
            id="published is no date",
        ),
        pytest.param(
            TOML.replace("2021-03-09", "2021"),
            CSV,
            ["t.toml", "'published'"],
            id="published is a number",
        ),
        pytest.param(
            TOML.replace("2021-03-09", "10:00:00"),
            CSV,
            ["t.toml", "'published'"],
            id="published is a time",
        ),
        pytest.param(TOML.replace('file = "t.csv"', ""), CSV, ["t.toml", "'file'"], id="no file"),
        pytest.param(
            TOML.replace('id_column = "NCT ID"', ""),
            CSV,
            ["t.toml", "'id_column'"],
            id="no id column named",
        ),
        pytest.param(
            TOML.replace("t.csv", "../t.csv"),
            CSV,
            ["t.toml", "../t.csv", "outside"],
            id="a path upwards",
        ),
        pytest.param(
            TOML.replace("t.csv", "/etc/hostname"),
            CSV,
            ["t.toml", "outside"],
            id="an absolute path",
        ),
        pytest.param(TOML.replace("t.csv", "sub"), CSV, ["sub"], id="a folder that is not there"),
        pytest.param(TOML.replace("t.csv", "."), CSV, ["directory"], id="a folder"),
        pytest.param(
            TOML.replace("t.csv", "a\\u0000b"), CSV, ["t.toml"], id="a NUL in the file's name"
        ),
        pytest.param(
            "title = " + "[" * 9_000,
            CSV,
            ["t.toml", "not a TOML file"],
            id="a description without end",
        ),
        pytest.param("title = ", CSV, ["t.toml", "not a TOML file"], id="half a description"),
        pytest.param(
            b"title = '\xff'",
            CSV,
            ["t.toml", "not a TOML file"],
            id="description in another encoding",
        ),
        pytest.param(CSV, CSV, ["t.toml", "not a TOML file"], id="a CSV named as the description"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(described, toml, csv, words):
    with pytest.raises(TableError) as refused:
        read_table(described(toml, csv))
    message = str(refused.value)
    assert all(word in message for word in words) and "\n" not in message


def test_a_link_that_leaves_the_folder_is_refused(described, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "t.csv"
    elsewhere.write_text(CSV)
    path = described(csv=None)
    (path.parent / "t.csv").symlink_to(elsewhere)
    with pytest.raises(TableError, match="outside"):
        read_table(path)


def test_a_table_below_its_description_is_read(described, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "t.csv").write_text(CSV)
    assert read_table(described(TOML.replace("t.csv", "sub/t.csv"), None)).nct_ids == (A, B)


# --- the description


def test_the_description_maps_columns_to_fields(described):
    table = read_table(
        described(
            TOML
            + '[columns."N"]\nsays = ["enrollment"]\n[columns."Phase"]\nsays = ["phases", "masking", "phases"]'
        )
    )
    assert table.columns == (Column("Phase", ("phases", "masking")), Column("N", ("enrollment",)))
    assert (table.name, table.title, table.published) == ("t", "Sérums", "2021-03-09")


@pytest.mark.parametrize(
    "published, iso",
    [
        ("2021-03-09", "2021-03-09"),
        ('"2021-03"', "2021-03"),
        ('"2021"', "2021"),
        ("2021-03-09T10:00:00Z", "2021-03-09"),
    ],
)
def test_the_day_of_publication_is_the_baseline(described, published, iso):
    assert {
        row.accessed for row in read_table(described(TOML.replace("2021-03-09", published))).rows
    } == {iso}


@pytest.mark.parametrize(
    "printed, accessed, warned",
    [
        pytest.param("2021-02-14", "2021-02-14", False, id="a day of its own"),
        pytest.param("Accessed on February 14, 2021", "2021-02-14", False, id="in words"),
        pytest.param("", "2021-03-09", False, id="none: the day of publication"),
        pytest.param("02/03/2021", "2021-02-03/2021-03-02", False, id="one of two days"),
        pytest.param("13/03/2021", "2021-03-13", False, id="day and month in one order only"),
        pytest.param("February 2021", "2021-02", False, id="a month stays one"),
        pytest.param("2021", "2021", False, id="a year stays one"),
        pytest.param("last spring", None, True, id="not a date: never the day of publication"),
    ],
)
def test_the_day_of_access(described, printed, accessed, warned):
    table = read_table(
        described(TOML + 'accessed_column = "Seen"', f'NCT ID,Seen\n{A},"{printed}"\n')
    )
    assert table.rows[0].accessed == accessed
    assert [(warning.row, warning.column) for warning in table.warnings] == [(1, "Seen")] * warned


# --- ids in doubt


def test_a_misprint_is_named_with_file_row_and_column_and_the_rest_goes_on(described):
    table = read_table(
        described(csv=f"NCT ID,Phase\n{A},x\nNCT0123456,x\n,x\nNCT00000000,x\n{B},x\n")
    )
    assert table.nct_ids == (A, B) and len(table.rows) == 5
    first, second = map(str, table.warnings)
    assert all(
        word in first for word in ("t.csv", "row 2", "'NCT ID'", "'NCT0123456' has 7 digits")
    )
    assert "row 4" in second and "NCT00000000" in second


def test_check_has_a_line_for_each_doubt_and_each_row_without_an_id(described):
    toml = TOML + '[columns."Phase"]\nsays = ["phases"]\n'
    remarks = check_table(
        read_table(
            described(
                toml,
                f"NCT ID,Phase\n{A},Phase 1\nNCT0123456,Phase 1\n,Phase 1\n{A} {B},Phase 1\n{B},Phase X\n",
            )
        )
    )
    assert [remark.row for remark in remarks] == [2, 3, 4, 5]
    for remark, word in zip(remarks, ("7 digits", "no NCT id", "2 trials", "Phase X"), strict=True):
        assert word in str(remark)


def test_check_names_a_row_that_is_printed_twice(described):
    toml = TOML + '[columns."Phase"]\nsays = ["phases"]\n'
    text = f"NCT ID,Phase\n{A},Phase 1\n{A},Phase 2\n{A},Phase 1\n"
    remarks = check_table(read_table(described(toml, text)))
    assert [(remark.row, remark.message) for remark in remarks] == [
        (3, "the same as row 1; both are kept")
    ]


def test_check_counts_what_will_be_compared_by_column(described):
    toml = TOML + '[columns."Phase"]\nsays = ["phases", "masking"]\n'
    text = f"NCT ID,Phase\n{A},Phase 1\n{B},Phase X of it\n,Phase 2\n"
    table = read_table(described(toml, text))
    assert [str(count) for count in count_cells(table)] == [
        "column 'Phase', phase: 1 of 2 cells can be compared and 1 cannot be read",
        "column 'Phase', masking: 0 of 2 cells can be compared, 1 cannot be read and 1 says nothing about it",
    ]
    assert why_nothing_is_compared(table, count_cells(table)) is None


@pytest.mark.parametrize(
    ("columns", "cells", "reason"),
    [
        ("", f"{A},Phase 1", "no column states anything"),
        ('[columns."Phase"]\nsays = ["phases"]\n', ",Phase 1", "no row names exactly one trial"),
        ('[columns."Phase"]\nsays = ["phases"]\n', f"{A},Phase X", "can be read"),
    ],
)
def test_check_gives_the_reason_why_nothing_will_be_compared(described, columns, cells, reason):
    table = read_table(described(TOML + columns, f"NCT ID,Phase\n{cells}\n"))
    assert reason in (why_nothing_is_compared(table, count_cells(table)) or "")


# --- several tables


def test_tables_are_found_by_themselves_and_read_once(described, tmp_path):
    described(name="a"), described(name="b")
    found = find_tables(tmp_path)
    assert [path.name for path in found] == ["a.toml", "b.toml"]
    assert [table.name for table in read_tables([*found, found[0]])] == ["a", "b"]


def test_two_tables_of_one_name_are_refused(described, tmp_path):
    (tmp_path / "sub").mkdir()
    first = described()
    for file in (first, tmp_path / "t.csv"):
        (tmp_path / "sub" / file.name).write_bytes(file.read_bytes())
    with pytest.raises(TableError, match="another table is called 't'"):
        read_tables([first, tmp_path / "sub" / "t.toml"])


def test_a_folder_without_tables_is_an_error(tmp_path):
    with pytest.raises(TableError, match="no table in"):
        find_tables(tmp_path / "nowhere")


# --- laws


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("laws")


@given(
    csv=st.one_of(
        st.binary(),
        st.text(alphabet='NCT ID,;"\n\r\tab').map(lambda text: ("NCT ID," + text).encode()),
    ),
    toml=st.one_of(st.just(TOML.encode()), st.binary()),
)
def test_any_two_files_are_a_table_or_an_error_of_the_table(folder, csv, toml):
    (folder / "t.toml").write_bytes(toml)
    (folder / "t.csv").write_bytes(csv)
    try:
        table = read_table(folder / "t.toml")
    except TableError as error:
        assert str(folder) in str(error)
    else:
        assert isinstance(check_table(table), list) and datetime.date.fromisoformat(table.published)


def test_a_cell_that_is_too_long_is_named_by_its_row_and_column(tmp_path):
    (tmp_path / "t.toml").write_text(
        'file = "t.csv"\nid_column = "NCT ID"\n[columns.N]\nsays = ["enrollment"]\n'
    )
    (tmp_path / "t.csv").write_text(f"NCT ID,N\nNCT00000001,5\nNCT00000002,{'1' * 70_000}\n")
    (warning,) = read_table(tmp_path / "t.toml").warnings
    assert (warning.row, warning.column) == (2, "N")
    assert warning.message == "the cell has 70,000 characters; not read"
