"""Every hostile text in every place of a table and of a record, and out through every outlet: inert in each of them."""

import csv
import io
import json
import re
import unicodedata
import zipfile
from itertools import chain
from urllib.parse import urlsplit
from xml.etree import ElementTree

import html5lib
import openpyxl
import pytest
from click.testing import CliRunner
from docx import Document
from markdown_it import MarkdownIt

from enrich import export, reports
from enrich.cli import main
from enrich.errors import TableError
from enrich.export.sheet import build
from enrich.site.build import write_site
from enrich.storage.report_query import read_report, run_before
from enrich.storage.trials import read_latest_studies
from enrich.tables.nct_ids import find_ids
from enrich.tables.reader import read_table
from tests.fixtures.hostile_texts import ALL, TEXTS
from tests.fixtures.our_markup import OUR_FOLD, OUR_SCRIPT
from tests.fixtures.registry_server import set_path
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import sample_runs
from tests.fixtures.studies import nct, study

SHOWN = "shownhere"
OWN = "https://clinicaltrials.gov/"
PROTOCOL = "protocolSection."


# --- a table and a record that hold the text wherever a text may be


def record(text):
    made = study(
        1,
        brief_title=text,
        official_title=text,
        acronym=text,
        conditions=[text],
        keywords=[text],
        lead_sponsor=text,
        enrollment=7,
    )
    set_path(
        made,
        PROTOCOL + "armsInterventionsModule.interventions",
        [{"name": text, "type": text, "description": text}],
    )
    set_path(
        made, PROTOCOL + "outcomesModule.primaryOutcomes", [{"measure": text, "timeFrame": text}]
    )
    set_path(
        made,
        PROTOCOL + "contactsLocationsModule.locations",
        [{"facility": text, "city": text, "country": text}],
    )
    set_path(
        made,
        PROTOCOL + "referencesModule.references",
        [{"pmid": text, "type": "RESULT", "citation": text}],
    )
    set_path(made, PROTOCOL + "referencesModule.seeAlsoLinks", [{"label": text, "url": text}])
    set_path(
        made, "documentSection.largeDocumentModule.largeDocs", [{"label": text, "filename": text}]
    )
    return made


def later(text):
    """A night on which the text becomes news."""

    def edit(made):
        set_path(made, PROTOCOL + "identificationModule.briefTitle", f"{SHOWN} {text}")
        set_path(made, PROTOCOL + "identificationModule.acronym", f"{SHOWN}{text}")
        set_path(made, PROTOCOL + "statusModule.overallStatus", text)
        set_path(made, PROTOCOL + "statusModule.whyStopped", text)
        set_path(made, PROTOCOL + "statusModule.lastUpdatePostDateStruct.date", "2026-11-19")
        set_path(
            made,
            PROTOCOL + "outcomesModule.primaryOutcomes",
            [{"measure": text, "timeFrame": text}, {"measure": f"{text} {SHOWN}"}],
        )

    return lambda registry: registry.change(nct(1), edit)


def quoted(text):
    """As TOML writes it."""
    return json.dumps(text).replace("\x7f", "\\u007f")


def described(text, file="moonlight.csv"):
    keys = "".join(
        f"{key} = {quoted(text)}\n" for key in ("title", "citation", "doi", "url", "licence")
    )
    column = quoted(text.strip())
    says = 'says = ["phases", "masking", "brief_title"]\nshows = ["interventions", "publications", "time_frames"]'
    return f'{keys}file = {quoted(file)}\npublished = 2025-03-01\nid_column = "Trial"\n[columns.{column}]\n{says}\n[columns.N]\nsays = ["enrollment"]\n'


def cells(text):
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(
        [
            ("Trial", text.strip(), "N", "Authors"),
            (nct(1), text, text, text),
            (text, text, "1", text),
        ]
    )
    return file.getvalue()


# --- what each outlet may hold


def unseen(shown, allowed="\n\r"):
    return {
        sign for sign in shown if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    } - {*allowed}


def leads_where_it_may(address, text):
    """The registry's own site; the table's own address only if it is a plain web address."""
    return address.startswith(OWN) or (
        address == text.strip()
        and urlsplit(address).scheme == "https"
        and not set(address) & set(' "<>')
    )


def is_plain(shown, text):
    assert not unseen(shown)


def is_plain_but_for_our_colours(shown, text):
    assert not unseen(re.sub(r"\x1b\[[0-9;]*m", "", shown))


def is_sound_html(shown, text):
    assert not unseen(shown)
    tree = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True).parse(shown)
    assert all(
        script.text == OUR_SCRIPT and not script.attrib for script in tree.findall(".//script")
    )
    assert not {element.tag for element in tree.iter()} & {
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "link",
    }
    assert not [
        name
        for element in tree.iter()
        for name in element.attrib
        if name.startswith("on") or name in ("src", "action")
    ]
    assert all(
        link.get("href").startswith("#") or leads_where_it_may(link.get("href"), text)
        for link in tree.findall(".//a")
    )


def is_sound_markdown(shown, text):
    assert not unseen(shown)
    blocks = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(shown)
    tokens = [token for block in blocks for token in (block, *(block.children or []))]
    assert not {token.type for token in tokens} & {
        "image",
        "html_inline",
        "code_inline",
        "code_block",
        "fence",
        "s_open",
        "ordered_list_open",
    }
    assert all(OUR_FOLD.fullmatch(token.content) for token in tokens if token.type == "html_block")
    assert all(
        leads_where_it_may(token.attrs["href"], text)
        for token in tokens
        if token.type == "link_open"
    )


def begins_no_formula(shown, text):
    lines = list(csv.reader(io.StringIO(shown)))
    assert len({len(line) for line in lines}) == 1
    for cell in chain.from_iterable(lines):
        assert not unseen(cell)
        for part in cell.split(";"):
            assert not part.lstrip().startswith(("=", "+", "-", "@", "＝")) or re.fullmatch(
                r"\s*[-+]\d+", part
            ), part


def is_sound_json(shown, text):
    objects = [json.loads(line) for line in shown.splitlines()]
    assert text in [
        entry["facts"]["official_title"]
        for entry in objects
        if entry["what"] == "row" and entry["facts"]
    ]


def is_sound_atom(shown, text):
    assert not unseen(shown)
    feed = ElementTree.fromstring(shown)
    assert all(
        leads_where_it_may(link.get("href"), text)
        for link in feed.iter("{http://www.w3.org/2005/Atom}link")
    )
    assert {
        element.get("type")
        for element in feed.iter()
        if element.tag.endswith(("}content", "}summary", "}title"))
    } <= {None, "text"}


def is_sound_xlsx(content, text):
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert all(
        cell.data_type != "f" and cell.hyperlink is None
        for page in book
        for line in page.iter_rows()
        for cell in line
    )
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert not [
            name
            for name in packed.namelist()
            if name.endswith(".rels") and b'TargetMode="External"' in packed.read(name)
        ]


def is_sound_docx(content, text):
    document = Document(io.BytesIO(content))
    assert not [relation for relation in document.part.rels.values() if relation.is_external]
    assert not unseen(
        "".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    )


OFFICE = "application/vnd.openxmlformats-officedocument"
# What must hold of a text of each kind; of any other, that nothing in it is invisible.
CHECKS = {
    "text/html": is_sound_html,
    "text/markdown": is_sound_markdown,
    "text/csv": begins_no_formula,
    "application/x-ndjson": is_sound_json,
    "application/atom+xml": is_sound_atom,
    f"{OFFICE}.spreadsheetml.sheet": is_sound_xlsx,
    f"{OFFICE}.wordprocessingml.document": is_sound_docx,
}
REPORTS = {**reports.FORMATS, "text, in colour": reports.FORMATS["text"]}
OUTLETS = (*REPORTS, *(f"table as {name}" for name in export.FORMATS))


def check_of(format_):
    return CHECKS.get(format_.media_type, is_plain)


def shown_reports(report):
    """The name of each outlet of a report, what it shows, and what must hold of that."""
    for name, format_ in reports.FORMATS.items():
        yield name, rendered(name, report, show_all=True), check_of(format_)
    coloured = rendered("text", report, show_all=True, color=True)
    yield "text, in colour", coloured, is_plain_but_for_our_colours


def shown_exports(sheet):
    """The same for an exported table."""
    for name, format_ in export.FORMATS.items():
        yield f"table as {name}", format_.render(sheet), check_of(format_)


# Outlets that are looked at in tests of their own below.
OTHERS = (
    "SQL",
    "search index",
    "file names",
    "the file that a description names",
    "error line",
    "log file",
    "description of the site",
)
NAMES = [f"{what}-{number}" for what, texts in TEXTS.items() for number in range(len(texts))]


@pytest.mark.parametrize("text", ALL, ids=NAMES)
def test_a_hostile_text_is_inert_in_every_outlet(tmp_path, text, record_property):
    with sample_runs(
        tmp_path,
        table=described(text),
        cells=cells(text),
        studies=[record(text)],
        nights=(later(text),),
    ) as database:
        report = read_report(database, since=run_before(database, "first"), with_timelines=True)
        ids = [row.trial_id for row in report.tables[0].rows if row.trial_id]
        studies = read_latest_studies(database, ids)
        with_comparison, in_place = (
            build(report.tables[0], in_place=place, studies=studies) for place in (False, True)
        )
        for _, shown, is_sound in (
            *shown_reports(report),
            *shown_exports(with_comparison),
            *shown_exports(in_place),
        ):
            is_sound(shown, text)
        in_the_database(database, text)
    only_files_of_ours(tmp_path)
    in_lines(tmp_path, text)
    on_the_site(tmp_path, text)
    record_property(
        "tried",
        ("hostile texts", {"texts": 1, "times out of an outlet": len(OUTLETS) + len(OTHERS)}),
    )


def in_the_database(database, text):
    """As it is: what is asked and what is kept are never one text."""
    (row,) = database.fetch_dicts("select cells from rows where position = 1")
    assert json.loads(row["cells"])["Authors"] == text
    assert [
        row["official_title"] for row in database.fetch_dicts("select official_title from trials")
    ] == [text]
    database.execute("insert into trials_fts(trials_fts) values ('integrity-check')")


def only_files_of_ours(folder):
    made = {path.name for path in folder.iterdir()} | {
        path.name for path in (folder / "cache").rglob("*")
    }
    assert made == {
        "moonlight.toml",
        "moonlight.csv",
        "trials.db",
        "cache",
        f"{nct(1)}.json",
    }


def in_lines(folder, text):
    """An id, the file that a description names, what a command prints about both, and its log."""
    assert all(
        re.fullmatch("NCT[0-9]{8}", nct_id) for nct_id in find_ids(text, column_names_nct=True).ids
    )
    (folder / "other.toml").write_text(described(text, file=text), encoding="utf-8")
    with pytest.raises(TableError):
        read_table(folder / "other.toml")
    result = CliRunner().invoke(main, ["check", "--table", str(folder / "other.toml")])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1) and not unseen(result.stderr)
    paths = [
        "--table",
        folder / "moonlight.toml",
        "--db",
        folder / "trials.db",
        "--cache",
        folder / "cache",
        "--log-file",
        folder / "log",
    ]
    result = CliRunner().invoke(main, ["sync", "--offline", *map(str, paths)])
    assert (
        result.exit_code == 0
        and not unseen(result.output)
        and not unseen((folder / "log").read_text(encoding="utf-8"))
    )


def on_the_site(folder, text):
    """The metadata of the tables for Datasette: markup only where it is ours, addresses only of the web."""
    write_site(folder / "trials.db", folder / "site")
    metadata = list(
        entries(json.loads((folder / "site" / "metadata.json").read_text(encoding="utf-8")))
    )
    for shown in (value for key, value in metadata if key.endswith("_html")):
        tree = html5lib.HTMLParser(namespaceHTMLElements=False).parseFragment(shown)
        assert {element.tag for element in tree.iter() if isinstance(element.tag, str)} <= {
            "DOCUMENT_FRAGMENT",
            "p",
            "a",
            "ul",
            "li",
            "strong",
            "em",
            "br",
            "small",
        }
        assert not [
            name
            for element in tree.iter()
            for name in element.attrib
            if name not in ("href", "class")
        ]
        assert all(
            not (split := urlsplit(link.get("href"))).scheme
            or (split.scheme == "https" and not split.hostname.endswith("evil.example"))
            for link in tree.iter("a")
        )
    assert all(
        not value or urlsplit(value).scheme in ("http", "https")
        for key, value in metadata
        if key.endswith("_url")
    )


def entries(node):
    """Every text in nested objects, with its key."""
    for key, value in node.items() if isinstance(node, dict) else ():
        yield from (
            entries(value)
            if isinstance(value, dict)
            else [(key, value)]
            if isinstance(value, str)
            else ()
        )


def test_the_texts_come_out_at_all(tmp_path):
    """Without this an outlet that shows nothing would pass."""
    with sample_runs(
        tmp_path,
        table=described("plain"),
        cells=cells("plain"),
        studies=[record("plain")],
        nights=(later("plain"),),
    ) as database:
        report = read_report(database, since=run_before(database, "first"), with_timelines=True)
        outlets = (*shown_reports(report), *shown_exports(build(report.tables[0])))
        shown = {name: content for name, content, _ in outlets}
    assert {*shown} == {*OUTLETS}
    for content in shown.values():
        assert isinstance(content, bytes) or SHOWN in content or "plain" in content
    page = openpyxl.load_workbook(io.BytesIO(shown["table as xlsx"]))["Table"]
    assert "plain" in str([[cell.value for cell in line] for line in page.iter_rows()])
    (table,) = Document(io.BytesIO(shown["table as docx"])).tables
    assert "plain" in table.rows[1].cells[1].text
