"""Taking the table away: what is replaced, what stays, and that every format holds the same and does no harm."""

import csv
import io
import re
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser

import openpyxl
import pytest
from click.testing import CliRunner
from docx import Document
from docx.oxml.ns import qn

from enrich.cli import main
from enrich.errors import EnrichError, TableError
from enrich.export import FORMATS
from enrich.export.corrections import corrections
from enrich.export.footnotes import letters
from enrich.export.sheet import DIFFERING, DOUBTFUL, REPLACED, build, select_table
from enrich.models import (
    Answer,
    Cause,
    Column,
    Comparison,
    ReportRow,
    ReportTable,
    Row,
    Trial,
    Verdict,
)
from tests.tools.docs import ROOT

HEADER = ("Authors", "Design", "N", "NCT ID")
SAYS = {"Design": ("phases", "masking"), "N": ("enrollment",)}
FACTS = {
    "brief_title": "Cells for skin",
    "phases": ("PHASE2",),
    "masking": "NONE",
    "enrollment": 20,
    "enrollment_type": "ESTIMATED",
    "last_update_posted": "2009-08-20",
}
TRIAL = Trial("NCT00962923", FACTS)


def row(
    position,
    design,
    n,
    *comparisons,
    trial=TRIAL,
    stale_since=None,
    source="ClinicalTrials.gov",
    authors="Zhang",
):
    cells = dict(zip(HEADER, (authors, design, n, "NCT00962923"), strict=True))
    printed = Row(position, cells, ("NCT00962923",), "2021-02-14")
    filled = tuple(
        comparison._replace(cell=cells[comparison.column], nct_id="NCT00962923")
        for comparison in comparisons
    )
    return ReportRow(
        position,
        printed,
        "NCT00962923",
        trial,
        filled,
        answer="found",
        as_of="2026-11-22",
        stale_since=stale_since,
        source=source,
    )


def compared(column, field, verdict, claim=None, registry=None, **more):
    return Comparison(column, field, "", claim, registry, verdict, **more)


NEVER = "They never agreed: the record was last updated on 2009-08-20, before the authors looked on 2021-02-14."
N_DIFFERS = compared(
    "N",
    "enrollment",
    Verdict.DIFFERS,
    "14",
    "20",
    cause=Cause.NEVER_AGREED,
    note="registry: planned 20",
    evidence=NEVER,
)
N_AGREES = compared("N", "enrollment", Verdict.AGREES, "20", "20")
N_UNREADABLE = compared(
    "N", "enrollment", Verdict.UNREADABLE, None, "20", note="'some' is no number"
)
DESIGN_AGREES = (
    compared("Design", "phases", Verdict.AGREES, '["PHASE2"]', '["PHASE2"]'),
    compared("Design", "masking", Verdict.AGREES, "NONE", "NONE"),
)
PHASE_MOVED = compared(
    "Design",
    "phases",
    Verdict.DIFFERS,
    '["PHASE1"]',
    '["PHASE2"]',
    cause=Cause.MOVED,
    moved_on="2022-03-01",
    evidence="They agreed; the registry moved on 2022-03-01.",
)
DESIGN_DIFFERS = (PHASE_MOVED, compared("Design", "masking", Verdict.ADDS, None, "NONE"))
UNCHECKED = compared(
    "Design",
    "masking",
    Verdict.NOT_CHECKED,
    "NONE",
    None,
    note="the saved copy does not have this field",
)


def table(*rows, title="Table 1"):
    return ReportTable(
        name="one",
        title=title,
        file="one.csv",
        id_column="NCT ID",
        header=HEADER,
        columns=tuple(Column(name, says) for name, says in SAYS.items()),
        rows=rows,
    )


def exported(name, sheet):
    """*sheet* in the format called *name*."""
    return FORMATS[name].render(sheet)


def texts(sheet):
    return [[cell.text for cell in line.cells] for line in sheet.lines]


# --- what is replaced


def test_a_difference_from_a_confirmed_record_is_replaced_and_its_note_has_what_was_printed():
    sheet = build(
        table(row(1, "Phase II, open label", "14 (3/11)", *DESIGN_AGREES, N_DIFFERS)), in_place=True
    )
    assert texts(sheet) == [["Zhang", "Phase II, open label", "20", "NCT00962923"]]
    (noted,) = sheet.notes
    assert noted[2].mark == REPLACED
    assert noted[2].note == (
        "Number of participants: printed 14; ClinicalTrials.gov NCT00962923 (last update 2009-08-20) gives 20 (planned)."
        " They never agreed: the record was last updated on 2009-08-20, before the authors looked on 2021-02-14."
    )


def test_a_cell_with_several_facts_keeps_its_words_and_gets_the_value_in_brackets():
    sheet = build(
        table(row(1, "Phase I, at 3 sites", "20", *DESIGN_DIFFERS, N_AGREES)), in_place=True
    )
    assert texts(sheet)[0][1] == "Phase I, at 3 sites [ClinicalTrials.gov: Phase 2]"


@pytest.mark.parametrize(
    "doubtful, why, sources",
    [
        pytest.param({"trial": None}, "there is no saved record", 0, id="no copy"),
        pytest.param(
            {"trial": replace(TRIAL, complete=False), "source": "a transcription"},
            "the saved copy is incomplete",
            1,
            id="an incomplete copy",
        ),
        pytest.param(
            {"stale_since": "2026-11-23"},
            "the copy of 2026-11-22 could not be confirmed",
            1,
            id="a copy that was not confirmed",
        ),
    ],
)
def test_a_copy_in_doubt_never_replaces_what_is_printed(doubtful, why, sources):
    sheet = build(table(row(1, "Phase II", "14", N_DIFFERS, **doubtful)), in_place=True)
    assert texts(sheet)[0][2] == "14"
    (noted,) = sheet.notes
    assert noted[2].mark == DIFFERING
    assert f"Kept as printed: {why}" in noted[2].note
    assert sheet.remarks == ("1 cell differs from the registry and is kept as printed.",)
    assert [("Accessed" in source, "Not confirmed" in source) for source in sheet.sources] == [
        (False, True)
    ] * sources
    assert ("not checked, no saved copy" if sources == 0 else why) in sheet.lines[0].records[0]


@pytest.mark.parametrize(
    "comparison, word",
    [
        (N_UNREADABLE, "Cannot be read"),
        (UNCHECKED._replace(column="N", field="enrollment"), "Not checked"),
    ],
)
def test_what_was_not_read_or_checked_stays_and_is_marked(comparison, word):
    sheet = build(table(row(1, "Phase II", "some", comparison)), in_place=True)
    assert texts(sheet)[0][2] == "some"
    (noted,) = sheet.notes
    assert noted[2].mark == DOUBTFUL and word in noted[2].note


def test_in_place_only_cells_that_differ_change():
    rows = [
        row(1, "Phase I", "14", *DESIGN_DIFFERS, N_DIFFERS),
        row(2, "Phase II", "20", *DESIGN_AGREES, N_AGREES),
        row(3, "some", "some", N_UNREADABLE),
    ]
    printed, exported = (
        [[*report_row.row.cells.values()] for report_row in rows],
        texts(build(table(*rows), in_place=True)),
    )
    changed = {
        (i, j)
        for i, line in enumerate(exported)
        for j, text in enumerate(line)
        if text != printed[i][j]
    }
    assert changed == {(0, 1), (0, 2)}


def test_beside_keeps_every_printed_cell_and_adds_a_column_for_each_that_is_compared():
    sheet = build(table(row(1, "Phase I", "14", PHASE_MOVED, UNCHECKED, N_DIFFERS)))
    assert [heading.text for heading in sheet.header] == [
        "Authors",
        "Design",
        "Design (ClinicalTrials.gov)",
        "N",
        "N (ClinicalTrials.gov)",
        "NCT ID",
    ]
    assert texts(sheet) == [
        ["Zhang", "Phase I", "Phase 2; not checked: masking", "14", "20 (planned)", "NCT00962923"]
    ]


def test_a_row_without_a_trial_is_carried_along():
    bare = row(1, "Case report", "2")._replace(nct_id=None, trial=None, answer=None)
    sheet = build(table(bare))
    assert texts(sheet) == [["Zhang", "Case report", "", "2", "", "NCT00962923"]]
    assert not [*sheet.notes] and sheet.lines[0].records == ()


def test_an_empty_table_is_a_header():
    sheet = build(table())
    assert exported("csv", sheet).splitlines() == [
        '"Authors","Design","Design (ClinicalTrials.gov)","N","N (ClinicalTrials.gov)","NCT ID","Registry record","Notes"'
    ]
    assert "<table>" in exported("html", sheet) and exported("markdown", sheet)


def test_columns_can_be_chosen_and_an_unknown_one_is_named():
    report_table = table(row(1, "Phase II", "14", N_DIFFERS))
    assert [
        heading.text
        for heading in build(report_table, in_place=True, columns=["NCT ID", "N"]).header
    ] == ["N", "NCT ID"]
    with pytest.raises(
        TableError, match="no column 'n'; its columns are: Authors; Design; N; NCT ID"
    ):
        build(report_table, columns=["n"])


def test_a_table_is_chosen_by_name_and_must_be_named_among_several():
    first, second = table(), replace(table(), name="two")
    assert select_table([first], None) is first
    assert select_table([first, second], "data/two.toml") is second
    with pytest.raises(TableError, match="name one table with --table; the tables are: one, two"):
        select_table([first, second], None)


# --- corrections


def test_a_correction_is_one_sentence_with_its_source_version():
    assert corrections(table(row(4, "Phase I", "14 (3/11)", *DESIGN_DIFFERS, N_DIFFERS))) == {
        "Corrections: already different when the authors checked": (
            "Row 4, NCT00962923 (Cells for skin): number of participants printed “14 (3/11)”; ClinicalTrials.gov NCT00962923 (last update 2009-08-20) gives 20, planned. In the table: “20”.",
        ),
        "Updates: correct when the authors checked; the registry changed later": (
            "Row 4, NCT00962923 (Cells for skin): phase printed “Phase I” (read as Phase 1); ClinicalTrials.gov NCT00962923 (last update 2009-08-20) gives Phase 2, since 2022-03-01.",
        ),
    }


# fmt: off
DOUBTS = [
    ({"trial": replace(TRIAL, complete=False)}, "To be confirmed: based on a copy that is incomplete, old or of a removed record"),
    ({"stale_since": "2026-11-20"}, "To be confirmed: based on a copy that is incomplete, old or of a removed record"),
    ({"answer": Answer.GONE}, "To be confirmed: based on a copy that is incomplete, old or of a removed record"),
    ({"answer": Answer.MERGED}, "Records that were merged into another: the table may have been right"),
    ({"trial": replace(TRIAL, nct_id="NCT00000001")}, "Records that were merged into another: the table may have been right"),
]
# fmt: on


@pytest.mark.parametrize("change, heading", DOUBTS)
def test_no_correction_claims_what_a_copy_or_another_record_cannot_show(change, heading):
    printed = row(4, "Phase I", "14 (3/11)", *DESIGN_DIFFERS, N_DIFFERS)._replace(**change)
    ((found, sentences),) = corrections(table(printed)).items()
    assert found == heading
    assert all("since 20" not in sentence.partition("To be confirmed")[0] for sentence in sentences)


def test_nothing_to_correct_is_reported():
    report_table = table(row(1, "Phase II", "20", N_AGREES))
    assert (
        exported("corrections", build(report_table))
        == "Table 1\n\nNothing that could be checked differs from the registry.\n"
    )


# --- the formats


MIXED = table(
    row(1, "Phase I", "14", *DESIGN_DIFFERS, N_DIFFERS),
    row(2, "Phase II", "some", *DESIGN_AGREES, N_UNREADABLE),
    row(3, "Phase II", "20", N_AGREES),
)


def from_csv(sheet):
    return [line[: len(sheet.header)] for line in csv.reader(io.StringIO(exported("csv", sheet)))]


class Cells(HTMLParser):
    """The texts of the cells of a page, without what is nested in them (the letters of notes)."""

    def __init__(self):
        super().__init__()
        self.rows, self.inside = [], False

    def handle_starttag(self, tag, attributes):
        self.inside = tag in ("td", "th")
        if tag == "tr":
            self.rows.append([])
        if self.inside:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, text):
        if self.inside:
            self.rows[-1][-1] += text


def from_html(sheet):
    reader = Cells()
    reader.feed(exported("html", sheet))
    return reader.rows


def workbook(sheet):
    return openpyxl.load_workbook(io.BytesIO(exported("xlsx", sheet)))


def document(sheet):
    return Document(io.BytesIO(exported("docx", sheet)))


def shown(cell):
    """The text of a cell as Excel shows it, by its number format."""
    value, form = cell.value, cell.number_format
    kind = "".join(re.findall(r'"(.*?)"', form))
    if isinstance(value, datetime):
        return value.date().isoformat()[: 10 if "d" in form.replace(kind, "") else 7] + kind
    if isinstance(value, int | float):
        places = len(re.sub(r'".*?"', "", form).partition(".")[2])
        return f"{value:.{places}f}{kind}"
    return value or ""


def from_xlsx(sheet):
    return [[shown(cell) for cell in line] for line in workbook(sheet)["Table"].iter_rows()]


@pytest.mark.parametrize("in_place", [False, True], ids=["beside", "in place"])
def test_every_format_holds_the_same_cells(in_place):
    sheet = build(MIXED, in_place=in_place)
    expected = [[heading.text for heading in sheet.header], *texts(sheet)]
    assert from_csv(sheet) == expected
    assert from_html(sheet) == expected
    assert from_xlsx(sheet) == expected
    letter_of = {
        cell.note: letter for (_, _, cell), letter in zip(sheet.notes, letters(), strict=False)
    }
    with_letters = [
        [cell.text + letter_of.get(cell.note, "") for cell in line.cells] for line in sheet.lines
    ]
    (grid,) = document(sheet).tables
    assert [[cell.text for cell in line.cells] for line in grid.rows] == [
        expected[0],
        *with_letters,
    ]


def test_xlsx_marks_the_changed_cells_with_a_note_of_cause_and_version():
    page = workbook(build(MIXED, in_place=True))["Table"]
    noted = {
        cell.coordinate: cell.comment.text
        for line in page.iter_rows()
        for cell in line
        if cell.comment
    }
    assert noted.keys() == {"B2", "C2", "C3"}
    assert "They never agreed" in noted["C2"] and "last update 2009-08-20" in noted["C2"]
    assert "the registry moved on 2022-03-01" in noted["B2"]
    assert page["C2"].fill.fgColor.rgb == "FFFFF1B8" != page["C4"].fill.fgColor.rgb


@pytest.mark.parametrize(
    "text, stored, form",
    [
        ("14", 14, "0"),
        ("14.50", 14.5, "0.00"),
        ("20 (planned)", 20, '0" (planned)"'),
        ("2027-02-06", date(2027, 2, 6), "yyyy-mm-dd"),
        ("2027-06 (planned)", date(2027, 6, 1), 'yyyy-mm" (planned)"'),
        ("007", "007", "General"),
        ("1,200", "1,200", "General"),
        ("2027-02-31", "2027-02-31", "General"),
        ("1850-01-01", "1850-01-01", "General"),
        ("1234567890123456789", "1234567890123456789", "General"),
        ("14 (3/11)", "14 (3/11)", "General"),
        ("1e5", "1e5", "General"),
    ],
)
def test_xlsx_has_numbers_and_dates_where_nothing_printed_gets_lost(text, stored, form):
    page = workbook(build(table(row(1, "Phase I", text))))["Table"]
    value = page["D2"].value
    found = value.date() if isinstance(value, datetime) else value
    assert (found, page["D2"].number_format) == (stored, form)
    assert shown(page["D2"]) == text


def test_xlsx_has_a_filter_a_frozen_header_and_a_legend():
    book = workbook(build(MIXED))
    page = book["Table"]
    assert (page.auto_filter.ref, page.freeze_panes) == ("A1:F4", "A2")
    assert page.print_title_rows == "$1:$1" and page.page_setup.orientation == "landscape"
    words = [cell.value for line in book["Notes"].iter_rows() for cell in line]
    assert {"Legend", "replaced", "differing", "doubtful"} <= {*words}


@pytest.mark.parametrize("length", [200, 5_000, 40_000])
def test_no_row_of_a_workbook_fills_a_page(length):
    page = workbook(build(table(row(1, "word " * (length // 5), "14"))))["Table"]
    assert page.row_dimensions[2].height <= 180


def test_a_long_text_of_a_document_is_cut_and_stands_in_full_below():
    long = "An unusually long description. " * 100
    made = document(build(table(row(1, long.strip(), "14"))))
    cell = made.tables[0].rows[1].cells[1].text
    assert len(cell) < 2000 and cell.endswith(" … (in full below)")
    assert f"Row 1, Design. {long.strip()}" in [paragraph.text for paragraph in made.paragraphs]


def test_a_wide_table_is_parted_and_each_part_names_row_and_trial():
    names = [f"Column {number}" for number in range(30)]
    cells = dict.fromkeys(names, "Some words that take room") | {"NCT ID": "NCT00962923"}
    wide = replace(
        table(row(1, "", "")._replace(row=Row(1, cells, ("NCT00962923",)))),
        header=(*names, "NCT ID"),
        columns=(),
    )
    made = document(build(wide))
    headers = [[cell.text for cell in grid.rows[0].cells] for grid in made.tables]
    assert len(headers) > 2
    assert all(header[:2] == ["Row", "NCT ID"] for header in headers)
    assert [name for header in headers for name in header[2:]] == names
    assert made.sections[0].page_width.cm == pytest.approx(29.7, abs=0.1)


def test_a_row_with_nothing_but_its_id_is_in_the_first_part_of_a_wide_table():
    names = [f"Column {number}" for number in range(30)]
    empty = replace_id(row(2, "", ""), "NCT00962924", dict.fromkeys(names, ""))
    full = replace_id(
        row(1, "", ""), "NCT00962923", dict.fromkeys(names, "Some words that take room")
    )
    wide = replace(table(full, empty), header=(*names, "NCT ID"), columns=())
    first, *others = document(build(wide, in_place=True)).tables
    assert [line.cells[1].text for line in first.rows] == ["NCT ID", "NCT00962923", "NCT00962924"]
    assert all(len(grid.rows) == 2 for grid in others)


def replace_id(line, nct_id, cells):
    return line._replace(
        row_id=line.row.position,
        nct_id=nct_id,
        row=Row(line.row.position, cells | {"NCT ID": nct_id}, (nct_id,)),
    )


def test_a_long_cell_that_begins_with_nothing_but_spaces_is_cut_too():
    made = document(build(table(row(1, " " * 3000 + "end", "14"))))
    assert made.tables[0].rows[1].cells[1].text.endswith(" … (in full below)")


def test_a_wide_workbook_is_printed_at_a_size_that_can_be_read():
    names = [f"Column {number}" for number in range(40)]
    cells = dict.fromkeys(names, "Some words that take room") | {"NCT ID": "NCT00962923"}
    wide = replace(
        table(row(1, "", "")._replace(row=Row(1, cells, ("NCT00962923",)))),
        header=(*names, "NCT ID"),
        columns=(),
    )
    page = workbook(build(wide))["Table"]
    assert page.page_setup.scale == 60 and page.print_options.headings
    narrow = workbook(build(MIXED))["Table"]
    assert narrow.sheet_properties.pageSetUpPr.fitToPage and not narrow.print_options.headings


def test_a_table_of_a_document_is_accessible():
    made = document(build(MIXED))
    (grid,) = made.tables
    properties = grid._tbl.tblPr
    assert properties.find(qn("w:tblCaption")).get(qn("w:val")) == "Table 1"
    assert made.core_properties.language == "en-GB" and made.core_properties.title == "Table 1"
    assert made.paragraphs[0].style.name == "Heading 1"


def test_a_table_too_long_for_word_is_refused_with_the_way_out():
    with pytest.raises(EnrichError, match=r"has 2,001 rows, and a Word .* --format xlsx"):
        document(build(table(*(row(at, "", "") for at in range(2_001)))))


def test_docx_is_landscape_repeats_its_header_and_renews_the_access_dates():
    made = document(build(MIXED, in_place=True))
    section, (grid,) = made.sections[0], made.tables
    assert section.page_width > section.page_height
    assert [
        row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None
        for row in grid.rows
    ] == [True, False, False, False]
    last = made.paragraphs[-1].text
    assert (
        last
        == "1 ClinicalTrials.gov NCT00962923. Cells for skin. Last update 2009-08-20. https://clinicaltrials.gov/study/NCT00962923. Accessed 22 November 2026."
    )


HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\x1b[31mred\x1b[0m",
    "evil\u202etxt.exe",
    "a|b\nc",
    "+1+cmd",
    "@SUM(A1)",
    "＝1+1",
    "{{ 7*7 }}",
    "x" * 40_000,
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=[ascii(text[:12]) for text in HOSTILE])
def test_hostile_text_is_inert_everywhere(hostile):
    trial = Trial("NCT00962923", {**FACTS, "brief_title": hostile, "masking": hostile})
    report_table = table(
        row(1, hostile, hostile, *DESIGN_DIFFERS, N_UNREADABLE, trial=trial, authors=hostile),
        title=hostile,
    )
    sheet = build(report_table)
    for text in (exported(name, sheet) for name in FORMATS if not FORMATS[name].needs_file):
        assert "\x1b" not in text and "\u202e" not in text
    assert not re.search(r"(?<!\\)<script", exported("markdown", sheet) + exported("html", sheet))
    assert (
        len(
            {
                line.count(" | ")
                for line in exported("markdown", sheet).splitlines()
                if line.startswith("| ")
            }
        )
        == 1
    )
    assert all(
        cell[:1] not in ("=", "+", "-", "@", "＝")
        for line in csv.reader(io.StringIO(exported("csv", sheet)))
        for cell in line
    )
    assert "49" not in exported("html", sheet) or "49" in hostile
    assert document(sheet).tables
    page = workbook(sheet)["Table"]
    assert all(
        cell.data_type != "f" and cell.hyperlink is None
        for line in page.iter_rows()
        for cell in line
    )


@pytest.mark.parametrize(
    "text, safe",
    [
        ("=1", "'=1"),
        ("-5", "-5"),
        ("+3.2 %", "+3.2 %"),
        ("-5+cmd", "'-5+cmd"),
        ("a;=1", "a;'=1"),
        ("54 ± 3", "54 ± 3"),
        ("", ""),
    ],
)
def test_what_could_be_a_formula_gets_an_apostrophe_and_a_number_does_not(text, safe):
    sheet = build(table(row(1, "", "", authors=text)), in_place=True)
    assert next(csv.reader(io.StringIO(exported("csv", sheet).partition("\r\n")[2])))[0] == safe


def test_notes_are_lettered_beyond_z():
    free = letters()
    assert [next(free) for _ in range(28)][-3:] == ["z", "aa", "ab"]


# --- the command


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "trials.db"
    result = CliRunner().invoke(
        main,
        [
            "sync",
            "--offline",
            "--table",
            str(ROOT / "data" / "table9.toml"),
            "--db",
            str(path),
            "--cache",
            str(ROOT / "cache"),
        ],
    )
    assert result.exit_code == 0, result.output
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


@pytest.mark.parametrize("name", ["t.csv", "t.md", "t.html", "t.xlsx", "t.docx", "t.txt"])
def test_the_name_of_the_file_selects_the_format(tmp_path, db, name):
    result = run("--db", db, "--output", tmp_path / name)
    assert (result.exit_code, result.output) == (0, "")
    start = {
        "t.csv": b'"Block",',
        "t.md": b"# Table 9",
        "t.html": b"<!DOCTYPE",
        "t.xlsx": b"PK",
        "t.docx": b"PK",
        "t.txt": b"Table 9",
    }[name]
    assert (tmp_path / name).read_bytes().startswith(start)


def test_table_9_from_its_partial_copies_changes_no_printed_cell(db):
    with (ROOT / "data" / "table9.csv").open(encoding="utf-8", newline="") as file:
        printed = [*csv.reader(file)]
    exported = [*csv.reader(io.StringIO(run("--db", db, "--in-place").stdout))]
    assert [line[: len(printed[0])] for line in exported] == printed
    assert "Kept as printed: the saved copy is incomplete" in exported[4][-1]


def test_a_byte_order_mark_on_request(db):
    assert run("--db", db, "--bom").stdout_bytes.startswith(b'\xef\xbb\xbf"Block"')
    assert run("--db", db).stdout_bytes.startswith(b'"Block"')


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (["--format", "xlsx"], 2, "--format xlsx needs --output FILE"),
        (["--table", "table8"], 1, "no table is called 'table8'; there are: table9"),
        (["--output", "/nowhere/t.csv"], 1, "/nowhere/t.csv: cannot be written"),
        (["--output", "/nowhere/t.xlsx"], 1, "/nowhere/t.xlsx: cannot be written"),
        (["--output", "/nowhere/t.docx"], 1, "/nowhere/t.docx: cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(db, arguments, code, words):
    result = run("--db", db, *arguments)
    assert result.exit_code == code and words in result.stderr
    assert "Traceback" not in result.output


def test_a_missing_extra_is_named(tmp_path, db, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xlsxwriter", None)
    result = run("--db", db, "--output", tmp_path / "t.xlsx")
    assert (result.exit_code, result.stderr) == (
        1,
        "enrich: xlsx needs a further library: pip install 'enrich[excel]'\n",
    )
