"""What is particular to each kind of document: marks, hidden rows, dialects, lists, pages."""

import io
import time
from datetime import UTC, date, datetime

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from pypdf import PdfWriter
from pypdf.errors import DependencyError

from enrich.errors import TableError
from enrich.tables.documents.document import DocumentError
from enrich.tables.documents.reader import KINDS, kind_of, read_document
from enrich.tables.reader import read_table
from tests.tables.documents.test_cells import A, B, read, texts


def saved(office):
    file = io.BytesIO()
    office.save(file)
    return file.getvalue()


def only_table(folder, ending, content):
    content = content if isinstance(content, bytes) else content.encode()
    (table,) = read(folder, ending, content).tables
    return table


# --- HTML and JATS


@pytest.mark.parametrize(
    "cell, text",
    [
        pytest.param("10<sup>6</sup>", "10^6", id="an exponent stays one"),
        pytest.param("30<sup>a</sup>", "30^a", id="a footnote mark stays visible"),
        pytest.param("CO<sub>2</sub>", "CO2", id="subscript"),
        pytest.param("Phase <b>1</b>/<i>2</i>", "Phase 1/2", id="inline elements add no blank"),
        pytest.param("<p>One</p><p>Two</p>", "One\nTwo", id="paragraphs are lines"),
        pytest.param("One<br>Two<br/>Three", "One\nTwo\nThree", id="line breaks"),
        pytest.param("a<!-- a comment -->b", "ab", id="a comment is not text"),
        pytest.param("a<script>alert(1)</script>b", "ab", id="a script is not text"),
        pytest.param("a<span style='display: none'>hidden</span>b", "ab", id="what is not shown"),
        pytest.param("<img src='x.png' alt='yes'>", "yes", id="a picture has its description"),
        pytest.param("<img src='x.png'>", "[picture]", id="a picture without one is named"),
        pytest.param("  Phase \n  1  ", "Phase 1", id="blanks of the source"),
        pytest.param("5&nbsp;mg &lt; &ge; &alpha;", "5\xa0mg < ≥ α", id="named characters"),
        pytest.param("<ul><li>one</li><li>two</li></ul>", "one\ntwo", id="a list in a cell"),
    ],
)
@pytest.mark.parametrize("ending", [".html", ".xml"])
def test_text_of_a_cell(tmp_path, ending, cell, text):
    if ending == ".xml":
        cell = (
            cell.replace("<br>", "<break/>")
            .replace(".png'>", ".png'/>")
            .replace("' alt='yes'>", "' alt='yes'/>")
        )
        cell = f"<!-- break --><break/>{cell}"
    table = only_table(
        tmp_path, ending, f"<table><tr><th>Trial</th></tr><tr><td>{cell}</td></tr></table>"
    )
    assert texts(table)[-1] == [text]


def test_a_layout_table_is_not_a_table_of_its_own(tmp_path):
    page = "<table><tr><td>menu</td><td><table><tr><th>Trial</th></tr><tr><td>x</td></tr></table></td></tr></table>"
    assert texts(only_table(tmp_path, ".html", page)) == [["Trial"], ["x"]]


@pytest.mark.parametrize(
    "page, caption",
    [
        ("<table><caption>Table 1. Trials</caption>{}</table>", "Table 1. Trials"),
        (
            "<figure><figcaption>Table 1. Trials</figcaption><table>{}</table></figure>",
            "Table 1. Trials",
        ),
        ("<h2>Ongoing trials</h2><div><table>{}</table></div>", "Ongoing trials"),
        ("<p>Table 2: Ongoing trials</p><table>{}</table>", "Table 2: Ongoing trials"),
        ("<p>Some words.</p><table>{}</table>", ""),
        (
            "<h4>TABLE 9.</h4><div><p>Clinical studies</p></div><div><table>{}</table></div>",
            "TABLE 9. Clinical studies",
        ),
    ],
)
def test_the_caption_of_a_table(tmp_path, page, caption):
    rows = "<tr><th>Trial</th></tr><tr><td>x</td></tr>"
    assert only_table(tmp_path, ".html", page.format(rows)).caption == caption


@pytest.mark.parametrize(
    "page, footnotes",
    [
        ("<table>{}</table><p>a: none</p>", "a: none"),
        ("<div><table>{}</table></div><div class='tw-foot'><p>a: none</p></div>", "a: none"),
        ("<div><table>{}</table></div><p>The next paragraph.</p>", ""),
    ],
)
def test_the_footnotes_of_a_table(tmp_path, page, footnotes):
    rows = "<tr><th>Trial</th></tr><tr><td>x</td></tr>"
    assert only_table(tmp_path, ".html", page.format(rows)).footnotes == footnotes


def test_a_table_of_cals_is_read_with_its_spans(tmp_path):
    content = """<article><table-wrap><table><tgroup cols="3"><colspec colname="c1"/><colspec colname="c2"/><colspec colname="c3"/>
    <thead><row><entry>Trial</entry><entry namest="c2" nameend="c3">Age</entry></row></thead>
    <tbody><row><entry morerows="1">A</entry><entry>1</entry><entry>2</entry></row><row><entry>3</entry><entry>4</entry></row></tbody>
    </tgroup></table></table-wrap></article>"""
    assert texts(only_table(tmp_path, ".xml", content)) == [
        ["Trial", "Age", "Age"],
        ["A", "1", "2"],
        ["A", "3", "4"],
    ]


def test_the_date_and_the_doi_of_an_article_are_read(tmp_path):
    content = """<article><front><article-meta><article-id pub-id-type="doi">10.1/x</article-id>
    <title-group><article-title>Trials of <italic>X</italic></article-title></title-group>
    <pub-date pub-type="ppub"><month>11</month><year>2021</year></pub-date>
    <pub-date pub-type="epub"><day>9</day><month>3</month><year>2021</year></pub-date>
    <pub-date pub-type="pmc-release"><day>1</day><month>1</month><year>2020</year></pub-date></article-meta></front>
    <body><p>Accessed on 18 December 2018.</p></body></article>"""
    document = read(tmp_path, ".xml", content.encode())
    assert (document.title, document.doi, document.published) == (
        "Trials of X",
        "10.1/x",
        "2021-03-09",
    )
    assert "Accessed on 18 December 2018." in [passage.text for passage in document.passages]


def test_the_date_and_the_doi_of_a_page_are_read_from_its_citation_tags(tmp_path):
    page = """<head><meta name="citation_title" content="T"><meta name="citation_doi" content="10.1/x">
    <meta name="citation_online_date" content="2021/03/09"></head><p>x</p>"""
    document = read(tmp_path, ".html", page.encode())
    assert (document.title, document.doi, document.published) == ("T", "10.1/x", "2021-03-09")


def test_a_damaged_article_is_read_as_far_as_it_goes_with_a_note(tmp_path):
    content = f"<article><table-wrap><table><tr><td>{A}</td></tr><tr><td>{B}</td></tr></tabel></table-wrap>"
    document = read(tmp_path, ".xml", content.encode())
    assert document.tables[0].ids == (A, B)
    assert any("is damaged" in note for note in document.notes)


# --- Word


def test_a_tracked_insertion_is_read_and_a_deletion_is_not(tmp_path):
    document = docx.Document()
    cell = document.add_table(1, 1).cell(0, 0)
    for tag, text_tag, text in (("w:ins", "w:t", "Phase 3"), ("w:del", "w:delText", "Phase 2")):
        change = cell.paragraphs[0]._p.makeelement(qn(tag), {qn("w:id"): "1", qn("w:author"): "x"})
        run = change.makeelement(qn("w:r"), {})
        element = run.makeelement(qn(text_tag), {})
        element.text = text
        run.append(element)
        change.append(run)
        cell.paragraphs[0]._p.append(change)
    assert texts(only_table(tmp_path, ".docx", saved(document))) == [["Phase 3"]]


def test_superscript_in_word_stays_visible(tmp_path):
    document = docx.Document()
    paragraph = document.add_table(1, 1).cell(0, 0).paragraphs[0]
    paragraph.add_run("10")
    paragraph.add_run("6").font.superscript = True
    assert texts(only_table(tmp_path, ".docx", saved(document))) == [["10^6"]]


# --- Excel


def moment(*numbers):
    """Excel knows no time zones."""
    return datetime(*numbers, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture
def sheet():
    workbook = openpyxl.Workbook()
    workbook.active.title = "Trials"
    return workbook.active


@pytest.mark.parametrize(
    "value, number_format, shown",
    [
        (14.0, "General", "14"),
        (54.5, "General", "54.5"),
        (0.58, "0%", "58%"),
        (1234567, "00000000", "01234567"),
        (True, "General", "TRUE"),
        (moment(2021, 3, 9), "yyyy-mm-dd", "2021-03-09"),
        (date(2021, 3, 9), "d mmm yyyy", "2021-03-09"),
        (moment(2021, 3, 1), "mmm-yy", "2021-03"),
        (moment(2021, 1, 1), "yyyy", "2021"),
        ("  Phase 1\n", "General", "Phase 1"),
    ],
)
def test_a_cell_of_excel_is_read_as_excel_shows_it(tmp_path, sheet, value, number_format, shown):
    sheet["A1"], sheet["A1"].number_format = value, number_format
    assert texts(only_table(tmp_path, ".xlsx", saved(sheet.parent))) == [[shown]]


def test_superscript_in_excel_stays_visible(tmp_path, sheet):
    sheet["A1"] = CellRichText("10", TextBlock(InlineFont(vertAlign="superscript"), "6"))
    assert texts(only_table(tmp_path, ".xlsx", saved(sheet.parent))) == [["10^6"]]


def test_hidden_rows_columns_and_sheets_are_read_and_named(tmp_path, sheet):
    sheet.append(["Trial", "N"]), sheet.append([A, 1]), sheet.append([B, 2])
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    other = sheet.parent.create_sheet("Old")
    other.append([A]), other.append([B])
    other.sheet_state = "hidden"
    first, second = read(tmp_path, ".xlsx", saved(sheet.parent)).tables
    assert texts(first) == [["Trial", "N"], [A, "1"], [B, "2"]]
    assert first.notes == ("hidden, and read: row 3", "hidden, and read: column B")
    assert (second.where, second.notes) == ("sheet 'Old'", ("the sheet is hidden",))


def test_a_formula_without_a_stored_value_is_named(tmp_path, sheet):
    sheet.append([A, "=1+1"])
    (note,) = only_table(tmp_path, ".xlsx", saved(sheet.parent)).notes
    assert note.startswith("a formula without a stored value, read as empty: cell B1")


def test_formatted_empty_rows_and_columns_are_no_part_of_a_table(tmp_path, sheet):
    sheet.append(["Trial"]), sheet.append([A])
    sheet["F40"].number_format = "0.00"
    assert texts(only_table(tmp_path, ".xlsx", saved(sheet.parent))) == [["Trial"], [A]]


# --- text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"Trial,Phase,N\n{A},Phase 1,14\n{B},Phase 2,20\n", id="commas"),
        pytest.param(f"Trial;Phase;N\n{A};Phase 1;14\n{B};Phase 2;20\n", id="semicolons"),
        pytest.param(f"Trial\tPhase\tN\r\n{A}\tPhase 1\t14\r\n{B}\tPhase 2\t20", id="tabs"),
        pytest.param(f"Trial|Phase|N\n{A}|Phase 1|14\n{B}|Phase 2|20\n", id="strokes, as AACT"),
        pytest.param(
            f"sep=;\nTrial;Phase;N\n{A};Phase 1;14\n{B};Phase 2;20\n", id="a hint for Excel"
        ),
        pytest.param(
            f'"Trial","Phase","N"\n"{A}","Phase 1","14"\n"{B}","Phase 2","20"', id="quoted"
        ),
        pytest.param(f"Trial,Phase,N\n\n{A},Phase 1,14\n,,\n{B},Phase 2,20\n", id="empty lines"),
        pytest.param(
            f"Trial,Phase,N\n{A},Phase 1,14\n{B},Phase 2,20\n".encode("utf-16"), id="UTF-16"
        ),
    ],
)
def test_a_text_of_cells_in_any_dialect(tmp_path, content):
    table = only_table(tmp_path, ".txt", content)
    assert texts(table) == [["Trial", "Phase", "N"], [A, "Phase 1", "14"], [B, "Phase 2", "20"]]


@pytest.mark.parametrize(
    "line, cells",
    [
        ('x,"the "best" drug, ever",2', ["x", 'the "best" drug, ever', "2"]),
        ('x,"the "best"",2', ["x", 'the "best"', "2"]),
        ('x,"said ""open"", twice",2', ["x", 'said "open", twice', "2"]),
        ('x,"5" needle",2', ["x", '5" needle', "2"]),
        ('x,"two\nlines",2', ["x", "two\nlines", "2"]),
        ('"a","b" ,"c"', ["a", "b", "c"]),
        ('x,"",2', ["x", "", "2"]),
        ('x,"never closed,2', ["x", '"never closed', "2"]),
    ],
)
def test_bare_quotation_marks_part_no_cell(tmp_path, line, cells):
    table = only_table(tmp_path, ".csv", f'Trial,Title,N\n{line}\ny,"a "bare" one",3\nz,w,4\n')
    assert texts(table)[1] == cells and texts(table)[2] == ["y", 'a "bare" one', "3"]


def test_text_without_a_line_break_is_read_in_a_time_that_grows_as_the_text_does(tmp_path):
    """Each cell was looked for over all that follows."""
    content = b"Trial,Title\n" + b'"a "bare" one",x\n' + b",".join([b"x"] * 1_000_000)
    started = time.process_time()
    assert not read(tmp_path, ".csv", content).tables
    assert time.process_time() - started < 5


def test_a_line_that_does_not_fit_is_refused_with_its_number(tmp_path):
    lines = [f"{A},Phase 1,{number}" for number in range(20)]
    lines[6] += ",one more"
    with pytest.raises(DocumentError, match=r"line 8 has another number of cells than the 3"):
        read(tmp_path, ".csv", "\n".join(["Trial,Phase,N", *lines]).encode())


def test_a_title_line_above_the_header_does_not_count(tmp_path):
    lines = [
        "Table 1. Trials",
        "",
        "Trial,Phase,N",
        *(f"{A},Phase 1,{number}" for number in range(9)),
    ]
    assert texts(only_table(tmp_path, ".csv", "\n".join(lines)))[0] == ["Table 1. Trials", "", ""]


@pytest.mark.parametrize("content", [f"{A}\n{B}\n", f"{A}\r\n\r\n{B}", f"\ufeff{A}\n{B}"])
def test_a_list_of_ids_loses_none(tmp_path, content):
    document = read(tmp_path, ".txt", content.encode())
    (table,) = document.tables
    assert table.ids == (A, B) and document.cells_are_sure


@pytest.mark.parametrize("name", ["", "NCT number\n", "Trials\n"])
def test_a_list_of_ids_keeps_the_misprinted_and_those_of_other_registers(tmp_path, name):
    entries = [A, "NCT0123456", "ISRCTN94726526", B]
    document = read(tmp_path, ".txt", (name + "\n".join(entries)).encode())
    assert [row[0].text for row in document.tables[0].rows] == entries
    assert document.cells_are_sure


def test_text_with_lost_tabs_is_read_line_by_line_and_cells_are_not_guessed(tmp_path):
    content = (
        f"Trial Phase N\n{A} Phase I/II 14 (3/11) adults\n{B} Phase 2 20 children\nNote: none.\n"
    )
    document = read(tmp_path, ".txt", content.encode())
    (table,) = document.tables
    assert texts(table) == [
        ["Line"],
        [f"{A} Phase I/II 14 (3/11) adults"],
        [f"{B} Phase 2 20 children"],
    ]
    assert not document.cells_are_sure
    assert [passage.text for passage in document.passages] == ["Trial Phase N", "Note: none."]


def test_references_in_ris_are_rows(tmp_path):
    content = f"TY  - JOUR\nTI  - A trial\nAU  - Doe, J\nAU  - Roe, R\nPY  - 2020\nN2  - Registered as {A}\n  and more.\nER  - \n\nTY  - JOUR\nTI  - Another\nUR  - https://clinicaltrials.gov/study/{B}\nER  - \n"
    table = only_table(tmp_path, ".ris", content)
    rows = [dict(zip(texts(table)[0], row, strict=True)) for row in texts(table)[1:]]
    assert [(row["Title"], row["NCT id"], row["Year"]) for row in rows] == [
        ("A trial", A, "2020"),
        ("Another", B, ""),
    ]
    assert (
        rows[0]["Authors"] == "Doe, J; Roe, R"
        and rows[0]["Other"] == f"Registered as {A} and more."
    )


# --- lists


def test_items_of_lists_are_rows_below_their_headings(tmp_path):
    content = f"""# Vaccines

### Oxford
- [Phase 1/2](https://clinicaltrials.gov/ct2/show/{A}) - 1,090 subjects
- [Results](https://example.com)

**Moderna** - mRNA-1273
- [Phase 1](https://clinicaltrials.gov/ct2/show/{B}) - 155 subjects
"""
    table = only_table(tmp_path, ".md", content)
    assert texts(table) == [
        ["Heading", "Item"],
        ["Oxford", "Phase 1/2 - 1,090 subjects"],
        ["Oxford", "Results"],
        ["Moderna - mRNA-1273", "Phase 1 - 155 subjects"],
    ]
    assert table.ids == (A, B)


# --- PDF


def pdf_of(*pages):
    """A PDF with these lines of text, one page each."""
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(300, 300)
        from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_a_pdf_has_text_by_page_and_no_cells(tmp_path):
    document = read(tmp_path, ".pdf", pdf_of(f"Trial {A}", "nothing", f"Trial {B}"))
    assert not document.tables and not document.cells_are_sure
    assert [(passage.where, passage.text.strip()) for passage in document.passages] == [
        ("page 1", f"Trial {A}"),
        ("page 2", "nothing"),
        ("page 3", f"Trial {B}"),
    ]


def test_a_pdf_of_pictures_is_refused_with_a_way_out(tmp_path):
    with pytest.raises(
        DocumentError, match="has pictures of pages, and no text; use the article's HTML"
    ):
        read(tmp_path, ".pdf", pdf_of(""))


@pytest.mark.parametrize(
    "error, words",
    [
        (DependencyError("cryptography is required for AES"), "cryptography is required for AES"),
        (IndexError(), "IndexError"),
    ],
)
def test_any_error_of_pypdf_is_one_line_with_a_way_out(tmp_path, monkeypatch, error, words):
    """As for a PDF with a password by AES, where the library for AES is not installed."""

    def fail(stream):
        raise error

    monkeypatch.setattr("enrich.tables.documents.pdf_file.PdfReader", fail)
    with pytest.raises(DocumentError, match=f"{words}.*; use the article's HTML or XML"):
        read(tmp_path, ".pdf", pdf_of("text"))


# --- encodings


@pytest.mark.parametrize(
    "encoding", ["undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "hex", "no-such"]
)
def test_a_page_that_declares_what_is_no_encoding_of_files_is_read_as_utf_8(tmp_path, encoding):
    page = f"<meta charset='{encoding}'><table><tr><th>Trial</th></tr><tr><td>ü \\ud800 +2AA-</td></tr></table>"
    assert texts(only_table(tmp_path, ".html", page))[-1] == ["ü \\ud800 +2AA-"]


# --- which kind


@pytest.mark.parametrize(
    "name, content, kind",
    [
        ("a.txt", b"%PDF-1.7", "a PDF"),
        ("a.csv", b"\n <!doctype html><p>", "a web page"),
        ("a", b"\xef\xbb\xbf<?xml version='1.0'?><article/>", "a web page"),
        ("a.docx", b"PK\3\4 xl/workbook.xml", "an Excel workbook"),
        ("a.xlsx", b"PK\3\4 word/document.xml", "a Word document"),
        ("a.md", b"# Title", "Markdown"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "a Word document"),
        ("a.csv", b"a,b", "text"),
        ("-", b"text\n\n| a | b |\n| --- | :-: |\n| 1 | 2 |\n", "Markdown"),
        ("a.txt", b"a | b\r\n---|---\r\n1 | 2\r\n", "Markdown"),
        ("a.txt", b"a|b\n---\n1|2", "text"),
        ("a.csv", b"| a |\n| --- |\n", "text"),
        ("a.unknown", b"a,b", "text"),
    ],
)
def test_the_kind_of_a_document_is_that_of_its_content(tmp_path, name, content, kind):
    assert kind_of(tmp_path / name, content).name == kind


def test_each_kind_has_an_ending_of_its_own():
    endings = [ending for kind in KINDS for ending in kind.endings]
    assert len(endings) == len(set(endings))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DocumentError, match=r"paper\.docx: No such file"):
        read_document(tmp_path / "paper.docx")


# --- a document where a description is wanted

DOCUMENTS = (
    ("paper.docx", b"PK\3\4 word/document.xml", "a Word document"),
    ("paper.xlsx", b"PK\3\4 xl/workbook.xml", "an Excel workbook"),
    ("paper.pdf", b"%PDF-1.7", "a PDF"),
    ("paper.html", b"<html><p>x</p>", "a web page"),
    ("paper.md", b"# Trials", "Markdown"),
    ("paper.csv", b"NCT ID,Phase\n", "text"),
)


@pytest.mark.parametrize("name, content, kind", DOCUMENTS)
def test_a_document_in_place_of_a_description_is_referred_to_init(tmp_path, name, content, kind):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TableError) as refused:
        read_table(path)
    assert str(refused.value) == f"{path}: that is {kind}: run `enrich init {path}`"


@pytest.mark.parametrize("name, content, kind", DOCUMENTS[:4])
def test_a_document_in_place_of_cells_is_referred_to_init(tmp_path, name, content, kind):
    (tmp_path / "t.toml").write_text(f'file = "{name}"\nid_column = "NCT ID"\n')
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=f"t.toml: the file '{name}' is {kind}: run `enrich init"):
        read_table(tmp_path / "t.toml")


def test_a_document_under_the_name_of_a_description_is_referred_to_init(tmp_path):
    (tmp_path / "t.toml").write_bytes(b"PK\3\4\x80 word/document.xml")
    with pytest.raises(TableError, match="that is a Word document"):
        read_table(tmp_path / "t.toml")


def test_a_broken_description_is_no_document(tmp_path):
    (tmp_path / "t.toml").write_text("file =")
    with pytest.raises(TableError, match="not a TOML file"):
        read_table(tmp_path / "t.toml")
