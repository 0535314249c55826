"""`enrich init`: from a document to a table that `enrich sync` compares, with no edit by hand."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from enrich.cli import Time, main
from tests.fixtures.corpus import ROOT
from tests.fixtures.registry_server import StandInRegistry, recent_load
from tests.fixtures.studies import nct, study
from tests.tables.documents.test_kinds import pdf_of
from tests.tables.documents.twins import WRITERS, plain
from tests.test_cli import closed

NUMBERS = range(1, 6)
CELLS = [
    ["Registration", "Phase", "Participants", "Status", "Remark"],
    *(
        [nct(number), f"Phase {number % 3 + 1}", f"{number}0", "Recruiting", f"remark {number}"]
        for number in NUMBERS
    ),
    ["ISRCTN94726526", "Phase 3", "9", "Completed", "elsewhere"],
]


def records():
    """The records agree with the table, but for one number of participants."""
    for number in NUMBERS:
        phase = [f"PHASE{number % 3 + 1}"]
        enrollment = 33 if number == 4 else number * 10
        yield study(number, phases=phase, enrollment=enrollment)


@pytest.fixture(scope="module")
def registry():
    with StandInRegistry(records(), loaded=recent_load()) as standin:
        yield standin


@pytest.fixture
def enrich(tmp_path, registry, monkeypatch):
    """Runs a command in an empty folder; gives its result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENRICH_REGISTRY", registry.url)

    def run(*arguments, stdin=None):
        hasty = Time(sleep=lambda seconds: None)
        words = [str(argument) for argument in arguments]
        result = CliRunner().invoke(main, words, obj=hasty, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert "Traceback" not in result.output
        return result

    return run


def write(folder, name, cells=CELLS, **more):
    path = folder / name
    path.write_bytes(WRITERS[path.suffix](plain(cells), caption="Table 1. Trials", **more))
    return path


def refusal(result, code=1):
    """The one line that a command ends with."""
    assert result.exit_code == code, result.output
    (line,) = result.stderr.splitlines()
    return line


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


# --- from an article to a report


@pytest.mark.parametrize("name", ["article.xml", "paper.docx"])
def test_an_article_becomes_a_report_without_an_edit(enrich, tmp_path, name):
    write(tmp_path, name, text="Accessed on 18 December 2018.")
    made = enrich("init", name, "--published", "2018-12-18")
    assert made.exit_code == 0 and made.stderr == ""
    stem = name.partition(".")[0]
    assert f"Wrote data/{stem}.csv and data/{stem}.toml: 6 rows, 5 columns." in made.output
    assert "'Participants' → number of participants (sure)" in made.output
    assert "Registered elsewhere: ISRCTN94726526" in made.output
    assert made.output.endswith(f"Next: read data/{stem}.toml, then run `enrich sync`.\n")
    synced = enrich("sync", "--pace", 0, "--no-history")
    assert synced.exit_code == 0
    report = enrich("report").output
    assert f"{nct(4)} Number of participants: “40” → planned 33" in report.replace("\n ", "")
    assert "1 cell of 15 differs" in " ".join(report.split())


def test_the_file_holds_the_cells_of_the_document(enrich, tmp_path):
    write(tmp_path, "paper.docx")
    enrich("init", "paper.docx")
    lines = (tmp_path / "data" / "paper.csv").read_text().splitlines()
    assert [line.split(",") for line in lines] == CELLS


def test_superscripts_stay_visible(enrich, tmp_path):
    rows = "".join(
        f"<tr><td>{nct(number)}</td><td>2 x 10<sup>6</sup> cells</td></tr>" for number in NUMBERS
    )
    page = f"<table><tr><th>Trial</th><th>Dose</th></tr>{rows}</table>"
    (tmp_path / "paper.html").write_text(page)
    enrich("init", "paper.html", "--offline")
    assert "2 x 10^6 cells" in (tmp_path / "data" / "paper.csv").read_text()


# --- what the columns rest on


def test_the_records_are_fetched_in_one_request(enrich, tmp_path, registry):
    write(tmp_path, "paper.html")
    before = len(registry.requests)
    assert "Compared with the records of 5 of 5 trials." in enrich("init", "paper.html").output
    assert len(registry.requests) - before == 1


def test_of_a_long_table_the_first_hundred_are_asked_about(enrich, tmp_path, registry):
    write(tmp_path, "long.csv", [CELLS[0], *([nct(at), *CELLS[1][1:]] for at in range(1, 151))])
    before = len(registry.requests)
    words = enrich("init", "long.csv").output
    assert "Compared with the records of 5 of the first 100 trials, of 150 in all." in words
    assert len(registry.requests) - before == 1


def test_offline_the_copies_of_the_cache_decide(enrich, tmp_path, registry):
    write(tmp_path, "paper.html")
    enrich("init", "paper.html", "--name", "first")
    enrich("sync", "--pace", 0, "--no-history")
    before = len(registry.requests)
    words = enrich("init", "paper.html", "--offline").output
    assert "Compared with the records of 5 of 5 trials." in words
    assert len(registry.requests) == before


def test_offline_and_without_copies_headers_decide(enrich, tmp_path):
    write(tmp_path, "paper.html")
    words = " ".join(enrich("init", "paper.html", "--offline").output.split())
    assert "No record was at hand (offline); headers and the shape of the cells decide" in words
    assert "'Phase' → phase (likely)" in words


def test_a_registry_without_these_records_is_named_as_the_reason(enrich, tmp_path):
    write(tmp_path, "others.csv", [CELLS[0], *([nct(at), *CELLS[1][1:]] for at in range(80, 90))])
    words = enrich("init", "others.csv").output
    assert "No record was at hand (the registry sent none);" in " ".join(words.split())


def test_records_of_the_cache_are_named_where_the_registry_cannot_be_reached(enrich, tmp_path):
    write(tmp_path, "paper.html")
    enrich("init", "paper.html", "--name", "first")
    enrich("sync", "--pace", 0, "--no-history")
    words = " ".join(enrich("init", "paper.html", "--registry", closed()).output.split())
    assert "the records of 5 of 5 trials. They are from the cache (" in words


def test_a_copy_that_cannot_be_read_is_named(enrich, tmp_path):
    write(tmp_path, "paper.html")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"{nct(1)}.json").write_text("{")
    words = " ".join(enrich("init", "paper.html", "--offline").output.split())
    assert f"1 copy cannot be read: cache/{nct(1)}.json: not a usable copy" in words


def test_a_registry_that_cannot_be_reached_stops_nothing(enrich, tmp_path):
    write(tmp_path, "paper.html")
    result = enrich("init", "paper.html", "--registry", closed())
    assert result.exit_code == 0 and "No record was at hand (" in result.output


# --- nothing is overwritten


@pytest.mark.parametrize("taken", ["paper.csv", "paper.toml"])
def test_nothing_is_overwritten(enrich, tmp_path, taken):
    write(tmp_path, "paper.html")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / taken).write_text("mine")
    line = refusal(enrich("init", "paper.html"))
    assert line == (
        f"enrich: data/{taken}: it is there already, and nothing is overwritten; use --name paper-2"
    )
    assert names_in(tmp_path / "data") == [taken]
    assert (tmp_path / "data" / taken).read_text() == "mine"
    assert enrich("init", "paper.html", "--name", "paper-2").exit_code == 0


def test_the_free_name_is_free(enrich, tmp_path):
    write(tmp_path, "paper.html")
    enrich("init", "paper.html"), enrich("init", "paper.html", "--name", "paper-2")
    assert refusal(enrich("init", "paper.html")).endswith("use --name paper-3")


def test_a_csv_that_is_in_place_gets_only_its_description(enrich, tmp_path):
    (tmp_path / "data").mkdir()
    path = write(tmp_path / "data", "mine.csv")
    before = path.read_bytes()
    result = enrich("init", "data/mine.csv")
    assert "Wrote data/mine.toml: 6 rows, 5 columns." in result.output
    assert path.read_bytes() == before and enrich("check").exit_code == 0


def test_a_csv_in_place_that_needs_work_is_left_alone(enrich, tmp_path):
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "mine.csv"
    path.write_text("Table 1. Trials,,\n" + "\n".join(",".join(row[:3]) for row in CELLS))
    before = path.read_bytes()
    line = refusal(enrich("init", "data/mine.csv"))
    assert "cannot be used as it is, and nothing is overwritten; use --name mine-2" in line
    assert path.read_bytes() == before and names_in(tmp_path / "data") == ["mine.csv"]


def test_half_of_the_two_files_is_not_left_behind(enrich, tmp_path, monkeypatch):
    from enrich.errors import EnrichError

    write(tmp_path, "paper.html")

    def fail(*arguments):
        raise EnrichError("no room")

    monkeypatch.setattr("enrich.run.init.description_of", fail)
    assert "no room" in refusal(enrich("init", "paper.html"))
    assert names_in(tmp_path / "data") == []


def test_a_folder_that_cannot_be_written_is_named(enrich, tmp_path):
    write(tmp_path, "paper.html")
    assert "paper.html/x" in refusal(enrich("init", "paper.html", "--into", "paper.html/x"))


# --- what is given


def test_a_pasted_table_is_read_from_standard_input(enrich, tmp_path):
    pasted = "\n".join("\t".join(row) for row in CELLS)
    result = enrich("init", "-", "--name", "pasted", stdin=pasted)
    assert "Wrote data/pasted.csv and data/pasted.toml: 6 rows, 5 columns." in result.output


def test_without_a_name_what_is_pasted_is_called_table(enrich, tmp_path):
    words = enrich("init", "-", stdin="\n".join(map(nct, NUMBERS))).output
    assert "There are only ids: their trials are followed, and nothing is compared." in words
    assert (tmp_path / "data" / "table.csv").read_text().splitlines() == [
        "NCT id",
        *map(nct, NUMBERS),
    ]


def test_pasted_markdown_is_a_table(enrich, tmp_path):
    content = WRITERS[".md"](plain(CELLS)).decode()
    assert "6 rows, 5 columns" in enrich("init", "-", stdin=content).output


def test_pasted_text_with_lost_tabs_says_so(enrich):
    pasted = "\n".join(" ".join(row) for row in CELLS)
    result = enrich("init", "-", stdin=pasted)
    assert "has lost its cells" in " ".join(result.output.split())
    assert "Nothing will be compared" in result.output


@pytest.mark.parametrize(
    "given, address",
    [
        ("10.1186/s12896-018-0443-0", "https://doi.org/10.1186/s12896-018-0443-0"),
        ("doi:10.1186/s12896-018-0443-0", "https://doi.org/10.1186/s12896-018-0443-0"),
        ("https://doi.org/10.1186/s12896-018-0443-0", "https://doi.org/10.1186/s12896-018-0443-0"),
        ("pmc5975707", "https://pmc.ncbi.nlm.nih.gov/articles/PMC5975707/"),
        ("https://example.org/paper", "https://example.org/paper"),
    ],
)
def test_an_address_is_answered_with_the_way_to_the_article(enrich, registry, given, address):
    before = len(registry.requests)
    line = refusal(enrich("init", given))
    assert f"Open {address}, save the article as HTML (or XML), then run `enrich init`" in line
    assert len(registry.requests) == before


def test_the_ids_of_a_pdf_are_listed_and_can_be_followed(enrich, tmp_path):
    pages = (f"Trials {nct(1)} and {nct(2)}", "nothing", f"{nct(3)} and ISRCTN94726526")
    (tmp_path / "paper.pdf").write_bytes(pdf_of(*pages))
    result = enrich("init", "paper.pdf")
    assert "the cells of a PDF cannot be told apart" in refusal(result)
    assert result.stdout.splitlines() == [
        f"{nct(1)}  page 1",
        f"{nct(2)}  page 1",
        f"{nct(3)}  page 3",
        "ISRCTN94726526  page 3",
    ]
    (tmp_path / "ids.txt").write_text(result.stdout)
    assert "the list (4 rows, 3 trials)" in enrich("init", "ids.txt").output


def test_a_file_that_is_not_there_is_named(enrich):
    assert "paper.docx: No such file" in refusal(enrich("init", "paper.docx"))


@pytest.mark.parametrize(
    "options",
    [
        ["--published", "9 March"],
        ["--name", "a/b"],
        ["--name", ".."],
        ["--name", ""],
        ["--table", "0"],
        ["--table", "x"],
        ["--into", ""],
    ],
)
def test_an_option_that_cannot_be_right_is_a_usage_error(enrich, tmp_path, options):
    write(tmp_path, "paper.html")
    result = enrich("init", "paper.html", *options)
    assert result.exit_code == 2 and options[0] in result.output


def test_another_table_of_the_document_is_offered_and_can_be_taken(enrich, tmp_path):
    first = WRITERS[".html"](plain(CELLS), caption="Table 1. Completed").decode()
    second = WRITERS[".html"](plain(CELLS[:3]), caption="Table 2. Ongoing").decode()
    (tmp_path / "paper.html").write_text(first + second)
    words = " ".join(enrich("init", "paper.html").output.split())
    offer = "`enrich init paper.html --table 2 --name paper-2`"
    assert f"Also found: Table 2. Ongoing (2 rows, 2 trials): {offer}" in words
    assert "2 rows" in enrich("init", "paper.html", "--table", 2, "--name", "paper-2").output


# --- documents made to do harm


def test_a_formula_of_a_workbook_is_not_computed(enrich, tmp_path):
    import openpyxl

    workbook = openpyxl.Workbook()
    for row in CELLS:
        workbook.active.append(row)
    workbook.active["E2"] = '=HYPERLINK("http://127.0.0.1:9/x","y")'
    workbook.save(tmp_path / "paper.xlsx")
    words = " ".join(enrich("init", "paper.xlsx", "--offline").output.split())
    assert "formula without a stored value, read as empty: cell E2" in words


def test_more_than_fifty_megabytes_on_standard_input_are_refused(enrich, monkeypatch):
    monkeypatch.setattr("enrich.tables.documents.document.MOST_BYTES", 1000)
    line = refusal(enrich("init", "-", stdin="x" * 2000))
    assert "standard input: more than" in line


def test_control_characters_of_a_document_reach_no_terminal(enrich, tmp_path):
    cells = [["Trial\x1b[2J", "Phase"], *([nct(at), "Phase 1"] for at in NUMBERS)]
    (tmp_path / "t.csv").write_text("\n".join(",".join(row) for row in cells))
    result = enrich("init", "t.csv", "--offline")
    assert result.exit_code == 0 and "\x1b" not in result.output


_WITHOUT_LIBRARIES = """
import sys
for name in ("lxml", "mammoth", "openpyxl", "pypdf", "markdown_it"):
    sys.modules[name] = None
from enrich.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    "name, ends_with",
    [("t.csv", ""), ("t.html", "a web page needs a further library: pip install 'enrich[import]'")],
)
def test_a_csv_needs_no_further_library(tmp_path, name, ends_with):
    write(tmp_path, name)
    run = subprocess.run(
        [sys.executable, "-c", _WITHOUT_LIBRARIES, "init", name, "--offline"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.stderr.strip().endswith(ends_with) and (run.returncode == 0) == (not ends_with)
