"""`enrich init` on published tables in every kind of document, against the records of their trials."""

import csv
import gzip
import json

import pytest

pytest.importorskip("mammoth")
pytest.importorskip("pypdf")

from click.testing import CliRunner

from enrich.cli import Time, main
from enrich.importing.choice import choose_table, list_tables
from enrich.importing.csv_text import csv_of
from enrich.importing.rows import write_rows
from enrich.tables.documents.reader import read_document
from tests.fixtures.corpus import TABLES, needs_corpus
from tests.fixtures.registry_server import StandInRegistry, recent_load
from tests.real_records.test_documents import PUBLISHED, published_tables
from tests.tables.documents.twins import WRITERS, plain

pytestmark = needs_corpus


@pytest.fixture(scope="module")
def registry():
    with gzip.open(PUBLISHED / "records.ndjson.gz", "rt", encoding="utf-8") as file:
        studies = [json.loads(line) for line in file]
    with StandInRegistry(studies, loaded=recent_load()) as standin:
        yield standin


@pytest.fixture
def enrich(tmp_path, registry, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENRICH_REGISTRY", registry.url)

    def run(*arguments, code=0):
        hasty = Time(sleep=lambda seconds: None)
        result = CliRunner().invoke(main, list(map(str, arguments)), obj=hasty)
        assert result.exit_code == code, result.output
        return result.output

    return run


def with_sections(cells):
    """The table as it is to be written: headings between the rows become a column."""
    header, *rows = [[cell.strip() for cell in row] for row in cells]
    is_heading = [bool(row[0]) and not any(row[1:]) for row in rows]
    if not any(is_heading):
        return [header, *rows]
    section, found = "", []
    for row, heads in zip(rows, is_heading, strict=True):
        if heads:
            section = row[0]
        else:
            found.append([section, *row])
    return [["Section", *header], *found]


def cells_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("ending", WRITERS)
def test_every_cell_of_every_published_table_is_written_as_printed(tmp_path, ending):
    path = tmp_path / f"table{ending}"
    for name, cells in published_tables():
        path.write_bytes(WRITERS[ending](plain(cells), caption=name))
        document = read_document(path)
        found = choose_table(name, document, list_tables(document), None)
        written = csv_of(write_rows(found.laid_out)).decode().splitlines(keepends=True)
        rows = [[cell.strip() for cell in row] for row in csv.reader(written)]
        assert rows == with_sections(cells), name


@pytest.mark.parametrize("name, ending", [("T09", ".docx"), ("T03", ".xml"), ("T05", ".xlsx")])
def test_a_published_table_is_compared_without_an_edit(enrich, tmp_path, name, ending):
    cells = dict(published_tables())[name]
    (tmp_path / f"{name}{ending}").write_bytes(WRITERS[ending](plain(cells), caption=name))
    truth = json.loads((PUBLISHED / "truth.json").read_text(encoding="utf-8"))[name]["columns"]
    enrich("init", f"{name}{ending}", "--published", "2020-10-12")
    enrich("sync", "--pace", 0)
    rows = [json.loads(line) for line in enrich("report", "--format", "json").splitlines()]
    assert len(rows) >= len(cells) - 1
    description = (tmp_path / "data" / f"{name}.toml").read_text(encoding="utf-8")
    assert all(f'[columns."{column}"]' in description for column in truth)


@pytest.mark.long
@pytest.mark.parametrize(
    "path",
    sorted(path for path in TABLES.glob("*") if path.name != "README.md"),
    ids=lambda p: p.name,
)
def test_every_real_document_can_be_checked_afterwards(enrich, path):
    enrich("init", path, "--offline")
    enrich("check")


@pytest.mark.parametrize(
    "name, day",
    [
        ("tocotrienols_cancer_PMC6359475", "2018-12-18"),
        ("celiac_therapies_PMC5975707", "2018-05-29"),
    ],
)
def test_the_days_of_real_articles_are_proposed_and_not_taken(enrich, tmp_path, name, day):
    output = enrich("init", TABLES / f"jats_ccby_{name}.xml", "--offline")
    assert day in output
    description = (tmp_path / "data" / f"jats_ccby_{name}.toml").read_text(encoding="utf-8")
    assert f"\n# published = {day}  # " in description and "\npublished" not in description


def test_rows_of_several_trials_in_a_real_article_are_parted(enrich, tmp_path):
    name = "jats_ccby_celiac_therapies_PMC5975707"
    enrich("init", TABLES / f"{name}.xml", "--offline")
    header, *rows = cells_of(tmp_path / "data" / f"{name}.csv")
    named = [dict(zip(header, row, strict=True)) for row in rows]
    phases = {row["ClinicalTrials.gov Identifier"]: row["Phase of clinical trial"] for row in named}
    assert (phases["NCT01661933"], phases["NCT02754609"]) == ("Phase 1\u2009+\u20092", "Phase 1")
