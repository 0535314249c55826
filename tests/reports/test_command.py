"""`enrich report`: the time it covers, its formats, and mistakes in one line."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from enrich import reports
from enrich.cli import main
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report, run_before
from enrich.tables.reader import read_table
from tests.fixtures.sample_runs import sample_runs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command")
    with sample_runs(folder):
        pass
    return folder / "trials.db"


def run(db, *options):
    return CliRunner().invoke(main, ["report", "--db", str(db), *options])


@pytest.mark.parametrize(
    ("since", "has", "has_not"),
    [
        ("last", "NCT90000004 (row 4)", "Too many clouds"),
        ("2", "NCT90000004 (row 4)", "Too many clouds"),
        ("1", "Too many clouds", "new in Table 2"),
        ("2026-11-20", "Too many clouds", "new in Table 2"),
        ("2026-11-21", "NCT90000004 (row 4)", "Too many clouds"),
        ("first", "Too many clouds", "new in Table 2"),
    ],
)
def test_since(db, since, has, has_not):
    result = run(db, "--since", since)
    assert result.exit_code == 0
    assert has in " ".join(result.output.split())
    assert has_not not in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--since", "yesterday"], 2, "'yesterday' is neither 'last' nor"),
        (["--since", "7"], 1, "no run 7 in it; the last is run 3"),
        (["--bom"], 2, "--bom goes with --format csv"),
        (["--format", "html", "--for", "log"], 2, "--for log with text or markdown"),
        (["--output", "/nowhere/at/all.txt"], 1, "/nowhere/at/all.txt: cannot be written"),
        (["--format", "pdf"], 2, "'pdf' is not one of"),
    ],
)
def test_mistakes_are_one_line(db, options, code, message):
    result = run(db, *options)
    assert result.exit_code == code
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize("form", reports.FORMATS)
def test_each_format_goes_to_a_file_or_to_the_terminal(db, tmp_path, form):
    shown = run(db, "--format", form)
    written = run(db, "--format", form, "--output", str(tmp_path / "report"))
    assert (shown.exit_code, written.exit_code, written.output) == (0, 0, "")
    assert (tmp_path / "report").read_bytes() == shown.stdout_bytes
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_csv_for_excel_begins_with_a_mark(db, tmp_path):
    run(db, "--format", "csv", "--bom", "--output", str(tmp_path / "r.csv"))
    assert (tmp_path / "r.csv").read_bytes().startswith(b'\xef\xbb\xbf"what"')


def test_log_alone(db):
    result = run(db, "--for", "log")
    assert result.output.startswith(
        "On 22 November 2026 all 5 registered trials of Table 2 were checked"
    )
    assert result.output.count("\n") == 1


def test_an_older_database_is_brought_up_to_date(tmp_path):
    """A database from before the rules of interest has none: the default holds."""
    with sample_runs(tmp_path, nights=()):
        pass
    database = Database(tmp_path / "trials.db")
    database.execute("update tables set description = json_remove(description, '$.news_rules')")
    assert run_before(database, "last") is None
    assert read_report(database).tables[0].news_rules.differences
    database.close()


def test_table_9_renders_offline_in_every_format(tmp_path):
    shutil.copytree(ROOT / "cache", tmp_path / "cache")
    database = Database(tmp_path / "trials.db")
    sync(
        [read_table(ROOT / "data" / "table9.toml")],
        None,
        database,
        Cache(tmp_path / "cache"),
        clock=lambda: "2026-11-22T10:00:00+00:00",
    )
    database.close()
    for name in reports.FORMATS:
        result = run(tmp_path / "trials.db", "--format", name)
        assert result.exit_code == 0
        assert "NCT03211793" in result.output or name in ("atom", "log", "mail", "mail-html")
