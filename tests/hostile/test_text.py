"""Text that would do something if anybody let it: inert in every format."""

import csv as csv_codec
import io
import json as json_codec
import re
import unicodedata
from dataclasses import replace
from xml.etree import ElementTree

import html5lib
import pytest
from markdown_it import MarkdownIt

from enrich import reports
from enrich.escaping import escape_markdown
from enrich.models import Problem, ProblemKind
from enrich.reports.csv_format import spreadsheet_safe
from enrich.storage.report_query import read_report, run_before
from tests.fixtures.our_markup import OUR_FOLD, OUR_SCRIPT
from tests.fixtures.registry_server import StandInRegistry, set_path
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import CSV, TABLE, sample_runs, sample_studies

SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>]]></title><!--"
FORMULA = '=cmd|"/c calc"!A0'
ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b2J"
BIDI = "left\u202eright\u2066\u200f\u061c\u2028line\ufffe"
MARKDOWN = "](javascript:alert(1)) ![x](http://evil.example/p.png) `code` **bold** | cell @everyone #1 www.evil.example\n# heading\n- item"
HOSTILE = f"{SCRIPT} {ESCAPES} {BIDI} {MARKDOWN}"
LONG = "Very " * 2_000 + "long"


def _poisoned(registry: StandInRegistry) -> None:
    def edit(study: dict) -> None:
        set_path(study, "protocolSection.identificationModule.briefTitle", LONG + HOSTILE)
        set_path(study, "protocolSection.statusModule.overallStatus", HOSTILE)
        set_path(study, "protocolSection.statusModule.whyStopped", FORMULA)
        set_path(study, "protocolSection.statusModule.completionDateStruct.date", "2027-13")
        set_path(
            study,
            "protocolSection.outcomesModule.primaryOutcomes",
            [{"measure": HOSTILE, "timeFrame": FORMULA}, {"measure": FORMULA}],
        )
        set_path(study, f"protocolSection.statusModule.{SCRIPT}", FORMULA)

    for number in (1, 2):
        registry.change(f"NCT9000000{number}", edit)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    cells = (
        CSV.replace("Light", "'=1+1'")
        .replace("half moon", f'"{SCRIPT.replace(chr(34), "")}"')
        .replace("case report", "=1+1;=2+2")
    )
    table = TABLE.replace(
        "Table 2. Trials of moonlight in insomnia",
        "Table 2 <script>alert(1)</script> \\u202e =1+1 " + "x" * 10_000,
    ).replace("https://example.org/moonlight", "javascript:alert(1)")
    given = sample_studies()
    given[1]["protocolSection"]["identificationModule"]["acronym"] = HOSTILE
    with sample_runs(
        tmp_path_factory.mktemp("hostile"),
        table=table,
        cells=cells,
        studies=given,
        nights=(_poisoned,),
    ) as database:
        report = read_report(database, since=run_before(database, "first"), with_timelines=True)
    (shown,) = report.tables
    rows = tuple(
        row._replace(nct_id="NCT9\n0\r000001 <b>") if row.row.position == 1 else row
        for row in shown.rows
    )
    lines = tuple(
        replace(line, nct_id="NCT9\n0\r000002\x1b[2J") if line.nct_id == "NCT90000002" else line
        for line in report.changes
    )
    return replace(
        report,
        tables=(replace(shown, rows=rows),),
        changes=lines,
        problems=(
            Problem(ProblemKind.GONE, HOSTILE, "NCT\n1"),
            Problem(ProblemKind.NOT_CHECKED, HOSTILE, "NCT\n2"),
        ),
    )


@pytest.mark.parametrize("name", reports.FORMATS)
@pytest.mark.parametrize("show_all", [False, True], ids=["shortened", "all"])
def test_no_format_holds_an_invisible_character(report, name, show_all):
    invisible = {
        character
        for character in rendered(name, report, show_all=show_all)
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    } - {"\n", "\r"}
    assert not invisible


def test_terminal_colours_are_only_our_own(report):
    plain = re.sub(r"\x1b\[[0-9;]*m", "", rendered("text", report, color=True))
    assert "\x1b" not in plain
    assert plain.split() == rendered("text", report).split()


def test_html_holds_no_element_from_a_record(report):
    tree = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True).parse(
        rendered("html", report, show_all=True)
    )
    (script,) = tree.findall(".//script")
    assert (script.text, dict(script.attrib)) == (OUR_SCRIPT, {})
    assert not tree.findall(".//img")
    assert {
        link.get("href").split("/study/")[0].split("//")[0] for link in tree.findall(".//a")
    } == {"https:", "#news"}
    assert not any(name.startswith("on") for element in tree.iter() for name in element.attrib)


def test_markdown_shows_a_record_as_text(report):
    shown = (
        MarkdownIt("commonmark", {"linkify": False})
        .enable("table")
        .parse(rendered("markdown", report, show_all=True))
    )
    inner = [token for block in shown for token in (block, *(block.children or []))]
    assert not [
        token
        for token in inner
        if token.type in ("image", "html_inline", "code_inline", "fence", "strong_open")
    ]
    assert all(OUR_FOLD.fullmatch(token.content) for token in inner if token.type == "html_block")
    assert all(
        token.attrs["href"].startswith("https://clinicaltrials.gov/study/NCT")
        for token in inner
        if token.type == "link_open"
    )
    assert (
        len([token for token in shown if token.type == "heading_open" and token.tag == "h1"]) == 1
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "# heading",
        "1. item",
        "- item",
        "+ item",
        "| a | b |",
        "a@b",
        "@everyone",
        "owner/repo#12",
        "https://evil.example",
        "www.evil.example",
        "<b>",
        "&lt;",
        "a\\",
        "`x`",
        "[x](y)",
        "~~x~~",
    ],
)
def test_escaped_text_is_shown_as_it_is(hostile):
    (_, paragraph, _) = MarkdownIt("gfm-like", {"linkify": False}).parse(escape_markdown(hostile))
    assert {token.type for token in paragraph.children} <= {"text", "text_special"}
    assert "".join(token.content for token in paragraph.children).replace("\u200b", "") == hostile


def test_no_cell_of_the_csv_begins_a_formula(report):
    lines = list(csv_codec.reader(io.StringIO(rendered("csv", report, show_all=True))))
    assert len({len(line) for line in lines}) == 1
    for cell in (cell for line in lines for cell in line):
        for part in cell.split(";"):
            assert not part.lstrip().startswith(("=", "+", "-", "@", "＝"))
        assert len(cell) <= 32_000


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        (" =1+1", "'=1+1"),
        ("\t@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("a;=1+1", "a;'=1+1"),
        ("a; +1", "a; '+1"),
        ("age > 18", "age > 18"),
        ("2021-03-09", "2021-03-09"),
        ("＝1+1", "'＝1+1"),
        ("a\n=1", "a =1"),
        (None, ""),
    ],
)
def test_spreadsheet_safe_cells(cell, shown):
    assert spreadsheet_safe(cell) == shown


def test_json_keeps_the_text_of_the_registry_as_it_is(report):
    objects = [
        json_codec.loads(line) for line in rendered("json", report, show_all=True).splitlines()
    ]
    titles = [
        entry["facts"]["brief_title"]
        for entry in objects
        if entry["what"] == "row" and entry["facts"]
    ]
    assert LONG + HOSTILE in titles


def test_atom_is_whole(report):
    feed = ElementTree.fromstring(rendered("atom", report, show_all=True))
    ids = [entry.findtext("{*}id") for entry in feed.findall("{*}entry")]
    assert len(ids) == len(set(ids)) > 0
    assert all(
        link.get("href").startswith("https://clinicaltrials.gov/study/")
        for link in feed.iter("{http://www.w3.org/2005/Atom}link")
    )


# What a program reads holds the registry's text in full.
FOR_PROGRAMS = ("json", "csv")


@pytest.mark.parametrize("name", [name for name in reports.FORMATS if name not in FOR_PROGRAMS])
def test_a_long_title_is_cut(report, name):
    assert "Very " * 200 not in rendered(name, report)
    assert "x" * 1_000 not in rendered(name, report)
