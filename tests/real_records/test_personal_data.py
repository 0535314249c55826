"""Contacts' names, addresses and numbers never leave the database: no output of three nights over 61 real trials has one."""

import json
import re
import sqlite3
import warnings
import zipfile
from contextlib import closing

import pytest

from enrich import export, reports
from enrich.changes.personal_data import study_without_personal_data
from enrich.cli import main
from enrich.site.build import write_site
from enrich.storage.rows import study_from_column
from tests.fixtures.corpus import needs_corpus
from tests.fixtures.review_nights import review_nights

pytestmark = needs_corpus

_PEOPLE = re.compile(r"contact|official|investigator", re.IGNORECASE)
_VALUES = {"name", "email", "phone", "phoneExt", "investigatorFullName"}


def people(node, is_person=False):
    """Every name, address and number of a person in a record."""
    if isinstance(node, dict):
        for key, value in node.items():
            about = is_person or (bool(_PEOPLE.search(key)) and not key.endswith("Module"))
            if about and key in _VALUES and isinstance(value, str):
                yield value
            yield from people(value, about)
    elif isinstance(node, list):
        for item in node:
            yield from people(item, is_person)


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """The folder of the database after three nights, and what no output may hold."""
    folder = tmp_path_factory.mktemp("nights")
    with review_nights(folder) as database:
        studies = [
            dict(study_from_column(study))
            for (study,) in database.fetch_tuples("select study from versions")
        ]
    found = {value.strip() for study in studies for value in people(study)}
    # An author of a cited paper, or a sponsor, may be a contact too, under the same name.
    elsewhere = "\n".join(
        json.dumps(study_without_personal_data(study), ensure_ascii=False) for study in studies
    )
    forbidden = {
        value for value in found if len(value) > 6 and ("@" in value or value not in elsewhere)
    }
    assert len(forbidden) > 200 and any("@" in value for value in forbidden)
    assert "Jane Doe" in forbidden and "555-0199" in forbidden
    return folder, forbidden


def assert_without_people(text, forbidden, where):
    assert sorted(value for value in forbidden if value in text) == [], where


def run(folder, *arguments):
    from click.testing import CliRunner

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = CliRunner().invoke(main, [*arguments, "--db", str(folder / "trials.db")])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("more", [[], ["--all"]], ids=["short", "all"])
@pytest.mark.parametrize("name", [name for name in reports.FORMATS if name != "log"])
def test_no_report_names_a_contact(nights, name, more):
    folder, forbidden = nights
    text = run(folder, "report", "--format", name, "--since", "first", *more)
    assert_without_people(text, forbidden, name)


def test_no_log_names_a_contact(nights):
    folder, forbidden = nights
    assert_without_people(run(folder, "report", "--for", "log"), forbidden, "log")


@pytest.mark.parametrize("name", export.FORMATS)
def test_no_export_names_a_contact(nights, name, tmp_path):
    folder, forbidden = nights
    if not export.FORMATS[name].needs_file:
        assert_without_people(run(folder, "export", "--format", name), forbidden, name)
        return
    pytest.importorskip({"xlsx": "xlsxwriter"}.get(name, "docx"))
    run(folder, "export", "--format", name, "--output", str(tmp_path / "table"))
    with zipfile.ZipFile(tmp_path / "table") as parts:
        for part in parts.namelist():
            assert_without_people(parts.read(part).decode(errors="replace"), forbidden, part)


def test_the_site_names_no_contact(nights, tmp_path):
    """The pages are made of the snapshot: what it does not hold, none of them shows."""
    folder, forbidden = nights
    write_site(folder / "trials.db", tmp_path)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert_without_people(path.read_bytes().decode(errors="replace"), forbidden, path)
    with closing(sqlite3.connect(tmp_path / "trials.db")) as db:
        for (name,) in db.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in db.execute(f'select * from "{name}"'):
                text = "\n".join(value for value in row if isinstance(value, str))
                assert_without_people(text, forbidden, name)
        for (study,) in db.execute("select study from versions"):
            text = json.dumps(dict(study_from_column(study)), ensure_ascii=False)
            assert_without_people(text, forbidden, "study")


def test_no_parquet_names_a_contact(nights, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    from enrich.bulk.parquet import write_partitions

    folder, forbidden = nights
    write_partitions(folder / "trials.db", str(tmp_path / "parquet"))
    for path in (tmp_path / "parquet").rglob("*.parquet"):
        text = json.dumps(parquet.read_table(path).to_pylist(), ensure_ascii=False, default=str)
        assert_without_people(text, forbidden, path)
