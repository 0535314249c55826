"""Documents that are damaged, huge or made to do harm: one clear line, or a result; nothing else."""

import io
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.tables.documents.document import MOST_BYTES, Document, DocumentError
from enrich.tables.documents.layout import lay_out
from enrich.tables.documents.reader import KINDS, kind_of, read_document
from tests.fixtures.corpus import ROOT
from tests.tables.documents.test_cells import A, read
from tests.tables.documents.twins import WRITERS, as_docx, as_xlsx, plain

SECRET = "a secret of this machine"


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path


def all_text(document):
    cells = [cell.all_text for table in document.tables for row in table.all_rows for cell in row]
    return " ".join([*cells, *(passage.text for passage in document.passages)])


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("ending", [".xml", ".html"])
def test_an_external_entity_is_not_read(tmp_path, secret, ending):
    content = f"""<?xml version="1.0"?><!DOCTYPE article [<!ENTITY x SYSTEM "file://{secret}">
    <!ENTITY % more SYSTEM "http://127.0.0.1:9/x.dtd"> %more;]>
    <article><p>&x;</p><table><tr><td>&x;</td></tr><tr><td>{A}</td></tr></table></article>"""
    document = read(tmp_path, ending, content.encode())
    assert SECRET not in all_text(document) and document.tables[0].ids == (A,)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("ending", [".xml", ".html"])
def test_entities_do_not_multiply(tmp_path, ending):
    tens = [f"&x{at};" * 10 for at in range(11)]
    entities = "".join(f'<!ENTITY x{at} "{ten}">' for at, ten in enumerate(tens, 1))
    content = f'<!DOCTYPE article [<!ENTITY x0 "lol">{entities}]><article><table><tr><td>&x11; {A}</td></tr></table></article>'
    document = read(tmp_path, ending, content.encode())
    assert len(all_text(document)) < 1000 and document.tables[0].ids == (A,)


def repacked(content, edit):
    """The same package, each of its files edited by *edit* (name, bytes)."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, edit(name, old.read(name)))
    return file.getvalue()


MAKERS = {".docx": (as_docx, "word/document.xml"), ".xlsx": (as_xlsx, "xl/worksheets/sheet1.xml")}
ROWS = plain([["Trial", "N"], [A, "14"]])


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("ending", MAKERS)
def test_an_external_entity_in_a_package_is_not_read(tmp_path, secret, ending):
    make, part = MAKERS[ending]
    doctype = f'<!DOCTYPE x [<!ENTITY x SYSTEM "file://{secret}">]>'.encode()

    def edit(name, content):
        if name != part:
            return content
        start = content.index(b"?>") + 2 if content.startswith(b"<?xml") else 0
        return content[:start] + doctype + content[start:].replace(A.encode(), b"&x;" + A.encode())

    try:
        document = read(tmp_path, ending, repacked(make(ROWS), edit))
    except DocumentError as error:
        assert "\n" not in str(error) and SECRET not in str(error)
    else:
        assert SECRET not in all_text(document)


@pytest.mark.parametrize("ending", MAKERS)
def test_a_package_that_unpacks_to_too_much_is_refused_unopened(tmp_path, ending):
    make, part = MAKERS[ending]
    bomb = repacked(
        make(ROWS), lambda name, content: content + b" " * 60_000_000 if name == part else content
    )
    assert len(bomb) < 1_000_000
    with pytest.raises(DocumentError, match=r"unpacks to 6\d MB, too large for a table"):
        read(tmp_path, ending, bomb)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("ending", MAKERS)
def test_a_picture_that_lies_elsewhere_is_not_opened(tmp_path, secret, ending):
    make, _ = MAKERS[ending]
    relation = f'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="file://{secret}" TargetMode="External"/></Relationships>'.encode()
    edit = lambda name, content: content.replace(b"</Relationships>", relation)  # noqa: E731
    document = read(tmp_path, ending, repacked(make(ROWS), edit))
    assert document.tables[0].ids == (A,) and SECRET not in all_text(document)


def test_an_old_office_file_or_one_with_a_password_has_a_way_out(tmp_path):
    with pytest.raises(
        DocumentError, match="an old Office file, or one with a password; save it as"
    ):
        read(tmp_path, ".doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)


@pytest.mark.parametrize("ending", [".docx", ".xlsx"])
def test_half_a_package_is_refused_in_one_line(tmp_path, ending):
    content = MAKERS[ending][0](ROWS)
    with pytest.raises(DocumentError) as refused:
        read(tmp_path, ending, content[: len(content) // 2])
    assert f"document{ending}: not" in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param('<td colspan="99999999" rowspan="99999999">x</td>', id="spans beyond measure"),
        pytest.param('<td rowspan="0">x</td>', id="a span of all rows"),
        pytest.param('<td colspan="-1" rowspan="x">x</td>', id="spans that are none"),
        pytest.param("<b>" * 5000 + "x", id="nested deeper than Python's own stack"),
        pytest.param("<table><tr><td>" * 200 + "x", id="tables in tables"),
        pytest.param(
            "x\0y\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), id="NUL"
        ),
    ],
)
@pytest.mark.parametrize("ending", [".html", ".xml"])
def test_markup_beyond_measure(tmp_path, ending, cell):
    page = f"<table><tr><td>{A}</td>{cell}</tr><tr><td>NCT02345678</td></tr></table>"
    document = read(tmp_path, ending, page.encode())
    assert A in all_text(document)
    for table in document.tables:
        lay_out(table)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "large.html"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(DocumentError, match=r"large\.html: 50 MB is too large for a table"):
        read_document(path)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "."])
def test_what_is_no_file_is_refused(path):
    with pytest.raises(DocumentError, match=r"it is a (device|directory), not a file"):
        read_document(Path(path))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \n\t"])
def test_an_empty_file_is_called_so(tmp_path, content):
    with pytest.raises(DocumentError, match=r"document\.html: the file is empty"):
        read(tmp_path, ".html", content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("laws")


ENDINGS = [ending for kind in KINDS for ending in kind.endings]
_MARKUP = st.lists(
    st.sampled_from(
        [
            "<table>",
            "</table>",
            "<tr>",
            "<td colspan=2>",
            "<td rowspan=2>",
            "<th>",
            "<sup>",
            "<p>",
            "<li>",
            "<ul>",
            "&amp;",
            "&lol;",
            A,
            "x",
            "<!--",
            "-->",
            "<![CDATA[",
            "|",
            ",",
            '"',
            "\n",
            "\t",
            "# ",
            "- ",
            "\0",
        ]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ENDINGS), st.one_of(st.binary(max_size=400), _MARKUP.map(str.encode)))
def test_any_bytes_are_a_document_or_an_error_that_names_the_file(folder, ending, content):
    path = folder / f"document{ending}"
    path.write_bytes(content)
    try:
        document = read_document(path)
    except DocumentError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:
        assert isinstance(document, Document)
        for table in document.tables:
            lay_out(table)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([".docx", ".xlsx"]), st.integers(0, 10_000), st.binary(min_size=1, max_size=20)
)
def test_a_package_with_wrong_bytes_is_a_document_or_an_error_that_names_the_file(
    folder, ending, at, noise
):
    content = bytearray(MAKERS[ending][0](ROWS))
    content[at % len(content) : at % len(content) + len(noise)] = noise
    path = folder / f"document{ending}"
    path.write_bytes(content)
    try:
        read_document(path)
    except DocumentError as error:
        assert str(path) in str(error) and "\n" not in str(error)


_LARGE = """
import resource, sys
from pathlib import Path
from enrich.tables.documents.reader import read_document
from enrich.tables.documents.document import DocumentError
try:
    print(sum(len(table.rows) for table in read_document(Path(sys.argv[1])).tables))
except DocumentError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def rows_in_xml(content, part, number, text):
    """A package whose last row is there *number* times, with more text: made without a library."""

    def edit(name, xml):
        if name != part:
            return xml
        tag = b"w:tr" if part.startswith("word") else b"row"
        start, end = xml.rindex(b"<" + tag), xml.rindex(b"</" + tag + b">") + len(tag) + 3
        row = xml[start:end].replace(A.encode(), A.encode() + text.encode())
        return xml[:start] + row * number + xml[end:]

    return repacked(content, edit)


@pytest.mark.long
@pytest.mark.parametrize("ending", [*WRITERS, ".txt"])
def test_a_document_of_fifty_megabytes_takes_bounded_memory(tmp_path, ending):
    """It is read, or refused in one line."""
    path = tmp_path / f"document{ending}"
    if ending in MAKERS:
        make, part = MAKERS[ending]
        path.write_bytes(rows_in_xml(make(ROWS), part, 60_000, " x" * 400))
    else:
        write = WRITERS.get(
            ending,
            lambda rows: b"\n".join(
                b" ".join(cell.cell.text.encode() for cell in row) for row in rows
            ),
        )
        path.write_bytes(
            write(
                plain(
                    [["Trial", "Phase", "Text", "N"], *[[A, "Phase 1", "x" * 2000, "14"]] * 23_000]
                )
            )
        )
        assert 40e6 < path.stat().st_size < MOST_BYTES
    result, memory = read_apart(path)
    assert result.isdecimal() or "too large for a table" in result
    assert memory < 1000


@pytest.mark.long
@pytest.mark.parametrize("ending", WRITERS)
def test_a_table_of_five_thousand_rows_is_read_in_ten_seconds(tmp_path, ending):
    path = tmp_path / f"document{ending}"
    if ending == ".docx":
        make, part = MAKERS[ending]
        path.write_bytes(
            rows_in_xml(
                make(plain([["Trial", "Phase", "Title", "N"], [A, "Phase 1", "x" * 80, "14"]])),
                part,
                5000,
                "",
            )
        )
    else:
        path.write_bytes(
            WRITERS[ending](
                plain([["Trial", "Phase", "Title", "N"], *[[A, "Phase 1", "x" * 80, "14"]] * 5000])
            )
        )
    started = time.perf_counter()
    result, _ = read_apart(path)
    assert result in ("5000", "5001") and time.perf_counter() - started < 10


def read_apart(path):
    """What a process of its own reads: the number of rows, or why not; and its memory in MB."""
    run = subprocess.run(
        [sys.executable, "-c", _LARGE, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    result, memory = run.stdout.splitlines()
    return result, int(memory)


def test_a_file_of_zeros_is_no_word_document(tmp_path):
    assert kind_of(tmp_path / "t.csv", bytes(2000)).name == "text"
