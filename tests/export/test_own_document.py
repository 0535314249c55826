"""Registry values in a copy of the user's own document: tracked changes in Word, comments in Excel."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime

import docx
import openpyxl
import pytest
from click.testing import CliRunner
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.comments import Comment

from enrich.cli import main
from enrich.export.own_document.edits import Edit, middle, summary
from enrich.export.sheet import build
from enrich.models import Row
from tests.export.test_sheet import (
    DESIGN_DIFFERS,
    HEADER,
    N_DIFFERS,
    TRIAL,
    row,
    run,
    table,
)
from tests.fixtures.libreoffice import answer_changes, needs_libreoffice
from tests.tables.documents.twins import as_docx, as_xlsx, plain

pytest.importorskip("mammoth")
from enrich.export.own_document import write_into
from enrich.export.own_document.package import with_parts
from enrich.export.own_document.writing import write_edits
from enrich.tables.documents.document import DocumentError
from enrich.tables.documents.reader import read_document

AT = "2026-11-25T14:19:00.000+00:00"
IDS = ("NCT10000001", "NCT10000002", "NCT10000003")
PRINTED = [
    ("Zhang", "Phase I, at 3 sites", "14", IDS[0]),
    ("Li", "Phase II", "20", IDS[1]),
    ("Roe", "Phase II", "14", IDS[2]),
]


def report_row(position, cells, *comparisons):
    """A row of the table with its own id."""
    made = row(position, "", "", *comparisons, trial=replace(TRIAL, nct_id=cells[3]))
    printed = Row(position, dict(zip(HEADER, cells, strict=True)), (cells[3],), "2021-02-14")
    filled = tuple(
        comparison._replace(cell=printed.cells[comparison.column], nct_id=cells[3])
        for comparison in comparisons
    )
    return made._replace(row=printed, nct_id=cells[3], comparisons=filled)


def review(printed=PRINTED):
    """The table: the first row differs in its design and its N, the third in its N."""
    differences = ((*DESIGN_DIFFERS, N_DIFFERS), (), (N_DIFFERS,))
    return table(
        *(
            report_row(position, cells, *of_row)
            for position, (cells, of_row) in enumerate(zip(printed, differences, strict=True), 1)
        )
    )


def changed(path, report_table=None):
    """The copy of the document *path* with the values of the registry."""
    report_table = report_table or review()
    return write_into(path, report_table, build(report_table, in_place=True), (), AT)


def paper(rows, **more):
    """A Word document with the table; without most styles, which take long to read."""
    return with_parts(
        as_docx(plain(rows), **more),
        {"word/styles.xml": f"<w:styles {nsdecls('w')}/>".encode()},
    )


def written(tmp_path, content, name="paper.docx"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def texts(path):
    return [
        [cell.text for cell in line]
        for found in read_document(path).tables
        for line in found.all_rows
    ]


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def changed_parts(before, after):
    old, new = parts(before), parts(after)
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


ROWS = [HEADER, *PRINTED]
EXPECTED = [
    [*HEADER],
    ["Zhang", "Phase I, at 3 sites [ClinicalTrials.gov: Phase 2]", "20", IDS[0]],
    ["Li", "Phase II", "20", IDS[1]],
    ["Roe", "Phase II", "20", IDS[2]],
]


# --- Word


def test_word_gets_tracked_changes_in_the_cells_in_question_and_nowhere_else(tmp_path):
    original = paper(ROWS, caption="Table 1", text="The end")
    path = written(tmp_path, original)
    result = changed(path)
    copy = written(tmp_path, result.content, "copy.docx")
    assert texts(copy) == EXPECTED and not result.not_made
    assert changed_parts(original, result.content) == {"word/document.xml"}
    old, new = (docx.Document(file).tables[0]._tbl for file in (path, copy))
    differing = [
        at
        for at, cells in enumerate(zip(old.iter(qn("w:tc")), new.iter(qn("w:tc")), strict=True))
        if len({etree.tostring(cell, method="c14n") for cell in cells}) == 2
    ]
    assert differing == [5, 6, 14]


def test_a_tracked_change_has_author_date_and_an_id_of_its_own(tmp_path):
    result = changed(written(tmp_path, paper(ROWS)))
    body = docx.Document(io.BytesIO(result.content)).element.body
    made = [*body.iter(qn("w:ins"), qn("w:del"))]
    assert len({change.get(qn("w:id")) for change in made}) == len(made) == 5
    assert {change.get(qn("w:author")) for change in made} == {"enrich"}
    assert {change.get(qn("w:date")) for change in made} == {"2026-11-25T14:19:00Z"}
    assert [node.text for node in body.iter(qn("w:delText"))] == ["14", "14"]


def with_cell(edit):
    """A document whose cell "14" of the first row *edit* has written anew."""
    document = docx.Document(io.BytesIO(paper(ROWS)))
    cell = document.tables[0].cell(1, 2)
    paragraph = cell.paragraphs[0]
    for child in [*paragraph._p]:
        paragraph._p.remove(child)
    edit(cell, paragraph)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def bold_then_italic(cell, paragraph):
    paragraph.add_run("1").bold = True
    paragraph.add_run("4").italic = True


def test_the_format_of_the_runs_stays(tmp_path):
    result = changed(written(tmp_path, with_cell(bold_then_italic)))
    cell = docx.Document(io.BytesIO(result.content)).tables[0].cell(1, 2)._tc
    inserted = next(cell.iter(qn("w:ins")))
    assert inserted.find(qn("w:r")).find(qn("w:rPr")).find(qn("w:b")) is not None
    deleted = [*cell.iter(qn("w:del"))]
    assert [found.find(f".//{qn('w:delText')}").text for found in deleted] == ["1", "4"]
    assert deleted[1].find(f".//{qn('w:i')}") is not None


def complex_field(cell, paragraph):
    for kind in ("begin", "end"):
        mark = f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>'
        paragraph.add_run("1" if kind == "begin" else "4")._r.append(parse_xml(mark))


def own_insertion(cell, paragraph):
    change = '<w:ins {} w:id="1" w:author="Roe"><w:r><w:t>14</w:t></w:r></w:ins>'
    paragraph._p.append(parse_xml(change.format(nsdecls("w"))))


@pytest.mark.parametrize(
    "edit, reason",
    [
        (own_insertion, "the cell has a tracked change already"),
        (complex_field, "the cell holds more than text"),
    ],
)
def test_a_cell_that_cannot_be_changed_without_harm_is_listed_and_left(tmp_path, edit, reason):
    path = written(tmp_path, with_cell(edit))
    result = changed(path)
    assert [change.edit.column for change in result.not_made] == ["N"]
    assert reason in result.not_made[0].reason
    copy = written(tmp_path, result.content, "copy.docx")
    assert [line[2] for line in texts(copy)[1:]] == [texts(path)[1][2], "20", "20"]
    (heading, line) = summary(result, build(review(), in_place=True), copy)[1:]
    assert heading == "1 cell left as printed:" and line.startswith("  row 1, N: 14 → 20 (")


def test_an_edit_is_made_only_where_row_column_and_text_are_certain(tmp_path):
    rows = [
        ("Authors", "Design", "n", "NCT ID"),
        ("Zhang", "Phase I at 3 sites", "14", IDS[0]),
        PRINTED[1],
        PRINTED[2],
        PRINTED[2],
    ]
    path = written(tmp_path, paper(rows))
    result = changed(path)
    reasons = {
        (change.edit.position, change.edit.column): change.reason for change in result.not_made
    }
    assert reasons == {
        (1, "Design"): "the document prints 'Phase I at 3 sites' there",
        (1, "N"): "no column of the document is called 'N'",
        (3, "N"): "no column of the document is called 'N'",
    }
    assert texts(written(tmp_path, result.content, "copy.docx")) == texts(path)


def test_rows_that_are_alike_are_not_changed(tmp_path):
    result = changed(written(tmp_path, paper([*ROWS, PRINTED[2]])))
    assert [change.reason for change in result.not_made] == [
        "several rows of the document are alike"
    ]


def test_a_row_that_is_gone_from_the_document_is_listed(tmp_path):
    result = changed(written(tmp_path, paper(ROWS[:3])))
    assert [change.reason for change in result.not_made] == [
        "no row of the document names NCT10000003 alone"
    ]


def test_a_cell_that_spans_rows_is_not_changed(tmp_path):
    document = docx.Document(io.BytesIO(paper(ROWS)))
    grid = document.tables[0]
    grid.cell(2, 2).text = grid.cell(3, 2).text = ""
    grid.cell(1, 2).merge(grid.cell(2, 2)).text = "14"
    grid.cell(3, 2).text = "14"
    packed = io.BytesIO()
    document.save(packed)
    result = changed(written(tmp_path, packed.getvalue()))
    assert [change.reason for change in result.not_made] == [
        "the cell spans several rows or columns"
    ]


def test_the_table_is_found_among_others_and_in_another_order(tmp_path):
    document = docx.Document(io.BytesIO(paper([HEADER, *PRINTED[::-1]])))
    other = document.add_table(2, 2)
    document.element.body.insert(0, other._tbl)
    other.cell(0, 0).text, other.cell(1, 0).text = "N", "14"
    packed = io.BytesIO()
    document.save(packed)
    result = changed(written(tmp_path, packed.getvalue()))
    copy = written(tmp_path, result.content, "copy.docx")
    assert not result.not_made
    assert sorted(texts(copy)[3:]) == sorted(EXPECTED[1:]) and texts(copy)[1][0] == "14"


# What a run may hold: text, a superscript, a tab or a break.
PIECES = st.lists(
    st.tuples(
        st.text("ab1 \xa0(", min_size=1, max_size=4),
        st.booleans(),
        st.sampled_from(["", "tab", "br"]),
    ),
    min_size=1,
    max_size=5,
)


def fill(cell, pieces_of_paragraphs):
    """Writes each list of pieces into a paragraph of its own."""
    for at, pieces in enumerate(pieces_of_paragraphs):
        target = cell.add_paragraph() if at else cell.paragraphs[0]
        for text, is_raised, extra in pieces:
            run_ = target.add_run(text)
            run_.font.superscript = is_raised or None
            if extra:
                run_._r.append(parse_xml(f"<w:{extra} {nsdecls('w')}/>"))


@settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(st.tuples(PIECES, PIECES), min_size=20, max_size=20))
def test_however_a_cell_is_made_of_runs_both_texts_can_be_read(tmp_path_factory, cells):
    """The law: rejected, the cell is what it was; accepted, it is the new text."""
    ids = [f"NCT1{number:07}" for number in range(len(cells))]
    rows = [("Roe", "Phase II", "", nct_id) for nct_id in ids]
    document = docx.Document(io.BytesIO(paper([HEADER, *rows])))
    for line, pieces in zip(document.tables[0].rows[1:], cells, strict=True):
        fill(line.cells[2], pieces)
    packed = io.BytesIO()
    document.save(packed)
    folder = tmp_path_factory.mktemp("runs")
    path = written(folder, packed.getvalue())
    before = texts(path)
    printed = [line[2] for line in before[1:]]
    result = changed(
        path,
        table(
            *(
                report_row(at, (*cell[:2], text, cell[3]), N_DIFFERS)
                for at, (cell, text) in enumerate(zip(rows, printed, strict=True), 1)
            )
        ),
    )
    new = {edit.position: edit.new for edit in result.made}
    assert len(new) > len(cells) / 2
    assert {change.reason for change in result.not_made} <= {
        "the new text would need a superscript"
    }
    copy = written(folder, result.content, "copy.docx")
    after = [line[2].split() for line in texts(copy)[1:]]
    assert after == [new.get(at, text).split() for at, text in enumerate(printed, 1)]
    assert texts(written(folder, rejected(result.content), "rejected.docx")) == before


def rejected(content):
    """The document without its insertions, and with what it deletes."""
    root = etree.fromstring(parts(content)["word/document.xml"])
    for change in [*root.iter(qn("w:ins"))]:
        change.getparent().remove(change)
    for change in [*root.iter(qn("w:del"))]:
        for text in change.iter(qn("w:delText")):
            text.tag = qn("w:t")
        for child in [*change]:
            change.addprevious(child)
        change.getparent().remove(change)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for name, part in parts(content).items():
            package.writestr(name, etree.tostring(root) if name == "word/document.xml" else part)
    return packed.getvalue()


@needs_libreoffice
def test_libreoffice_accepts_and_rejects_the_changes(tmp_path):
    path = written(tmp_path, with_cell(bold_then_italic))
    copy = written(tmp_path, changed(path).content, "copy.docx")
    accepted = answer_changes(copy, tmp_path / "accepted.docx", accept=True)
    assert texts(accepted) == EXPECTED
    assert texts(answer_changes(copy, tmp_path / "rejected.docx", accept=False)) == texts(path)


# --- Excel


def workbook(edit=lambda sheet: None, rows=ROWS):
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(plain(rows))))
    sheet = book.active
    sheet["C2"].value, sheet["C2"].data_type = 14, "n"
    edit(sheet)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def test_excel_gets_the_new_value_and_a_comment_with_the_old_one(tmp_path):
    original = workbook()
    result = changed(written(tmp_path, original, "paper.xlsx"))
    assert not result.not_made
    sheet = openpyxl.load_workbook(io.BytesIO(result.content)).active
    assert (sheet["C2"].value, sheet["C2"].data_type) == (20, "n")
    assert sheet["C4"].value == "20"
    assert sheet["B2"].value == "Phase I, at 3 sites [ClinicalTrials.gov: Phase 2]"
    assert sheet["C2"].comment.author == "enrich"
    assert sheet["C2"].comment.text.startswith("Printed: 14\nNumber of participants: printed 14;")
    assert {cell.coordinate for line in sheet for cell in line if cell.comment} == {
        "B2",
        "C2",
        "C4",
    }
    assert changed_parts(original, result.content) == {
        "[Content_Types].xml",
        "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml",
        "xl/worksheets/_rels/sheet1.xml.rels",
        "xl/worksheets/sheet1.xml",
    }


def test_the_style_of_a_cell_and_the_comments_of_others_stay(tmp_path):
    def edit(sheet):
        sheet["C2"].font = openpyxl.styles.Font(bold=True)
        sheet["C2"].comment = Comment("Please check", "Roe")
        sheet["A1"].comment = Comment("A name", "Roe")

    result = changed(written(tmp_path, workbook(edit), "paper.xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(result.content)).active
    assert sheet["C2"].font.bold
    assert sheet["A1"].comment.text == "A name"
    assert sheet["C2"].comment.text.startswith("Please check\nPrinted: 14\n")
    assert sheet["C4"].comment.author == "enrich"


def test_formulas_are_computed_again_when_the_copy_is_opened(tmp_path):
    def edit(sheet):
        sheet["F1"] = "=C2+1"
        sheet["F2"] = "=1"

    content = workbook(edit)
    result = changed(written(tmp_path, content, "paper.xlsx"))
    assert b"fullCalcOnLoad" in parts(result.content)["xl/workbook.xml"]
    book = openpyxl.load_workbook(io.BytesIO(result.content))
    assert book.active["F1"].value == "=C2+1"


def test_a_formula_in_a_cell_in_question_is_left_and_listed(tmp_path):
    content = workbook()
    sheet = parts(content)["xl/worksheets/sheet1.xml"].replace(b"<v>14</v>", b"<f>7+7</f><v>14</v>")
    with_formula = with_parts(content, {"xl/worksheets/sheet1.xml": sheet})
    result = changed(written(tmp_path, with_formula, "paper.xlsx"))
    assert [change.reason for change in result.not_made] == ["the cell holds a formula"]


def test_the_ids_of_the_boxes_of_comments_do_not_repeat(tmp_path):
    result = changed(written(tmp_path, workbook(), "paper.xlsx"))
    boxes = parts(result.content)["xl/drawings/vmlDrawing1.vml"].decode()
    ids = re.findall(r'id="(_x0000_s\d+)"', boxes)
    assert len(ids) == len(set(ids)) == 3


def test_the_formatted_pieces_of_a_text_stay(tmp_path):
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    def edit(sheet):
        sheet["B2"] = CellRichText(TextBlock(InlineFont(b=True), "Phase I"), ", at 3 sites")

    result = changed(written(tmp_path, workbook(edit), "paper.xlsx"))
    book = openpyxl.load_workbook(io.BytesIO(result.content), rich_text=True)
    value = book.active["B2"].value
    assert str(value) == "Phase I, at 3 sites [ClinicalTrials.gov: Phase 2]"
    assert value[0].font.b


# --- what is refused


def added(content, name):
    packed = io.BytesIO(content)
    with zipfile.ZipFile(packed, "a") as package:
        package.writestr(name, b"x")
    return packed.getvalue()


@pytest.mark.parametrize(
    "name, content, words",
    [
        (
            "paper.doc",
            b"\xd0\xcf\x11\xe0" + b"x" * 600,
            "an old Office file, or one with a password",
        ),
        (
            "paper.docm",
            paper(ROWS),
            "it has macros, which are not touched; save it as .docx",
        ),
        ("m.docx", added(paper(ROWS), "word/vbaProject.bin"), "it has macros"),
        ("m.xlsx", added(workbook(), "xl/vbaProject.bin"), "it has macros"),
        ("s.docx", added(paper(ROWS), "_xmlsignatures/sig1.xml"), "it is signed"),
        (
            "paper.txt",
            b"Just text",
            "neither a Word document (.docx) nor an Excel workbook (.xlsx)",
        ),
        ("paper.pdf", b"%PDF-1.4", "neither a Word document (.docx) nor an Excel workbook (.xlsx)"),
    ],
    ids=["old", "macro ending", "macros in Word", "macros in Excel", "signed", "text", "pdf"],
)
def test_a_document_that_a_change_would_damage_is_refused_in_words(tmp_path, name, content, words):
    with pytest.raises(DocumentError) as error:
        changed(written(tmp_path, content, name))
    assert words in str(error.value) and name in str(error.value)


def test_differences_from_unconfirmed_records_are_counted_and_change_nothing(tmp_path):
    report_table = review()
    stale = [line._replace(stale_since="2026-11-23") for line in report_table.rows]
    report_table = replace(report_table, rows=tuple(stale))
    path = written(tmp_path, paper(ROWS))
    result = changed(path, report_table)
    lines = summary(result, build(report_table, in_place=True), path)
    assert lines[0].endswith("no cell has a difference to write, so nothing was changed")
    assert lines[1].startswith("3 cells that differ are kept as printed: the record is incomplete")
    assert changed_parts(path.read_bytes(), result.content) == set()


def test_a_settled_difference_is_left_as_printed_and_not_called_unconfirmed(tmp_path):
    *others, last = review().rows
    settled = [comparison._replace(dismissed="a misprint") for comparison in last.comparisons]
    report_table = replace(review(), rows=(*others, last._replace(comparisons=tuple(settled))))
    path = written(tmp_path, paper(ROWS))
    result = changed(path, report_table)
    lines = summary(result, build(report_table, in_place=True), path)
    assert lines[0].endswith(": 2 cells changed")
    assert lines[1].startswith("1 cell that differs is kept as printed: ")
    assert "or the difference was settled" in lines[1]


def test_whole_words_change():
    assert middle("Phase II", "Phase I/II") == (6, 8, "I/II")
    assert middle("14", "14") == (2, 2, "")
    assert middle("a b a", "a") == (1, 5, "")


# --- the command


def test_the_command_needs_an_output_and_never_writes_over_the_document(tmp_path):
    path = written(tmp_path, paper(ROWS))
    result = run("--document", path)
    assert (result.exit_code, "--document needs --output FILE" in result.stderr) == (2, True)
    result = run("--document", path, "--output", path)
    assert result.exit_code == 2 and "what --document reads" in result.stderr


def test_the_command_reports_what_it_changed(tmp_path, monkeypatch):
    from tests.fixtures.sample_runs import sample_runs

    with sample_runs(tmp_path) as database:
        db = database.path
        report_table = database.fetch_tuples("select name, header from tables")[0]
    assert report_table
    document = written(tmp_path, paper([("NCT ID", "N"), ("NCT10000001", "1")]), "p.docx")
    output = tmp_path / "copy.docx"
    result = run("--db", db, "--document", document, "--output", output)
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith(f"{output}: ") and output.exists()


@pytest.mark.parametrize("name", ["paper.docx", "paper.xlsx"])
def test_a_paper_is_read_compared_and_corrected_without_an_edit_by_hand(
    tmp_path, monkeypatch, name
):
    from tests.fixtures.registry_server import StandInRegistry, recent_load
    from tests.fixtures.studies import nct, study

    cells = [
        ("Registration", "Phase", "Participants"),
        *((nct(number), f"Phase {number % 3 + 1}", f"{number}0") for number in range(1, 6)),
    ]
    records = [
        study(
            number,
            phases=[f"PHASE{number % 3 + 1}"],
            enrollment=33 if number == 4 else number * 10,
        )
        for number in range(1, 6)
    ]
    path = written(tmp_path, (as_docx if name.endswith("docx") else as_xlsx)(plain(cells)), name)
    monkeypatch.chdir(tmp_path)
    with StandInRegistry(records, loaded=recent_load()) as registry:
        for arguments in (
            ["init", name, "--registry", registry.url],
            ["sync", "--registry", registry.url, "--pace", "0", "--no-history"],
            ["export", "--document", name, "--output", f"copy-{name}"],
        ):
            result = CliRunner().invoke(main, arguments)
            assert result.exit_code == 0, result.output
    assert result.stderr == f"copy-{name}: 1 cell changed\n"
    expected = [[*line] for line in cells]
    expected[4][2] = "33"
    assert texts(tmp_path / f"copy-{name}") == expected and path.exists()


@pytest.mark.parametrize(
    "epoch", [openpyxl.utils.datetime.WINDOWS_EPOCH, openpyxl.utils.datetime.MAC_EPOCH]
)
@pytest.mark.parametrize(
    "form, old, new, stored",
    [
        ("yyyy-mm-dd", "2021-03-01", "2022-05-06", date(2022, 5, 6)),
        ("mmm-yy", "2021-03", "2022-05", date(2022, 5, 1)),
        ("yyyy-mm-dd", "2021-03-01", "2022-05", "2022-05"),
    ],
)
def test_a_date_of_a_workbook_stays_one_where_no_day_is_invented(
    tmp_path, epoch, form, old, new, stored
):
    book = openpyxl.Workbook()
    book.epoch = epoch
    sheet = book.active
    sheet.append(["NCT ID", "Completion"])
    sheet.append([IDS[0], date(2021, 3, 1)])
    sheet.append([IDS[1], date(2021, 3, 1)])
    sheet["B2"].number_format = sheet["B3"].number_format = form
    book.save(tmp_path / "dates.xlsx")
    edit = Edit(1, (IDS[0],), "Completion", old, new, "A reason.")
    result = write_edits(tmp_path / "dates.xlsx", [edit], AT)
    assert not result.not_made
    copy = openpyxl.load_workbook(io.BytesIO(result.content)).active
    value = copy["B2"].value
    assert (value.date() if isinstance(value, datetime) else value) == stored
    assert copy["B2"].number_format == form
    assert copy["B2"].comment.text == f"Printed: {old}\nA reason."
